package robust

import (
	"math"
	"math/bits"
	"slices"
	"testing"
)

func noiseTrials(seed uint64, trials, periods int) Trials {
	t := make(Trials, trials)
	for k := range t {
		t[k] = normals(seed*1000+uint64(k), periods, 0, 0.01)
	}
	return t
}

// Of noise the best of one half is as likely above the median of the other as below.
func TestOverfittingOfNoise(t *testing.T) {
	t.Parallel()
	sum := 0.0
	const samples = 60
	for k := range samples {
		p, err := Overfitting(t.Context(), noiseTrials(uint64(k), 20, 320), OverfittingOptions{Blocks: 8})
		if err != nil {
			t.Fatal(err)
		}
		if p.Combinations != 70 || p.Periods != 320 {
			t.Fatalf("got %+v", p)
		}
		sum += p.Probability
	}
	// One sample has a deviation of about 0.2; 60 of them of 0.03.
	near(t, "mean probability", sum/samples, 0.5, 0.08)
}

// A trial that is truly better is the best in both halves.
func TestOverfittingOfSkill(t *testing.T) {
	t.Parallel()
	trials := noiseTrials(3, 20, 1600)
	for i := range trials[7] {
		trials[7][i] += 0.003
	}
	p, err := Overfitting(t.Context(), trials, OverfittingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Combinations != 12_870 || p.Probability > 0.001 || p.Loss > 0.001 || len(p.Warnings) > 0 {
		t.Errorf("got %+v", p)
	}
}

// The worst case: what each trial wins in one half it loses in the other.
func TestOverfittingByConstruction(t *testing.T) {
	t.Parallel()
	trials := noiseTrials(4, 10, 400)
	for _, values := range trials {
		m := mean(values)
		for i := range values {
			values[i] -= m // the sum is 0: the better one half, the worse the other
		}
	}
	p, err := Overfitting(t.Context(), trials, OverfittingOptions{Blocks: 10})
	if err != nil {
		t.Fatal(err)
	}
	if p.Probability < 0.95 || p.Loss < 0.99 || !(p.Slope < -0.8) || len(p.Warnings) != 2 {
		t.Errorf("got %+v", p)
	}
}

// The same, written as the paper has it, without sums of blocks.
func TestOverfittingAgainstPlain(t *testing.T) {
	t.Parallel()
	trials := noiseTrials(5, 7, 63)
	for i := range trials[0] {
		trials[0][i] += 5 // far from 0: sums of squares would lose their digits
		trials[3][i] = 0
	}
	const blocks, size = 6, 10 // the first three periods are left out
	var want []float64
	for set := range uint32(1 << blocks) {
		if bits.OnesCount32(set) != blocks/2 {
			continue
		}
		var in, out []float64
		for _, values := range trials {
			var a, b []float64
			for i, v := range values[3:] {
				if set>>(i/size)&1 == 1 {
					a = append(a, v)
				} else {
					b = append(b, v)
				}
			}
			ratio := func(values []float64) float64 {
				m, d := moments(values)
				if d == 0 {
					return 0
				}
				return m / d
			}
			in, out = append(in, ratio(a)), append(out, ratio(b))
		}
		best := slices.Index(in, slices.Max(in))
		rank := 0.0
		for _, v := range out {
			if v <= out[best] {
				rank++
			}
		}
		omega := rank / float64(len(trials)+1)
		want = append(want, math.Log(omega/(1-omega)))
	}
	slices.Sort(want)
	p, err := Overfitting(t.Context(), trials, OverfittingOptions{Blocks: blocks, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Logits.Values() {
		near(t, "logit", v, want[i], 1e-12)
	}
	if len(want) != 20 || p.Combinations != 20 || p.Periods != 60 {
		t.Errorf("got %+v", p)
	}
}

// Trials that are all the same share their ranks: none is above the median.
func TestOverfittingOfEquals(t *testing.T) {
	t.Parallel()
	same := normals(1, 40, 0.01, 0.01)
	p, err := Overfitting(t.Context(), Trials{same, same, same}, OverfittingOptions{Blocks: 4})
	if err != nil {
		t.Fatal(err)
	}
	if p.Probability != 1 || p.Logits.Mean != 0 {
		t.Errorf("got %+v", p)
	}
}
