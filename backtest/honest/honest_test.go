package honest

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// peeking is made of candles and looks at the close of the next one.
func peeking(candles []*market.Series) (strategy.Strategy, error) {
	s := candles[0]
	return made{"peeking", func() func(strategy.Bar, *strategy.Orders) {
		return func(b strategy.Bar, o *strategy.Orders) {
			if i := where(s, b); i+1 < s.Len() {
				towards(s.Close[i+1] > s.Close[i], b, o)
			}
		}
	}}, nil
}

func TestPeekingIsSeen(t *testing.T) {
	t.Parallel()
	c := config(t, nil)
	c.Strategy, _ = peeking(c.Data)
	r := check(t, c, Options{Remake: peeking})
	f := want(t, r, LookAhead, Fault, "by then nobody could know them")
	if f.Time.IsZero() || f.Instrument != "BTC/USDT" || len(r.Faults()) == 0 {
		t.Errorf("got %+v", f)
	}
	none(t, r, Repeatable)
}

// A strategy that fails where its candles end looked at one too many.
func TestPeekingThatFails(t *testing.T) {
	t.Parallel()
	remake := func(candles []*market.Series) (strategy.Strategy, error) {
		s := candles[0]
		last := s.Len() == 2000
		return made{"failing", func() func(strategy.Bar, *strategy.Orders) {
			return func(b strategy.Bar, o *strategy.Orders) {
				i := where(s, b) + 1
				if last {
					i = min(i, 1999)
				}
				towards(s.High[i] > s.High[i-1] && b.Close() < 0, b, o)
			}
		}}, nil
	}
	c := config(t, nil)
	c.Strategy, _ = remake(c.Data)
	want(t, check(t, c, Options{Remake: remake}), LookAhead, Fault, "the strategy fails")
}

// The mean of all closes is known only at the end.
func TestMeanOfTheWholeSeriesIsSeen(t *testing.T) {
	t.Parallel()
	remake := func(candles []*market.Series) (strategy.Strategy, error) {
		sum := 0.0
		closes := candles[0].Floats(market.Close)
		for _, v := range closes {
			sum += v
		}
		mean := sum / float64(len(closes))
		return made{"mean", func() func(strategy.Bar, *strategy.Orders) {
			return func(b strategy.Bar, o *strategy.Orders) { towards(b.Close() < mean, b, o) }
		}}, nil
	}
	c := config(t, nil)
	c.Strategy, _ = remake(c.Data)
	want(t, check(t, c, Options{Remake: remake}), LookAhead, Fault, "by then nobody could know them")
}

// Without Remake a variable that holds the series is not cut with the candles; what
// gives it away is that it still foresees the real ones.
func TestSeriesInAVariableIsSeen(t *testing.T) {
	t.Parallel()
	c := config(t, nil)
	s, err := hourly()
	if err != nil {
		t.Fatal(err)
	}
	full, _ := peeking([]*market.Series{s})
	c.Strategy = full
	r := check(t, c, Options{})
	want(t, r, Foresight, Fault, "knows them from elsewhere")
	want(t, r, Foresight, Note, "the same on random walks")
	// One that looks at its bars, too, and one that looks far ahead.
	for name, cheat := range map[string]func(b strategy.Bar, o *strategy.Orders){
		"partly": func(b strategy.Bar, o *strategy.Orders) {
			i := where(s, b)
			towards(s.Close[i+1] > s.Close[i] || b.Close() > b.Open()*1.005, b, o)
		},
		"far ahead": func(b strategy.Bar, o *strategy.Orders) {
			i := where(s, b)
			towards(s.Close[i+24] > s.Close[i], b, o)
		},
	} {
		c.Strategy = made{name, func() func(strategy.Bar, *strategy.Orders) { return cheat }}
		want(t, check(t, c, Options{}), Foresight, Fault, "knows them from elsewhere")
	}
	c.Strategy = full
	c.Signals = []backtest.Signal{{Name: "up", Time: time.Unix(0, s.Time[5])}}
	want(t, check(t, c, Options{}), Foresight, Warning, "its signals foresee them")
}

