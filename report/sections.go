package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tradekeel/tradekeel/stats"
)

// analysis is what the page says of returns and trades beside the figures: months,
// plots, groups of trades, drawdowns, and holding to compare with. Returns are of UTC
// days, whatever the convention of the figures.
type analysis struct {
	Months    []monthRow
	MonthNote string
	Plots     []*plot
	Groups    []tradeGroup
	Drawdowns []drawdownRow
	DrawnNote string
	Against   []entry
	Benchmark string // what is held
}

const (
	mostYears     = 40
	mostGroupRows = 60
	mostDots      = 3_000
	mostOnALine   = 600
	mostDrawdowns = 5
)

func newAnalysis(p *page) analysis {
	var a analysis
	in := p.result.StatsInput()
	if len(in.Trades) > 0 {
		a.Groups = p.tradeGroups(in.Trades)
	}
	a.Drawdowns, a.DrawnNote = p.drawdownRows(in)
	returns, err := stats.ReturnsOf(stats.Crypto365, in)
	if err == nil && len(returns.Values) > 0 {
		a.Months, a.MonthNote = monthRows(returns.Months())
		a.Plots = append(a.Plots, distributionPlot(returns), rollingPlot(returns))
	}
	a.Plots = append(a.Plots, excursionPlots(in.Trades)...)
	a.Plots = slices.DeleteFunc(a.Plots, func(p *plot) bool { return p == nil })
	if hold, err := p.result.BuyAndHold(); err == nil {
		if c, err := stats.Compare(stats.Crypto365, in, hold); err == nil {
			a.Against = against(&c)
			a.Benchmark = p.result.Data[0].Instrument.String()
		}
	}
	return a
}

// against are the figures of a comparison.
func against(c *stats.Comparison) []entry {
	return []entry{
		{"Return", change(c.Return), "of the strategy"},
		{"Held", change(c.Benchmark), "return of buying at the first open and holding, without fees"},
		{"Excess return", change(c.Excess), "the first less the second"},
		{"Alpha", change(c.Alpha), "a year, of daily returns"},
		{"Beta", ratio(c.Beta), "of daily returns"},
		{"Correlation", ratio(c.Correlation), "of daily returns"},
		{"Up capture", ratio(c.UpCapture), "of the days on which it rose"},
		{"Down capture", ratio(c.DownCapture), "of the days on which it fell"},
		{"Tracking error", percent(c.TrackingError), "deviation of the differences, a year"},
		{"Information ratio", ratio(c.InformationRatio), "mean ÷ deviation of the differences, a year"},
	}
}

// monthRow is a year of the heat map.
type monthRow struct {
	Year  int
	Cells [12]heatCell
	Total heatCell
}

// heatCell is a month's return with its colour, or nothing.
type heatCell struct{ Text, Class string }

// heat is the class of a return: u1 to u5 for rises, d1 to d5 for falls.
func heat(v float64) string {
	class := "u"
	if v < 0 {
		class = "d"
	}
	step := 0
	for _, from := range []float64{0.00005, 0.02, 0.05, 0.1, 0.2} {
		if math.Abs(v) >= from {
			step++
		}
	}
	if step == 0 {
		return ""
	}
	return class + strconv.Itoa(step)
}

func heatOf(n stats.Number) heatCell {
	if !n.Defined() {
		return heatCell{Text: dash}
	}
	v := float64(n)
	text := grouped(strconv.FormatFloat(v*100, 'f', 1, 64))
	if v > 0 {
		text = "+" + text
	}
	return heatCell{text, heat(v)}
}

func monthRows(months []stats.Period) (rows []monthRow, note string) {
	for _, m := range months {
		year := m.Start.Year()
		if len(rows) == 0 || rows[len(rows)-1].Year != year {
			rows = append(rows, monthRow{Year: year})
		}
		rows[len(rows)-1].Cells[m.Start.Month()-1] = heatOf(m.Return)
	}
	totals := map[int]float64{}
	for _, m := range months {
		year := m.Start.Year()
		if _, ok := totals[year]; !ok {
			totals[year] = 1
		}
		totals[year] *= 1 + float64(m.Return)
	}
	for i := range rows {
		rows[i].Total = heatOf(stats.Number(totals[rows[i].Year] - 1))
	}
	if n := len(rows); n > mostYears {
		return rows[n-mostYears:], fmt.Sprintf("The last %d of %d years.", mostYears, n)
	}
	return rows, ""
}

