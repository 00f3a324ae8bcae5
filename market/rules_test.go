package market_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func date(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

// TestRulesAreNotKnownBeforeTheyAre: the rules of today are not those of the past.
func TestRulesAreNotKnownBeforeTheyAre(t *testing.T) {
	t.Parallel()
	in := *btcusdt
	if _, known := in.KnownSince(); known {
		t.Error("an instrument without rules knows some")
	}
	in.Rules = []market.Rules{{From: date(2021), Lot: num("0.1")}, {From: date(2022), Lot: num("0.01")}}
	if since, known := in.KnownSince(); !known || !since.Equal(date(2021)) {
		t.Errorf("rules are known since %s, %v", since, known)
	}
	for _, c := range []struct {
		at    time.Time
		lot   string
		known bool
	}{{date(2020), "0", false}, {date(2021).Add(-1), "0", false}, {date(2021), "0.1", true}, {date(2022).Add(-1), "0.1", true}, {date(2022), "0.01", true}, {date(2030), "0.01", true}} {
		r, known := in.RulesAt(c.at)
		l := in.Limits(true).At(c.at.UnixNano())
		lot := in.Quantity(l.Lot).String()
		if !c.known {
			c.lot = "0"
			lot = strings.Replace(lot, "0.00000001", "0", 1) // every quantity
		}
		if known != c.known || l.Known != c.known || r.Lot.String() != c.lot || lot != c.lot {
			t.Errorf("at %s the rules are %v, %v, limits %+v", c.at, r, known, l)
		}
	}
}

// TestWithRules: a synchronised set of rules adds an entry where it differs, and
// changes nothing of the instrument that it was given.
func TestWithRules(t *testing.T) {
	t.Parallel()
	a, b := market.Rules{Lot: num("0.1")}, market.Rules{Lot: num("0.2"), Market: &market.SizeRules{MaxQuantity: num("5")}}
	type entry struct {
		year int
		lot  string
	}
	for _, c := range []struct {
		name string
		have []entry
		asOf int
		add  market.Rules
		want []entry
	}{
		{"the first", nil, 2020, a, []entry{{2020, "0.1"}}},
		{"the same again", []entry{{2020, "0.1"}}, 2021, a, []entry{{2020, "0.1"}}},
		{"a change", []entry{{2020, "0.1"}}, 2021, b, []entry{{2020, "0.1"}, {2021, "0.2"}}},
		{"seen earlier", []entry{{2020, "0.1"}}, 2019, a, []entry{{2019, "0.1"}}},
		{"others earlier", []entry{{2020, "0.1"}}, 2019, b, []entry{{2019, "0.2"}, {2020, "0.1"}}},
		{"between", []entry{{2020, "0.1"}, {2023, "0.3"}}, 2021, b, []entry{{2020, "0.1"}, {2021, "0.2"}, {2023, "0.3"}}},
		{"replaced", []entry{{2020, "0.3"}, {2021, "0.1"}}, 2020, b, []entry{{2020, "0.2"}, {2021, "0.1"}}},
		{"replaced by both neighbours' own", []entry{{2020, "0.1"}, {2021, "0.3"}, {2022, "0.1"}}, 2021, a, []entry{{2020, "0.1"}}},
	} {
		in := *btcusdt
		for _, e := range c.have {
			in.Rules = append(in.Rules, market.Rules{From: date(e.year), Lot: num(e.lot)})
		}
		before := len(in.Rules)
		got, err := in.WithRules(date(c.asOf), c.add)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if len(in.Rules) != before || len(c.have) > 0 && in.Rules[0].Lot.String() != c.have[0].lot {
			t.Errorf("%s changed the instrument to %v", c.name, in.Rules)
		}
		if len(got.Rules) != len(c.want) {
			t.Fatalf("%s gave %v", c.name, got.Rules)
		}
		for i, want := range c.want {
			if r := got.Rules[i]; !r.From.Equal(date(want.year)) || r.Lot.String() != want.lot {
				t.Errorf("%s: entry %d is %v of %s, want %v", c.name, i, r.Lot, r.From, want)
			}
		}
	}
	for name, r := range map[string]market.Rules{
		"rules.max_notional":    {MaxNotional: num("-1")},
		"rules.market.lot":      {Market: &market.SizeRules{Lot: num("0.000000001")}},
		"rules.market.max_quan": {Market: &market.SizeRules{MaxQuantity: num("1e-19")}},
	} {
		if got, err := btcusdt.WithRules(date(2020), r); got != nil || !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := btcusdt.WithRules(time.Time{}, a); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("rules without a date gave %v", err)
	}
}

// TestWithRulesAgreesWithWhatWasSeen: after sightings in the order of time, the
// rules at the moment of each are those that were seen, and no two neighbours are
// the same.
func TestWithRulesAgreesWithWhatWasSeen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, seen := btcusdt, map[int]int64{}
		year := 2000
		for range rapid.IntRange(1, 12).Draw(t, "sightings") {
			year += rapid.IntRange(0, 2).Draw(t, "years later")
			lot := rapid.Int64Range(1, 3).Draw(t, "lot")
			var err error
			if in, err = in.WithRules(date(year), market.Rules{Lot: decimal.NewFromInt(lot)}); err != nil {
				t.Fatal(err)
			}
			seen[year] = lot
			for year, lot := range seen {
				if r, known := in.RulesAt(date(year)); !known || r.Lot.IntPart() != lot {
					t.Fatalf("in %d lot %d was seen, the history says %v", year, lot, r)
				}
			}
		}
		for i := 1; i < len(in.Rules); i++ {
			if in.Rules[i].Equal(in.Rules[i-1]) {
				t.Fatalf("the history says the same twice: %v", in.Rules)
			}
		}
	})
}

