package strategy_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

type params struct {
	Fast    int     `param:"10" min:"1" max:"50" text:"bars"`
	LongRun int     `param:"30" name:"slow" min:"2"`
	Share   float64 `param:"0.5" min:"0" max:"1"`
	Whole   bool    `param:"true"`
	Of      string  `param:"cash" oneof:"cash equity"`
	Note    string  // no parameter
}

type nothing struct{ got params }

func (nothing) OnBar(strategy.Bar, *strategy.Orders) {}

var defined = strategy.Define("sample", func(p params, s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return &nothing{p}, nil
})

func setup() *strategy.Setup {
	return strategy.NewSetup([]*strategy.Feed{strategy.NewFeed(0, market.MustSpot("BTC/USDT"), market.H1, 8)})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw  string
		want []string // the beginnings of the faults
	}{
		{"", nil}, {"{}", nil},
		{`{"fast": 5, "slow": 7, "share": 1e-1, "whole": false, "of": "equity"}`, nil},
		{`{"fast": 51}`, []string{"params.fast: must be between 1 and 50, got 51"}},
		{`{"slow": 1}`, []string{"params.slow: must be at least 2, got 1"}},
		{`{"fsat": 5}`, []string{`params.fsat: there is no such parameter; did you mean "fast"?`}},
		{`{"lookback": 5}`, []string{"params.lookback: there is no such parameter; there are: fast, slow, share, whole, of"}},
		{`{"fast": 5, "fast": 6}`, []string{"params.fast: is given twice"}},
		{`{"fast": 1.5}`, []string{`params.fast: must be a whole number, got "1.5"`}},
		{`{"fast": "5"}`, []string{`params.fast: must be a whole number, got "5"`}},
		{`{"fast": 99999999999999999999}`, []string{"params.fast: must be a whole number"}},
		{`{"share": 1e999}`, []string{"params.share: must be a number"}},
		{`{"share": null}`, []string{`params.share: must be a number, got "null"`}},
		{`{"whole": 1}`, []string{"params.whole: must be true or false"}},
		{`{"of": "margin"}`, []string{`params.of: must be one of cash, equity, got "margin"`}},
		{`{"of": 5, "fast": 0}`, []string{"params.of: must be a text", "params.fast: must be between"}},
		{`[1]`, []string{"params: must be an object"}}, {`null`, []string{"params: must be an object"}},
		{`{"fast": 5`, []string{"params: is not JSON"}}, {`{"fast": 5} {}`, []string{"params: has something after its end"}},
		{`{"` + strings.Repeat("x", 70_000) + `": 1}`, []string{"params: must be at most"}},
	} {
		s, err := defined.Parse(json.RawMessage(c.raw))
		faults := tradekeel.Violations(err)
		if len(faults) != len(c.want) || (err == nil) != (s != nil) {
			t.Errorf("%.60s gave %v, %v", c.raw, s, err)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(faults[i].Error(), want) {
				t.Errorf("%.60s: fault %d is %q, want %q", c.raw, i, faults[i].Error(), want)
			}
		}
	}
	s, err := defined.Parse(json.RawMessage(`{"fast": 5, "of": "equity"}`))
	if err != nil {
		t.Fatal(err)
	}
	instance, err := s.Build(setup())
	if err != nil {
		t.Fatal(err)
	}
	if built, ok := instance.(*nothing); !ok || built.got != (params{5, 30, 0.5, true, "equity", ""}) {
		t.Errorf("the instance is %+v", instance)
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	s := defined.With(func(p *params) { p.Fast = 500 })
	if _, err := s.Build(setup()); !errors.Is(err, tradekeel.ErrInvalid) || !strings.Contains(err.Error(), "params.fast") {
		t.Errorf("a value out of its range built: %v", err)
	}
	if got := s.Parameters()[0].Value; got != 500 {
		t.Errorf("the value is %v", got)
	}
	if got := defined.Parameters()[0].Value; got != 10 {
		t.Errorf("changing a copy changed the definition: %v", got)
	}
}

