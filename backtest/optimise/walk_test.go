package optimise_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

const day = 24 * time.Hour

func smaWalk(series *market.Series, w optimise.Windows) optimise.Walk {
	study := smaStudy(optimise.Grid)
	study.Space = []optimise.Axis{optimise.Over("fast", 5, 45, 10), optimise.Over("slow", 30, 180, 50)}
	study.Require, study.Objectives = []string{"trades >= 3"}, study.Objectives[:1]
	return optimise.Walk{Study: study, Factory: smacross.Strategy, Config: backtests(series).Config, Windows: w}
}

func hasWarning(all []optimise.Warning, code string) bool {
	return slices.ContainsFunc(all, func(w optimise.Warning) bool { return w.Code == code })
}

// TestWindows: no test shares a bar with its training or with another test, a rolling
// training keeps its length and an anchored one its start.
func TestWindows(t *testing.T) {
	t.Parallel()
	start := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, anchored := range []bool{false, true} {
		w := optimise.Windows{Train: 60 * day, Test: 20 * day, Anchored: anchored}
		all, err := w.Split(start, start.Add(150*day))
		ok(t, err)
		if len(all) != 4 {
			t.Fatalf("there are %d windows, want 4: %v", len(all), all)
		}
		for i, x := range all {
			if i > 0 && !x.TestFrom.Equal(all[i-1].TestTo) {
				t.Errorf("test %d begins at %s, the one before ends at %s", i, x.TestFrom, all[i-1].TestTo)
			}
			if x.TestTo.Sub(x.TestFrom) != 20*day || x.TestTo.After(start.Add(150*day)) {
				t.Errorf("test %d goes from %s to %s", i, x.TestFrom, x.TestTo)
			}
			if anchored && !x.TrainFrom.Equal(start) || !anchored && x.TestFrom.Sub(x.TrainFrom) != 60*day {
				t.Errorf("training %d begins at %s", i, x.TrainFrom)
			}
		}
	}
	for field, w := range map[string]optimise.Windows{
		"windows.train": {Test: day}, "windows.test": {Train: day, Test: -day},
		"windows.step": {Train: day, Test: 2 * day, Step: day},
	} {
		_, err := w.Split(start, start.Add(150*day))
		if faults := tradekeel.Violations(err); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%+v: %v, want a fault of %s", w, err, field)
		}
	}
	if _, err := (optimise.Windows{Train: 100 * day, Test: 51 * day}).Split(start, start.Add(150*day)); err == nil {
		t.Error("windows longer than the data were accepted")
	}
	if _, err := (optimise.Windows{Train: 1, Test: 1}).Split(start, start.Add(day)); err == nil {
		t.Error("a test of one nanosecond was accepted")
	}
}

// TestWalkForward does by hand what a walk does: every combination over the training, the
// best of them over the test with the money that there is by then.
func TestWalkForward(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	for _, anchored := range []bool{false, true} {
		// A test has fewer bars than the slow average needs: without the bars before it
		// hardly anything could be traded.
		w := smaWalk(series, optimise.Windows{Train: 45 * day, Test: 9 * day, Anchored: anchored})
		got, err := optimise.WalkForward(t.Context(), w)
		ok(t, err)
		cash := w.Config.Cash
		in, entered := 1.0, 0
		for i, window := range got.Windows {
			c := w.Config
			c.From, c.To = window.TrainFrom, window.TestFrom
			var best *backtest.Result
			for fast := 5; fast <= 45; fast += 10 {
				for slow := 30; slow <= 180; slow += 50 {
					if fast >= slow {
						continue
					}
					c.Strategy = smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = fast, slow })
					r, err := backtest.Run(t.Context(), c)
					ok(t, err)
					if r.Stats.Trades >= 3 && r.Stats.Sharpe.Defined() && (best == nil || r.Stats.Sharpe > best.Stats.Sharpe) {
						best = r
					}
				}
			}
			for _, p := range best.Parameters[:2] {
				if window.Params.Value(p.Name) != p.Value {
					t.Fatalf("window %d took %s, the best has %s %v", i, window.Params, p.Name, p.Value)
				}
			}
			c.Strategy = smacross.Strategy.With(func(p *smacross.Params) {
				p.Fast, p.Slow = int(window.Params.Number("fast")), int(window.Params.Number("slow"))
			})
			c.From, c.To, c.WarmFrom, c.Cash = window.TestFrom, window.TestTo, window.TrainFrom, cash
			r, err := backtest.Run(t.Context(), c)
			ok(t, err)
			if !r.Final().Equal(window.Test.Final()) {
				t.Errorf("test %d ended with %s, by hand %s", i, window.Test.Final(), r.Final())
			}
			for _, f := range window.Test.Fills {
				entered++
				if f.Time < window.TestFrom.UnixNano() || f.Time >= window.TestTo.UnixNano() {
					t.Errorf("test %d traded at %s", i, time.Unix(0, f.Time).UTC())
				}
			}
			cash = r.Final()
			in *= 1 + float64(best.Stats.CAGR)
		}
		if len(got.Windows) < 10 || entered < 20 {
			t.Fatalf("%d windows with %d fills test nothing", len(got.Windows), entered)
		}
		if !got.Chained.Final().Equal(cash) {
			t.Errorf("chained it ends with %s, by hand %s", got.Chained.Final(), cash)
		}
		if want := float64(got.Chained.Stats.CAGR) / (math.Pow(in, 1/float64(len(got.Windows))) - 1); math.Abs(got.Efficiency-want) > 1e-9 {
			t.Errorf("the efficiency is %v, by hand %v", got.Efficiency, want)
		}
		if len(got.Stability) != 2 || len(got.Stability[1].Values) != len(got.Windows) {
			t.Errorf("the stability is %+v", got.Stability)
		}
		t.Logf("anchored %v: %d windows, efficiency %.2f, %v", anchored, len(got.Windows), got.Efficiency, got.Chained.Stats)
	}
}

