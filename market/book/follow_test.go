package book_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

// lines calls fn with every line of a packed file.
func lines(t testing.TB, path string, fn func(line string)) {
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
	in := bufio.NewScanner(unpacked)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		fn(in.Text())
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
}

func decode(t testing.TB, raw string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), v); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
}

// pairs are levels as venues write them: price, quantity and what more there is.
type pairs [][]string

func (p pairs) levels(t testing.TB, in *market.Instrument) []book.Level {
	t.Helper()
	var all []book.Level
	for _, one := range p {
		price, err := in.ParsePrice([]byte(one[0]))
		if err != nil {
			t.Fatal(err)
		}
		quantity, err := in.ParseQuantity([]byte(one[1]))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, book.Level{Price: price, Quantity: quantity})
	}
	return all
}

// binanceMessage is what a line of a recorded Binance stream may hold.
type binanceMessage struct {
	LastUpdateID int64 `json:"lastUpdateId"` //nolint:tagliatelle // the venue's own name
	Bids, Asks   pairs
	Stream       string
	Data         json.RawMessage
}

type binanceDepth struct {
	Symbol   string `json:"s"`
	First    int64  `json:"U"` //nolint:tagliatelle // the venue's own name
	Last     int64  `json:"u"`
	Previous int64  `json:"pu"`
	Bids     pairs  `json:"b"`
	Asks     pairs  `json:"a"`
}

type ticker struct {
	Update  int64  `json:"u"`
	Bid     string `json:"b"`
	BidSize string `json:"B"` //nolint:tagliatelle // the venue's own name
	Ask     string `json:"a"`
	AskSize string `json:"A"` //nolint:tagliatelle // the venue's own name
}

func (m binanceMessage) diff(t testing.TB, in *market.Instrument) (string, book.BinanceDiff) {
	t.Helper()
	var d binanceDepth
	decode(t, string(m.Data), &d)
	return d.Symbol, book.BinanceDiff{First: d.First, Last: d.Last, Previous: d.Previous, Diff: book.Diff{Bids: d.Bids.levels(t, in), Asks: d.Asks.levels(t, in)}}
}

// applied is a diff that changed the book, and its best levels after it.
type applied struct {
	last               int64
	bid, ask           book.Level
	bidLevels, askMany int
}

// replay follows a recorded stream of Binance spot from its snapshot and returns
// every diff that was applied, the tickers, and the follower at the end. drop
// leaves out the diff of that number, counted from the snapshot.
func replay(t testing.TB, path string, drop int) (out []applied, tickers []ticker, follower *book.Binance, lost error) {
	t.Helper()
	in := market.MustSpot("BTC/USDT")
	b, err := book.New(in, 0)
	if err != nil {
		t.Fatal(err)
	}
	follower = book.NewBinance(b, false)
	n := 0
	lines(t, path, func(line string) {
		_, text, _ := strings.Cut(line, " ")
		var m binanceMessage
		if strings.Contains(text, "@trade\"") {
			return
		}
		decode(t, text, &m)
		switch {
		case m.LastUpdateID != 0:
			if err := follower.Snapshot(m.LastUpdateID, book.Diff{Bids: m.Bids.levels(t, in), Asks: m.Asks.levels(t, in)}); err != nil {
				t.Fatalf("the snapshot: %v", err)
			}
		case strings.HasSuffix(m.Stream, "@bookTicker"):
			var tick ticker
			decode(t, string(m.Data), &tick)
			tickers = append(tickers, tick)
			return
		case strings.Contains(m.Stream, "@depth"):
			_, d := m.diff(t, in)
			if follower.Synced() {
				if n++; n == drop {
					return
				}
			}
			changed, err := follower.Diff(d)
			if err != nil && lost == nil {
				lost = err
			}
			if !changed {
				return
			}
		}
		if follower.Synced() && follower.LastUpdate() != m.LastUpdateID {
			bid, _ := b.Best(book.Bid)
			ask, _ := b.Best(book.Ask)
			out = append(out, applied{follower.LastUpdate(), bid, ask, b.Len(book.Bid), b.Len(book.Ask)})
		}
	})
	return out, tickers, follower, lost
}

