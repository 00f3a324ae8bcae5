package document

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// The members of a document, as they are best written.
var members = []string{
	"name", "description", "version", "timeframe", "params", "let", "enter", "exit",
	"size", "stop", "target", "trail", "time_exit", "ladder", "reentry", "protect",
}

// The limits of texts and lists.
const (
	maxName        = 100
	maxDescription = 2000
	maxParams      = 50
	maxLets        = 200
)

// document parses the members in the order in which they need each other.
func (p *parser) document(d *Document, root *value) {
	p.fields(root, members...)
	d.name = p.text(root, "name", 1, maxName)
	if root.member("description") != nil {
		d.description = p.text(root, "description", 0, maxDescription)
	}
	if v := root.member("version"); v == nil {
		p.add("version", "missing", "is missing; the form of documents that this text is written in is 1")
	} else if v.kind != number || v.text != "1" {
		p.add("version", "version", "must be 1, got {got}", "got", v.shown())
	}
	p.parseTimeframe(d, root)
	p.parseParams(d, root)
	p.parseLets(d, root)
	p.parseSides(d, root)
	p.parseSize(d, root)
	p.parseExits(d, root)
	p.parseLadder(d, root)
	p.parseReentry(d, root)
	p.parseProtect(d, root)
	for _, l := range d.lets { // faults in those that nothing names are told, too
		p.resolve(l, l.raw.path)
	}
}

func (p *parser) text(in *value, name string, least, most int) string {
	v := in.member(name)
	if v == nil {
		p.add(join(in.path, name), "missing", "is missing; it is a text")
		return ""
	}
	if n := utf8.RuneCountInString(v.text); v.kind != text || n < least || n > most || strings.TrimSpace(v.text) == "" && least > 0 {
		p.add(v.path, "text", "must be a text of {least} to {most} characters, got {got}", "least", strconv.Itoa(least), "most", strconv.Itoa(most), "got", v.shown())
		return ""
	}
	return v.text
}

func (p *parser) parseTimeframe(d *Document, root *value) {
	const form = `must be the length of a candle such as "15m", "1h" or "1d", got {got}`
	p.timeframe = market.H1
	v := root.member("timeframe")
	if v == nil {
		p.add("timeframe", "missing", `is missing; it is the length of a candle such as "15m", "1h" or "1d"`)
		return
	}
	tf, err := market.ParseTimeframe(v.text)
	if v.kind != text || err != nil {
		p.add("timeframe", "timeframe", form, "got", v.shown())
		return
	}
	d.timeframe, p.timeframe = tf, tf
}

// objectOf returns a member that is an object with at most so many members, or nil.
func (p *parser) objectOf(root *value, name string, most int) *value {
	v := root.member(name)
	if v == nil {
		return nil
	}
	if v.kind != object {
		p.add(v.path, "wrong_type", "must be an object, got {got}", "got", v.shown())
		return nil
	}
	if len(v.items) > most {
		p.add(v.path, "too_large", "has more than {most} entries", "most", strconv.Itoa(most))
		return nil
	}
	return v
}

func (p *parser) named(v *value, i int) (string, bool) {
	name := v.names[i]
	if !isName(name) || strings.Contains(name, "-") {
		p.add(v.items[i].path, "name", "must be named by small letters, digits and _, beginning with a letter, got {got}", "got", strconv.Quote(clip(name)))
		return "", false
	}
	return name, true
}