// TestWalkSeesNothingAhead replaces all bars behind a moment by others: what was chosen
// and traded before it stays.
func TestWalkSeesNothingAhead(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	w := smaWalk(series, optimise.Windows{Train: 45 * day, Test: 15 * day})
	before, err := optimise.WalkForward(t.Context(), w)
	ok(t, err)
	cut := before.Windows[3].TestFrom
	other := market.NewSeries(series.Instrument, series.Timeframe, series.VolumeScale, series.Len())
	for i := range series.Len() {
		b := series.Bar(i)
		if b.Time >= cut.UnixNano() {
			noise := int64(i*7919%1000) + 500
			b.Open, b.High, b.Low, b.Close = b.Open*noise/1000, b.High*2, b.Low/4, b.Close*noise/1000
		}
		other.Append(b)
	}
	w.Config.Data = []*market.Series{other}
	after, err := optimise.WalkForward(t.Context(), w)
	ok(t, err)
	for i := range 4 {
		a, b := before.Windows[i], after.Windows[i]
		if !bytes.Equal(a.Row.Encode(nil), b.Row.Encode(nil)) {
			t.Errorf("window %d chose %s, with other bars ahead %s", i, a.Params, b.Params)
		}
		if i < 3 && !a.Test.Final().Equal(b.Test.Final()) {
			t.Errorf("test %d ended with %s, with other bars ahead %s", i, a.Test.Final(), b.Test.Final())
		}
	}
	if before.Windows[3].Test.Final().Equal(after.Windows[3].Test.Final()) {
		t.Error("the bars ahead are not others: this tests nothing")
	}
}

// TestWalkGoesOn: a walk over a store that holds its rows runs none of them again.
func TestWalkGoesOn(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	w := smaWalk(series, optimise.Windows{Train: 60 * day, Test: 30 * day})
	w.Store, w.ID = &optimise.Memory{}, "walk"
	first, err := optimise.WalkForward(t.Context(), w)
	ok(t, err)
	calls := 0
	w.Progress = func(window, windows int, p optimise.Progress) {
		calls++
		if window < 1 || window > windows || p.Done != p.Reused {
			t.Errorf("window %d of %d: %+v", window, windows, p)
		}
	}
	second, err := optimise.WalkForward(t.Context(), w)
	ok(t, err)
	if calls == 0 || !first.Chained.Final().Equal(second.Chained.Final()) {
		t.Errorf("the second walk ended with %s, the first with %s", second.Chained.Final(), first.Chained.Final())
	}
}

// TestWalkWarns: on a random walk the training shows what the tests do not hold; where
// nothing meets the requirements nothing is traded.
func TestWalkWarns(t *testing.T) {
	t.Parallel()
	series := randomWalk(24*180, 5)
	w := smaWalk(series, optimise.Windows{Train: 30 * day, Test: 15 * day})
	w.Study.Space = []optimise.Axis{optimise.Over("fast", 2, 20, 2), optimise.Over("slow", 25, 105, 5)}
	f, err := optimise.WalkForward(t.Context(), w)
	ok(t, err)
	t.Logf("efficiency %.2f: %v", f.Efficiency, f.Warnings)
	if !hasWarning(f.Warnings, "overfit") || !hasWarning(f.Warnings, "unstable") {
		t.Errorf("a random walk gives the warnings %v", f.Warnings)
	}
	w.Study.Require = []string{"trades > 100000"}
	f, err = optimise.WalkForward(t.Context(), w)
	ok(t, err)
	if f.Chained != nil || !hasWarning(f.Warnings, "no_choice") || !math.IsNaN(f.Efficiency) {
		t.Errorf("without a choice: %+v", f)
	}
	for _, bad := range []func(*optimise.Walk){
		func(w *optimise.Walk) { w.Factory = nil }, func(w *optimise.Walk) { w.Config.Data = nil },
		func(w *optimise.Walk) { w.Config.Data = []*market.Series{nil} }, func(w *optimise.Walk) { w.Config.Cash = money.Amount{} },
		func(w *optimise.Walk) { w.Study.Space = nil }, func(w *optimise.Walk) { w.ID = optimise.ID(strings.Repeat("x", 63)); w.Store = &optimise.Memory{} },
	} {
		broken := w
		bad(&broken)
		if _, err := optimise.WalkForward(t.Context(), broken); tradekeel.KindOf(err) != tradekeel.Invalid {
			t.Errorf("got %v, want Invalid", err)
		}
	}
}

func randomWalk(bars int, seed uint64) *market.Series {
	in := market.MustSpot("BTC/USDT")
	in.PriceScale, in.QuantityScale = 2, 8
	s := market.NewSeries(in, market.H1, 8, bars)
	price := int64(40_000_00)
	for i := range bars {
		seed = seed*6364136223846793005 + 1442695040888963407
		open := price
		price = max(100_00, price+price*(int64(seed>>33)%2001-1000)/100_000)
		s.Append(market.Bar{Time: int64(i) * int64(market.H1), Open: open, High: max(open, price), Low: min(open, price), Close: price, Volume: 1e8})
	}
	return s
}
