package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/trading"
)

// instrument is what the page knows of one instrument.
type instrument struct {
	*market.Instrument
	places, sizePlaces int32 // decimals in use
}

// page is a result made ready to be shown.
type page struct {
	result      *backtest.Result
	instruments []instrument
	traded      int // instruments of the series; others come from trades only
	series      []chartSeries
	curve       curve
	places      int32 // decimals of money
	layout      string
	extra       []*plot
	closed      int // trades that ended
	shown       int // trades of the table, the open ones included
}

func newPage(r *backtest.Result) *page {
	p := &page{result: r, places: moneyPlaces(r.Cash), closed: len(r.Trades)}
	p.series = newChartSeries(p, r.Data)
	p.traded = len(p.instruments)
	p.curve = newCurve(r)
	p.shown = min(len(r.Trades)+len(r.Open), mostTrades)
	p.layout = clockLayout(p.hasSeconds())
	p.notePlaces()
	for i := range p.series {
		p.series[i].places = p.instruments[p.series[i].instrument].places
	}
	return p
}

// instrument returns the number of an instrument, a new one for a new one.
func (p *page) instrument(in *market.Instrument) int {
	for i := range p.instruments {
		have := p.instruments[i].Instrument
		if have == in || have.Symbol == in.Symbol && have.Venue == in.Venue &&
			have.PriceScale == in.PriceScale && have.QuantityScale == in.QuantityScale {
			return i
		}
	}
	p.instruments = append(p.instruments, instrument{Instrument: in})
	return len(p.instruments) - 1
}

func (p *page) hasSeconds() bool {
	const minute = 60
	for i := range p.shown {
		if t, _ := p.trade(i); seconds(t.EntryTime)%minute != 0 || seconds(t.ExitTime)%minute != 0 {
			return true
		}
	}
	return slices.ContainsFunc(p.result.Refused, func(r trading.Refused) bool { return seconds(r.Time)%minute != 0 })
}

// view is what the template reads.
type view struct {
	Policy, Title              string
	Strategy                   string
	Subtitle                   string
	Facts                      []fact
	Parameters                 []fact
	Convention, ConventionText string
	Headline                   []entry
	Groups                     []group
	Warnings                   []string
	HasCurve, HasCandles       bool
	CurveNote                  string
	Series                     []chartSeries
	Currency                   string
	Analysis                   analysis
	Extra                      []*plot
	MonthNames                 []string
	HasHold                    bool
	Rows                       []row
	Trades, Closed             int
	TradesText                 string
	ManyInstruments            bool
	OpenLines                  []string
	Refusals                   []refusal
	RefusedText                string
	Style, Early               string
}

var monthNames = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// fact is one line of what was run.
type fact struct{ Name, Value, Full string }