// agrees compares the best levels after every diff with the ticker of the greatest
// update that is not after it.
func agrees(t *testing.T, out []applied, tickers []ticker) int {
	t.Helper()
	in := market.MustSpot("BTC/USDT")
	at, same := 0, 0
	for _, a := range out {
		for at+1 < len(tickers) && tickers[at+1].Update <= a.last {
			at++
		}
		if tickers[at].Update > a.last {
			continue // the recording has no ticker that early
		}
		want := pairs{{tickers[at].Bid, tickers[at].BidSize}, {tickers[at].Ask, tickers[at].AskSize}}.levels(t, in)
		if a.bid != want[0] || a.ask != want[1] {
			t.Fatalf("after update %d the best are %v and %v, the ticker of %d says %v", a.last, a.bid, a.ask, tickers[at].Update, want)
		}
		same++
	}
	return same
}

// TestBinanceSpot replays a bundled cut of a recorded stream: no gap, and after
// each diff the best prices and sizes are those of Binance's own ticker.
func TestBinanceSpot(t *testing.T) {
	t.Parallel()
	const file = "testdata/btcusdt_binance_spot.raw.gz"
	out, tickers, follower, lost := replay(t, file, 0)
	if same := agrees(t, out, tickers); same < 200 || same != len(out) || lost != nil || !follower.Synced() {
		t.Fatalf("%d of %d diffs agree, lost: %v", same, len(out), lost)
	}
	t.Logf("%d diffs agree with the ticker", len(out))

	whole := len(out)
	out, _, follower, lost = replay(t, file, 100)
	if !errors.Is(lost, book.ErrGap) || !book.NeedsSnapshot(lost) || follower.Synced() || len(out) != 100 || whole <= len(out) {
		t.Fatalf("a diff left out gave %v after %d of %d diffs", lost, len(out), whole)
	}
	if b := follower.Book(); b.Len(book.Bid)+b.Len(book.Ask) != 0 {
		t.Errorf("a book that lost the market still has %d bids", b.Len(book.Bid))
	}
}

// TestBinanceSpotOfTheReference is the same over the whole recording, with its
// checkpoints and its last twenty levels.
func TestBinanceSpotOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestBinanceSpot covers a bundled cut")
	in := market.MustSpot("BTC/USDT")
	for _, file := range golden.Files(t, folder, "ticks", "*_binance_spot_*.raw.gz") {
		name := strings.TrimSuffix(filepath.Base(file), ".raw.gz")
		out, tickers, follower, lost := replay(t, file, 0)
		same := agrees(t, out, tickers)
		t.Logf("%s: %d of %d diffs agree with %d tickers", name, same, len(out), len(tickers))
		if lost != nil || same != len(out) || same == 0 {
			t.Fatalf("lost: %v", lost)
		}
		if name == "btcusdt_binance_spot_20240808" && same != 3449 {
			t.Errorf("%d diffs were applied, want 3449", same)
		}
		byUpdate := map[int64]applied{}
		for _, a := range out {
			byUpdate[a.last] = a
		}
		for _, row := range golden.Rows(t, golden.Files(t, folder, "golden", "books", name+"_checkpoints.csv")[0]) {
			last, _ := strconv.ParseInt(row["last_update_id"], 10, 64)
			want := pairs{{row["best_bid"], row["bid_size"]}, {row["best_ask"], row["ask_size"]}}.levels(t, in)
			got := byUpdate[last]
			if got.bid != want[0] || got.ask != want[1] || strconv.Itoa(got.bidLevels) != row["bid_levels"] || strconv.Itoa(got.askMany) != row["ask_levels"] {
				t.Errorf("at the checkpoint %v the book is %+v", row, got)
			}
		}
		var want [2]pairs
		for _, row := range golden.Rows(t, golden.Files(t, folder, "golden", "books", name+"_final_top20.csv")[0]) {
			which := book.Bid
			if row["side"] == "ask" {
				which = book.Ask
			}
			want[which] = append(want[which], []string{row["price"], row["size"]})
		}
		for _, which := range []book.Side{book.Bid, book.Ask} {
			got := follower.Book().Top(nil, which, 20)
			if fmt.Sprint(got) != fmt.Sprint(want[which].levels(t, in)) || len(got) != 20 {
				t.Errorf("the last %s levels are %v, want %v", which, got, want[which])
			}
		}
	}
}

