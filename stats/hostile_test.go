package stats_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/stats"
)

func all() []stats.Convention {
	return append(stats.Conventions(), stats.PerBar(365), stats.QuantStats(12))
}

// each visits every Number of a struct.
func each(v any, visit func(name string, n stats.Number)) {
	s := reflect.ValueOf(v)
	for i := range s.NumField() {
		if n, ok := reflect.TypeAssert[stats.Number](s.Field(i)); ok {
			visit(s.Type().Field(i).Name, n)
		}
	}
}

func noInfinity(t *testing.T, what string, v any) {
	t.Helper()
	each(v, func(name string, n stats.Number) {
		if math.IsInf(float64(n), 0) {
			t.Errorf("%s: %s is infinite", what, name)
		}
	})
}

// TestEveryNumberStartsUndefined: of nothing, no figure is a zero.
func TestEveryNumberStartsUndefined(t *testing.T) {
	t.Parallel()
	for _, c := range all() {
		each(compute(t, c, days(100)), func(name string, n stats.Number) {
			if n.Defined() {
				t.Errorf("%s: %s of no bars is %v", c.Name(), name, n)
			}
		})
	}
	each(stats.Returns{}.Distribution(), func(name string, n stats.Number) {
		if n.Defined() {
			t.Errorf("%s of no returns is %v", name, n)
		}
	})
	var old stats.Stats
	if err := json.Unmarshal([]byte(`{"convention":"crypto-365","sharpe":1.5}`), &old); err != nil || old.Sharpe != 1.5 || old.Omega.Defined() {
		t.Errorf("figures without Omega were read as %v, %v", old.Omega, err)
	}
}

// hostileInputs are runs that nobody has, or hopes not to.
func hostileInputs() map[string]stats.Input {
	largest := wide.Int{Hi: math.MaxInt64, Lo: math.MaxUint64}
	negative := days(100, 100, 100, 50)
	negative.Equity[1] = exact(-20)
	equal := days(100, 110, 120, 130)
	equal.Times[1], equal.Times[2] = equal.Times[0], equal.Times[0]
	back := days(100, 110, 120, 130)
	back.Times[2] = back.Times[0] - int64(48*time.Hour)
	ends := days(100, 110, 90)
	ends.From, ends.Times = math.MinInt64, []int64{math.MinInt64 + 1, math.MaxInt64}
	huge := days(100, 1, 2, 3)
	huge.Equity[0], huge.Equity[2] = largest, largest
	huge.Start = wide.Of(1)
	leap := stats.Input{Start: units(100), From: time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC).UnixNano()}
	for d := 1; d <= 3; d++ {
		leap.Times = append(leap.Times, leap.From+int64(d)*int64(24*time.Hour))
		leap.Equity = append(leap.Equity, exact(100+float64(d)))
	}
	nothing := days(100, 90, 110)
	nothing.Start = wide.Int{}
	traded := days(100, 90, 110)
	traded.Trades = []stats.Trade{
		{}, {Net: largest, Fees: largest, Notional: wide.Of(1), ExitNotional: largest, BarsHeld: math.MaxInt32, Entry: math.MinInt64, Exit: math.MaxInt64},
		{Net: units(-1000), Notional: units(1), Short: true, MAE: units(-2000), MFE: largest, Measured: true},
		{Net: units(1), Notional: units(-5), Entry: 5, Exit: 1},
	}
	return map[string]stats.Input{
		"no bars": days(100), "one bar": days(100, 105), "two bars": days(100, 105, 103), "flat": days(100, 100, 100, 100, 100, 100),
		"every day 1 %": days(100, 101, 102.01, 103.0301, 104.060401), "zero": days(100, 50, 0, 0, 20), "negative": negative,
		"equal times": equal, "times that go back": back, "the ends of time": ends, "the largest equity": huge,
		"29 February": leap, "starts with nothing": nothing, "odd trades": traded, "only rises": days(100, 101, 103, 106, 110),
		"only falls": days(100, 99, 97, 94, 90),
	}
}

