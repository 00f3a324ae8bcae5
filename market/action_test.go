package market_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

// days makes candles of one day whose prices are all the same, from 2021-01-01.
func days(closes ...string) *market.Series {
	in := market.MustSpot("ABC/USD")
	s := market.NewSeries(in, market.D1, 2, len(closes))
	for i, c := range closes {
		p, err := in.PriceUnits(num(c))
		if err != nil {
			panic(err)
		}
		s.Append(market.Bar{Time: onDay(i).UnixNano(), Open: p, High: p, Low: p, Close: p, Volume: 1000})
	}
	return s
}

func onDay(n int) time.Time { return date(2021).AddDate(0, 0, n) }

func closes(s *market.Series) string {
	var all []string
	for i := range s.Len() {
		c := s.Candle(i)
		all = append(all, c.Close.String()+"×"+c.Volume.String())
	}
	return strings.Join(all, " ")
}

func TestAdjust(t *testing.T) {
	t.Parallel()
	split := func(day int, after, before int64) market.Action {
		return market.Action{Kind: market.Split, Date: onDay(day), New: after, Old: before}
	}
	dividend := func(day int, amount string) market.Action {
		return market.Action{Kind: market.Dividend, Date: onDay(day), Amount: num(amount)}
	}
	late := split(2, 2, 1)
	late.Known = onDay(4)
	all := market.AdjustOptions{Dividends: true}
	for _, c := range []struct {
		name    string
		s       *market.Series
		actions []market.Action
		o       market.AdjustOptions
		want    string
	}{
		{"nothing", days("10", "11"), nil, all, "10×10 11×10"},
		{"a split", days("10", "10", "5"), []market.Action{split(2, 2, 1)}, all, "5×20 5×20 5×10"},
		{"a reverse split", days("1", "1", "20"), []market.Action{split(2, 1, 20)}, all, "20×0.5 20×0.5 20×10"},
		{"three for two, rounded once", days("10", "6.66666667"), []market.Action{split(1, 3, 2)}, all, "6.66666667×15 6.66666667×10"},
		{"seven, then four: one rounding", days("1", "1", "1"), []market.Action{split(2, 4, 1), split(1, 7, 1)}, all, "0.03571429×280 0.25×40 1×10"},
		{"a dividend", days("100", "96", "96"), []market.Action{dividend(1, "4")}, all, "96×10 96×10 96×10"},
		{"a dividend, splits only", days("100", "96", "96"), []market.Action{dividend(1, "4")}, market.AdjustOptions{}, "100×10 96×10 96×10"},
		// The dividend is 4 of a unit worth 100 before it was split.
		{"both on one day", days("100", "48"), []market.Action{dividend(1, "4"), split(1, 2, 1)}, all, "48×20 48×10"},
		{"before the first candle", days("10", "11"), []market.Action{split(0, 2, 1), split(-5, 3, 1)}, all, "10×10 11×10"},
		{"after the last candle", days("10", "11"), []market.Action{split(3, 2, 1)}, all, "10×10 11×10"},
		{"at the close of the last candle", days("10", "11"), []market.Action{split(2, 2, 1)}, all, "5×20 5.5×20"},
		{"as of before", days("10", "10", "5", "5"), []market.Action{split(2, 2, 1)}, market.AdjustOptions{AsOf: onDay(2).Add(-1)}, "10×10"},
		{"as of the ex-date", days("10", "10", "5", "5"), []market.Action{split(2, 2, 1)}, market.AdjustOptions{AsOf: onDay(2)}, "5×20 5×20"},
		{"known late, before", days("10", "10", "5", "5"), []market.Action{late}, market.AdjustOptions{AsOf: onDay(3)}, "10×10 10×10 5×10"},
		{"known late, after", days("10", "10", "5", "5"), []market.Action{late}, all, "5×20 5×20 5×10 5×10"},
		{"what changes no number", days("10", "11"), []market.Action{
			{Kind: market.Rename, Date: onDay(1), Symbol: "XYZ/USD"}, {Kind: market.Delisting, Date: onDay(1)},
		}, all, "10×10 11×10"},
	} {
		before := closes(c.s)
		got, err := market.Adjust(c.s, c.actions, c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if closes(got) != c.want || closes(c.s) != before {
			t.Errorf("%s gave %s, want %s", c.name, closes(got), c.want)
		}
	}
	week, err := market.Resample(days("1", "1", "1", "1", "1", "1", "1", "1"), market.W1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s       *market.Series
		actions []market.Action
		want    string
	}{
		{week, []market.Action{split(5, 2, 1)}, "actions: the split of 2021-01-06T00:00:00Z falls into the candle of 2021-01-04T00:00:00Z"},
		{days("4", "1"), []market.Action{dividend(1, "4")}, "actions: the dividend of 4 on 2021-01-02T00:00:00Z is not below the close before it, 4"},
		{days("0.00000001", "1"), []market.Action{split(1, 3, 1)}, "series[0].open: comes to nothing at 8 decimals"},
		{days("90000000000", "1"), []market.Action{split(1, 1, 5)}, "series[0].open: is out of range after adjusting"},
		{days("1"), []market.Action{split(1, 1, 1)}, "actions[0]: new: must be the units after"},
		{days("1"), []market.Action{dividend(1, "-1")}, "actions[0]: amount: must be above zero"},
		{days("1"), []market.Action{{Kind: market.Split, New: 2, Old: 1}}, "actions[0]: date: is missing"},
		{days("1"), []market.Action{{Kind: "merger", Date: onDay(1)}}, "actions[0]: kind: must be dividend"},
		{days("1"), []market.Action{{Kind: market.Rename, Date: onDay(1), Symbol: "XYZ"}}, "actions[0]: symbol: must be"},
		{days("1"), []market.Action{{Kind: market.Delisting, Date: onDay(1), New: 2}}, "actions[0]: kind: is delisting, but the fields of another kind"},
		{nil, nil, "series: is missing"},
	} {
		if _, err := market.Adjust(c.s, c.actions, all); !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v gave %v, want %s", c.actions, err, c.want)
		}
	}
}