// TestBinanceFutures follows recorded futures by pu: each message names the one
// before, a message left out is noticed.
func TestBinanceFutures(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestBinanceRules covers the rules")
	in := market.MustSpot("BTC/USDT")
	all := map[string][]book.BinanceDiff{}
	for _, file := range golden.Files(t, folder, "exchange", "cryptofeed", "BINANCE_FUTURES.ws.*.gz") {
		lines(t, file, func(line string) {
			_, text, _ := strings.Cut(line, ": ")
			if !strings.Contains(line, "@depth") || strings.HasPrefix(line, "wss:") {
				return
			}
			var m binanceMessage
			decode(t, text, &m)
			symbol, d := m.diff(t, in)
			all[symbol] = append(all[symbol], d)
		})
	}
	for symbol, diffs := range all {
		for _, drop := range []int{-1, len(diffs) / 2} {
			b, _ := book.New(in, 0)
			f := book.NewBinance(b, true)
			// The recording has no snapshot: an empty one of the first message's update.
			if err := f.Snapshot(diffs[0].Last, book.Diff{}); err != nil {
				t.Fatal(err)
			}
			count := 0
			var lost error
			for i, d := range diffs {
				if i == drop {
					continue
				}
				changed, err := f.Diff(d)
				if changed {
					count++
				}
				if err != nil && lost == nil {
					lost = err
				}
			}
			if drop < 0 && (count != len(diffs) || lost != nil) || drop >= 0 && (!errors.Is(lost, book.ErrGap) || count != drop) {
				t.Errorf("%s without message %d: %d of %d applied, lost: %v", symbol, drop, count, len(diffs), lost)
			}
		}
	}
	if len(all) < 4 {
		t.Errorf("only %d symbols were read", len(all))
	}
}

func at(price, quantity int64) []book.Level { return []book.Level{{Price: price, Quantity: quantity}} }

// TestBinanceRules: which diffs belong to a snapshot, for spot and for futures.
func TestBinanceRules(t *testing.T) {
	t.Parallel()
	type step struct {
		snapshot           bool
		first, last, after int64
		crossed            bool
		applied            bool
		err                error
		synced             bool
	}
	snapshot := func(last int64, err error) step {
		return step{snapshot: true, last: last, err: err, synced: err == nil}
	}
	for _, c := range []struct {
		name    string
		futures bool
		steps   []step
		update  int64
	}{
		{"diffs wait, old ones fall out", false, []step{
			{first: 1, last: 5}, {first: 6, last: 9}, {first: 10, last: 12}, snapshot(7, nil), {first: 13, last: 14, applied: true, synced: true},
		}, 14},
		{"the snapshot is too old", false, []step{
			{first: 6, last: 9}, snapshot(4, book.ErrGap), {first: 10, last: 12}, snapshot(5, nil),
		}, 12},
		{"the very next", false, []step{snapshot(5, nil), {first: 6, last: 6, applied: true, synced: true}}, 6},
		{"not the next", false, []step{snapshot(5, nil), {first: 7, last: 8, err: book.ErrGap}, {first: 9, last: 9}, snapshot(6, nil)}, 9},
		{"the first may overlap, the second may not", false, []step{
			snapshot(5, nil), {first: 3, last: 8, applied: true, synced: true}, {first: 8, last: 9, err: book.ErrGap},
		}, 8},
		{"an old one again", false, []step{snapshot(5, nil), {first: 6, last: 8, applied: true, synced: true}, {first: 6, last: 8, synced: true}}, 8},
		{"backwards", false, []step{snapshot(5, nil), {first: 9, last: 7, err: book.ErrGap}}, 5},
		{"crossed", false, []step{snapshot(5, nil), {first: 6, last: 7, crossed: true, err: book.ErrCrossed}, snapshot(8, nil), {first: 8, last: 9, applied: true, synced: true}}, 9},
		{"futures go by pu", true, []step{
			{first: 1, last: 5}, {first: 7, last: 9, after: 5}, {first: 12, last: 15, after: 9}, snapshot(8, nil), {first: 20, last: 22, after: 15, applied: true, synced: true},
		}, 22},
		{"futures with a hole", true, []step{snapshot(8, nil), {first: 7, last: 9, after: 5, applied: true, synced: true}, {first: 12, last: 15, after: 10, err: book.ErrGap}}, 9},
		{"futures, the snapshot is too old", true, []step{{first: 7, last: 9, after: 5}, snapshot(6, book.ErrGap), snapshot(7, nil)}, 9},
	} {
		b, _ := book.New(market.MustSpot("BTC/USDT"), 0)
		f := book.NewBinance(b, c.futures)
		for i, s := range c.steps {
			var changed bool
			var err error
			if s.snapshot {
				err = f.Snapshot(s.last, book.Diff{Bids: at(10, 1), Asks: at(12, 1)})
			} else {
				d := book.BinanceDiff{First: s.first, Last: s.last, Previous: s.after, Diff: book.Diff{Bids: at(9, s.last)}}
				if s.crossed {
					d.Bids = at(12, 1)
				}
				changed, err = f.Diff(d)
			}
			if changed != s.applied || !errors.Is(err, s.err) || (err == nil) != (s.err == nil) || f.Synced() != s.synced {
				t.Errorf("%s, step %d: changed %v, %v, synced %v", c.name, i+1, changed, err, f.Synced())
			}
			if _, some := b.Best(book.Bid); some != f.Synced() {
				t.Errorf("%s, step %d: synced %v, but the book has bids: %v", c.name, i+1, f.Synced(), some)
			}
		}
		if f.LastUpdate() != c.update {
			t.Errorf("%s: the book is at %d, want %d", c.name, f.LastUpdate(), c.update)
		}
	}
}

