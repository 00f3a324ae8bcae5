package report

import (
	"bufio"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	_ "embed" // the page's template is a file in assets

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/stats"
)

//go:embed assets/compare.html.tmpl
var compareSource string

// Run is a result with the name that it has in a comparison.
type Run struct {
	Name   string // empty: the strategy's
	Result *backtest.Result
}

// mostRuns is how many curves a reader can tell apart.
const mostRuns = 8

// Compare writes two to eight runs side by side as one HTML file: their equity in one
// picture, from the same start, the parameters in which they differ, and their figures.
// It says where runs are not comparable: other candles, cash, fees or convention. The
// page has no scripts. Errors are those of HTML; a number of runs out of that range is
// Invalid.
func Compare(w io.Writer, runs ...Run) error {
	if len(runs) < 2 || len(runs) > mostRuns {
		return tradekeel.Invalidf("runs", "must be 2 to %d, got %d", mostRuns, len(runs))
	}
	for i := range runs {
		if err := check(runs[i].Result); err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
	}
	v := compared(runs)
	return flushed(w, func(out *bufio.Writer) error {
		f := comparePage()
		v.Policy = f.policy
		if err := f.page.ExecuteTemplate(out, "head", v); err != nil {
			return err
		}
		if err := put(out, "<style>", styleSource, "</style>\n</head>\n"); err != nil {
			return err
		}
		return f.page.ExecuteTemplate(out, "compare", v)
	})
}

var comparePage = sync.OnceValue(func() parts {
	return parts{
		page: template.Must(template.Must(template.New("page").Parse(pageSource)).Parse(compareSource)),
		policy: strings.Join([]string{
			"default-src 'none'", "style-src " + hash(styleSource), "base-uri 'none'", "form-action 'none'",
		}, "; "),
	}
})

// comparison is what the template of a comparison reads.
type comparison struct {
	Policy, Title string
	Names         []string
	Warnings      []string
	Plot          *plot
	Groups        []comparedGroup
}

// comparedGroup is a table of rows with a value for each run.
type comparedGroup struct {
	Name string
	Rows []comparedRow
}

type comparedRow struct {
	Name, Note string
	Values     []comparedValue
}

type comparedValue struct {
	text

	Best bool
}

func compared(runs []Run) *comparison {
	v := &comparison{Title: "Comparison of " + counted(len(runs), "run", "runs")}
	pages := make([]*page, len(runs))
	for i := range runs {
		r := runs[i].Result
		pages[i] = newPage(r)
		name := clean(runs[i].Name)
		if name == "" {
			name = named(r.Strategy, "Unnamed strategy")
		}
		v.Names = append(v.Names, name)
	}
	v.Warnings = differences(runs)
	v.Plot = curves(runs, v.Names)
	v.Groups = append(v.Groups, whatWasRun(pages))
	if p := otherParameters(runs); len(p.Rows) > 0 {
		v.Groups = append(v.Groups, p)
	}
	// The groups of every page have the same entries in the same order.
	sheets := make([][]group, len(pages))
	for i, p := range pages {
		sheets[i] = p.groups()
	}
	for g := range sheets[0] {
		out := comparedGroup{Name: sheets[0][g].Name}
		for e := range sheets[0][g].Entries {
			row := comparedRow{Name: sheets[0][g].Entries[e].Name}
			for i := range sheets {
				row.Values = append(row.Values, comparedValue{text: sheets[i][g].Entries[e].Value})
			}
			out.Rows = append(out.Rows, row)
		}
		v.Groups = append(v.Groups, out)
	}
	markBest(v.Groups, runs)
	return v
}

// better are the figures of which more is better.
func better(s *stats.Stats) map[string]stats.Number {
	return map[string]stats.Number{
		"Total return": s.Return, "CAGR": s.CAGR, "Max drawdown": s.MaxDrawdown, "Sharpe ratio": s.Sharpe, "Sortino ratio": s.Sortino,
		"Calmar ratio": s.Calmar, "Omega ratio": s.Omega, "Profit factor": s.ProfitFactor, "SQN": s.SQN,
	}
}

// markBest marks the best of a row, where all have a figure and not all the same.
func markBest(groups []comparedGroup, runs []Run) {
	for g := range groups {
		for r := range groups[g].Rows {
			row := &groups[g].Rows[r]
			best, worst, complete := math.Inf(-1), math.Inf(1), true
			values := make([]float64, len(runs))
			for i := range runs {
				n, ok := better(&runs[i].Result.Stats)[row.Name]
				complete = complete && ok && n.Defined()
				values[i] = float64(n)
				best, worst = max(best, values[i]), min(worst, values[i])
			}
			if !complete || best == worst {
				continue
			}
			for i := range values {
				row.Values[i].Best = values[i] == best
			}
		}
	}
}

