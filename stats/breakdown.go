package stats

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// By is what trades are grouped by.
type By uint8

// The groupings. Months are those of the exit, weekdays and hours those of the entry,
// all UTC.
const (
	ByMonth By = iota
	ByWeekday
	ByHour
	BySide
	ByExitReason
)

// String returns the grouping's name.
func (b By) String() string {
	names := [...]string{"month", "weekday", "hour", "side", "exit reason"}
	if int(b) < len(names) {
		return names[b]
	}
	return fmt.Sprintf("By(%d)", uint8(b))
}

// Group is the trades of one month, weekday, hour, side or exit reason.
type Group struct {
	// Name is 2024-05, Monday, 13:00, long, or the reason as the strategy gave it.
	Name         string          `json:"name"`
	Trades       int             `json:"trades"`
	Wins         int             `json:"wins"`
	Net          decimal.Decimal `json:"net"` // profit after fees, in currency
	Fees         decimal.Decimal `json:"fees"`
	WinRate      Number          `json:"win_rate"`
	ProfitFactor Number          `json:"profit_factor"`
	Expectancy   Number          `json:"expectancy"` // in currency
	MeanTrade    Number          `json:"mean_trade"` // fraction of the entry's notional
	PayoffRatio  Number          `json:"payoff_ratio"`
	SQN          Number          `json:"sqn"`
}

// Breakdown returns the trades' figures in groups that have a trade, in the order of
// time, or of the reasons' names.
func Breakdown(trades []Trade, by By) []Group {
	type bucket struct {
		order int64
		name  string
		tally tally
	}
	at := map[bucketKey]int{}
	var buckets []bucket
	for i := range trades {
		key := by.key(&trades[i])
		n, ok := at[key]
		if !ok {
			n = len(buckets)
			at[key] = n
			buckets = append(buckets, bucket{order: key.order, name: key.reason})
		}
		buckets[n].tally.add(&trades[i])
	}
	slices.SortFunc(buckets, func(a, b bucket) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.name, b.name))
	})
	out := make([]Group, len(buckets))
	for i := range buckets {
		b := &buckets[i]
		var s Stats
		s.undefine()
		b.tally.facts(&s)
		b.tally.figures(&s)
		s.settle()
		out[i] = Group{
			Name: by.name(b.order, b.name), Trades: s.Trades, Wins: s.Wins, Net: s.GrossProfit.Sub(s.GrossLoss), Fees: s.Fees,
			WinRate: s.WinRate, ProfitFactor: s.ProfitFactor, Expectancy: s.Expectancy, MeanTrade: s.MeanTrade,
			PayoffRatio: s.PayoffRatio, SQN: s.SQN,
		}
	}
	return out
}

// bucketKey is a number, or a reason.
type bucketKey struct {
	order  int64
	reason string
}

func (b By) key(t *Trade) bucketKey {
	switch b {
	case ByMonth:
		at := time.Unix(0, t.Exit).UTC()
		return bucketKey{order: int64(at.Year())*12 + int64(at.Month()) - 1}
	case ByWeekday:
		return bucketKey{order: (int64(time.Unix(0, t.Entry).UTC().Weekday()) + 6) % 7}
	case ByHour:
		return bucketKey{order: int64(time.Unix(0, t.Entry).UTC().Hour())}
	case BySide:
		if t.Short {
			return bucketKey{order: 1}
		}
		return bucketKey{}
	case ByExitReason:
	}
	return bucketKey{reason: t.ExitReason}
}

func (b By) name(order int64, reason string) string {
	switch b {
	case ByMonth:
		return fmt.Sprintf("%04d-%02d", order/12, order%12+1)
	case ByWeekday:
		return time.Weekday((order + 1) % 7).String()
	case ByHour:
		return fmt.Sprintf("%02d:00", order)
	case BySide:
		if order == 1 {
			return "short"
		}
		return "long"
	case ByExitReason:
	}
	return reason
}

// Excursions sums up how far trades stood in loss and in profit on their way, as
// fractions of the entry's notional.
type Excursions struct {
	Trades    int    `json:"trades"` // that were measured
	MeanMAE   Number `json:"mean_mae"`
	MeanMFE   Number `json:"mean_mfe"`
	WorstMAE  Number `json:"worst_mae"`
	BestMFE   Number `json:"best_mfe"`
	WinnerMAE Number `json:"winner_mae"` // mean MAE of the trades that won
	LoserMFE  Number `json:"loser_mfe"`  // mean MFE of those that did not
	// EdgeRatio is the mean MFE by the mean MAE; above 1 prices moved in favour more
	// than against.
	EdgeRatio Number `json:"edge_ratio"`
	// Captured is the share of the MFE that winners took, on the whole.
	Captured Number `json:"captured"`
}

// ExcursionsOf returns the excursions of the trades that are Measured.
func ExcursionsOf(trades []Trade) Excursions {
	var e Excursions
	var adverse, favourable, winnerMAE, loserMFE, taken, winnerMFE float64
	wins := 0
	worst, best := 0.0, 0.0
	for i := range trades {
		t := &trades[i]
		notional := t.Notional.Float64()
		if !t.Measured || !(notional > 0) {
			continue
		}
		e.Trades++
		mae, mfe := t.MAE.Float64()/notional, t.MFE.Float64()/notional
		adverse += mae
		favourable += mfe
		worst, best = min(worst, mae), max(best, mfe)
		if t.Net.Sign() > 0 {
			wins++
			winnerMAE += mae
			winnerMFE += mfe
			taken += t.Net.Float64() / notional
		} else {
			loserMFE += mfe
		}
	}
	n := float64(e.Trades)
	e.MeanMAE, e.MeanMFE = ratio(adverse, n), ratio(favourable, n)
	e.WorstMAE, e.BestMFE = ratio(worst*n, n), ratio(best*n, n)
	e.WinnerMAE, e.LoserMFE = ratio(winnerMAE, float64(wins)), ratio(loserMFE, n-float64(wins))
	e.EdgeRatio, e.Captured = ratio(favourable, -adverse), ratio(taken, winnerMFE)
	return e
}
