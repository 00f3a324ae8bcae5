package report_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/report"
	"github.com/tradekeel/tradekeel/strategy"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// plan is a strategy that does what its table says at each bar.
type plan map[int]func(*strategy.Orders)

type planParams struct {
	Note string  `param:"" text:"a text from outside"`
	Risk float64 `param:"0.25" text:"a fraction"`
}

type planned struct {
	plan plan
	at   int
}

func (p *planned) OnBar(_ strategy.Bar, o *strategy.Orders) {
	if act := p.plan[p.at]; act != nil {
		act(o)
	}
	p.at++
}

func (p plan) strategy(name, note string) strategy.Strategy {
	return strategy.Define(name, func(_ planParams, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &planned{plan: p}, nil
	}).With(func(params *planParams) { params.Note = note })
}

func buy(percent float64, reason string) func(*strategy.Orders) {
	return func(o *strategy.Orders) { o.BuyMarket(strategy.CashPercent(percent), reason) }
}

func leave(reason string) func(*strategy.Orders) {
	return func(o *strategy.Orders) { o.Close(reason) }
}

// wave makes n candles that go up and down, with two decimals of price.
func wave(t testing.TB, symbol string, tf market.Timeframe, n int) *market.Series {
	t.Helper()
	in, err := market.NewSpot(symbol)
	if err != nil {
		t.Fatal(err)
	}
	s := market.NewSeries(in, tf, 8, n)
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	const cent = 1_000_000 // of the eight decimals
	price, state := int64(40_000_00), uint64(1)
	for range n {
		state = state*6364136223846793005 + 1442695040888963407
		step := int64(state>>33)%40_001 - 20_000
		if price+step < 10_000_00 {
			step = -step
		}
		open, end := price, price+step
		s.Append(market.Bar{
			Time: at, Open: open * cent, Close: end * cent,
			High: (max(open, end) + step*step%700) * cent, Low: (min(open, end) - step*step%900) * cent,
			Volume: int64(state>>40) * 100,
		})
		price, at = end, tf.Close(at)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t testing.TB, s strategy.Strategy, data ...*market.Series) *backtest.Result {
	t.Helper()
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: s, Data: data, Cash: money.MustParse("10000 USDT"),
		Fees: exchange.FlatFee(decimal.RequireFromString("0.001")), Gaps: backtest.AcceptGaps,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// small is a run with all that a page can show: round trips of one entry and of
// two, a position that stays open, and a refused order.
func small(t testing.TB) *backtest.Result {
	t.Helper()
	p := plan{
		1: buy(50, "first half"), 3: buy(100, "second half"), 6: leave("enough"),
		8: leave("nothing to close"), 9: buy(100, "again"), 12: buy(100, "no cash left"), 15: leave("stop"),
		18: buy(30, "to keep"),
	}
	return run(t, p.strategy("small plan", "two words"), wave(t, "BTC/USDT", market.H1, 24))
}

func written(t testing.TB, result *backtest.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, result); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element finds <script …>…</script> and <style>…</style>.
var element = regexp.MustCompile(`(?s)<(script|style)([^>]*)>(.*?)</(?:script|style)>`)

// lean cuts out what is the same on every page.
func lean(page string) string {
	page = element.ReplaceAllStringFunc(page, func(found string) string {
		parts := element.FindStringSubmatch(found)
		if strings.Contains(parts[2], "application/json") {
			return found
		}
		return "<" + parts[1] + ">…</" + parts[1] + ">"
	})
	return regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(page, "sha256-…&#39;")
}

func TestHTMLGolden(t *testing.T) {
	t.Parallel()
	result := small(t)
	if len(result.Trades) != 2 || len(result.Open) != 1 || len(result.Refused) == 0 {
		t.Fatalf("the run has %d trades, %d open and %d refused orders", len(result.Trades), len(result.Open), len(result.Refused))
	}
	checkGolden(t, "small.html", written(t, result))
}

func checkGolden(t *testing.T, name, page string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got := lean(page)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	theirs := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(theirs) || line != theirs[i] {
			t.Fatalf("line %d is\n%.500s\nthe golden has\n%.500s\nread the difference and run with -update", i+1, line, strings.Join(theirs[i:min(i+1, len(theirs))], ""))
		}
	}
	t.Fatal("the golden has more lines")
}

func TestHTMLIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first := written(t, small(t))
	for range 3 {
		if written(t, small(t)) != first {
			t.Fatal("two reports of one run differ")
		}
	}
}

