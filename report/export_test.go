package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/report"
)

func table(t *testing.T, result *backtest.Result, of report.Table) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := report.CSV(&b, result, of); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestCSV: rows are all there, and what they say of money adds up exactly.
func TestCSV(t *testing.T) {
	t.Parallel()
	result := small(t)
	trades := table(t, result, report.TradesTable)
	if len(trades) != 1+len(result.Trades)+len(result.Open) {
		t.Fatalf("there are %d rows", len(trades))
	}
	column := map[string]int{}
	for i, name := range trades[0] {
		column[name] = i
	}
	for i, row := range trades[1:] {
		number := func(name string) decimal.Decimal { return decimal.RequireFromString(row[column[name]]) }
		if i >= len(result.Trades) {
			if row[column["exit_time"]] != "" || row[column["net"]] != "" || row[column["mae"]] != "" {
				t.Errorf("an open position has an end: %v", row)
			}
			continue
		}
		if !number("net").Equal(result.Trades[i].Net().Value) || !number("gross").Sub(number("fees")).Equal(number("net")) {
			t.Errorf("row %d: %v", i, row)
		}
		if number("mae").Sign() > 0 || number("mfe").Sign() < 0 || number("mfe").LessThan(number("gross")) {
			t.Errorf("row %d has the excursions %v and %v", i, number("mae"), number("mfe"))
		}
	}
	equity := table(t, result, report.EquityTable)
	last := equity[len(equity)-1]
	if len(equity) != 25 || last[0] != "2024-01-02T00:00:00Z" || !decimal.RequireFromString(last[1]).Equal(result.Final().Value) {
		t.Errorf("%d rows of equity, the last %v", len(equity), last)
	}
	figures := map[string]string{}
	for _, row := range table(t, result, report.FiguresTable) {
		figures[row[0]] = row[1]
	}
	if figures["trades"] != "2" || figures["convention"] != "crypto-365" || figures["sharpe"] != "" || figures["return"] == "" {
		t.Errorf("the figures are %v", figures)
	}
	if err := report.CSV(&bytes.Buffer{}, result, "orders"); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("a table of none gave %v", err)
	}
	if err := report.CSV(&full{10}, result, report.EquityTable); !errors.Is(err, errFull) {
		t.Errorf("a full disk gave %v", err)
	}
	if err := report.CSV(&bytes.Buffer{}, nil, report.EquityTable); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("no result gave %v", err)
	}
}