func TestDefinePanicsOnWrongTags(t *testing.T) {
	t.Parallel()
	type unknownType struct {
		X []int `param:"1"`
	}
	type badDefault struct {
		X int `param:"ten"`
	}
	type outside struct {
		X int `param:"10" max:"5"`
	}
	type twice struct {
		X int `param:"1"`
		Y int `param:"1" name:"x"`
	}
	for name, define := range map[string]func(){
		"type": func() {
			strategy.Define("x", func(unknownType, *strategy.Setup) (strategy.Instance, error) { return nil, nil })
		},
		"default": func() {
			strategy.Define("x", func(badDefault, *strategy.Setup) (strategy.Instance, error) { return nil, nil })
		},
		"range": func() {
			strategy.Define("x", func(outside, *strategy.Setup) (strategy.Instance, error) { return nil, nil })
		},
		"twice": func() {
			strategy.Define("x", func(twice, *strategy.Setup) (strategy.Instance, error) { return nil, nil })
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("wrong tags (%s) were taken", name)
				}
			}()
			define()
		}()
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	r, err := strategy.NewRegistry(defined)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Parse("smaple", nil); !errors.Is(err, strategy.ErrUnknown) || !strings.Contains(err.Error(), `did you mean "sample"?`) {
		t.Errorf("an unknown name gave %v", err)
	}
	if _, err := strategy.NewRegistry(defined, defined); err == nil {
		t.Error("one name was taken twice")
	}
}

func TestSetupCollectsFaults(t *testing.T) {
	t.Parallel()
	build := func(f func(s *strategy.Setup)) error {
		d := strategy.Define("x", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
			f(s)
			return nothing{}, nil
		})
		_, err := d.Build(setup())
		return err
	}
	for want, f := range map[string]func(s *strategy.Setup){
		"data: the strategy reads ETH/USDT 1h; the run has BTC/USDT 1h": func(s *strategy.Setup) { s.Indicator(s.Bars("ETH/USDT", market.H1), indicator.SMA(5)) },
		"period: must be between":    func(s *strategy.Setup) { s.Indicator(s.Main(), indicator.SMA(0)) },
		"strategy: declares no bars": func(*strategy.Setup) {},
	} {
		if err := build(f); !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestCompareTreatsRoundingAsEqual(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		a, b  float64
		order int
		ok    bool
	}{
		{1, 2, -1, true}, {2, 1, 1, true}, {1, 1, 0, true}, {0, 0, 0, true}, {0, 1e-300, -1, true},
		{1, 1 + 1e-13, 0, true}, {1, 1 + 1e-11, -1, true}, {1e-9, 1e-9 * (1 + 1e-13), 0, true}, {-1, 1, -1, true},
		{nan, 1, 0, false}, {1, nan, 0, false}, {nan, nan, 0, false}, {math.Inf(1), 1, 1, true},
	} {
		if order, ok := strategy.Compare(c.a, c.b); order != c.order || ok != c.ok {
			t.Errorf("Compare(%v, %v) = %d, %v; want %d, %v", c.a, c.b, order, ok, c.order, c.ok)
		}
	}
}

// TestCross draws lines through every pair of orders, ties and undefined values.
func TestCross(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	near := 1 + 1e-13
	for _, c := range []struct {
		before, now [2]float64
		want        int
	}{
		{[2]float64{1, 2}, [2]float64{3, 2}, 1}, {[2]float64{3, 2}, [2]float64{1, 2}, -1},
		{[2]float64{2, 2}, [2]float64{3, 2}, 1}, {[2]float64{2, 2}, [2]float64{1, 2}, -1},
		{[2]float64{1, 2}, [2]float64{2, 2}, 0}, {[2]float64{3, 2}, [2]float64{4, 2}, 0},
		{[2]float64{near, 1}, [2]float64{2, 1}, 1}, {[2]float64{0.5, 1}, [2]float64{near, 1}, 0},
		{[2]float64{nan, 2}, [2]float64{3, 2}, 0}, {[2]float64{1, 2}, [2]float64{nan, 2}, 0}, {[2]float64{1, nan}, [2]float64{3, 2}, 0},
	} {
		a, b := lines(t, c.before, c.now)
		if got := strategy.Cross(a, b); got != c.want {
			t.Errorf("from %v to %v is %d, want %d", c.before, c.now, got, c.want)
		}
		if strategy.CrossesAbove(a, b) != (c.want > 0) || strategy.CrossesBelow(a, b) != (c.want < 0) {
			t.Errorf("from %v to %v: above %v, below %v", c.before, c.now, strategy.CrossesAbove(a, b), strategy.CrossesBelow(a, b))
		}
	}
}