func TestHostileInputs(t *testing.T) {
	t.Parallel()
	for name, in := range hostileInputs() {
		for _, c := range all() {
			what := name + " by " + c.Name()
			s, err := stats.Compute(c, in)
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			noInfinity(t, what, s)
			if raw, err := json.Marshal(s); err != nil || len(raw) == 0 {
				t.Errorf("%s: %v", what, err)
			}
			r, err := stats.ReturnsOf(c, in)
			if err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
				t.Errorf("%s: %v", what, err)
			}
			noInfinity(t, what, r.Distribution())
			r.Rolling(2)
			if comparison, err := stats.Compare(c, in, days(50, 51, 49, 60)); err == nil {
				noInfinity(t, what, comparison)
			}
		}
		for _, by := range []stats.By{stats.ByMonth, stats.ByWeekday, stats.ByHour, stats.BySide, stats.ByExitReason, 99} {
			for _, g := range stats.Breakdown(in.Trades, by) {
				noInfinity(t, name+" by "+by.String(), g)
			}
		}
		noInfinity(t, name, stats.ExcursionsOf(in.Trades))
		stats.Drawdowns(in)
	}
	for _, values := range [][]float64{{math.NaN(), 0.1, 0.2}, {math.Inf(1), 0.1}, {-1, 0.5}, {-3, 0.5}, {1e308, 1e308}, {0, 0, 0}} {
		r := stats.Returns{Ends: make([]int64, len(values)), Values: values, PeriodsPerYear: 365}
		noInfinity(t, "returns", r.Distribution())
		for _, m := range r.Months() {
			if math.IsInf(float64(m.Return), 0) {
				t.Errorf("a month of %v is infinite", values)
			}
		}
		r.Rolling(2)
	}
}

func TestConstantReturnsHaveNoSharpe(t *testing.T) {
	t.Parallel()
	if s := compute(t, stats.Crypto365, hostileInputs()["every day 1 %"]); s.Sharpe.Defined() || s.Skew.Defined() {
		t.Errorf("1 %% every day has a Sharpe ratio of %v and a skew of %v", s.Sharpe, s.Skew)
	}
}

// TestLiveIsBatch: what a Live tells of random curves and trades is what Compute
// tells, at every tenth value, also after it was saved and restored.
func TestLiveIsBatch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		chance := rand.New(rand.NewPCG(seed, 1))
		from := time.Date(2023, 12, 1, int(seed)%24, 30, 0, 0, time.UTC)
		live, err := stats.NewLive(decimal.NewFromInt(1000), from)
		if err != nil {
			t.Fatal(err)
		}
		in := stats.Input{Start: units(1000), From: from.UnixNano()}
		equity, at := 1000.0, from
		for i := range 200 {
			// Hours, days and now and then a week apart.
			at = at.Add(time.Duration(1+chance.IntN(30)) * time.Hour)
			if chance.IntN(20) == 0 {
				at = at.AddDate(0, 0, 7)
			}
			if chance.IntN(3) > 0 {
				equity = math.Round(equity*(1+chance.NormFloat64()*0.03)*1e8) / 1e8
			}
			held := chance.IntN(2) == 0
			if err := live.Add(at, decimal.NewFromFloat(equity), held); err != nil {
				t.Fatal(err)
			}
			in.Times, in.Equity, in.End = append(in.Times, at.UnixNano()), append(in.Equity, exact(equity)), exact(equity)
			if held {
				in.OpenBars++
			}
			if chance.IntN(3) == 0 {
				trade := stats.Trade{
					Net: exact(math.Round(chance.NormFloat64() * 1e4)), Fees: units(int64(chance.IntN(9))),
					Notional: units(int64(20_000 + chance.IntN(80_000))), ExitNotional: units(int64(1 + chance.IntN(99_999))),
				}
				in.Trades = append(in.Trades, trade)
				live.AddTrade(trade)
			}
			if i%10 == 0 {
				raw := saved(t, live)
				live = &stats.Live{}
				if err := json.Unmarshal([]byte(raw), live); err != nil {
					t.Fatal(err)
				}
				same(t, seed, live.Stats(), compute(t, stats.Crypto365, in))
			}
		}
	}
}

func same(t *testing.T, seed uint64, got, want stats.Stats) {
	t.Helper()
	want.VaR, want.CVaR = stats.Undefined, stats.Undefined // a Live does not keep the returns
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		switch x := a.Field(i).Interface().(type) {
		case stats.Number:
			y, _ := reflect.TypeAssert[stats.Number](b.Field(i))
			// Moments of a higher order lose digits where the parts cancel.
			scale := max(math.Abs(float64(y)), 1e-3)
			if x.Defined() != y.Defined() || x.Defined() && math.Abs(float64(x-y)) > 1e-9*scale {
				t.Errorf("seed %d, %d bars: %s is %.15g, the batch has %.15g", seed, want.Bars, name, float64(x), float64(y))
			}
		case decimal.Decimal:
			if y, _ := reflect.TypeAssert[decimal.Decimal](b.Field(i)); !x.Equal(y) {
				t.Errorf("seed %d: %s is %s, the batch has %s", seed, name, x, y)
			}
		case time.Time:
			if y, _ := reflect.TypeAssert[time.Time](b.Field(i)); !x.Equal(y) {
				t.Errorf("seed %d: %s is %s, the batch has %s", seed, name, x, y)
			}
		default:
			if y := b.Field(i).Interface(); x != y {
				t.Errorf("seed %d: %s is %v, the batch has %v", seed, name, x, y)
			}
		}
	}
}

