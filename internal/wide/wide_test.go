package wide_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// anyInt draws numbers of every length, since the edges are where carries fail.
func anyInt(t *rapid.T, name string) wide.Int {
	v := wide.Int{Hi: rapid.Int64().Draw(t, name+".hi"), Lo: rapid.Uint64().Draw(t, name+".lo")}
	shift := rapid.UintRange(0, 127).Draw(t, name+".shift")
	b := v.Big()
	b.Rsh(b, shift)
	v, _ = wide.FromBig(b)
	return v
}

func fits(b *big.Int) bool {
	limit := new(big.Int).Lsh(big.NewInt(1), 127)
	return b.Cmp(limit) < 0 && b.Cmp(new(big.Int).Neg(limit)) >= 0
}

func check(t *rapid.T, what string, got wide.Int, ok bool, want *big.Int) {
	t.Helper()
	if ok != fits(want) {
		t.Fatalf("%s: fits = %v, the exact result is %s", what, ok, want)
	}
	if ok && got.Big().Cmp(want) != 0 {
		t.Fatalf("%s = %s, want %s", what, got.Big(), want)
	}
}

// divide is the reference: exact quotient by big.Int under each rule.
func divide(a, b *big.Int, rule wide.Round) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Sign() == 0 {
		return q
	}
	negative := a.Sign()*b.Sign() < 0
	away := false
	switch rule {
	case wide.Floor:
		away = negative
	case wide.Ceil:
		away = !negative
	case wide.Up:
		away = true
	case wide.Nearest:
		c := new(big.Int).Lsh(r.Abs(r), 1).Cmp(new(big.Int).Abs(b))
		away = c > 0 || c == 0 && q.Bit(0) == 1
	}
	if away {
		if negative {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

func TestAgainstBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyInt(t, "a"), anyInt(t, "b")
		m, d := rapid.Int64().Draw(t, "m"), rapid.Int64().Draw(t, "d")
		rule := wide.Round(rapid.IntRange(0, 4).Draw(t, "rule"))
		sum, ok := a.Add(b)
		check(t, "a+b", sum, ok, new(big.Int).Add(a.Big(), b.Big()))
		diff, ok := a.Sub(b)
		check(t, "a-b", diff, ok, new(big.Int).Sub(a.Big(), b.Big()))
		check(t, "m*d", wide.Mul(m, d), true, new(big.Int).Mul(big.NewInt(m), big.NewInt(d)))
		if a.Cmp(b) != a.Big().Cmp(b.Big()) || a.Sign() != a.Big().Sign() {
			t.Fatalf("Cmp(%s, %s) = %d", a.Big(), b.Big(), a.Cmp(b))
		}
		product, ok := a.Times(m)
		check(t, "a*m", product, ok, new(big.Int).Mul(a.Big(), big.NewInt(m)))
		if d != 0 {
			q, ok := a.MulDiv(m, d, rule)
			check(t, "a*m/d", q, ok, divide(new(big.Int).Mul(a.Big(), big.NewInt(m)), big.NewInt(d), rule))
		}
		if b.Sign() != 0 {
			q, ok := a.Quo(b, rule)
			check(t, "a/b", q, ok, divide(a.Big(), b.Big(), rule))
		}
		if f, _ := new(big.Float).SetInt(a.Big()).Float64(); math.Abs(f-a.Float64()) > math.Abs(f)*1e-15 {
			t.Fatalf("Float64(%s) = %g", a.Big(), a.Float64())
		}
	})
}

func TestEdges(t *testing.T) {
	t.Parallel()
	least := wide.Int{Hi: math.MinInt64}
	if _, ok := least.Neg(); ok {
		t.Error("the smallest value has no negative")
	}
	if q, ok := least.MulDiv(1, 1, wide.Down); !ok || q != least {
		t.Errorf("least × 1 ÷ 1 = %v, %v", q, ok)
	}
	if _, ok := least.MulDiv(-1, 1, wide.Down); ok {
		t.Error("least × -1 does not fit")
	}
	if q, ok := least.Quo(least, wide.Down); !ok || q != wide.Of(1) {
		t.Errorf("least ÷ least = %v, %v", q, ok)
	}
	if d := least.Decimal(0).String(); d != "-170141183460469231731687303715884105728" {
		t.Errorf("least is %s", d)
	}
}

func BenchmarkMulDiv(b *testing.B) {
	a := wide.Mul(4812020000000, 312500000000)
	for b.Loop() {
		a, _ = a.MulDiv(1000001, 1000000, wide.Up)
		a.Hi &= 0xffff
	}
}