// TestRulesJSON: what was written before there were maxima reads as no maximum,
// and they leave no trace where there are none.
func TestRulesJSON(t *testing.T) {
	t.Parallel()
	const old = `{"symbol":"BTC/USDT","kind":"spot","base":"BTC","quote":"USDT","price_scale":8,"quantity_scale":8,` +
		`"rules":[{"from":"2021-01-01T00:00:00Z","tick":"0.01","lot":"0.001","min_quantity":"0","min_notional":"10"}]}`
	var in market.Instrument
	if err := json.Unmarshal([]byte(old), &in); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(in); err != nil || string(back) != old {
		t.Errorf("it came back as %s, %v", back, err)
	}
	in.Listed, in.Delisted = date(2020), date(2023)
	in.Rules[0].MaxQuantity, in.Rules[0].Market = num("9000"), &market.SizeRules{MaxQuantity: num("100"), MinNotional: num("5")}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var again market.Instrument
	if err := json.Unmarshal(raw, &again); err != nil || !again.Rules[0].Equal(in.Rules[0]) || !again.Listed.Equal(in.Listed) || !again.Delisted.Equal(in.Delisted) {
		t.Errorf("%s came back as %+v, %v", raw, again, err)
	}
	if in.TradesAt(date(2019)) || !in.TradesAt(date(2020)) || !in.TradesAt(date(2023).Add(-1)) || in.TradesAt(date(2023)) || !btcusdt.TradesAt(date(1800)) {
		t.Error("it does not trade from listing to delisting")
	}
	in.Delisted = in.Listed
	if err := in.Validate(); err == nil || !strings.HasPrefix(err.Error(), "delisted: must be after listed") {
		t.Errorf("delisted as it was listed gave %v", err)
	}
}

// listing is what a test reads of a venue's instrument.
type listing struct {
	name, base, quote string
	kind              market.Kind
	rules             market.Rules
	listed            time.Time
}

type object map[string]any

// text returns a field as it is written, "0" when it is not there or empty.
func (o object) text(name string) decimal.Decimal {
	switch v := o[name].(type) {
	case string:
		if v != "" {
			return num(v)
		}
	case json.Number:
		return num(v.String())
	}
	return decimal.Decimal{}
}

func (o object) word(name string) string { s, _ := o[name].(string); return s }

func (o object) object(name string) object { m, _ := o[name].(map[string]any); return m }

func (o object) list(name string) []object {
	var all []object
	many, _ := o[name].([]any)
	for _, one := range many {
		m, _ := one.(map[string]any)
		all = append(all, m)
	}
	return all
}