// TestKrakenOfTheReference: every checksum that Kraken sent is that of the book,
// and a level left out is noticed at once.
func TestKrakenOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestKrakenChecksum covers the sum")
	for _, file := range golden.Files(t, folder, "exchange", "cryptofeed", "KRAKEN.ws.50.*.gz") {
		followers, instruments := map[string]*book.Kraken{}, map[string]*market.Instrument{}
		sums, planted := 0, 0
		lines(t, file, func(line string) {
			_, text, _ := strings.Cut(line, ": ")
			if !strings.HasPrefix(text, "[") {
				return
			}
			var parts []json.RawMessage
			decode(t, text, &parts)
			var pair string
			decode(t, string(parts[len(parts)-1]), &pair)
			var d book.Diff
			var checksum string
			for _, part := range parts[1 : len(parts)-2] {
				var m struct {
					AllAsks pairs  `json:"as"`
					AllBids pairs  `json:"bs"`
					Asks    pairs  `json:"a"`
					Bids    pairs  `json:"b"`
					Sum     string `json:"c"`
				}
				decode(t, string(part), &m)
				if m.AllAsks != nil {
					decimals := func(text string) int32 { return int32(len(text) - 1 - strings.Index(text, ".")) }
					in := market.MustSpot(pair)
					in.PriceScale = decimals(m.AllAsks[0][0]) + 1 // one more than Kraken's, for room
					instruments[pair] = in
					b, err := book.New(in, 1000)
					if err != nil {
						t.Fatal(err)
					}
					f, err := book.NewKraken(b, in.PriceScale-1, decimals(m.AllAsks[0][1]))
					if err == nil {
						err = f.Snapshot(book.Diff{Bids: m.AllBids.levels(t, in), Asks: m.AllAsks.levels(t, in)})
					}
					if err != nil {
						t.Fatal(pair, err)
					}
					followers[pair] = f
					return
				}
				d.Bids = append(d.Bids, m.Bids.levels(t, instruments[pair])...)
				d.Asks = append(d.Asks, m.Asks.levels(t, instruments[pair])...)
				if m.Sum != "" {
					checksum = m.Sum
				}
			}
			want, err := strconv.ParseUint(checksum, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			f := followers[pair]
			best, _ := f.Book().Best(book.Bid)
			if len(d.Bids) == 1 && d.Bids[0].Price > best.Price && planted < 10 {
				// A better bid, whose loss the checksum must show.
				planted++
				if uint64(f.Checksum()) == want {
					t.Errorf("%s: the sum does not tell that %v is missing", pair, d.Bids)
				}
			}
			if err := f.Update(d, uint32(want)); err != nil {
				t.Fatalf("%s after %d sums: %v", pair, sums, err)
			}
			sums++
		})
		t.Logf("%s: %d checksums of %d pairs agree", filepath.Base(file), sums, len(followers))
		if sums < 1000 || planted == 0 || filepath.Base(file) == "KRAKEN.ws.50.0.gz" && (sums != 4269 || len(followers) != 10) {
			t.Errorf("%d sums, %d planted", sums, planted)
		}
	}
}