func (p *parser) parseParams(d *Document, root *value) {
	all := p.objectOf(root, "params", maxParams)
	if all == nil {
		return
	}
	for i, v := range all.items {
		name, ok := p.named(all, i)
		if !ok || !p.fields(v, "default", "min", "max", "step", "text") {
			continue
		}
		param := strategy.Parameter{Name: name, Type: "integer"}
		read := func(name string, required bool) *float64 {
			m := v.member(name)
			if m == nil {
				if required {
					p.add(join(v.path, name), "missing", "is missing; a parameter needs default, min and max")
				}
				return nil
			}
			f, ok := m.number()
			if !ok {
				p.add(m.path, "not_number", "must be a number, got {got}", "got", m.shown())
				return nil
			}
			if f != float64(int64(f)) {
				param.Type = "number"
			}
			return &f
		}
		standard := read("default", true)
		param.Min, param.Max, param.Step = read("min", true), read("max", true), read("step", false)
		if v.member("text") != nil {
			param.Text = p.text(v, "text", 0, 200)
		}
		if standard == nil || param.Min == nil || param.Max == nil {
			continue
		}
		if *param.Min > *param.Max || *standard < *param.Min || *standard > *param.Max {
			p.add(v.path, "param_order", "must have min ≤ default ≤ max, got {min}, {default}, {max}", "min", plainFloat(*param.Min), "default", plainFloat(*standard), "max", plainFloat(*param.Max))
			continue
		}
		if param.Step != nil && *param.Step <= 0 {
			p.add(join(v.path, "step"), "out_of_range", "must be above 0, got {got}", "got", plainFloat(*param.Step))
			continue
		}
		if param.Default = *standard; param.Type == "integer" {
			param.Default = int(*standard)
		}
		d.params = append(d.params, param)
		p.params[name] = &param
	}
}

func (p *parser) parseLets(d *Document, root *value) {
	all := p.objectOf(root, "let", maxLets)
	if all == nil {
		return
	}
	for i, v := range all.items {
		name, ok := p.named(all, i)
		if !ok {
			continue
		}
		if slices.Contains(columnNames, name) || slices.Contains(derived, name) || name == "position" {
			p.add(v.path, "name", "{got} is the name of something else already; choose another", "got", strconv.Quote(name))
			continue
		}
		l := &let{name: name, raw: v}
		p.lets[name] = l
		d.lets = append(d.lets, l)
	}
}

func (p *parser) parseSides(d *Document, root *value) {
	some := false
	for _, section := range []string{"enter", "exit"} {
		v := root.member(section)
		if v == nil || !p.fields(v, sideNames[:]...) {
			some = some || v != nil
			continue
		}
		for i, name := range sideNames {
			m := v.member(name)
			if m == nil {
				continue
			}
			some = some || section == "enter"
			if e := p.truth(m); section == "enter" {
				d.sides[i].enter = e
			} else {
				d.sides[i].exit = e
			}
		}
	}
	if !some {
		p.add("enter", "missing", `is missing; say when to buy: {"long": {"crosses_above": ["close", …]}}`)
	}
}

// sizeKind says what a size is stated in.
type sizeKind uint8

const (
	sizeEquity   sizeKind = iota // percent of the equity
	sizeCash                     // percent of the free cash
	sizeQuote                    // an amount of the quote currency
	sizeQuantity                 // a quantity of the base
	sizeRisk                     // percent of the equity that is lost at the stop
)

var sizeNames = []string{"percent_of_equity", "percent_of_cash", "quote", "quantity", "risk_percent"}

// size is how much an entry trades.
type size struct {
	kind    sizeKind
	percent scalar
	amount  decimal.Decimal // quote or quantity, when it is no parameter
	whole   bool
}

func (p *parser) parseSize(d *Document, root *value) {
	d.size = size{kind: sizeCash, percent: scalar{value: 100}}
	v := root.member("size")
	if v == nil {
		p.add("size", "missing", `is missing; say how much an entry buys: {"percent_of_equity": 20}`)
		return
	}
	if !p.fields(v, append([]string{"whole"}, sizeNames...)...) {
		return
	}
	if m := v.member("whole"); m != nil {
		if m.kind != boolean {
			p.add(m.path, "wrong_type", "must be true or false, got {got}", "got", m.shown())
		}
		d.size.whole = m.truth
	}
	m := p.oneOf(v, sizeNames)
	if m == nil {
		return
	}
	d.size.kind = sizeKind(slices.IndexFunc(sizeNames, func(n string) bool { return v.member(n) == m }))
	switch d.size.kind {
	case sizeQuote, sizeQuantity:
		if strings.HasPrefix(m.text, "$") && m.kind == text {
			d.size.percent = p.scalar(m, &indicator.Param{Name: "amount", Min: 1e-12, Max: 1e12})
			return
		}
		amount, err := money.ParseDecimal(m.text)
		if (m.kind != number && m.kind != text) || err != nil || amount.Sign() <= 0 {
			p.add(m.path, "amount", `must be an amount above 0 such as "100", got {got}`, "got", m.shown())
			return
		}
		d.size.amount = amount
	case sizeRisk:
		d.size.percent = p.percent(m, 100)
		if root.member("stop") == nil {
			p.add(m.path, "risk_without_stop", "needs a stop: what is risked is the way to it")
		}
	default:
		d.size.percent = p.percent(m, 100)
	}
}