func (o object) millis(name string) time.Time {
	if ms := o.text(name).IntPart(); ms > 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// fromBinance reads an entry of exchangeInfo.
func fromBinance(kind market.Kind, o object) listing {
	filters := map[string]object{}
	for _, f := range o.list("filters") {
		filters[f.word("filterType")] = f
	}
	lot, special, notional := filters["LOT_SIZE"], filters["MARKET_LOT_SIZE"], filters["NOTIONAL"]
	if notional == nil {
		notional = filters["MIN_NOTIONAL"]
	}
	least := notional.text("minNotional")
	if least.IsZero() {
		least = notional.text("notional") // USD-M names it so
	}
	r := market.Rules{
		Tick: filters["PRICE_FILTER"].text("tickSize"), Lot: lot.text("stepSize"),
		MinQuantity: lot.text("minQty"), MaxQuantity: lot.text("maxQty"), MinNotional: least, MaxNotional: notional.text("maxNotional"),
	}
	orders := r.Sizes(false) // market orders meet both filters
	orders.MinQuantity = decimal.Max(orders.MinQuantity, special.text("minQty"))
	if most := special.text("maxQty"); most.Sign() > 0 {
		orders.MaxQuantity = decimal.Min(orders.MaxQuantity, most)
	}
	if applies, said := notional["applyMaxToMarket"].(bool); said && !applies {
		orders.MaxNotional = decimal.Decimal{}
	}
	r.Market = &orders
	return listing{o.word("symbol"), o.word("baseAsset"), o.word("quoteAsset"), kind, r, o.millis("onboardDate")}
}

// fromOKX reads an entry of public/instruments; quantities of swaps and futures
// are contracts.
func fromOKX(o object) listing {
	kind, base, quote := market.Spot, o.word("baseCcy"), o.word("quoteCcy")
	if family := o.word("uly"); family != "" {
		base, quote, _ = strings.Cut(family, "-")
		if kind = market.Linear; o.word("ctType") == "inverse" {
			kind = market.Inverse
		}
	}
	r := market.Rules{Tick: o.text("tickSz"), Lot: o.text("lotSz"), MinQuantity: o.text("minSz"), MaxQuantity: o.text("maxLmtSz")}
	orders := r.Sizes(false)
	orders.MaxQuantity = o.text("maxMktSz")
	r.Market = &orders
	return listing{o.word("instId"), base, quote, kind, r, o.millis("listTime")}
}

func fromKraken(o object) listing {
	base, quote, _ := strings.Cut(o.word("wsname"), "/")
	step := func(name string) decimal.Decimal { return decimal.New(1, -int32(o.text(name).IntPart())) }
	return listing{o.word("altname"), base, quote, market.Spot, market.Rules{
		Tick: step("pair_decimals"), Lot: step("lot_decimals"), MinQuantity: o.text("ordermin"), MinNotional: o.text("costmin"),
	}, time.Time{}}
}

func fromBybit(o object) listing {
	kind := market.Linear
	if o.word("quote_currency") == "USD" {
		kind = market.Inverse
	}
	size := o.object("lot_size_filter")
	return listing{o.word("name"), o.word("base_currency"), o.word("quote_currency"), kind, market.Rules{
		Tick: o.object("price_filter").text("tick_size"), Lot: size.text("qty_step"),
		MinQuantity: size.text("min_trading_qty"), MaxQuantity: size.text("max_trading_qty"),
	}, time.Time{}}
}

func fromCoinbase(o object) listing {
	r := market.Rules{Tick: o.text("quote_increment"), Lot: o.text("base_increment"), MinQuantity: o.text("base_min_size"), MaxQuantity: o.text("base_max_size")}
	orders := r.Sizes(false)
	orders.MinNotional, orders.MaxNotional = o.text("min_market_funds"), o.text("max_market_funds")
	r.Market = &orders
	return listing{o.word("id"), o.word("base_currency"), o.word("quote_currency"), market.Spot, r, time.Time{}}
}

// readListings reads a file of instruments by its name.
func readListings(t *testing.T, file string) []listing {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	read := func(v any) {
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(file, err)
		}
	}
	var document object
	var all []listing
	name := filepath.Base(file)
	if strings.HasPrefix(name, "coinbase") {
		var products []object
		read(&products)
		for _, o := range products {
			all = append(all, fromCoinbase(o))
		}
		return all
	}
	read(&document)
	switch {
	case strings.HasPrefix(name, "binance"):
		kind := market.Spot
		if strings.Contains(name, "usdm") {
			kind = market.Linear
		} else if strings.Contains(name, "coinm") {
			kind = market.Inverse
		}
		for _, o := range document.list("symbols") {
			all = append(all, fromBinance(kind, o))
		}
	case strings.HasPrefix(name, "okx"):
		for _, o := range document.list("data") {
			all = append(all, fromOKX(o))
		}
	case strings.HasPrefix(name, "bybit"):
		for _, o := range document.list("result") {
			all = append(all, fromBybit(o))
		}
	case strings.HasPrefix(name, "kraken"):
		result := document.object("result")
		for name := range result {
			all = append(all, fromKraken(result.object(name)))
		}
	}
	return all
}

