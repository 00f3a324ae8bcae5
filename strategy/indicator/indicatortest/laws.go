// Package indicatortest holds the laws of an indicator, and candles to try them on.
//
//	func TestLaws(t *testing.T)         { indicatortest.Laws(t, candle.Kinds()) }
//	func TestNoAllocation(t *testing.T) { indicatortest.NoAllocation(t, candle.Kinds()) }
//	func TestKinds(t *testing.T)        { indicatortest.Catalogue(t, candle.Kinds(), candle.Lookup) }
package indicatortest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// chance is a small generator: bars by the thousand need no shrinking.
type chance uint64

func (c *chance) next(n int) int {
	*c = *c*6364136223846793005 + 1442695040888963407
	return int(uint64(*c) >> 33 % uint64(n))
}

// Columns makes n valid candles, one column for each field, with flat stretches,
// gaps, bars without volume and prices of the size of scale.
func Columns(n int, seed uint64, scale float64) [][]float64 {
	c := chance(seed)
	all := make([][]float64, market.OpenTime+1)
	for f := range all {
		all[f] = make([]float64, n)
	}
	at, flat := 10_000, 0
	start := 1_500_000_000 + c.next(1_000_000)*60
	for i := range n {
		if flat == 0 && c.next(200) == 0 {
			flat = c.next(60)
		}
		open, high, low := at, at, at
		volume := float64(c.next(1_000_000)) / 1000
		if flat > 0 {
			flat--
			volume = 0
		} else {
			open = max(1, at+c.next(21)-10)
			at = max(1, open+c.next(201)-100)
			high = max(open, at) + c.next(50)
			low = max(1, min(open, at)-c.next(50))
			if c.next(20) == 0 {
				volume = 0
			}
		}
		for f, v := range []int{open, high, low, at} {
			all[f][i] = float64(v) * scale
		}
		all[market.Volume][i] = volume
		start += 60 * (1 + c.next(40)/39*c.next(500))
		all[market.OpenTime][i] = float64(start)
	}
	return all
}

// Pick returns the columns that a definition reads.
func Pick(d indicator.Definition, all [][]float64) [][]float64 {
	in := make([][]float64, len(d.Inputs()))
	for k, f := range d.Inputs() {
		in[k] = all[f]
	}
	return in
}

// Outputs makes a slice of n values for each output of a definition.
func Outputs(d indicator.Definition, n int) [][]float64 {
	out := make([][]float64, len(d.Outputs()))
	for k := range out {
		out[k] = make([]float64, n)
	}
	return out
}

// Batch computes the outputs of a definition over whole columns.
func Batch(d indicator.Definition, all [][]float64) [][]float64 {
	in := Pick(d, all)
	out := Outputs(d, len(all[0]))
	indicator.Batch(d, in, out)
	return out
}

// Same reports two values of the same bits, or two that are NaN.
func Same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// draw makes a definition of a kind with parameters within their ranges; lengths
// are short, so that they end within the bars.
func draw(t *rapid.T, k *indicator.Kind) indicator.Definition {
	for {
		params := make([]float64, len(k.Params))
		for i, p := range k.Params {
			switch {
			case p.OneOf != nil:
				params[i] = float64(rapid.IntRange(0, len(p.OneOf)-1).Draw(t, p.Name))
			case p.Integer:
				least := int(p.Min)
				params[i] = float64(rapid.IntRange(least, max(least, min(int(p.Max), 120))).Draw(t, p.Name))
			default:
				params[i] = rapid.Float64Range(p.Min, min(p.Max, p.Min+20)).Draw(t, p.Name)
			}
		}
		if d, err := k.Make(params...); err == nil {
			return d
		}
	}
}

// Laws holds every kind to the promises of package indicator: the warm-up is exact
// and nothing after it is NaN or infinite; however the bars are cut into calls, the
// outputs have the same bits; no output depends on a later bar.
func Laws(t *testing.T, kinds []*indicator.Kind) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				d := draw(t, k)
				n := rapid.IntRange(0, 2500).Draw(t, "bars")
				scale := math.Pow10(rapid.IntRange(-8, 3).Draw(t, "scale"))
				laws(t, d, Columns(n, rapid.Uint64().Draw(t, "seed"), scale))
			})
		})
	}
}