func TestHTMLOfLittle(t *testing.T) {
	t.Parallel()
	empty := wave(t, "BTC/USDT", market.H1, 0)
	cash := money.MustParse("10000 USDT")
	for _, c := range []struct {
		name   string
		result *backtest.Result
		has    []string
		lacks  []string
	}{
		{"no data", &backtest.Result{Strategy: "nothing", Cash: cash}, []string{"There are no bars to draw.", "There were no trades."}, []string{`id="price-chart"`, "NaN"}},
		{"no name", &backtest.Result{}, []string{"Unnamed strategy"}, []string{"NaN"}},
		{"no bars", &backtest.Result{Strategy: "nothing", Data: []*market.Series{empty}, Cash: cash}, []string{"There are no bars to draw."}, []string{`id="price-chart"`}},
		{"one bar", run(t, plan{}.strategy("one", ""), wave(t, "BTC/USDT", market.H1, 1)), []string{`id="price-chart"`, `id="equity-chart"`, "No round trip ended"}, []string{"NaN"}},
		{"no trades", run(t, plan{}.strategy("idle", ""), wave(t, "BTC/USDT", market.H1, 50)), []string{"There were no trades.", "no round trip ended"}, []string{"NaN", `id="table"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := lean(written(t, c.result))
			for _, want := range c.has {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, unwanted := range c.lacks {
				if strings.Contains(page, unwanted) {
					t.Errorf("the page has %q", unwanted)
				}
			}
		})
	}
}

func TestHTMLRefuses(t *testing.T) {
	t.Parallel()
	broken := func(change func(*backtest.Result)) *backtest.Result {
		r := small(t)
		change(r)
		return r
	}
	for _, c := range []struct {
		name, field string
		result      *backtest.Result
	}{
		{"nil", "result", nil},
		{"uneven equity", "result.equity", broken(func(r *backtest.Result) { r.Equity.Times = r.Equity.Times[1:] })},
		{"equity out of order", "result.equity", broken(func(r *backtest.Result) { r.Equity.Times[3] = r.Equity.Times[2] })},
		{"no series", "result.data[0]", broken(func(r *backtest.Result) { r.Data = []*market.Series{nil} })},
		{"no instrument", "result.trades[1]", broken(func(r *backtest.Result) { r.Trades[1].Instrument = nil })},
		{"no instrument of an open trade", "result.open[0]", broken(func(r *backtest.Result) { r.Open[0].Instrument = nil })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			err := report.HTML(&b, c.result)
			found := tradekeel.Violations(err)
			if len(found) != 1 || found[0].Field != c.field {
				t.Errorf("the error is %v, want an invalid %s", err, c.field)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

// full is a writer that takes so many bytes and then no more.
type full struct{ left int }

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestHTMLReturnsWriteErrors(t *testing.T) {
	t.Parallel()
	result := small(t)
	size := len(written(t, result))
	for _, left := range []int{0, 1, 4000, 70_000, size / 2, size - 1} {
		if err := report.HTML(&full{left}, result); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes the error is %v", left, err)
		}
	}
	if err := report.HTML(&full{size}, result); err != nil {
		t.Errorf("with room for all the error is %v", err)
	}
}

func TestHTMLLeavesTheResultAlone(t *testing.T) {
	t.Parallel()
	result := small(t)
	before := written(t, result)
	trade, equity := result.Trades[0], result.Equity.Units[5]
	if written(t, result) != before || result.Trades[0] != trade || result.Equity.Units[5] != equity {
		t.Error("the result changed")
	}
}