func (p *page) view() view {
	r := p.result
	v := view{
		Strategy: clean(r.Strategy), Currency: string(r.Cash.Currency),
		HasCurve: len(p.curve.points) > 0, CurveNote: p.curve.Note(), Series: p.series,
		Trades: p.shown, Closed: p.closed, ManyInstruments: len(p.instruments) > 1,
		Refusals: p.refusals(), Analysis: newAnalysis(p), Extra: p.extra,
		MonthNames: monthNames, HasHold: p.curve.hold != nil,
	}
	if v.Strategy == "" {
		v.Strategy = "Unnamed strategy"
	}
	var names []string
	for i := range p.series {
		names = append(names, p.series[i].Name())
		v.HasCandles = v.HasCandles || p.series[i].Len() > 0
	}
	v.Subtitle = strings.Join(names, ", ")
	if len(names) > 4 {
		v.Subtitle = strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	v.Title = v.Strategy + " – backtest report"
	if len(names) == 1 {
		v.Title = v.Strategy + ", " + names[0] + " – backtest report"
	}
	v.Facts = p.facts(names)
	for i := range r.Parameters {
		v.Parameters = append(v.Parameters, parameter(&r.Parameters[i]))
	}
	v.Convention, v.ConventionText = clean(r.Stats.Convention), conventions[r.Stats.Convention]
	v.Headline, v.Groups = p.headline(), p.groups()
	for _, w := range r.Warnings {
		v.Warnings = append(v.Warnings, clean(w))
	}
	for i := range min(p.shown, plainRows) {
		v.Rows = append(v.Rows, p.row(i))
	}
	v.TradesText = p.tradesText()
	for i := range r.Open {
		if i == mostRefusals {
			break
		}
		v.OpenLines = append(v.OpenLines, p.openLine(&r.Open[i]))
	}
	v.RefusedText = counted(len(r.Refused), "order was", "orders were") + " refused."
	if n := len(v.Refusals); n < len(r.Refused) {
		v.RefusedText += fmt.Sprintf(" The first %s are shown.", count(n))
	}
	return v
}

func (p *page) tradesText() string {
	r := p.result
	if p.shown == 0 {
		return "There were no trades."
	}
	out := counted(len(r.Trades), "round trip", "round trips") + " ended"
	if len(r.Open) > 0 {
		out += ", " + counted(len(r.Open), "position is", "positions are") + " still open"
	}
	out += "."
	if all := len(r.Trades) + len(r.Open); p.shown < all {
		out += fmt.Sprintf(" The table holds the first %s.", count(p.shown))
	}
	return out
}

// facts say what was run, on what, with what.
func (p *page) facts(names []string) []fact {
	r := p.result
	bars := 0
	for _, s := range r.Data {
		bars += s.Len()
	}
	cash, final := number(r.Cash.Value, p.places).unit(string(r.Cash.Currency)), number(r.Final().Value, p.places).unit(string(r.Cash.Currency))
	out := []fact{{Name: "Data", Value: strings.Join(names, ", ")}}
	if len(names) == 0 {
		out[0].Value = dash
	}
	from, to := dash, dash
	if !r.Stats.From.IsZero() {
		layout := clockLayout(false)
		from, to = r.Stats.From.UTC().Format(layout), r.Stats.To.UTC().Format(layout)
	}
	return append(out,
		fact{Name: "From (UTC)", Value: from},
		fact{Name: "To (UTC)", Value: to},
		fact{Name: "Bars", Value: count(bars)},
		fact{"Starting cash", cash.Shown, cash.Full},
		fact{"Final equity", final.Shown, final.Full},
		fact{Name: "Fees", Value: fees(r.Fees)},
	)
}

func fees(f exchange.FeeSchedule) string {
	switch {
	case f.Maker.IsZero() && f.Taker.IsZero():
		return "none"
	case f.Maker.Equal(f.Taker):
		return shift(f.Taker) + " of each fill"
	}
	return "maker " + shift(f.Maker) + ", taker " + shift(f.Taker)
}

func parameter(p *strategy.Parameter) fact {
	value := p.Value
	if value == nil {
		value = p.Default
	}
	f := fact{Name: clean(p.Name), Full: clean(p.Text)}
	switch v := value.(type) {
	case float64:
		f.Value = strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		f.Value = dash
	default:
		f.Value = clean(fmt.Sprint(v))
	}
	if f.Value == "" {
		f.Value = "empty"
	}
	return f
}

// meta is what the scripts know beside the columns.
type meta struct {
	Currency    string           `json:"currency"`
	Places      int32            `json:"places"`
	Cash        string           `json:"cash"` // at CashScale
	CashScale   int32            `json:"cash_scale"`
	From        int64            `json:"from"` // open of the first bar, seconds
	Seconds     bool             `json:"seconds"`
	Instruments []metaInstrument `json:"instruments"`
	Series      []metaSeries     `json:"series"`
}

type metaInstrument struct {
	Name          string `json:"name"`
	Base          string `json:"base"`
	Quote         string `json:"quote"`
	PriceScale    int32  `json:"price_scale"`
	QuantityScale int32  `json:"quantity_scale"`
	Places        int32  `json:"places"`
	SizePlaces    int32  `json:"size_places"`
}

type metaSeries struct {
	Name       string `json:"name"`
	Instrument int    `json:"instrument"`
	Note       string `json:"note"`
}

func (p *page) meta() meta {
	r := p.result
	m := meta{
		Currency: string(r.Cash.Currency), Places: p.places, Cash: "0",
		Seconds:     p.layout == clockLayout(true),
		Instruments: make([]metaInstrument, len(p.instruments)), Series: make([]metaSeries, len(p.series)),
	}
	if cash, err := exchange.ToUnits("cash", r.Cash.Value); err == nil {
		texts, scale := ledgerTexts(1, func(int) exchange.Units { return cash })
		m.Cash, m.CashScale = texts[0], scale
	}
	if !r.Stats.From.IsZero() {
		m.From = r.Stats.From.Unix()
	}
	for i := range p.instruments {
		in := &p.instruments[i]
		m.Instruments[i] = metaInstrument{
			in.String(), string(in.Base), string(in.Quote), in.PriceScale, in.QuantityScale, in.places, in.sizePlaces,
		}
	}
	for i := range p.series {
		m.Series[i] = metaSeries{p.series[i].Name(), p.series[i].instrument, p.series[i].Note()}
	}
	return m
}

// write writes the page: what is read first, then the data, then the scripts.
func (p *page) write(out *bufio.Writer) error {
	f := fixed()
	v := p.view()
	v.Policy = f.policy
	if err := f.page.ExecuteTemplate(out, "head", &v); err != nil {
		return err
	}
	// Fixed text goes past the template, byte for byte as it was hashed.
	if err := put(out, "<script>", earlySource, "</script>\n<style>", styleSource, "</style>\n</head>\n"); err != nil {
		return err
	}
	if err := f.page.ExecuteTemplate(out, "body", &v); err != nil {
		return err
	}
	if err := p.writeBlocks(out); err != nil {
		return err
	}
	return put(out, "<script>", librarySource, "</script>\n<script>", f.script, "</script>\n</body>\n</html>\n")
}

func put(out *bufio.Writer, parts ...string) error {
	for _, part := range parts {
		if _, err := out.WriteString(part); err != nil {
			return err
		}
	}
	return nil
}

// writeBlocks writes the data, each block of which is read when it is needed.
func (p *page) writeBlocks(out *bufio.Writer) error {
	// encoding/json escapes <, > and &, so that no name ends its script element.
	about, err := json.Marshal(p.meta())
	if err != nil {
		return err
	}
	trades, err := p.tradesJSON()
	if err != nil {
		return err
	}
	if err := errors.Join(block(out, "meta", about), block(out, "equity", p.curve.json()), block(out, "trades", trades)); err != nil {
		return err
	}
	for i := range p.series {
		if err := block(out, "series-"+strconv.Itoa(i), p.series[i].json()); err != nil {
			return err
		}
	}
	return nil
}

func block(out *bufio.Writer, id string, raw []byte) error {
	if err := put(out, `<script type="application/json" id="tk-`, id, `">`); err != nil {
		return err
	}
	if _, err := out.Write(raw); err != nil {
		return err
	}
	return put(out, "</script>\n")
}