func laws(t *rapid.T, d indicator.Definition, all [][]float64) {
	n := len(all[0])
	want := Batch(d, all)
	for k, o := range d.Outputs() {
		for i, v := range want[k] {
			if math.IsNaN(v) != (i < o.Warmup) || math.IsInf(v, 0) {
				t.Fatalf("the warm-up is exact: %s.%s at %d is %v, the warm-up is %d", d.Key(), o.Name, i, v, o.Warmup)
			}
		}
	}
	// However the bars are cut into calls, the outputs have the same bits.
	c, in, got := d.New(), Pick(d, all), Outputs(d, n)
	long := rapid.IntRange(1, indicator.BlockSize).Draw(t, "block")
	cuts := chance(rapid.Uint64().Draw(t, "cuts"))
	for first := 0; first < n; {
		last := min(n, first+1+cuts.next(long)*cuts.next(2))
		c.Next(Cut(in, first, last), Cut(got, first, last))
		first = last
	}
	equal(t, d, "cut into calls", got, want, n)
	one := indicator.NewIncremental(d)
	values := make([]float64, len(in))
	for i := range n {
		for k := range in {
			values[k] = in[k][i]
		}
		for k, v := range one.Update(values...) {
			if !Same(v, want[k][i]) {
				t.Fatalf("Update and Batch agree at every bar: %s output %d at %d is %v by Update, %v by Batch", d.Key(), k, i, v, want[k][i])
			}
		}
	}
	if n == 0 {
		return
	}
	// A bar that changes never changes what came out before it.
	at := rapid.IntRange(0, n-1).Draw(t, "changed")
	changed := make([][]float64, len(all))
	other := Columns(n, 99, 3)
	for f := range all {
		changed[f] = slices.Clone(all[f])
		if f != int(market.OpenTime) {
			copy(changed[f][at:], other[f][at:])
		}
	}
	equal(t, d, fmt.Sprintf("with bars from %d on changed", at), Batch(d, changed), want, at)
}

// Cut returns the part of columns from first up to last, last left out.
func Cut(columns [][]float64, first, last int) [][]float64 {
	out := make([][]float64, len(columns))
	for k := range columns {
		out[k] = columns[k][first:last]
	}
	return out
}

func equal(t *rapid.T, d indicator.Definition, how string, got, want [][]float64, until int) {
	for k := range want {
		for i := range until {
			if !Same(got[k][i], want[k][i]) {
				t.Fatalf("%s output %d at %d %s is %v, want %v", d.Key(), k, i, how, got[k][i], want[k][i])
			}
		}
	}
}

// NoAllocation holds every kind to this: a computation that has grown what it keeps
// takes in blocks and single bars without allocating. Its test is not parallel to others.
func NoAllocation(t *testing.T, kinds []*indicator.Kind) {
	t.Helper()
	all := Columns(4*indicator.BlockSize, 7, 0.01)
	for _, k := range kinds {
		d, err := k.Make()
		if err != nil {
			t.Fatal(err)
		}
		in, out := Pick(d, all), Outputs(d, len(all[0]))
		c, at := d.New(), 0
		step := func(n int) func() {
			ins, outs := Cut(in, 0, n), Cut(out, 0, n)
			return func() {
				for j := range in {
					ins[j] = in[j][at : at+n]
				}
				for j := range out {
					outs[j] = out[j][at : at+n]
				}
				c.Next(ins, outs)
				at += n
			}
		}
		block, single := step(indicator.BlockSize), step(1)
		block()
		if got := testing.AllocsPerRun(1, block); got > 0 {
			t.Errorf("%s: a block allocates %v times", d.Key(), got)
		}
		if got := testing.AllocsPerRun(500, single); got > 0 {
			t.Errorf("%s: a bar allocates %v times", d.Key(), got)
		}
	}
}

// Catalogue holds a list of kinds to what it promises to documents.
func Catalogue(t *testing.T, kinds []*indicator.Kind, lookup func(name string) (*indicator.Kind, bool)) {
	t.Helper()
	for _, k := range kinds {
		if found, ok := lookup(k.Name); !ok || found != k {
			t.Errorf("%s is not found by its name", k.Name)
		}
		if k.Text == "" || k.Version < 1 || len(k.Outputs) == 0 || len(k.Inputs) == 0 || k.Series > len(k.Inputs) {
			t.Errorf("%s is not complete: %+v", k.Name, k)
		}
		d, err := k.Make()
		if err != nil {
			t.Errorf("%s with its defaults: %v", k.Name, err)
			continue
		}
		if got := len(d.Outputs()); got != len(k.Outputs) {
			t.Errorf("%s tells the warm-up of %d outputs, has %d", k.Name, got, len(k.Outputs))
		}
		for i, p := range k.Params {
			for _, v := range []float64{p.Min - 1, p.Max + 1, math.NaN(), math.Inf(1)} {
				if p.OneOf != nil {
					v = float64(len(p.OneOf))
				}
				params := make([]float64, i+1)
				for j := range i {
					params[j] = k.Params[j].Default
				}
				params[i] = v
				if _, err := k.Make(params...); err == nil {
					t.Errorf("%s takes %v for %s", k.Name, v, p.Name)
				}
			}
		}
		if _, err := k.Make(make([]float64, len(k.Params)+1)...); err == nil {
			t.Errorf("%s takes a parameter too many", k.Name)
		}
	}
}
