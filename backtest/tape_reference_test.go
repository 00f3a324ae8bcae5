package backtest_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	orderbook "github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/market/source"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// binanceLine is what a line of a recorded stream may hold.
type binanceLine struct {
	LastUpdateID int64       `json:"lastUpdateId"` //nolint:tagliatelle // the venue's own name
	Bids, Asks   [][2]string // of the snapshot
	Stream       string
	Data         struct {
		Kind  string      `json:"e"`
		Event int64       `json:"E"` //nolint:tagliatelle // the venue's own name
		First int64       `json:"U"` //nolint:tagliatelle // the venue's own name
		Last  int64       `json:"u"`
		Bids  [][2]string `json:"b"`
		Asks  [][2]string `json:"a"`
	}
}

// recordedBook reads the diffs of a recorded stream into a recording, each at the
// venue's time.
func recordedBook(t *testing.T, path string, in *market.Instrument) *orderbook.Recording {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := orderbook.NewRecording(in, 20)
	if err != nil {
		t.Fatal(err)
	}
	levels := func(pairs [][2]string) (all []orderbook.Level) {
		for _, p := range pairs {
			price, err := in.ParsePrice([]byte(p[0]))
			if err != nil {
				t.Fatal(err)
			}
			quantity, err := in.ParseQuantity([]byte(p[1]))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, orderbook.Level{Price: price, Quantity: quantity})
		}
		return all
	}
	b, err := orderbook.New(in, 0)
	if err != nil {
		t.Fatal(err)
	}
	follower, at := orderbook.NewBinance(b, false), int64(0)
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		_, text, _ := strings.Cut(lines.Text(), " ")
		snapshot := strings.HasPrefix(text, `{"lastUpdateId"`)
		if !snapshot && !strings.Contains(text, "@depth") {
			continue
		}
		var m binanceLine
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if snapshot {
			if err := follower.Snapshot(m.LastUpdateID, orderbook.Diff{Bids: levels(m.Bids), Asks: levels(m.Asks)}); err != nil {
				t.Fatal(err)
			}
			// The diffs that waited are in the book by now.
			whole := orderbook.Diff{Bids: b.Top(nil, orderbook.Bid, b.Len(orderbook.Bid)), Asks: b.Top(nil, orderbook.Ask, b.Len(orderbook.Ask))}
			if err := r.Add(at, true, whole); err != nil {
				t.Fatal(err)
			}
			continue
		}
		at = m.Data.Event * 1e6
		d := orderbook.Diff{Bids: levels(m.Data.Bids), Asks: levels(m.Data.Asks)}
		changed, err := follower.Diff(orderbook.BinanceDiff{First: m.Data.First, Last: m.Data.Last, Diff: d})
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			if err := r.Add(at, false, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// maker quotes a bid and an offer at the last price and a step from it, for five
// seconds, and takes them back.
func maker() strategy.Strategy {
	return strategy.Define("maker", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return scripted{onBar: func(b strategy.Bar, o *strategy.Orders) {
			if b.Time().Second()%5 != 0 {
				return
			}
			o.CancelAll()
			size := strategy.OfQuantity(decimal.New(1, -2))
			o.Buy(size, strategy.At(b.Level(b.Close())), strategy.Because("bid"))
			o.Sell(size, strategy.At(b.Level(b.Close()+0.01)), strategy.Because("offer"))
		}}, nil
	})
}