// oneOf returns the only one of several members; a fault when there is none or more.
func (p *parser) oneOf(v *value, of []string) *value {
	var found *value
	for _, name := range of {
		m := v.member(name)
		if m != nil && found != nil {
			p.add(m.path, "one_of", "is one too many; there may be one of {known}", "known", strings.Join(of, ", "))
			return nil
		}
		if m != nil {
			found = m
		}
	}
	if found == nil {
		p.add(v.path, "one_of", "needs one of {known}", "known", strings.Join(of, ", "))
	}
	return found
}

func (p *parser) percent(v *value, most float64) scalar {
	return p.scalar(v, &indicator.Param{Name: "percent", Min: 0.0001, Max: most})
}

// levelKind says how far off the price of an exit is.
type levelKind uint8

const (
	levelNone    levelKind = iota
	levelPercent           // of the average price in
	levelATR               // so many ATR at the decision to enter
	levelRisk              // so many times the way to the stop
	levelPrice             // a value at the decision to enter
)

// level is the price of an exit.
type level struct {
	kind   levelKind
	amount scalar // percent, or factor
	expr   *expr  // the ATR, or the value
}

// exits are the exits that need no condition.
type exits struct {
	stop, target, trail level
	trailAfter          scalar // percent of profit; 0 is from the start
	bars, hours         scalar // the longest time; 0 is none
}

// priced reports whether a price ends a position.
func (x *exits) priced() bool {
	return x.stop.kind != levelNone || x.target.kind != levelNone || x.trail.kind != levelNone
}

func (x *exits) levels() []*level { return []*level{&x.stop, &x.target, &x.trail} }

func (p *parser) parseExits(d *Document, root *value) {
	d.exits.stop = p.level(root, "stop", "percent", "atr", "price")
	d.exits.target = p.level(root, "target", "percent", "atr", "risk", "price")
	d.exits.trail = p.level(root, "trail", "percent", "atr", "after_percent")
	if d.exits.target.kind == levelRisk && d.exits.stop.kind == levelNone && root.member("stop") == nil {
		p.add("target.risk", "risk_without_stop", "needs a stop: it is a multiple of the way to it")
	}
	if v := root.member("trail"); v != nil && v.member("after_percent") != nil {
		d.exits.trailAfter = p.percent(v.member("after_percent"), 100_000)
	}
	v := root.member("time_exit")
	if v == nil || !p.fields(v, "bars", "hours") {
		return
	}
	m := p.oneOf(v, []string{"bars", "hours"})
	switch {
	case m == nil:
	case m == v.member("bars"):
		d.exits.bars = p.scalar(m, &indicator.Param{Name: "bars", Min: 1, Max: 1e6, Integer: true})
	default:
		d.exits.hours = p.scalar(m, &indicator.Param{Name: "hours", Min: 0.01, Max: 1e6})
	}
}

func (p *parser) level(root *value, name string, known ...string) level {
	v := root.member(name)
	if v == nil || !p.fields(v, known...) {
		return level{}
	}
	kinds := slices.DeleteFunc(slices.Clone(known), func(n string) bool { return n == "after_percent" })
	m := p.oneOf(v, kinds)
	switch {
	case m == nil:
		return level{}
	case m == v.member("percent"):
		most := 100_000.0
		if name != "target" {
			most = 99.99
		}
		return level{kind: levelPercent, amount: p.percent(m, most)}
	case m == v.member("risk"):
		return level{kind: levelRisk, amount: p.scalar(m, &indicator.Param{Name: "risk", Min: 0.01, Max: 1000})}
	case m == v.member("price"):
		return level{kind: levelPrice, expr: p.number(m)}
	}
	args := p.list(m, 2, 2, "a number of bars and a factor")
	k, ok := indicator.Lookup("atr")
	if args == nil || !ok {
		return level{}
	}
	atr := &expr{op: opIndicator, path: m.path, label: "atr", indicator: k, params: []scalar{p.scalar(args[0], &k.Params[0])}}
	return level{kind: levelATR, expr: atr, amount: p.scalar(args[1], &indicator.Param{Name: "factor", Min: 0.01, Max: 1000})}
}

