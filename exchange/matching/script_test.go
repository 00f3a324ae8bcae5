package matching_test

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/money"
)

// TestScripts runs every script of testdata: commands, and behind each, in lines that
// begin with ">", what must come of it. testdata/README.md tells the words.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no scripts: %v", err)
	}
	for _, file := range files {
		for _, c := range cases(t, file) {
			t.Run(filepath.Base(file)+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				s := script{t: t}
				for _, step := range c.steps {
					got := s.do(step.command)
					if want := strings.Join(step.want, "\n"); got != want {
						t.Errorf("%s:%d: %s gave\n%s\nwant\n%s", file, step.line, step.command, got, want)
					}
				}
			})
		}
	}
}

type scriptCase struct {
	name  string
	steps []scriptStep
}

type scriptStep struct {
	line    int
	command string
	want    []string
}

func cases(t *testing.T, file string) []scriptCase {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []scriptCase
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(text, "case "); ok {
			all = append(all, scriptCase{name: name})
			continue
		}
		if len(all) == 0 {
			t.Fatalf("%s:%d: there is no case yet", file, n)
		}
		c := &all[len(all)-1]
		if want, ok := strings.CutPrefix(text, ">"); ok {
			step := &c.steps[len(c.steps)-1]
			step.want = append(step.want, strings.TrimSpace(want))
			continue
		}
		c.steps = append(c.steps, scriptStep{line: n, command: text})
	}
	return all
}

// script is a venue that is told what to do in words.
type script struct {
	t      *testing.T
	config matching.Config
	venue  *matching.Engine
	minute int64
}

func (s *script) now() int64 { return s.minute * int64(time.Minute) }

func (s *script) do(command string) string {
	words := strings.Fields(command)
	arguments := map[string]string{}
	var plain []string
	for _, w := range words[1:] {
		if k, v, ok := strings.Cut(w, "="); ok {
			arguments[k] = v
		} else {
			plain = append(plain, w)
		}
	}
	if s.configure(words[0], plain, arguments) {
		return ""
	}
	if s.venue == nil {
		if s.config.Instruments == nil {
			s.configure("instrument", nil, nil)
		}
		e, err := matching.New(s.config)
		if err != nil {
			s.t.Fatal(err)
		}
		s.venue = e
	}
	switch words[0] {
	case "balances", "positions", "waiting":
		return s.state(words[0])
	}
	return s.act(words[0], plain, arguments)
}