// TestMakerOnTheReference runs a market maker over five minutes of recorded trades and
// books of BTC/USDT.
func TestMakerOnTheReference(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(golden.Folder(t, "TestTicksAndBooksInTime covers the rules"), "ticks")
	in := market.MustSpot("BTC/USDT")
	in.Rules = []market.Rules{{From: time.Unix(0, 0), Tick: decimal.New(1, -2), Lot: decimal.New(1, -5)}}
	ticks, err := source.ReadTicksFile(filepath.Join(folder, "btcusdt_binance_spot_20240808_trades.csv.gz"), market.CSVOptions{Instrument: in})
	if err != nil {
		t.Fatal(err)
	}
	candles, err := source.AggregateTicks(ticks, market.S1)
	if err != nil {
		t.Fatal(err)
	}
	books := recordedBook(t, filepath.Join(folder, "btcusdt_binance_spot_20240808.raw.gz"), in)
	config := backtest.Config{
		Strategy: maker(), Data: []*market.Series{candles}, Cash: money.MustParse("100000 USDT"),
		Holdings: []money.Amount{money.MustParse("1 BTC")}, Ticks: []*market.Ticks{ticks},
	}
	config.Model.Limits = 1 // a touch: without books, nobody is ahead
	front, _ := encoded(t, config)
	config.Books = []orderbook.Feed{books}
	queued, _ := encoded(t, config)
	for _, w := range queued.Warnings {
		if strings.Contains(w, "refused") {
			t.Errorf("the run warns: %s", w)
		}
	}

	// Each fill is at a price that traded, or that the book showed, at its time.
	traded := map[[2]int64]bool{}
	for i, at := range ticks.Time {
		traded[[2]int64{at, ticks.Price[i]}] = true
	}
	inBook, player := map[[2]int64]bool{}, books.Play()
	for shown := player.Next(); shown != nil; shown = player.Next() {
		for _, l := range slices.Concat(shown.Bids, shown.Asks) {
			inBook[[2]int64{shown.Time, l.Price}] = true
		}
	}
	own := map[exchange.IntentID]int64{}
	makers, takers, beyond := 0, 0, 0
	for i := range queued.Fills {
		f := &queued.Fills[i]
		key := [2]int64{f.Time, f.Price}
		switch {
		case !f.Maker && inBook[key]:
			takers++
		case f.Maker && traded[key]:
			makers++
		case f.Maker:
			beyond++ // a trade or the other side of the book went past its own limit
			past := false
			for k, at := range ticks.Time {
				past = past || at == f.Time && (f.Side == exchange.Buy && ticks.Price[k] < f.Price || f.Side == exchange.Sell && ticks.Price[k] > f.Price)
			}
			if !past && !inBook[key] && !crossed(books, f) {
				t.Errorf("fill %d at %s of %s: nothing went past it", f.ID, in.Price(f.Price), time.Unix(0, f.Time).UTC())
			}
		default:
			t.Errorf("fill %d takes %s at %s, which the book did not hold", f.ID, in.Price(f.Price), time.Unix(0, f.Time).UTC())
		}
		own[f.Intent] += f.Quantity
	}
	if makers < 20 || takers+makers+beyond != len(queued.Fills) {
		t.Errorf("%d makers at the price of a trade, %d beyond, %d takers", makers, beyond, takers)
	}

	// Whoever stands behind others is filled no earlier than who does not. Both runs send
	// the same orders: their names are compared as long as they rest.
	first := func(r *backtest.Result) map[exchange.IntentID]int64 {
		at := map[exchange.IntentID]int64{}
		for i := range r.Fills {
			f := &r.Fills[i]
			if _, there := at[f.Intent]; !there && f.Maker {
				at[f.Intent] = f.Time
			}
		}
		return at
	}
	atFront, inQueue := first(front), first(queued)
	later, same, never := 0, 0, 0
	for intent, at := range atFront {
		switch behind, there := inQueue[intent]; {
		case !there:
			never++
		case behind > at:
			later++
		case behind == at:
			same++
		default:
			t.Errorf("order %d is filled at %s behind others, and at %s without them", intent, time.Unix(0, behind).UTC(), time.Unix(0, at).UTC())
		}
	}
	t.Logf("%d trades, %d books, %d candles; with books %d fills (%d at a trade's price, %d passed, %d takers), without %d; in the queue %d later, %d as early, %d never or as takers",
		ticks.Len(), books.Len(), candles.Len(), len(queued.Fills), makers, beyond, takers, len(front.Fills), later, same, never)
	if later+never == 0 {
		t.Error("the queue makes no difference")
	}
}

// crossed reports whether the other side of a book came to the price of a fill.
func crossed(books *orderbook.Recording, f *exchange.Fill) bool {
	player := books.Play()
	for shown := player.Next(); shown != nil; shown = player.Next() {
		if shown.Time == f.Time && (f.Side == exchange.Buy && shown.Asks[0].Price <= f.Price || f.Side == exchange.Sell && shown.Bids[0].Price >= f.Price) {
			return true
		}
	}
	return false
}