// TestNoCellIsAFormula: what a strategy says is text in a spreadsheet too.
func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	result := small(t)
	for i, reason := range []string{"=HYPERLINK(\"http://example.com\")", "@SUM(1)"} {
		result.Trades[i].EntryReason, result.Trades[i].ExitReason = reason, "+1\r\n-2"
	}
	for _, row := range table(t, result, report.TradesTable)[1:] {
		for _, cell := range row {
			if cell == "" {
				continue
			}
			if _, err := decimal.NewFromString(cell); err != nil && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]*backtest.Result{"small": small(t), "attacked": attacked(t), "nothing": {}} {
		var b, again bytes.Buffer
		if err := report.JSON(&b, result); err != nil {
			t.Fatal(err)
		}
		if err := report.JSON(&again, result); err != nil || again.String() != b.String() {
			t.Errorf("%s: the second time it differs, %v", name, err)
		}
		var got struct {
			Strategy string
			Cash     struct{ Value decimal.Decimal }
			Figures  map[string]any
			Trades   []struct {
				Net        decimal.Decimal
				Fees       decimal.Decimal
				ExitReason string `json:"exit_reason"`
			}
			Open   []map[string]any
			Equity []struct {
				Time   time.Time
				Equity decimal.Decimal
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.Trades) != len(result.Trades) || len(got.Open) != len(result.Open) || len(got.Equity) != len(result.Equity.Times) {
			t.Errorf("%s: %d trades, %d open, %d points", name, len(got.Trades), len(got.Open), len(got.Equity))
		}
		for i, trade := range got.Trades {
			if !trade.Net.Equal(result.Trades[i].Net().Value) {
				t.Errorf("%s: trade %d has a net profit of %s", name, i, trade.Net)
			}
		}
		if n := len(got.Equity); n > 0 && !got.Equity[n-1].Equity.Equal(result.Final().Value) {
			t.Errorf("%s: the equity ends with %v", name, got.Equity[n-1])
		}
		for _, what := range got.Open {
			if what["exit_time"] != nil || what["net"] != nil {
				t.Errorf("%s: an open position has an end: %v", name, what)
			}
		}
	}
}

// runs are three of one strategy with another parameter each.
func runs(t testing.TB) []report.Run {
	t.Helper()
	var out []report.Run
	for i, name := range []string{"early", "late", ""} {
		p := plan{1 + i: buy(50, "in"), 30 + i: leave("out"), 50: buy(100, "again"), 60 + i: leave("out")}
		out = append(out, report.Run{Name: name, Result: run(t, p.strategy("plan", strings.Repeat("x", i+1)), wave(t, "BTC/USDT", market.H1, 400))})
	}
	return out
}

func comparedPage(t testing.TB, runs ...report.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Compare(&b, runs...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	t.Parallel()
	three := runs(t)
	page := comparedPage(t, three...)
	for _, want := range []string{"Comparison of 3", "<bdi>early</bdi>", "<bdi>late</bdi>", "<bdi>plan</bdi>", "Parameters that differ", "<bdi>xx</bdi>", "Sharpe ratio", `class="run r2"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"<script", "NaN", "not on the same", "not over the same", "src=", "<link", "url(", "style=", "<bdi>Risk</bdi>", "<bdi>risk</bdi>"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	if comparedPage(t, runs(t)...) != page {
		t.Error("the second time it differs")
	}
	other := run(t, plan{}.strategy("idle", ""), wave(t, "ETH/USDT", market.H4, 50))
	other.Stats.Convention = "per-bar"
	page = comparedPage(t, three[0], report.Run{Result: other})
	for _, want := range []string{"not on the same series", "not over the same period", "not of the same convention"} {
		if !strings.Contains(page, want) {
			t.Errorf("runs on different data lack %q", want)
		}
	}
	comparedPage(t, report.Run{Result: &backtest.Result{}}, report.Run{Result: &backtest.Result{}})
	for _, bad := range [][]report.Run{nil, three[:1], append(append(append([]report.Run{}, three...), three...), three...), {three[0], {Name: "nil"}}} {
		var b bytes.Buffer
		if err := report.Compare(&b, bad...); !errors.Is(err, tradekeel.ErrInvalid) || b.Len() > 0 {
			t.Errorf("%d runs gave %v and %d bytes", len(bad), err, b.Len())
		}
	}
}

func TestCompareIsInert(t *testing.T) {
	t.Parallel()
	result := attacked(t)
	plain := comparedPage(t, runs(t)[:2]...)
	page := comparedPage(t, report.Run{Name: hostile[0], Result: result}, report.Run{Name: hostile[1] + hostile[6], Result: result})
	for _, part := range []string{"<script", "<style", "<h1", "</h1>", "</title>", "<img", "<svg onload"} {
		if got, want := strings.Count(page, part), strings.Count(plain, part); got != want {
			t.Errorf("%q is there %d times, want %d", part, got, want)
		}
	}
}

// options are one of each.
func options() report.Options {
	nan := math.NaN()
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	return report.Options{
		Fan: &report.Fan{
			Title: "Shuffles " + hostile[0], Times: []time.Time{at, at.AddDate(0, 0, 1), at.AddDate(0, 0, 2)}, Run: []float64{100, 120, 90},
			Bands: []report.Band{{5, []float64{100, 80, 60}}, {50, []float64{100, 105, 110}}, {95, []float64{100, 130, 170}}},
		},
		HeatMap: &report.HeatMap{
			Title: "Sharpe", X: "fast" + hostile[1], Y: "slow", Value: "Sharpe ratio", Xs: []string{"5", "10", hostile[2]}, Ys: []string{"20", "30"},
			Values: [][]float64{{1, 2, nan}, {-1, 0.5, 3}},
		},
		Pareto: &report.Pareto{Title: "Aims", X: "drawdown", Y: "return" + hostile[3], Points: []report.Point{{X: -0.1, Y: 1, Front: true}, {X: -0.2, Y: 0.5}, {X: -0.3, Y: 2, Front: true, Chosen: true}}},
	}
}

func optioned(t testing.TB, o report.Options, result *backtest.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := o.HTML(&b, result); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	page := optioned(t, options(), small(t))
	for _, want := range []string{
		"Simulations and search", `class="band"`, "5th to 95th percentile", "50th percentile", "the run", `class="heat h9"`, `class="best"`,
		"is at fast", "2 of 3\u00a0candidates lie on the front", `class="dots chosen"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(lean(page), "NaN") || strings.Contains(lean(page), "Infinity") || strings.Contains(written(t, small(t)), "Simulations and search") {
		t.Error("there is what should not be there")
	}
	for _, part := range []string{"<script", "<img", "<svg onload", "<h1"} {
		if got, want := strings.Count(page, part), strings.Count(written(t, small(t)), part); got != want {
			t.Errorf("%q is there %d times, want %d", part, got, want)
		}
	}
	if optioned(t, options(), small(t)) != page {
		t.Error("the second time it differs")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*report.Options){
		"options.fan.times":               func(o *report.Options) { o.Fan.Times = o.Fan.Times[:1] },
		"options.fan.bands":               func(o *report.Options) { o.Fan.Bands = nil },
		"options.fan.bands[1].percentile": func(o *report.Options) { o.Fan.Bands[1].Percentile = 5 },
		"options.fan.bands[2].values":     func(o *report.Options) { o.Fan.Bands[2].Values[1] = math.NaN() },
		"options.fan.bands[0].values":     func(o *report.Options) { o.Fan.Bands[0].Values = nil },
		"options.fan.run":                 func(o *report.Options) { o.Fan.Run = o.Fan.Run[:2] },
		"options.heat_map":                func(o *report.Options) { o.HeatMap.Xs = nil },
		"options.heat_map.values":         func(o *report.Options) { o.HeatMap.Values = nil },
		"options.heat_map.values[1]":      func(o *report.Options) { o.HeatMap.Values[1][0] = math.Inf(1) },
		"options.pareto.points":           func(o *report.Options) { o.Pareto.Points = nil },
		"options.pareto.points[2]":        func(o *report.Options) { o.Pareto.Points[2].Y = math.NaN() },
	} {
		o := options()
		change(&o)
		var b bytes.Buffer
		found := tradekeel.Violations(o.HTML(&b, small(t)))
		if len(found) != 1 || found[0].Field != field || b.Len() > 0 {
			t.Errorf("%s: the error is %v and %d bytes were written", field, found, b.Len())
		}
	}
	same := options()
	same.HeatMap.Values = [][]float64{{math.NaN(), math.NaN(), math.NaN()}, {math.NaN(), math.NaN(), math.NaN()}}
	same.Pareto.Points = []report.Point{{X: 1, Y: 1}, {X: 1, Y: 1}}
	same.Fan.Bands = []report.Band{{10, []float64{5, 5, 5}}, {90, []float64{5, 5, 5}}}
	same.Fan.Run = nil
	if page := lean(optioned(t, same, small(t))); !strings.Contains(page, "No pair has a value.") || strings.Contains(page, "NaN") {
		t.Error("values that do not differ are not drawn well")
	}
}