// ladder adds to a position that moved against it.
type ladder struct {
	entries   scalar // at most, after the first
	every     scalar // percent from the first entry to the second, and on
	stepScale scalar // each way is so many times the one before
	sizeScale scalar // each entry is so many times the one before
}

func (p *parser) parseLadder(d *Document, root *value) {
	v := root.member("ladder")
	if v == nil || !p.fields(v, "entries", "every_percent", "step_scale", "size_scale") {
		return
	}
	l := &ladder{stepScale: scalar{value: 1}, sizeScale: scalar{value: 1}}
	required := func(name, what string) *value {
		m := v.member(name)
		if m == nil {
			p.add(join(v.path, name), "missing", "is missing; it is "+what)
		}
		return m
	}
	if m := required("entries", "how many times to add"); m != nil {
		l.entries = p.scalar(m, &indicator.Param{Name: "entries", Min: 1, Max: 100, Integer: true})
	}
	if m := required("every_percent", "how far the price must move against the position"); m != nil {
		l.every = p.percent(m, 99)
	}
	if m := v.member("step_scale"); m != nil {
		l.stepScale = p.scalar(m, &indicator.Param{Name: "step_scale", Min: 0.1, Max: 10})
	}
	if m := v.member("size_scale"); m != nil {
		l.sizeScale = p.scalar(m, &indicator.Param{Name: "size_scale", Min: 0.1, Max: 10})
	}
	if d.size.kind == sizeRisk {
		p.add(v.path, "ladder_and_risk", "does not go with a size by risk: what is risked would grow with each entry")
	}
	d.ladder = l
}

// reentry is when a position may be opened again.
type reentry struct {
	wait      scalar // closes after a position ended
	afterLoss scalar // closes after one that lost
	perDay    scalar // entries a UTC day; 0 is no limit
	reset     bool   // the condition must have been untrue since the last entry
}

func (p *parser) parseReentry(d *Document, root *value) {
	v := root.member("reentry")
	if v == nil || !p.fields(v, "wait_bars", "after_loss_bars", "per_day", "reset") {
		return
	}
	if m := v.member("wait_bars"); m != nil {
		d.reentry.wait = p.scalar(m, &indicator.Param{Name: "bars", Min: 1, Max: 1e6, Integer: true})
	}
	if m := v.member("after_loss_bars"); m != nil {
		d.reentry.afterLoss = p.scalar(m, &indicator.Param{Name: "bars", Min: 1, Max: 1e6, Integer: true})
	}
	if m := v.member("per_day"); m != nil {
		d.reentry.perDay = p.scalar(m, &indicator.Param{Name: "entries", Min: 1, Max: 10_000, Integer: true})
	}
	if m := v.member("reset"); m != nil {
		if m.kind != boolean {
			p.add(m.path, "wrong_type", "must be true or false, got {got}", "got", m.shown())
		}
		d.reentry.reset = m.truth
	}
}

// protect stops entries after losses: for so many closes, and after a daily loss for
// the rest of the day at least.
type protect struct {
	drawdown  scalar // percent below the highest equity
	dailyLoss scalar // percent of the equity at the start of the UTC day
	streak    scalar // positions in a row that lost
	pause     scalar // closes without entries; 0 is for good, but for the daily loss
}

func (p *parser) parseProtect(d *Document, root *value) {
	v := root.member("protect")
	if v == nil || !p.fields(v, "drawdown_percent", "daily_loss_percent", "loss_streak", "pause_bars") {
		return
	}
	if m := v.member("drawdown_percent"); m != nil {
		d.protect.drawdown = p.percent(m, 100)
	}
	if m := v.member("daily_loss_percent"); m != nil {
		d.protect.dailyLoss = p.percent(m, 100)
	}
	if m := v.member("loss_streak"); m != nil {
		d.protect.streak = p.scalar(m, &indicator.Param{Name: "positions", Min: 1, Max: 1000, Integer: true})
	}
	if m := v.member("pause_bars"); m != nil {
		d.protect.pause = p.scalar(m, &indicator.Param{Name: "bars", Min: 1, Max: 1e6, Integer: true})
	}
}