// TestAdjustKnowsNothingLater: whatever happens after a moment, in actions or in
// candles, an adjustment as of it is the same.
func TestAdjustKnowsNothingLater(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 30
		action := func(from, to int) *rapid.Generator[market.Action] {
			return rapid.Custom(func(t *rapid.T) market.Action {
				a := market.Action{Kind: market.Split, Date: onDay(rapid.IntRange(from, to).Draw(t, "day"))}
				if rapid.Bool().Draw(t, "dividend") {
					a.Kind, a.Amount = market.Dividend, decimal.New(rapid.Int64Range(1, 90).Draw(t, "amount"), -2)
				} else {
					a.New, a.Old = rapid.Int64Range(1, 9).Draw(t, "new"), rapid.Int64Range(10, 12).Draw(t, "old")
				}
				return a
			})
		}
		prices := rapid.SliceOfN(rapid.Int64Range(1e8, 9e8), n, n).Draw(t, "prices")
		noise := rapid.SliceOfN(rapid.Int64Range(1, 9e8), n, n).Draw(t, "noise")
		cut := rapid.IntRange(1, n-1).Draw(t, "as of")
		series := func(later []int64) *market.Series {
			s := market.NewSeries(btcusdt, market.D1, 8, n)
			for i, p := range prices {
				if i >= cut {
					p = later[i]
				}
				s.Append(market.Bar{Time: onDay(i).UnixNano(), Open: p, High: p, Low: p, Close: p, Volume: p})
			}
			return s
		}
		past := rapid.SliceOfN(action(0, cut), 0, 6).Draw(t, "past")
		future := rapid.SliceOfN(action(cut+1, n+3), 0, 6).Draw(t, "future")
		unknown := rapid.SliceOfN(action(0, cut), 0, 3).Draw(t, "known later")
		for i := range unknown {
			unknown[i].Known = onDay(cut).Add(1)
		}
		o := market.AdjustOptions{Dividends: rapid.Bool().Draw(t, "dividends"), AsOf: onDay(cut)}
		want, err := market.Adjust(series(prices).Slice(0, cut), past, market.AdjustOptions{Dividends: o.Dividends})
		if err != nil {
			t.Fatal(err)
		}
		got, err := market.Adjust(series(noise), append(append(future, past...), unknown...), o)
		if err != nil {
			t.Fatal(err)
		}
		if got.Len() != cut || closes(got) != closes(want) {
			t.Fatalf("as of day %d it is %s, want %s", cut, closes(got), closes(want))
		}
	})
}