// given is an indicator whose outputs are stated.
type given struct {
	name   string
	values []float64
}

func (g given) Key() string                 { return g.name }
func (g given) Validate() error             { return nil }
func (g given) Inputs() []market.Field      { return []market.Field{market.Close} }
func (g given) Outputs() []indicator.Output { return []indicator.Output{{Name: "value"}} }
func (g given) New() indicator.Computation  { return &stated{g.values} }

type stated struct{ values []float64 }

func (s *stated) Next(in, out [][]float64) { s.values = s.values[copy(out[0], s.values[:len(in[0])]):] }

func lines(t *testing.T, before, now [2]float64) (a, b *strategy.Indicator) {
	t.Helper()
	f := strategy.NewFeed(0, market.MustSpot("BTC/USDT"), market.H1, 8)
	s := strategy.NewSetup([]*strategy.Feed{f})
	a = s.Indicator(s.Main(), given{"a", []float64{before[0], now[0]}})
	b = s.Indicator(s.Main(), given{"b", []float64{before[1], now[1]}})
	if strategy.Cross(a, b) != 0 {
		t.Error("lines cross before the first bar")
	}
	for i := range int64(2) {
		if err := f.Push(&market.Bar{Time: i * int64(market.H1), Open: 1, High: 1, Low: 1, Close: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

func TestFeedRefusesWhatDoesNotFollow(t *testing.T) {
	t.Parallel()
	f := strategy.NewFeed(0, market.MustSpot("BTC/USDT"), market.H1, 8)
	bar := market.Bar{Time: int64(market.H1), Open: 1, High: 1, Low: 1, Close: 1}
	if err := f.Push(&bar); err != nil {
		t.Fatal(err)
	}
	if err := f.Push(&bar); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("the same bar twice gave %v", err)
	}
	if _, ok := f.Advance(2 * int64(market.H1)); ok {
		t.Error("a streamed feed was advanced")
	}
	if _, there := f.At(1); there || !math.IsNaN(f.Value(market.Close, 1)) || !math.IsNaN(f.Value(market.Close, -1)) {
		t.Error("a feed shows bars that are not there")
	}
	s := market.NewSeries(market.MustSpot("BTC/USDT"), market.H1, 8, 1)
	s.Append(bar)
	p := strategy.NewPreloadedFeed(0, s)
	if _, there := p.At(0); there {
		t.Error("a preloaded feed shows a bar before it closed")
	}
	other := bar
	other.Close = 2
	if err := p.Push(&other); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("another bar than the preloaded one gave %v", err)
	}
	if _, ok := p.Advance(1); ok || p.Len() != 0 {
		t.Error("a feed was advanced to another time")
	}
}

func FuzzParams(f *testing.F) {
	for _, seed := range []string{`{}`, `{"fast":5,"slow":7,"share":0.1,"whole":false,"of":"equity"}`, `{"fast":1e1}`, `{"fsat":1}`, `[`, `{"of":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := defined.Parse(raw)
		if err != nil {
			if len(tradekeel.Violations(err)) == 0 {
				t.Fatalf("a fault that nobody classified: %v", err)
			}
			return
		}
		if _, err := s.Build(setup()); err != nil {
			t.Fatalf("%q was parsed and does not build: %v", raw, err)
		}
		values := map[string]any{}
		for _, p := range s.Parameters() {
			values[p.Name] = p.Value
		}
		again, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := defined.Parse(again); err != nil {
			t.Fatalf("%q became %s, which is refused: %v", raw, again, err)
		}
	})
}
