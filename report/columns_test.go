package report

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/trading"
)

func spot(t *testing.T, symbol string, priceScale, quantityScale int32) *market.Instrument {
	t.Helper()
	in, err := market.NewSpot(symbol)
	if err != nil {
		t.Fatal(err)
	}
	in.PriceScale, in.QuantityScale = priceScale, quantityScale
	return in
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value       string
		places      int32
		shown, full string
	}{
		{"0", 2, "0.00", ""},
		{"1234567.5", 2, "1 234 567.50", ""},
		{"-1234.565", 2, "−1 234.57", "−1 234.565"},
		{"999.995", 2, "1 000.00", "999.995"},
		{"0.0042", 2, "0.0042", "0.0042"},
		{"-0.000000123456", 2, "−0.00000012", "−0.000000123456"},
		{"0.00996", 2, "0.01", "0.00996"},
		{"0.004", 2, "0.0040", "0.004"},
		{"123456789012345678901234567890.123456789012345678", 2,
			"123 456 789 012 345 678 901 234 567 890.12", "123 456 789 012 345 678 901 234 567 890.123456789012345678"},
		{"12.50", 0, "13", "12.5"},
		{"1e3", 0, "1 000", ""},
	} {
		got := number(decimal.RequireFromString(c.value), c.places)
		if narrow(got.Shown) != c.shown || narrow(got.Full) != c.full {
			t.Errorf("%s at %d places is %q with %q in full, want %q and %q", c.value, c.places, narrow(got.Shown), narrow(got.Full), c.shown, c.full)
		}
	}
}