// distributionPlot is a histogram of daily returns.
func distributionPlot(r stats.Returns) *plot {
	d := r.Distribution()
	if d.Count < 10 || !d.Deviation.Defined() || !(d.Deviation > 0) {
		return nil
	}
	const bins = 31
	mean, reach := float64(d.Mean), 4*float64(d.Deviation)
	low, high := max(mean-reach, float64(d.Worst)), min(mean+reach, float64(d.Best))
	if !(high > low) {
		return nil
	}
	var counts [bins]int
	most := 0
	for _, v := range r.Values {
		i := min(max(int((v-low)/(high-low)*bins), 0), bins-1)
		counts[i]++
		most = max(most, counts[i])
	}
	p := newPlot("Distribution of daily returns", axis{low, high}, axis{0, float64(most) * 1.06}, percentTick, plainTick, false)
	width := (high - low) / bins
	rises, falls := "", ""
	for i, n := range counts {
		if n == 0 {
			continue
		}
		from := low + float64(i)*width
		box := p.box(from+width*0.06, from+width*0.94, 0, float64(n))
		if from+width/2 < 0 {
			falls += box
		} else {
			rises += box
		}
	}
	p.add("fall", falls)
	p.add("rise", rises)
	p.upright("mark", float64(d.VaR))
	p.Text = fmt.Sprintf("Histogram of %s.", counted(d.Count, "daily return", "daily returns"))
	p.Note = fmt.Sprintf("The dashed line is the historical VaR at 5 %%: %s; the mean of what lies below is %s. Skew %s, excess kurtosis %s. The outermost bars hold what lies beyond.",
		percent(d.VaR).Shown, percent(d.CVaR).Shown, ratio(d.Skew).Shown, ratio(d.Kurtosis).Shown)
	return p
}

// rollingPlot is the Sharpe ratio of a moving window of days.
func rollingPlot(r stats.Returns) *plot {
	window := 90
	if len(r.Values) < 2*window {
		window = len(r.Values) / 3
	}
	if window < 10 {
		return nil
	}
	values := r.Rolling(window)
	low, high := 0.0, 0.0
	found := false
	for _, v := range values {
		if v.Defined() {
			low, high, found = min(low, float64(v)), max(high, float64(v)), true
		}
	}
	if !found {
		return nil
	}
	ends := r.Ends[window-1:]
	p := newPlot("Rolling Sharpe ratio", axis{float64(ends[0]), float64(ends[len(ends)-1])}, around(low, high), nil, plainTick, false)
	p.dates(ends[0], ends[len(ends)-1])
	p.level("zero", 0)
	stride := (len(values) + mostOnALine - 1) / mostOnALine
	p.line("curve", (len(values)+stride-1)/stride, func(i int) (x, y float64) {
		return float64(ends[i*stride]), float64(values[i*stride])
	})
	p.Text = fmt.Sprintf("Annualised Sharpe ratio of the last %d days, day by day.", window)
	p.Note = p.Text
	return p
}

// dates labels the horizontal axis with the days at its ends and in its middle.
func (p *plot) dates(from, to int64) {
	for _, at := range []int64{from, from + (to-from)/2, to} {
		x := p.atX(float64(at))
		anchor := "middle"
		switch at {
		case from:
			anchor = "start"
		case to:
			anchor = "end"
		}
		p.Texts = append(p.Texts, plotText{"tick", coordinate(x), coordinate(float64(p.Height) - p.bottom + 17), anchor, time.Unix(0, at).UTC().Format(time.DateOnly)})
		if from == to {
			return
		}
	}
}

// excursionPlots show what trades made against how far they stood in loss and in profit.
func excursionPlots(trades []stats.Trade) []*plot {
	e := stats.ExcursionsOf(trades)
	if e.Trades < 2 {
		return nil
	}
	stride := (e.Trades + mostDots - 1) / mostDots
	var mae, mfe, net []float64
	measured := 0
	for i := range trades {
		t := &trades[i]
		notional := t.Notional.Float64()
		if !t.Measured || !(notional > 0) {
			continue
		}
		if measured++; (measured-1)%stride > 0 {
			continue
		}
		mae = append(mae, -t.MAE.Float64()/notional)
		mfe = append(mfe, t.MFE.Float64()/notional)
		net = append(net, t.Net.Float64()/notional)
	}
	note := ""
	if stride > 1 {
		note = fmt.Sprintf(" %s of %s trades are drawn, one in %d.", count(len(net)), count(e.Trades), stride)
	}
	return []*plot{
		excursionPlot("Largest loss on the way (MAE)", mae, net, fmt.Sprintf("Across: the largest open loss; up: the net return of the trade. Mean %s, of winners %s.%s",
			percent(e.MeanMAE).Shown, percent(e.WinnerMAE).Shown, note)),
		excursionPlot("Largest profit on the way (MFE)", mfe, net, fmt.Sprintf("Across: the largest open profit; up: the net return of the trade. "+
			"Mean %s, of losers %s. Winners kept %s of theirs; mean MFE ÷ mean MAE is %s.%s", percent(e.MeanMFE).Shown, percent(e.LoserMFE).Shown, percent(e.Captured).Shown, ratio(e.EdgeRatio).Shown, note)),
	}
}