func TestNotRepeatable(t *testing.T) {
	t.Parallel()
	var bars atomic.Int64
	c := config(t, made{"counting", func() func(strategy.Bar, *strategy.Orders) {
		return func(b strategy.Bar, o *strategy.Orders) { towards(bars.Add(1)%7 < 3, b, o) }
	}})
	c.Data[0] = c.Data[0].Slice(0, 997)
	r := check(t, c, Options{Workers: 1})
	want(t, r, Repeatable, Fault, "Run twice on the same candles")
	if len(of(r, LookAhead)) > 0 || r.History != nil {
		t.Errorf("runs that differ anyway were compared: %s", r)
	}
}

// emaCross trades the cross of two exponential averages, which never forget.
var emaCross = strategy.Define("ema_cross", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	bars := s.Main()
	fast, slow := s.Indicator(bars, indicator.EMA(10)), s.Indicator(bars, indicator.EMA(60))
	return each(func(b strategy.Bar, o *strategy.Orders) { towards(fast.Value() > slow.Value(), b, o) }), nil
})

// weekly trades by the clock alone.
var weekly = made{"weekly", func() func(strategy.Bar, *strategy.Orders) {
	return func(b strategy.Bar, o *strategy.Orders) { towards(b.Time().Weekday() < time.Wednesday, b, o) }
}}

// What is honest has no fault, on its seed and others.
func TestHonestStrategies(t *testing.T) {
	t.Parallel()
	for _, s := range []strategy.Strategy{smacross.Strategy, emaCross, weekly} {
		for seed := range uint64(4) {
			r := check(t, config(t, s), Options{Seed: seed})
			if faults := r.Faults(); len(faults) > 0 {
				t.Errorf("%s: found %v", s.Name(), faults)
			}
			none(t, r, Repeatable, LookAhead, Foresight, WarmUp)
			if len(r.Cuts) < 15 || r.Reruns != 1+2*len(r.Cuts)+walkCount+5 || r.Fills == 0 {
				t.Errorf("%s: %d cuts, %d reruns, %d fills", s.Name(), len(r.Cuts), r.Reruns, r.Fills)
			}
		}
	}
	r := check(t, config(t, weekly), Options{})
	want(t, r, Foresight, Note, "the same on random walks")
	if len(of(check(t, config(t, emaCross), Options{}), Foresight)) > 0 {
		t.Error("a strategy that looks at its bars is said not to")
	}
}

// One position for another keeps decisions apart only until both are flat; an average
// without memory agrees at once, one with a memory later.
func TestHistoryNeeded(t *testing.T) {
	t.Parallel()
	// Orders at every cross, whatever is held: no position carries over.
	crossing := func(kind func(int) indicator.Definition) strategy.Strategy {
		return strategy.Define("crossing", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
			bars := s.Main()
			fast, slow := s.Indicator(bars, kind(5)), s.Indicator(bars, kind(50))
			return each(func(_ strategy.Bar, o *strategy.Orders) {
				switch strategy.Cross(fast, slow) {
				case 1:
					o.BuyMarket(strategy.CashPercent(1))
				case -1:
					o.Close("below")
				}
			}), nil
		})
	}
	simple := check(t, config(t, crossing(indicator.SMA)), Options{Starts: 10})
	if h := simple.History; h == nil || h.Needed != h.Declared || h.Declared != 49 || len(h.Starts) != 10 || len(of(simple, WarmUp)) > 0 {
		t.Errorf("without a memory: %+v, %s", simple.History, simple)
	}
	memory := check(t, config(t, crossing(indicator.EMA)), Options{Starts: 40})
	f := want(t, memory, WarmUp, Note, "Decisions agree only after")
	if h := memory.History; h.Needed <= h.Declared || h.Needed > 400 || !strings.Contains(f.Words, "declare a warm-up of 49") {
		t.Errorf("with a memory: %+v", memory.History)
	}
	// What counts bars from the first one never agrees.
	counting := made{"counting", func() func(strategy.Bar, *strategy.Orders) {
		n := 0
		return func(b strategy.Bar, o *strategy.Orders) {
			n++
			towards(n%14 < 7, b, o)
		}
	}}
	r := check(t, config(t, counting), Options{})
	want(t, r, WarmUp, Warning, "never settle down")
	none(t, r, Repeatable, LookAhead)
	// Nothing can be told of one that decides once.
	once := made{"once", func() func(strategy.Bar, *strategy.Orders) {
		return func(b strategy.Bar, o *strategy.Orders) { towards(true, b, o) }
	}}
	want(t, check(t, config(t, once), Options{}), WarmUp, Note, "too few decisions")
}