// differences say what makes the figures of runs hard to compare.
func differences(runs []Run) []string {
	first := runs[0].Result
	var data, cash, charges, convention, period bool
	for _, other := range runs[1:] {
		r := other.Result
		data = data || !slices.EqualFunc(first.Data, r.Data, func(a, b *market.Series) bool { return market.KeyOf(a) == market.KeyOf(b) })
		period = period || !first.Stats.From.Equal(r.Stats.From) || !first.Stats.To.Equal(r.Stats.To)
		cash = cash || !first.Cash.Equal(r.Cash)
		charges = charges || fees(first.Fees) != fees(r.Fees)
		convention = convention || first.Stats.Convention != r.Stats.Convention
	}
	var out []string
	for _, d := range []struct {
		differs bool
		text    string
	}{
		{data, "The runs are not on the same series of candles."},
		{period, "The runs are not over the same period."},
		{cash, "The runs did not start with the same cash."},
		{charges, "The runs did not pay the same fees."},
		{convention, "The figures are not of the same convention; those of different ones do not compare."},
	} {
		if d.differs {
			out = append(out, d.text)
		}
	}
	return out
}

func whatWasRun(pages []*page) comparedGroup {
	g := comparedGroup{Name: "What was run"}
	for i, p := range pages {
		var names []string
		for j := range p.series {
			names = append(names, p.series[j].Name())
		}
		facts := append([]fact{{Name: "Strategy", Value: named(p.result.Strategy, "Unnamed strategy")}}, p.facts(names)...)
		facts = append(facts, fact{Name: "Convention", Value: named(p.result.Stats.Convention, dash)})
		for j, f := range facts {
			if i == 0 {
				g.Rows = append(g.Rows, comparedRow{Name: f.Name})
			}
			g.Rows[j].Values = append(g.Rows[j].Values, comparedValue{text: text{Shown: f.Value, Full: f.Full}})
		}
	}
	return g
}

// otherParameters are those that differ between the runs.
func otherParameters(runs []Run) comparedGroup {
	g := comparedGroup{Name: "Parameters that differ"}
	var names []string
	values := map[string][]string{}
	for i := range runs {
		for j := range runs[i].Result.Parameters {
			f := parameter(&runs[i].Result.Parameters[j])
			if values[f.Name] == nil {
				names = append(names, f.Name)
				values[f.Name] = make([]string, len(runs))
			}
			values[f.Name][i] = f.Value
		}
	}
	for _, name := range names {
		row := comparedRow{Name: name}
		differs := false
		for _, value := range values[name] {
			differs = differs || value != values[name][0]
			if value == "" {
				value = dash
			}
			row.Values = append(row.Values, comparedValue{text: text{Shown: value}})
		}
		if differs {
			g.Rows = append(g.Rows, row)
		}
	}
	return g
}

// curves draw what every run made of its cash, in percent.
func curves(runs []Run, names []string) *plot {
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	low, high := 0.0, 0.0
	type curve struct {
		times  []int64
		values []float64
	}
	all := make([]curve, len(runs))
	for i := range runs {
		r := runs[i].Result
		cash, _ := r.Cash.Value.Float64()
		if !(cash > 0) || len(r.Equity.Times) == 0 {
			continue
		}
		c := newCurve(r)
		values := make([]float64, len(r.Equity.Units))
		for j, u := range r.Equity.Units {
			values[j] = u.Float64()/1e18/cash - 1
		}
		for _, at := range keep(values, c.drawdown, 2*mostOnALine) {
			all[i].times, all[i].values = append(all[i].times, r.Equity.Times[at]), append(all[i].values, values[at])
			low, high = min(low, values[at]), max(high, values[at])
		}
		from, to = min(from, r.Equity.Times[0]), max(to, r.Equity.Times[len(r.Equity.Times)-1])
	}
	if from > to {
		return nil
	}
	p := newPlot("Return over time", axis{float64(from), float64(to)}, around(low, high), nil, percentTick, true)
	p.dates(from, to)
	p.level("zero", 0)
	for i, c := range all {
		class := fmt.Sprintf("run r%d", i)
		p.line(class, len(c.times), func(j int) (x, y float64) { return float64(c.times[j]), c.values[j] })
		p.Keys = append(p.Keys, plotKey{class, names[i]})
	}
	p.Text = "Return of every run since its start, at the close of bars."
	return p
}