func TestHistory(t *testing.T) {
	t.Parallel()
	h := market.History{Symbol: "FB/USD", Actions: []market.Action{
		{Kind: market.Delisting, Date: date(2030)},
		{Kind: market.Rename, Date: date(2024), Symbol: "MVRS/USD"},
		{Kind: market.Rename, Date: date(2022), Symbol: "META/USD"},
		{Kind: market.Dividend, Date: date(2024), Amount: num("0.5")},
	}}
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	for year, want := range map[int]string{2000: "FB/USD", 2021: "FB/USD", 2022: "META/USD", 2023: "META/USD", 2024: "MVRS/USD", 2040: "MVRS/USD"} {
		if got := h.SymbolAt(date(year)); got != want {
			t.Errorf("in %d it was %s, want %s", year, got, want)
		}
	}
	if at, gone := h.DelistedAt(); !gone || !at.Equal(date(2030)) {
		t.Errorf("it was delisted %s, %v", at, gone)
	}
	raw, err := json.Marshal(h)
	var back market.History
	if err != nil || json.Unmarshal(raw, &back) != nil || back.SymbolAt(date(2023)) != "META/USD" || back.Validate() != nil {
		t.Errorf("%s came back as %+v, %v", raw, back, err)
	}
	h.Actions = append(h.Actions, market.Action{Kind: market.Dividend, Date: date(2031), Amount: num("1")})
	if err := h.Validate(); err == nil || err.Error() != "actions: a dividend on 2031-01-01 comes after the delisting of 2030-01-01" {
		t.Errorf("a dividend of what is delisted gave %v", err)
	}
	if _, gone := (market.History{Symbol: "FB/USD"}).DelistedAt(); gone {
		t.Error("what trades was delisted")
	}
}

func TestReadLeanFactors(t *testing.T) {
	t.Parallel()
	const good = "20200101,0.5,0.25,10\n"
	f, err := market.ReadLeanFactors(strings.NewReader("date,price_factor,split_factor,reference_price\r\n" + good + "\n20210101,1,1\n"))
	if err != nil || len(f) != 2 || !f[0].Until.Equal(time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)) || f[0].Price.String() != "0.5" || f[0].Split.String() != "0.25" || f[1].Reference.Sign() != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	actions, err := f.Actions()
	if err != nil || len(actions) != 2 || actions[0].Amount.String() != "5" || actions[1].New != 4 || actions[1].Old != 1 {
		t.Errorf("the actions are %+v, %v", actions, err)
	}
	for text, want := range map[string]string{
		"":                              "line[1]: is missing",
		good + good:                     "line[2]: date: must be after",
		good + "20210101,1\n":           "line[2]: columns: must be",
		good + "2021-01-01,1,1,1\n":     "line[2]: date: must be a date such as 20200828",
		good + "20210101,inf,1,1\n":     "line[2]: amount: must be a decimal number",
		good + "20210101,0,1,1\n":       "line[2]: factor: must be above zero",
		good + "20210101,1,1e99999,1\n": "line[2]: amount: must be a decimal number",
	} {
		if _, err := market.ReadLeanFactors(strings.NewReader(text)); !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q gave %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"20200101,1,1,1\n20210101,0.5,1,1\n", "20200101,1,1,1\n20210101,1,0.7071067,1\n", "20200101,0.5,1,0\n20210101,1,1,1\n"} {
		f, err := market.ReadLeanFactors(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if actions, err := f.Actions(); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%q became %+v, %v", text, actions, err)
		}
	}
}