// narrow makes the marks of groups plain spaces.
func narrow(s string) string {
	out := []rune(s)
	for i, r := range out {
		if string(r) == groupMark || r == '\u00a0' {
			out[i] = ' '
		}
	}
	return string(out)
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got  text
		want text
	}{
		{change(stats.Number(0.41234)), text{"+41.23 %", "41.234 %", "up"}},
		{change(stats.Number(-1e-7)), text{"−0.000010 %", "−0.00001 %", "down"}},
		{change(0), text{"0.00 %", "", ""}},
		{percent(stats.Undefined), undefined},
		{ratio(stats.Number(math.Inf(1))), undefined},
		{change(stats.Undefined), undefined},
		{ratio(stats.Number(1e300)), ratio(stats.Number(1e300))},
		{tradeReturn(decimal.RequireFromString("-0.5"), decimal.RequireFromString("200")), text{"−0.25 %", "", "down"}},
		{tradeReturn(decimal.RequireFromString("1"), decimal.RequireFromString("3")), text{"+33.33 %", "", "up"}},
		{tradeReturn(decimal.RequireFromString("1"), decimal.Zero), undefined},
		{profit(decimal.RequireFromString("12.345"), 2), text{"+12.35", "+12.345", "up"}},
		{profit(decimal.Zero, 2), text{"0.00", "", ""}},
	} {
		got := text{narrow(c.got.Shown), narrow(c.got.Full), c.got.Tone}
		if want := (text{narrow(c.want.Shown), narrow(c.want.Full), c.want.Tone}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if conventions[stats.PerBar(1).Name()] == "" || conventions[stats.Convention{}.Name()] == "" {
		t.Error("a convention is not explained")
	}
	for cash, want := range map[string]int32{"10000 USDT": 2, "1000000 USDT": 2, "100 EUR": 3, "1 BTC": 5, "0.01 BTC": 7, "0.000001 BTC": 8} {
		if got := moneyPlaces(money.MustParse(cash)); got != want {
			t.Errorf("%s is shown with %d places, want %d", cash, got, want)
		}
	}
}

// columns is a series or a curve as a page reads it.
type columns struct {
	Places, VolumePlaces    int32
	Scale                   int32
	Wide                    bool
	Time                    []int64
	Open, High, Low, Close  []json.Number
	Volume, Value, Drawdown []json.Number
}

func decode(t *testing.T, raw []byte) columns {
	t.Helper()
	var c struct {
		columns
		VolumePlaces int32 `json:"volume_places"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatalf("%v in %.300s", err, raw)
	}
	c.columns.VolumePlaces = c.VolumePlaces
	return c.columns
}

func whole(t *testing.T, n json.Number) int64 {
	t.Helper()
	v, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// undo makes prices of the columns, as the page does.
func (c columns) undo(t *testing.T, i int, last int64) (open, high, low, end int64) {
	t.Helper()
	open, high, low, end = whole(t, c.Open[i]), whole(t, c.High[i]), whole(t, c.Low[i]), whole(t, c.Close[i])
	if c.Wide {
		return open, high, low, end
	}
	open, end = open+last, end+last
	return open, max(open, end) + high, min(open, end) - low, end
}

func TestCandlesComeBackExactly(t *testing.T) {
	t.Parallel()
	const large = int64(9_100_000_000_000_000_000)
	for _, c := range []struct {
		name   string
		scale  int32
		unit   int64
		base   int64
		isWide bool
		places int32
	}{
		{"two of eight decimals", 8, 1e6, 40_000_00, false, 2},
		{"all decimals", 8, 1, 123_456_789, false, 8},
		{"whole prices", 0, 1, 7, false, 0},
		{"beyond 2^53", 0, 1, large, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := market.NewSeries(spot(t, "A/B", c.scale, 2), market.M1, 3, 40)
			for i := range int64(40) {
				o, e := c.base+i%7, c.base+i*3%11
				s.Append(market.Bar{Time: i * int64(market.M1), Open: o * c.unit, Close: e * c.unit, High: (max(o, e) + i%3) * c.unit, Low: (min(o, e) - i%4) * c.unit, Volume: large / 40 * i})
			}
			p := &page{}
			series := newChartSeries(p, []*market.Series{s})
			got := decode(t, series[0].json())
			if got.Wide != c.isWide || got.Places != c.places || len(got.Time) != s.Len() {
				t.Fatalf("wide %v, %d places, %d candles; want %v, %d, %d", got.Wide, got.Places, len(got.Time), c.isWide, c.places, s.Len())
			}
			var last, at int64
			for i := range s.Len() {
				at += got.Time[i]
				open, high, low, end := got.undo(t, i, last)
				last = end
				volume := whole(t, got.Volume[i]) * wide.Pow10(s.VolumeScale-got.VolumePlaces)
				back := market.Bar{Time: at * 1e9, Open: open * c.unit, High: high * c.unit, Low: low * c.unit, Close: end * c.unit, Volume: volume}
				if back != s.Bar(i) {
					t.Fatalf("candle %d came back as %+v, was %+v", i, back, s.Bar(i))
				}
			}
		})
	}
}

func TestLongSeriesAreCondensed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tf     market.Timeframe
		n      int
		volume int64
		to     market.Timeframe
		quiet  bool
	}{
		{"short enough", market.M1, mostCandles, 1, market.M1, false},
		{"a minute", market.M1, mostCandles + 1, 1, market.M3, false},
		{"a year of minutes", market.M1, 525_600, 1, market.M15, false},
		{"an odd timeframe", 7 * market.M1, 50_000, 1, 14 * market.M1, false},
		{"volumes too large to add", market.M1, mostCandles + 1, math.MaxInt64/2 + 1, market.M3, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := market.NewSeries(spot(t, "A/B", 2, 2), c.tf, 0, c.n)
			at := c.tf.Open(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
			for i := range c.n {
				price := int64(1000 + i%100)
				s.Append(market.Bar{Time: at, Open: price, High: price + 5, Low: price - 5, Close: price + 1, Volume: c.volume})
				at = c.tf.Close(at)
			}
			got, quiet := condense(s, mostCandles)
			if got.Timeframe != c.to || quiet != c.quiet || got.Len() > mostCandles {
				t.Fatalf("%d candles of %s (volume left out: %v), want %s (%v)", got.Len(), got.Timeframe, quiet, c.to, c.quiet)
			}
			series := chartSeries{source: s, Series: got}
			if (series.Note() == "") != (c.to == c.tf) {
				t.Errorf("the note is %q", series.Note())
			}
			if last := got.Close[got.Len()-1]; last != s.Close[c.n-1] {
				t.Errorf("the last close is %d, want %d", last, s.Close[c.n-1])
			}
		})
	}
}

func TestKeepsTheShapeOfACurve(t *testing.T) {
	t.Parallel()
	const n, most = 100_003, 400
	values, drawdown := make([]float64, n), make([]float64, n)
	for i := range values {
		values[i] = 100 + math.Sin(float64(i)/1000)
	}
	values[777], values[55_555], drawdown[99_000] = 1000, -1000, -0.9
	points := keep(values, drawdown, most)
	if len(points) > most {
		t.Errorf("%d points are kept, at most %d", len(points), most)
	}
	there := map[int]bool{}
	for k, i := range points {
		there[i] = true
		if k > 0 && i <= points[k-1] {
			t.Fatalf("point %d stands behind %d", i, points[k-1])
		}
	}
	for _, i := range []int{777, 55_555, 99_000, n - 1} {
		if !there[i] {
			t.Errorf("point %d is lost", i)
		}
	}
	if all := keep(values[:most], drawdown[:most], most); len(all) != most || all[0] != 0 || all[most-1] != most-1 {
		t.Errorf("of %d points %d are kept", most, len(all))
	}
}

func TestCurveComesBackExactly(t *testing.T) {
	t.Parallel()
	r := &backtest.Result{Cash: money.MustParse("100 USDT")}
	for i, v := range []string{"100", "110.000000000000000001", "99", "-3.5", "0", "12345678901234567.8"} {
		u, err := exchange.ToUnits("equity", decimal.RequireFromString(v))
		if err != nil {
			t.Fatal(err)
		}
		r.Equity.Times, r.Equity.Units = append(r.Equity.Times, int64(i+1)*3600e9), append(r.Equity.Units, u)
	}
	c := newCurve(r, nil)
	got := decode(t, c.json())
	at := int64(0)
	for i, u := range r.Equity.Units {
		at += got.Time[i]
		value := decimal.RequireFromString(got.Value[i].String()).Shift(-got.Scale)
		if at*1e9 != r.Equity.Times[i] || !value.Equal(exchange.FromUnits(u)) {
			t.Errorf("point %d is %s at %d, want %s at %d", i, value, at, exchange.FromUnits(u), r.Equity.Times[i])
		}
	}
	if deepest := whole(t, got.Drawdown[2]); deepest != -100_000 {
		t.Errorf("99 after 110 is a drawdown of %d millionths, want -100000", deepest)
	}
}

func TestPricesOfTrades(t *testing.T) {
	t.Parallel()
	in := spot(t, "A/B", 4, 6)
	for _, c := range []struct {
		notional string
		quantity int64
		price    int64
		ok       bool
	}{
		{"12.5", 5_000_000, 25_000, true},      // 5 for 12.5
		{"10", 3_000_000, 0, false},            // 3 for 10: no whole price
		{"0", 3_000_000, 0, true},              // not left yet
		{"10", 0, 0, false},                    // nothing
		{"12.50001", 5_000_000, 0, false},      // one decimal too many
		{"1000000000000", 1_000_000, 0, false}, // 10^16 ten-thousandths: not safe
	} {
		u, err := exchange.ToUnits("notional", decimal.RequireFromString(c.notional))
		if err != nil {
			t.Fatal(err)
		}
		contract, err := in.Contract()
		if err != nil {
			t.Fatal(err)
		}
		if price, ok := priceUnits(&contract, u, c.quantity); ok != c.ok || ok && price != c.price {
			t.Errorf("%s for %d is %d (%v), want %d (%v)", c.notional, c.quantity, price, ok, c.price, c.ok)
		}
	}
}

func TestInstrumentsAreToldApart(t *testing.T) {
	t.Parallel()
	p := &page{result: &backtest.Result{}}
	a, same, other := spot(t, "A/B", 2, 2), spot(t, "A/B", 2, 2), spot(t, "A/B", 2, 2)
	other.Venue = "binance"
	if p.instrument(a) != 0 || p.instrument(other) != 1 || p.instrument(same) != 0 || len(p.instruments) != 2 {
		t.Errorf("the instruments are %v", p.instruments)
	}
}

func TestShortTradesGainWhenPricesFall(t *testing.T) {
	t.Parallel()
	in := spot(t, "A/B", 2, 2)
	amount := func(v string) exchange.Units {
		u, err := exchange.ToUnits("amount", decimal.RequireFromString(v))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	p := newPage(&backtest.Result{Cash: money.MustParse("1000 B"), Trades: []trading.Trade{{
		Instrument: in, Side: exchange.Sell, Quantity: 200, EntryTime: 1e9, ExitTime: 61e9,
		EntryNotional: amount("20"), ExitNotional: amount("15"), Fees: amount("0.5"),
	}}})
	r := p.row(0)
	if r.IsLong || r.Size.Shown != "−2" || r.Gross.Shown != "+5.00" || r.Net.Shown != "+4.50" || narrow(r.Return.Shown) != "+22.50 %" || r.Entry != "1970-01-01 00:00:01" {
		t.Errorf("the row is %+v", r)
	}
}