// number returns a number, by its scale.
func (s *script) number(text string, scale int32) int64 {
	if text == "" {
		return 0
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return d.Shift(scale).IntPart()
}

func (s *script) decimal(text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return d
}

// configure takes a command that comes before the venue is made.
func (s *script) configure(word string, plain []string, arguments map[string]string) bool {
	c := &s.config
	switch word {
	case "account":
		for _, w := range plain {
			switch w {
			case "margin":
				c.Terms.Kind = exchange.MarginAccount
			case "futures":
				c.Terms.Kind = exchange.FuturesAccount
			case "isolated":
				c.Terms.Mode = exchange.Isolated
			case "hedge":
				c.Terms.Positions = exchange.Hedge
			}
		}
		for k, v := range arguments {
			switch k {
			case "leverage":
				c.Terms.Leverage = s.decimal(v)
			case "level":
				c.Terms.LiquidationLevel = s.decimal(v)
			case "penalty":
				c.Terms.LiquidationFee = s.decimal(v)
			}
		}
	case "borrow": // borrow USDT hourly limit
		if c.Terms.Borrow == nil {
			c.Terms.Borrow = map[money.Currency]exchange.BorrowTerms{}
		}
		c.Terms.Borrow[money.Currency(plain[0])] = exchange.BorrowTerms{HourlyRate: s.decimal(plain[1]), Limit: s.decimal(plain[2])}
	case "tier": // tier symbol up-to maintenance deduction most
		if c.Terms.Tiers == nil {
			c.Terms.Tiers = map[string][]exchange.MarginTier{}
		}
		c.Terms.Tiers[plain[0]] = append(c.Terms.Tiers[plain[0]], exchange.MarginTier{
			UpTo: s.decimal(plain[1]), Maintenance: s.decimal(plain[2]), Deduction: s.decimal(plain[3]), MaxLeverage: s.decimal(plain[4]),
		})
	case "fees": // fees maker taker [received | asset=BNB discount=0.25]
		c.Fees.Maker, c.Fees.Taker = s.decimal(plain[0]), s.decimal(plain[1])
		if len(plain) > 2 {
			c.Fees.In = exchange.FeeInReceived
		}
		if asset := arguments["asset"]; asset != "" {
			c.Fees.In, c.Fees.Asset, c.Fees.Discount = exchange.FeeInAsset, money.Currency(asset), s.decimal(arguments["discount"])
		}
	case "feetier": // feetier volume maker taker
		c.Fees.Tiers = append(c.Fees.Tiers, exchange.FeeTier{Volume: s.decimal(plain[0]), Maker: s.decimal(plain[1]), Taker: s.decimal(plain[2])})
	case "balance":
		if c.Balances == nil {
			c.Balances = map[money.Currency]exchange.Units{}
		}
		c.Balances[money.Currency(plain[0])] = units(plain[1])
	case "model":
		s.model(plain, arguments)
	case "instrument":
		s.instrument(plain, arguments)
	default:
		return false
	}
	return true
}

func (s *script) model(plain []string, arguments map[string]string) {
	m := &s.config.Model
	for _, w := range plain {
		switch w {
		case "touch":
			m.Limits = matching.Touch
		case "targetfirst":
			m.Path = matching.TargetFirst
		case "bydistance":
			m.Path = matching.ByDistance
		case "entriesonly":
			m.Spread.EntriesOnly = true
		}
	}
	for k, v := range arguments {
		switch k {
		case "slippage":
			m.Slippage.Rate = s.decimal(v)
		case "range":
			m.Slippage.Range = s.decimal(v)
		case "impact":
			m.Slippage.Impact = s.decimal(v)
		case "spread":
			m.Spread.Rate = s.decimal(v)
		case "share":
			m.VolumeShare = s.decimal(v)
		case "latency":
			m.Latency, _ = time.ParseDuration(v)
		}
	}
}

func (s *script) instrument(plain []string, arguments map[string]string) {
	symbol := "BTC/USDT"
	if s.config.Terms.Kind == exchange.FuturesAccount {
		symbol = "BTC/USDT:USDT"
	}
	if len(plain) > 0 {
		symbol = plain[0]
	}
	in, err := market.NewSpot(symbol)
	if strings.Contains(symbol, ":") {
		in, err = market.NewPerpetual(symbol)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	rules := market.Rules{From: time.Unix(0, 0)}
	for k, v := range arguments {
		switch k {
		case "size":
			in.ContractSize = s.decimal(v)
		case "tick":
			rules.Tick = s.decimal(v)
		case "lot":
			rules.Lot = s.decimal(v)
		case "minquantity":
			rules.MinQuantity = s.decimal(v)
		case "minnotional":
			rules.MinNotional = s.decimal(v)
		case "maxquantity":
			rules.MaxQuantity = s.decimal(v)
		case "delisted":
			in.Delisted = time.Unix(0, s.number(v, 0)*int64(time.Minute))
		}
		in.Rules = []market.Rules{rules}
	}
	s.config.Instruments = append(s.config.Instruments, in)
}

func (s *script) act(word string, plain []string, arguments map[string]string) string {
	index, _ := strconv.Atoi(arguments["in"])
	in, i := s.config.Instruments[index], int32(index)
	price := func(text string) int64 { return s.number(text, in.PriceScale) }
	quantity := func(text string) int64 { return s.number(text, in.QuantityScale) }
	switch word {
	case "order":
		return s.told(s.venue.Submit(s.order(in, i, plain, arguments)))
	case "amend":
		return s.told(s.venue.Amend(&exchange.Amendment{
			Intent: exchange.IntentID(s.number(plain[0], 0)), Decided: s.now(),
			Price: price(arguments["price"]), Trigger: price(arguments["trigger"]), Quantity: quantity(arguments["quantity"]),
		}))
	case "cancel":
		return s.told(s.venue.Cancel(exchange.IntentID(s.number(plain[0], 0)), s.now()))
	case "open":
		return s.told(s.venue.Open(i, price(plain[0]), s.now()))
	case "bar": // the whole of it: open high low close [volume]
		b := market.Bar{Time: s.now(), Open: price(plain[0]), High: price(plain[1]), Low: price(plain[2]), Close: price(plain[3])}
		if len(plain) > 4 {
			b.Volume = quantity(plain[4])
		}
		opened := s.told(s.venue.Open(i, b.Open, s.now()))
		s.minute++
		rest := s.told(s.venue.Bar(i, &b, s.now()))
		return strings.Trim(opened+"\n"+rest, "\n")
	case "last":
		s.venue.Last(i, price(plain[0]), s.now())
		return ""
	case "trade":
		sides := map[string]exchange.Side{"buy": exchange.Buy, "sell": exchange.Sell}
		s.minute++
		return s.told(s.venue.Trade(i, price(plain[0]), quantity(plain[1]), s.now(), sides[arguments["by"]]))
	case "book":
		s.minute++
		return s.told(s.venue.Book(i, s.levels(in, arguments["bids"]), s.levels(in, arguments["asks"]), s.now()))
	case "mark":
		return s.told(s.venue.Mark(i, price(plain[0]), s.now()))
	case "funding":
		return s.told(s.venue.Funding(i, exchange.Rate(s.number(plain[0], exchange.FractionScale)), s.now()))
	case "accrue":
		return s.told(s.venue.Accrue(s.now()))
	case "transfer":
		m := exchange.Movement{Kind: exchange.Deposit, Time: s.now(), Currency: money.Currency(plain[0]), Amount: units(plain[1])}
		if m.Amount.Sign() < 0 {
			m.Kind = exchange.Withdrawal
		}
		return s.told(s.venue.Transfer(m))
	case "dividend":
		return s.told(s.venue.Act(i, market.Action{Kind: market.Dividend, Date: time.Unix(0, s.now()).UTC(), Amount: s.decimal(plain[0])}, s.now()))
	case "split":
		return s.told(s.venue.Act(i, market.Action{Kind: market.Split, Date: time.Unix(0, s.now()).UTC(), New: s.number(plain[0], 0), Old: s.number(plain[1], 0)}, s.now()))
	case "delist":
		return s.told(s.venue.Act(i, market.Action{Kind: market.Delisting, Date: time.Unix(0, s.now()).UTC()}, s.now()))
	case "wait": // minutes
		s.minute += s.number(plain[0], 0)
		return ""
	}
	s.t.Fatalf("%q is no command", word)
	return ""
}

func (s *script) levels(in *market.Instrument, text string) []book.Level {
	var all []book.Level
	for level := range strings.SplitSeq(text, ",") {
		if p, q, ok := strings.Cut(level, "x"); ok {
			all = append(all, book.Level{Price: s.number(p, in.PriceScale), Quantity: s.number(q, in.QuantityScale)})
		}
	}
	return all
}

func (s *script) order(in *market.Instrument, index int32, plain []string, arguments map[string]string) *exchange.Order {
	o := &exchange.Order{Intent: exchange.IntentID(s.number(plain[0], 0)), Instrument: index, Decided: s.now(), Side: exchange.Buy}
	if plain[1] == "sell" {
		o.Side = exchange.Sell
	}
	for t := exchange.Market; t <= exchange.TrailingStop; t++ {
		if t.String() == plain[2] {
			o.Type = t
		}
	}
	for _, w := range plain[3:] {
		switch w {
		case "IOC":
			o.InForce = exchange.ImmediateOrCancel
		case "FOK":
			o.InForce = exchange.FillOrKill
		case "GTD":
			o.InForce = exchange.GoodTillDate
		case "post":
			o.PostOnly = true
		case "reduce":
			o.ReduceOnly = true
		case "long":
			o.Position = exchange.LongPosition
		case "short":
			o.Position = exchange.ShortPosition
		case "whole":
			o.Size.Whole = true
		}
	}
	for k, v := range arguments {
		switch k {
		case "quantity":
			o.Size.Kind, o.Size.Quantity = exchange.ByQuantity, s.number(v, in.QuantityScale)
		case "quote":
			o.Size.Kind, o.Size.Quote = exchange.ByQuote, units(v)
		case "cash":
			o.Size.Kind, o.Size.Fraction = exchange.ByCash, s.number(v, exchange.FractionScale)
		case "holding":
			o.Size.Kind, o.Size.Fraction = exchange.ByHolding, s.number(v, exchange.FractionScale)
		case "price":
			o.Price = s.number(v, in.PriceScale)
		case "trigger":
			o.Trigger = s.number(v, in.PriceScale)
		case "trail":
			o.Trail = s.number(v, in.PriceScale)
		case "trailrate":
			o.TrailRate = exchange.Rate(s.number(v, exchange.FractionScale))
		case "expires":
			o.Expires = s.number(v, 0) * int64(time.Minute)
		case "group":
			o.Group = exchange.GroupID(s.number(v, 0))
		case "parent":
			o.Parent = exchange.IntentID(s.number(v, 0))
		}
	}
	return o
}

// state tells balances or positions, those that are none left out.
func (s *script) state(word string) string {
	var all []string
	switch word {
	case "waiting":
		return strconv.FormatBool(s.venue.Waiting())
	case "balances":
		balances := s.venue.Balances()
		for _, currency := range slices.Sorted(maps.Keys(balances)) {
			if u := balances[currency]; u.Sign() != 0 {
				all = append(all, fmt.Sprintf("%s %s", exchange.FromUnits(u), currency))
			}
		}
	default:
		for _, p := range s.venue.Positions() {
			in := s.config.Instruments[p.Instrument]
			text := fmt.Sprintf("%s %s %s", in.Symbol, p.Side, in.Quantity(p.Quantity))
			if p.Cost.Sign() != 0 {
				text += fmt.Sprintf(" cost %s", exchange.FromUnits(p.Cost))
			}
			if p.Margin.Sign() != 0 {
				text += fmt.Sprintf(" margin %s", exchange.FromUnits(p.Margin))
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}

// told writes outcomes in words.
func (s *script) told(outcomes []matching.Outcome) string {
	var all []string
	for _, o := range outcomes {
		all = append(all, s.tellOne(o))
	}
	return strings.Join(all, "\n")
}

func (s *script) tellOne(o matching.Outcome) string {
	if m := o.Movement; m != nil {
		if m.Kind == exchange.Split {
			return fmt.Sprintf("split %s", s.config.Instruments[m.Instrument].Quantity(m.Quantity))
		}
		return fmt.Sprintf("%s %s %s", m.Kind, exchange.FromUnits(m.Amount), m.Currency)
	}
	r := o.Report
	text := fmt.Sprintf("%d %s", r.Intent, r.State)
	if f := &r.Fill; f.Quantity != 0 {
		in := s.config.Instruments[f.Instrument]
		currency := f.FeeCurrency
		if currency == "" {
			currency = in.Settle()
		}
		text += fmt.Sprintf(": %s %s at %s", f.Side, in.Quantity(f.Quantity), in.Price(f.Price))
		if f.Fee.Sign() != 0 {
			text += fmt.Sprintf(", fee %s %s", exchange.FromUnits(f.Fee), currency)
		}
		if f.Maker {
			text += ", maker"
		}
		if f.Liquidation {
			text += ", liquidation"
		}
	}
	if r.Refusal != nil {
		field := ""
		if r.Refusal.Field != "" {
			field = " of " + r.Refusal.Field
		}
		code := r.Refusal.Code
		if errors.Is(r.Refusal, tradekeel.ErrUnsupported) {
			code = "unsupported"
		}
		text += ": " + code + field
	}
	return text
}