// TestKrakenChecksum is the example of Kraken's documentation, "Calculate Book
// Checksum": ten asks from 0.05005 and ten bids from 0.05000 sum up to 974947235.
func TestKrakenChecksum(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("XBT/USD")
	b, _ := book.New(in, 10)
	f, err := book.NewKraken(b, 5, 8)
	if err != nil {
		t.Fatal(err)
	}
	var d book.Diff
	for i := range 10 {
		bid := 5000 - 5*i
		if i > 2 {
			bid -= 5 // the example has no 0.04985
		}
		d.Asks = append(d.Asks, pairs{{fmt.Sprintf("0.%05d", 5005+5*i), "0.00000500"}}.levels(t, in)...)
		d.Bids = append(d.Bids, pairs{{fmt.Sprintf("0.%05d", bid), "0.00000500"}}.levels(t, in)...)
	}
	if err := f.Snapshot(d); err != nil || f.Checksum() != 974947235 {
		t.Errorf("the sum is %d, %v", f.Checksum(), err)
	}
	if err := f.Update(book.Diff{Bids: at(4e6, 1e8)}, 1); !errors.Is(err, book.ErrChecksum) || !book.NeedsSnapshot(err) || f.Synced() || b.Len(book.Ask) != 0 {
		t.Errorf("a wrong sum gave %v", err)
	}
	if err := f.Update(book.Diff{}, 1); !errors.Is(err, book.ErrNoSnapshot) {
		t.Errorf("an update without a snapshot gave %v", err)
	}
	if _, err := book.NewKraken(b, 9, 8); err == nil {
		t.Error("more decimals than the instrument has were taken")
	}
}

// TestBybitOfTheReference follows a recorded topic to its end, and notices each
// message that is left out.
func TestBybitOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestBybitRules covers the rules")
	in := market.MustSpot("XRP/USDT")
	type message struct {
		Type string
		Data struct {
			Bids pairs `json:"b"`
			Asks pairs `json:"a"`
			U    int64 `json:"u"`
		}
	}
	for _, file := range golden.Files(t, folder, "ticks", "*_bybit_ob*.jsonl.gz") {
		var all []message
		lines(t, file, func(line string) {
			var m message
			decode(t, line, &m)
			all = append(all, m)
		})
		for drop := range all {
			b, _ := book.New(in, 500)
			f := book.NewBybit(b)
			count := 0
			var lost error
			for i, m := range all {
				d := book.Diff{Bids: m.Data.Bids.levels(t, in), Asks: m.Data.Asks.levels(t, in)}
				var err error
				switch {
				case i == drop && drop > 0: // the first is the snapshot: nothing is left out
				case m.Type == "snapshot":
					err = f.Snapshot(m.Data.U, d)
				default:
					var changed bool
					if changed, err = f.Delta(m.Data.U, d); changed {
						count++
					}
				}
				if err != nil && lost == nil {
					lost = err
				}
			}
			last := drop == len(all)-1
			if drop == 0 && (lost != nil || count != len(all)-1) || drop > 0 && !last && (!errors.Is(lost, book.ErrGap) || count != drop-1) {
				t.Errorf("without message %d: %d deltas, lost: %v", drop, count, lost)
			}
		}
		t.Logf("%s: %d messages", filepath.Base(file), len(all))
	}
}

func TestBybitRules(t *testing.T) {
	t.Parallel()
	b, _ := book.New(market.MustSpot("BTC/USDT"), 0)
	f := book.NewBybit(b)
	whole := book.Diff{Bids: at(10, 1), Asks: at(12, 1)}
	for i, s := range []struct {
		u        int64
		snapshot bool
		d        book.Diff
		changed  bool
		want     error
	}{
		{u: 1, want: book.ErrNoSnapshot},
		{u: 5, snapshot: true, d: whole},
		{u: 6, d: book.Diff{Bids: at(11, 1)}, changed: true},
		{u: 6, d: book.Diff{Bids: at(11, 2)}},
		{u: 7, d: book.Diff{Bids: at(12, 2)}, want: book.ErrCrossed},
		{u: 8, want: book.ErrNoSnapshot},
		{u: 9, snapshot: true, d: whole},
		{u: 1, snapshot: true, d: whole}, // the service was restarted
		{u: 2, changed: true},
		{u: 4, want: book.ErrGap},
		{u: 5, snapshot: true, d: book.Diff{Bids: at(0, 1)}, want: book.ErrLevel},
	} {
		var changed bool
		var err error
		if s.snapshot {
			err = f.Snapshot(s.u, s.d)
		} else {
			changed, err = f.Delta(s.u, s.d)
		}
		if changed != s.changed || !errors.Is(err, s.want) || (err == nil) != (s.want == nil) || f.Synced() != (s.want == nil) || (b.Len(book.Bid) > 0) != f.Synced() {
			t.Errorf("step %d: %v, %v, synced %v", i+1, changed, err, f.Synced())
		}
	}
}