// TestRulesOfRealVenues: tick, lot, minima and maxima of instruments as venues
// describe them fit, come back from JSON as they were, and mean in whole numbers
// what they say.
func TestRulesOfRealVenues(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestWithRules covers rules of our own")
	count := map[string]int{}
	for _, file := range golden.Files(t, folder, "exchange", "instruments", "*.json") {
		venue, _, _ := strings.Cut(filepath.Base(file), "_")
		for _, l := range readListings(t, file) {
			in, err := market.NewSpot(l.base + "/" + l.quote)
			if err != nil {
				t.Fatal(file, l.name, err)
			}
			in.Venue, in.Kind, in.Listed = venue, l.kind, l.listed
			switch l.kind {
			case market.Linear:
				in.Symbol += ":" + l.quote
			case market.Inverse:
				in.Symbol += ":" + l.base
			}
			if l.kind == market.Spot && l.rules.Lot.Equal(num("1")) { // coins by the billion
				in.PriceScale, in.QuantityScale = 12, 2
			}
			if in, err = in.WithRules(date(2022), l.rules); err != nil {
				t.Errorf("%s %s: %v", filepath.Base(file), l.name, err)
				continue
			}
			if l.rules.Tick.Sign() <= 0 || l.rules.Lot.Sign() <= 0 || l.rules.MinQuantity.Sign() <= 0 && l.rules.MinNotional.Sign() <= 0 {
				t.Errorf("%s %s was not read: %+v", filepath.Base(file), l.name, l.rules)
			}
			raw, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			var back market.Instrument
			if err := json.Unmarshal(raw, &back); err != nil || !back.Rules[0].Equal(in.Rules[0]) {
				t.Errorf("%s came back as %+v, %v", l.name, back, err)
			}
			for _, orders := range []bool{false, true} {
				want, got := l.rules.Sizes(orders), in.Limits(orders).At(date(2023).UnixNano())
				same := in.Price(got.Tick).Equal(l.rules.Tick) && in.Quantity(got.Lot).Equal(want.Lot) && in.Quantity(got.MinQuantity).Equal(want.MinQuantity) &&
					got.MinNotional.Decimal(market.MaxScale).Equal(want.MinNotional) &&
					(want.MaxQuantity.IsZero() && got.MaxQuantity == math.MaxInt64 || in.Quantity(got.MaxQuantity).Equal(want.MaxQuantity.Truncate(in.QuantityScale)) ||
						got.MaxQuantity == math.MaxInt64 && in.Quantity(math.MaxInt64).LessThan(want.MaxQuantity)) &&
					(want.MaxNotional.IsZero() && got.MaxNotional == wide.Int{Hi: math.MaxInt64, Lo: math.MaxUint64} || got.MaxNotional.Decimal(market.MaxScale).Equal(want.MaxNotional))
				if !same {
					t.Errorf("%s %s: %+v became %+v", filepath.Base(file), l.name, want, got)
				}
			}
			count[venue]++
		}
	}
	t.Log(count)
	for _, venue := range []string{"binance", "okx", "kraken", "bybit", "coinbase"} {
		if count[venue] < 5 {
			t.Errorf("only %d instruments of %s were read", count[venue], venue)
		}
	}
}
