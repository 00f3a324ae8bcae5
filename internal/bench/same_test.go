package bench_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

// absent are the rows of functions that only go-talib has. One that is not listed
// fails when its kind is missing, so that a kind that changes its name is noticed.
var absent = []string{
	"HT_DCPERIOD", "HT_DCPHASE", "HT_PHASOR", "HT_SINE", "HT_TRENDLINE", "HT_TRENDMODE",
	"MAMA", "MINUS_DM", "PLUS_DM", "ROCP", "ROCR", "ROCR100",
}

// TestSameValues: from the first bar at which ours is defined, go-talib and the
// plain loops have the same values within a millionth, or within a billionth of the
// largest. Bars without movement are left out: in a window of equal prices go-talib
// divides what rounding left by what rounding left, where ours has a stated value.
func TestSameValues(t *testing.T) {
	t.Parallel()
	all := moving(indicatortest.Columns(20_000, 5, 0.01))
	c := columnsOf(all)
	for i := range rows {
		r := &rows[i]
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			d, ok := r.definition(t)
			if slices.Contains(absent, r.name) != !ok {
				t.Fatalf("there is a kind %s: %v; absent says otherwise", r.kind, ok)
			}
			if !ok {
				t.Skipf("we have no %s; a row is ready for it", r.kind)
			}
			if r.settles == never {
				t.Skip(r.differs)
			}
			if r.settles > 0 {
				t.Logf("compared after %d bars: %s", r.settles, r.differs)
			}
			got, names := r.ours(d, all), r.outputs
			if names == nil {
				for _, o := range d.Outputs() {
					names = append(names, o.Name)
				}
			}
			compare(t, "go-talib", d, names, r.settles, got, r.talib(c))
			if loop, has := loops[r.name]; has {
				compare(t, "the loop", d, names, 0, got, loop(c))
			}
		})
	}
}

func compare(t *testing.T, who string, d indicator.Definition, names []string, settles int, got, want [][]float64) {
	t.Helper()
	if len(names) != len(want) {
		t.Fatalf("%s has %d outputs, ours are %v", who, len(want), names)
	}
	for column, name := range names {
		k := slices.IndexFunc(d.Outputs(), func(o indicator.Output) bool { return o.Name == name })
		if k < 0 {
			t.Fatalf("%s has no output %s", d.Key(), name)
		}
		first := d.Outputs()[k].Warmup + settles
		largest := 0.0
		for _, v := range want[column] {
			largest = math.Max(largest, math.Abs(v))
		}
		wrong := 0
		for i := first; i < len(want[column]); i++ {
			g, w := got[k][i], want[column][i]
			if !(math.Abs(g-w) <= 1e-6*math.Max(math.Abs(w), 1e-3*largest)) {
				if wrong++; wrong <= 3 {
					t.Errorf("%s.%s at %d is %v, %s has %v", d.Key(), name, i, g, who, w)
				}
			}
		}
		if wrong > 3 {
			t.Errorf("%s.%s differs at %d of %d bars", d.Key(), name, wrong, len(want[column])-first)
		}
	}
}

// moving returns the candles whose prices move.
func moving(all [][]float64) [][]float64 {
	out := make([][]float64, len(all))
	for i := range all[0] {
		if all[market.High][i] > all[market.Low][i] {
			for f := range all {
				out[f] = append(out[f], all[f][i])
			}
		}
	}
	return out
}

// TestTable: every function of go-talib has its row or a reason to have none, and
// every kind of ours that go-talib has by name is measured.
func TestTable(t *testing.T) {
	t.Parallel()
	var names, kinds []string
	for i := range rows {
		names = append(names, rows[i].goName)
		kinds = append(kinds, rows[i].kind)
	}
	functions := exported(t)
	if len(functions) < 80 {
		t.Fatalf("go-talib has %d functions: it was not read", len(functions))
	}
	for _, f := range functions {
		_, left := noRow[f]
		if slices.Contains(names, f) == left {
			t.Errorf("%s of go-talib needs a row or a reason to have none, and not both", f)
		}
	}
	for _, name := range names {
		if !slices.Contains(functions, name) {
			t.Errorf("go-talib has no function %s", name)
		}
	}
	for _, k := range indicator.Kinds() {
		if i := slices.IndexFunc(functions, func(f string) bool { return plain(f) == plain(k.Name) }); i >= 0 && !slices.Contains(kinds, k.Name) {
			if _, left := noRow[functions[i]]; !left {
				t.Errorf("go-talib has %s as %s, and no row covers it", k.Name, functions[i])
			}
		}
	}
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// exported lists the functions that go-talib exports.
func exported(t *testing.T) []string {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/markcheno/go-talib").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(folder)), "talib.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
			names = append(names, f.Name.Name)
		}
	}
	return names
}