func excursionPlot(name string, across, net []float64, note string) *plot {
	reach := spread(across)
	low, high := spread2(net)
	p := newPlot(name, axis{0, max(reach, 1e-6) * 1.02}, around(min(low, 0), max(high, 0)), percentTick, percentTick, false)
	p.level("zero", 0)
	var wonX, wonY, lostX, lostY []float64
	for i := range net {
		if net[i] > 0 {
			wonX, wonY = append(wonX, across[i]), append(wonY, net[i])
		} else {
			lostX, lostY = append(lostX, across[i]), append(lostY, net[i])
		}
	}
	p.dots("dots lost", lostX, lostY)
	p.dots("dots won", wonX, wonY)
	p.Text = note
	p.Note = note + " The farthest one in a hundred lie on the edge."
	if len(net) < 100 {
		p.Note = note
	}
	return p
}

// spread is the value below which 99 of a hundred lie.
func spread(values []float64) float64 {
	_, high := spread2(values)
	return high
}

func spread2(values []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	cut := len(sorted) / 100
	return sorted[cut/2], sorted[len(sorted)-1-(cut+1)/2]
}

// tradeGroup is a table of trades in groups.
type tradeGroup struct {
	Name, Heading string
	Rows          []groupRow
	Note          string
}

type groupRow struct {
	Name                        string
	Trades, Won, Net, Mean, Per text
}

func (p *page) tradeGroups(trades []stats.Trade) []tradeGroup {
	out := []tradeGroup{}
	for _, by := range []struct {
		by            stats.By
		name, heading string
	}{
		{stats.BySide, "By side", "Side"}, {stats.ByExitReason, "By reason of the exit", "Reason"}, {stats.ByWeekday, "By weekday of the entry", "Weekday"},
		{stats.ByHour, "By hour of the entry, UTC", "Hour"}, {stats.ByMonth, "By month of the exit", "Month"},
	} {
		groups := stats.Breakdown(trades, by.by)
		g := tradeGroup{Name: by.name, Heading: by.heading}
		if len(groups) > mostGroupRows {
			g.Note = fmt.Sprintf("The %d with the most trades, of %s.", mostGroupRows, count(len(groups)))
			if by.by == stats.ByMonth {
				g.Note = fmt.Sprintf("The last %d of %s.", mostGroupRows, count(len(groups)))
				groups = groups[len(groups)-mostGroupRows:]
			} else {
				slices.SortStableFunc(groups, func(a, b stats.Group) int { return cmp.Compare(b.Trades, a.Trades) })
				groups = groups[:mostGroupRows]
			}
		}
		for i := range groups {
			row := &groups[i]
			name := clean(row.Name)
			if name == "" {
				name = "none given"
			}
			g.Rows = append(g.Rows, groupRow{
				name, text{Shown: count(row.Trades)}, percent(row.WinRate), profit(row.Net, p.places), change(row.MeanTrade), ratio(row.ProfitFactor),
			})
		}
		out = append(out, g)
	}
	return out
}

// drawdownRow is one drawdown, readable.
type drawdownRow struct {
	Peak, Trough, End string
	Depth, Days, Bars text
}

// drawdownRows are the deepest.
func (p *page) drawdownRows(in stats.Input) (rows []drawdownRow, note string) {
	all := stats.Drawdowns(in)
	n := len(all)
	slices.SortStableFunc(all, func(a, b stats.Drawdown) int { return cmp.Compare(a.Depth, b.Depth) })
	for _, d := range all[:min(n, mostDrawdowns)] {
		depth := percent(d.Depth)
		depth.Tone = "down"
		row := drawdownRow{
			Peak: clock(d.Peak, p.layout), Trough: clock(d.Trough, p.layout), End: clock(d.End, p.layout), Depth: depth,
			Days: figure(stats.Number(d.Days()), 1, 1, ""), Bars: text{Shown: count(d.Bars)},
		}
		if !d.Recovered {
			row.End = "not recovered"
		}
		rows = append(rows, row)
	}
	if n > mostDrawdowns {
		note = fmt.Sprintf("The deepest %d of %s.", mostDrawdowns, count(n))
	}
	return rows, note
}