// The same input gives the same report, whatever the number of workers.
func TestReportIsRepeatable(t *testing.T) {
	t.Parallel()
	c := config(t, nil)
	c.Strategy, _ = peeking(c.Data)
	first := check(t, c, Options{Remake: peeking, Workers: 1, Seed: 5})
	for _, workers := range []int{2, 8} {
		if r := check(t, c, Options{Remake: peeking, Workers: workers, Seed: 5}); !reflect.DeepEqual(r, first) {
			t.Errorf("%d workers give another report:\n%s\n%s", workers, r, first)
		}
	}
	if other := check(t, c, Options{Remake: peeking, Seed: 6}); reflect.DeepEqual(other.Cuts, first.Cuts) {
		t.Error("another seed gives the same cuts")
	}
	raw, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(&back, first) {
		t.Errorf("JSON gives %+v, %v", back, err)
	}
}

func TestCancelAndErrors(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0
	_, err := Check(ctx, config(t, smacross.Strategy), Options{Progress: func(done, total int) {
		if done != last+1 || total < 40 {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last = done
		cancel()
	}})
	if tradekeel.KindOf(err) != tradekeel.Canceled || last == 0 {
		t.Errorf("canceled after %d: %v", last, err)
	}
	c := config(t, smacross.Strategy)
	bad := c
	bad.Cash.Value = bad.Cash.Value.Neg()
	remake := func(s strategy.Strategy, err error) Options {
		return Options{Remake: func([]*market.Series) (strategy.Strategy, error) { return s, err }}
	}
	for field, run := range map[string]func() (*Report, error){
		"cuts":         func() (*Report, error) { return Check(t.Context(), c, Options{Cuts: -1}) },
		"starts":       func() (*Report, error) { return Check(t.Context(), c, Options{Starts: 1001}) },
		"volume_share": func() (*Report, error) { return Inspect(&backtest.Result{}, Options{VolumeShare: 2}) },
		"kind":         func() (*Report, error) { return Check(t.Context(), c, Options{Candidates: []*market.Instrument{{}}}) },
		"cash":         func() (*Report, error) { return Check(t.Context(), bad, Options{}) },
		"strategy":     func() (*Report, error) { return Check(t.Context(), backtest.Config{}, Options{}) },
		"remake":       func() (*Report, error) { return Check(t.Context(), c, remake(nil, nil)) },
		"mine": func() (*Report, error) {
			return Check(t.Context(), c, remake(nil, tradekeel.Invalidf("mine", "is wrong")))
		},
	} {
		_, err := run()
		if all := tradekeel.Violations(err); len(all) == 0 || all[0].Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// Listening to an instance must not take away what it listens to: every optional
// interface of package strategy whose name says so is passed on.
func TestListenersArePassedOn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../strategy/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	methods := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !strings.HasSuffix(spec.Name.Name, "Listener") {
				return true
			}
			listener, ok := spec.Type.(*ast.InterfaceType)
			if !ok {
				return true
			}
			for _, m := range listener.Methods.List {
				methods++
				if _, there := reflect.TypeFor[*instance]().MethodByName(m.Names[0].Name); !there {
					t.Errorf("%s of strategy.%s is not passed on", m.Names[0].Name, spec.Name.Name)
				}
			}
			return true
		})
	}
	if methods < 2 {
		t.Errorf("found %d methods of listeners", methods)
	}
}