func saved(t testing.TB, live *stats.Live) string {
	t.Helper()
	raw, err := json.Marshal(live)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestLiveRefuses(t *testing.T) {
	t.Parallel()
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, start := range []string{"0", "-5", "0.1234567890123456789", "1e60"} {
		if _, err := stats.NewLive(decimal.RequireFromString(start), from); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("a start of %s gave %v", start, err)
		}
	}
	if _, err := stats.NewLive(decimal.NewFromInt(1), time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("the year 3000 gave %v", err)
	}
	live, err := stats.NewLive(decimal.NewFromInt(100), from)
	if err != nil {
		t.Fatal(err)
	}
	if live.Stats().Sharpe.Defined() {
		t.Error("there is a Sharpe ratio of nothing")
	}
	for _, at := range []time.Time{from, from.Add(-1), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if err := live.Add(at, decimal.NewFromInt(1), false); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%s gave %v", at, err)
		}
	}
	if err := live.Add(from.Add(1), decimal.RequireFromString("1e60"), false); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("too much equity gave %v", err)
	}
	before := saved(t, live)
	for _, raw := range []string{
		`{}`, `[]`, `{"version":1}`, `{"version":2,"start":"1"}`, `{"version":1,"start":"-1"}`, `{"version":1,"start":"1","peak":1,"days":{"peak":1},"last":-5}`,
		`{"version":1,"start":"1","peak":1,"bars":-1,"days":{"peak":1,"count":1}}`, `{"version":1,"start":"1","peak":1,"days":{"peak":1,"count":1,"m2":-1}}`,
	} {
		if err := json.Unmarshal([]byte(raw), live); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%s gave %v", raw, err)
		}
	}
	if saved(t, live) != before {
		t.Error("a refused state changed what was there")
	}
}

// FuzzLive: no saved state makes it panic or tell an infinite figure.
func FuzzLive(f *testing.F) {
	live, err := stats.NewLive(decimal.NewFromInt(100), time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		f.Fatal(err)
	}
	empty := saved(f, live)
	live.AddTrade(stats.Trade{Net: units(-1), Notional: units(10)})
	if err := live.Add(time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), decimal.NewFromInt(99), true); err != nil {
		f.Fatal(err)
	}
	f.Add(empty, 100.0)
	f.Add(saved(f, live), -3.0)
	f.Fuzz(func(t *testing.T, raw string, value float64) {
		var live stats.Live
		if json.Unmarshal([]byte(raw), &live) != nil {
			return
		}
		noInfinity(t, raw, live.Stats())
		live.AddTrade(stats.Trade{Net: units(3), Notional: units(1)})
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		if live.Add(live.Stats().To.Add(26*time.Hour), decimal.NewFromFloat(value), true) == nil {
			noInfinity(t, raw, live.Stats())
		}
	})
}

// TestBreakdown puts five trades into their groups.
func TestBreakdown(t *testing.T) {
	t.Parallel()
	at := func(text string) int64 {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixNano()
	}
	trades := []stats.Trade{
		{Net: units(10), Notional: units(100), Entry: at("2024-02-29 13:59"), Exit: at("2024-03-01 00:00"), ExitReason: "target"},
		{Net: units(-4), Notional: units(100), Entry: at("2024-03-04 13:00"), Exit: at("2024-03-05 00:00"), ExitReason: "stop", Short: true},
		{Net: units(6), Notional: units(100), Entry: at("2023-12-31 00:00"), Exit: at("2023-12-31 23:59"), ExitReason: "target"},
	}
	names := func(by stats.By) (out []string) {
		for _, g := range stats.Breakdown(trades, by) {
			out = append(out, g.Name+" "+g.Net.String())
		}
		return out
	}
	for by, want := range map[stats.By][]string{
		stats.ByMonth: {"2023-12 6", "2024-03 6"}, stats.ByWeekday: {"Monday -4", "Thursday 10", "Sunday 6"},
		stats.ByHour: {"00:00 6", "13:00 6"}, stats.BySide: {"long 16", "short -4"}, stats.ByExitReason: {"stop -4", "target 16"},
	} {
		if got := names(by); !reflect.DeepEqual(got, want) {
			t.Errorf("by %s: %v, want %v", by, got, want)
		}
	}
}