func FuzzReadLeanFactors(f *testing.F) {
	f.Add("date,price_factor,split_factor,reference_price\n19980102,0.8613657,0.00892857,1\n20501231,1,1,0\n")
	f.Add("20200101,1e-9,1e9,1\r\n20200102,1,3.3333333,\n")
	f.Fuzz(func(t *testing.T, text string) {
		factors, err := market.ReadLeanFactors(strings.NewReader(text))
		if err != nil {
			return
		}
		s := days("1", "2", "3")
		if _, err := factors.Adjust(s, market.AdjustOptions{Dividends: true}); err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Fatal(err)
		}
		actions, err := factors.Actions()
		if err != nil {
			return
		}
		if _, err := market.Adjust(s, actions, market.AdjustOptions{Dividends: true}); err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Fatal(err)
		}
	})
}

// TestAdjustOfTheReference adjusts real shares by Lean's factors, each price against
// raw × price factor × split factor computed apart, and by the actions that the
// factors stand for.
func TestAdjustOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestAdjust covers the rules")
	raws := map[string]string{"aapl": "aapl_1d_raw", "spy": "spy_1d"}
	for symbol, raw := range raws {
		in := market.MustSpot(strings.ToUpper(symbol) + "/USD")
		s, err := market.ReadCSVFile(golden.Candles(t, folder, raw), market.CSVOptions{Instrument: in})
		if err != nil {
			t.Fatal(err)
		}
		path := golden.Files(t, folder, "ohlcv", symbol+"_factors.csv")[0]
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		factors, err := market.ReadLeanFactors(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		o := market.AdjustOptions{Dividends: true}
		got, err := factors.Adjust(s, o)
		if err != nil {
			t.Fatal(err)
		}
		rows := golden.Rows(t, path)
		row, most := 0, decimal.Zero
		actions, err := factors.Actions()
		if err != nil {
			t.Fatal(err)
		}
		byActions, err := market.Adjust(s, actions, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Len() {
			c, adjusted, other := s.Candle(i), got.Candle(i), byActions.Candle(i)
			for rows[row]["date"] < c.Time.Format("20060102") {
				row++
			}
			price, split := num(rows[row]["price_factor"]), num(rows[row]["split_factor"])
			for f, pair := range [][3]decimal.Decimal{{c.Open, adjusted.Open, other.Open}, {c.High, adjusted.High, other.High}, {c.Low, adjusted.Low, other.Low}, {c.Close, adjusted.Close, other.Close}} {
				if want := pair[0].Mul(price).Mul(split).RoundBank(8); !pair[1].Equal(want) {
					t.Fatalf("%s %s, field %d: %s became %s, want %s", symbol, c.Time, f, pair[0], pair[1], want)
				}
				most = decimal.Max(most, pair[2].Sub(pair[1]).Abs().Div(pair[1]))
			}
			if want := c.Volume.DivRound(split, 12).RoundBank(8); !adjusted.Volume.Equal(want) {
				t.Fatalf("%s %s: the volume %s became %s, want %s", symbol, c.Time, c.Volume, adjusted.Volume, want)
			}
		}
		t.Logf("%s: %d candles are exactly Lean's; by %d actions they differ by at most %s of the price", symbol, s.Len(), len(actions), most.StringFixed(9))
		// The factors have seven digits, and the file's reference price is the close.
		if most.GreaterThan(num("0.00001")) {
			t.Errorf("%s: by actions the prices differ by %s", symbol, most)
		}
		if symbol != "aapl" {
			continue
		}
		var splits []string
		for _, a := range actions {
			if a.Kind == market.Split {
				splits = append(splits, a.Date.Format("2006-01-02 ")+decimal.NewFromInt(a.New).String()+":"+decimal.NewFromInt(a.Old).String())
			} else if a.Date.Format(time.DateOnly) == "2012-08-09" && a.Amount.Sub(num("2.65")).Abs().GreaterThan(num("0.001")) {
				t.Errorf("the dividend of 2012-08-09 is %s, Apple paid 2.65", a.Amount)
			}
		}
		// Lean names the last session before: Friday the 25th and the 28th, so that the
		// split is in force from Saturday on.
		if want := "2000-06-21 2:1, 2005-02-26 2:1, 2014-06-07 7:1, 2020-08-29 4:1"; strings.Join(splits, ", ") != want {
			t.Errorf("the splits are %v, want %s", splits, want)
		}
	}
}
