// Package stats computes figures of merit of an equity curve and its trades
// under named conventions.
//
// The same run has a Sharpe ratio of 1.1 in one program and 2.7 in another, both
// right by their own definition. So every figure here carries the name of the
// convention that it was computed by. Two are this project's own:
//
//   - crypto-365 (the default): daily returns of marked-to-market equity at the
//     end of each UTC day, every calendar day counted, the first one against the
//     starting balance; sample standard deviation (ddof 1); a year has 365 days
//     and √365 annualises; Sortino divides by the root of the mean of squared
//     losses over all days; drawdown at every bar, from the starting balance;
//     CAGR over the time from the first bar's open to the last one's close;
//     Calmar = CAGR ÷ |maximum drawdown|. The risk-free rate is 0.
//   - per-bar: returns from bar to bar, the first bar being the base, so that the
//     number of returns is one less than that of bars; ddof 1; annualised by the
//     square root of the bars in a year, which the caller states; CAGR to the
//     power of bars in a year over the number of returns.
//
// The others reproduce what another program would say of the same run, to compare
// with it: [QuantStats252], [Nautilus252], [Freqtrade2024], [Freqtrade2026] and
// [BacktestingPy]. A figure that the other program does not have is undefined
// under its name; counts and sums of money are facts and are always there.
//
// What is undefined (a Sharpe of a flat curve, a profit factor without a loss)
// is NaN here, null in JSON and a dash in text, never a zero, never infinite and
// never a number made up for it. Returns from an equity that is not above zero
// are undefined, and with them all that follows from them.
//
// # What to call
//
//	s, err := stats.Compute(stats.Crypto365, in)             // the figures of a run
//	r, err := stats.ReturnsOf(stats.Crypto365, in)           // its daily returns
//	r.Distribution(), r.Months(), r.Rolling(90)              // more of those
//	c, err := stats.Compare(stats.Crypto365, in, benchmark)  // alpha, beta, capture
//	stats.Breakdown(in.Trades, stats.ByWeekday)              // trades in groups
//	stats.Drawdowns(in)                                      // every time below a peak
//
// A bot that runs for years feeds a [Live] instead: it takes one value a day in
// constant time and memory and tells its figures at any moment.
//
// # Definitions
//
// With r the returns of the convention's n periods, m their mean, sd their sample
// standard deviation and N the periods in a year:
//
//   - Volatility sd·√N. Sharpe m/sd·√N. Sortino m/√(Σmin(r,0)²/n)·√N.
//   - Omega Σmax(r,0)/Σmax(−r,0), at a threshold of 0.
//   - Ulcer index √(Σd²/n), d the drawdown at the end of each period from the
//     highest end before it (P. Martin, 1987).
//   - Skew and kurtosis are corrected for bias (G1 and G2 of Joanes and Gill, 1998);
//     kurtosis is in excess of the normal distribution's 3.
//   - VaR and CVaR are at 5 %, of one period, as returns: below zero is a loss. VaR is
//     the 5th percentile of r, interpolated linearly; CVaR the mean of the lowest
//     ⌊0.05·(n−1)⌋+1 returns (historical). NormalVaR is m−1.645·sd and NormalCVaR
//     m−2.063·sd, those of a normal distribution of that mean and deviation.
//   - Turnover is what was bought and sold by trades that ended, divided by the mean
//     of equity at the ends of periods, a year.
//   - SQN √n·mean/sd of the trades' net profits (V. Tharp). Payoff: mean win ÷ mean
//     loss. Kelly w−(1−w)/payoff, with w the share of wins.
package stats