// TestCompare is worked by hand: twice the benchmark's returns have a beta of two, no
// alpha, and twice its swings.
func TestCompare(t *testing.T) {
	t.Parallel()
	benchmark, in := []float64{100}, []float64{100}
	for i, r := range []float64{0.1, -0.05, 0.02, 0, -0.1, 0.04} {
		benchmark, in = append(benchmark, benchmark[i]*(1+r)), append(in, in[i]*(1+2*r))
	}
	c, err := stats.Compare(stats.Crypto365, days(100, in[1:]...), days(100, benchmark[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "beta", c.Beta, 2)
	near(t, "correlation", c.Correlation, 1)
	if math.Abs(float64(c.Alpha)) > 1e-12 || c.Periods != 6 {
		t.Errorf("alpha is %v over %d periods", c.Alpha, c.Periods)
	}
	near(t, "up capture", c.UpCapture, (math.Cbrt(1.2*1.04*1.08)-1)/(math.Cbrt(1.1*1.02*1.04)-1))
	near(t, "down capture", c.DownCapture, (math.Sqrt(0.9*0.8)-1)/(math.Sqrt(0.95*0.9)-1))
	mean := 0.01 / 6
	sum := 0.0
	for _, r := range []float64{0.1, -0.05, 0.02, 0, -0.1, 0.04} {
		sum += square(r - mean)
	}
	near(t, "tracking error", c.TrackingError, math.Sqrt(sum/5)*math.Sqrt(365))
	near(t, "information ratio", c.InformationRatio, mean/math.Sqrt(sum/5)*math.Sqrt(365))

	from, times := int64(0), []int64{int64(24 * time.Hour), int64(48 * time.Hour)}
	index, err := stats.FromValues(4000, from, times, []float64{4400, 4200})
	if err != nil {
		t.Fatal(err)
	}
	r, err := stats.ReturnsOf(stats.Crypto365, index)
	if err != nil || len(r.Values) != 2 || math.Abs(r.Values[0]-0.1) > 1e-12 || math.Abs(r.Values[1]-(4200.0/4400-1)) > 1e-12 {
		t.Errorf("the index has the returns %v, %v", r.Values, err)
	}
	for _, bad := range [][]float64{{1, math.NaN()}, {1, -1}, {1, 0}, {1}, {math.Inf(1), 1}, {1, 1e300}} {
		if _, err := stats.FromValues(1, from, times, bad); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%v gave %v", bad, err)
		}
	}
	if _, err := stats.FromValues(1, from, []int64{5, 5}, []float64{1, 2}); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("equal times gave %v", err)
	}
}

func TestExcursions(t *testing.T) {
	t.Parallel()
	e := stats.ExcursionsOf([]stats.Trade{
		{Net: units(10), Notional: units(100), MAE: units(-5), MFE: units(20), Measured: true},
		{Net: units(-8), Notional: units(100), MAE: units(-10), MFE: units(4), Measured: true},
		{Net: units(50), Notional: units(100)},
	})
	near(t, "mean MAE", e.MeanMAE, -0.075)
	near(t, "mean MFE", e.MeanMFE, 0.12)
	near(t, "edge ratio", e.EdgeRatio, 24.0/15)
	near(t, "captured", e.Captured, 0.5)
	near(t, "MAE of winners", e.WinnerMAE, -0.05)
	near(t, "MFE of losers", e.LoserMFE, 0.04)
	if e.Trades != 2 {
		t.Errorf("%d trades were measured", e.Trades)
	}
}

// TestReturns: months compound, and the rolling ratio is that of its window.
func TestReturns(t *testing.T) {
	t.Parallel()
	in := stats.Input{Start: units(100), From: time.Date(2024, 1, 30, 0, 0, 0, 0, time.UTC).UnixNano()}
	for i, e := range []float64{110, 99, 118.8, 118.8, 130.68} { // 30 and 31 January, 1 to 3 February
		in.Times, in.Equity = append(in.Times, in.From+int64(i+1)*int64(24*time.Hour)), append(in.Equity, exact(e))
	}
	r, err := stats.ReturnsOf(stats.Crypto365, in)
	if err != nil {
		t.Fatal(err)
	}
	months := r.Months()
	if len(months) != 2 || months[1].Start.Format("2006-01") != "2024-02" {
		t.Fatalf("the months are %v", months)
	}
	near(t, "January", months[0].Return, -0.01)
	near(t, "February", months[1].Return, 0.32)
	rolling := r.Rolling(5)
	near(t, "rolling Sharpe", rolling[0], float64(compute(t, stats.Crypto365, in).Sharpe))
	if r.Rolling(6) != nil || r.Rolling(1) != nil {
		t.Error("there is a ratio of a window that does not fit")
	}
	if d := stats.Drawdowns(in); len(d) != 1 || d[0].Bars != 1 || !d[0].Recovered || d[0].Days() != 2 {
		t.Errorf("the drawdowns are %+v", d)
	}
}
