package book_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

const tardisHeader = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"

func tardisRow(received int, snapshot bool, side, price, amount string) string {
	return fmt.Sprintf("x,BTC,%d,%d,%v,%s,%s,%s\n", received-1, received, snapshot, side, price, amount)
}

// TestTardis: rows that arrived together are one message, a snapshot begins where
// is_snapshot becomes true, over several arrivals if it must.
func TestTardis(t *testing.T) {
	t.Parallel()
	text := tardisHeader +
		tardisRow(10, true, "bid", "10", "1") + tardisRow(10, true, "ask", "12", "2") +
		tardisRow(11, true, "ask", "13", "3") +
		tardisRow(12, false, "bid", "11", "4") + tardisRow(12, false, "ask", "12", "0") + "\n" +
		tardisRow(12, true, "bid", "20.5", "1") +
		tardisRow(13, false, "ask", "21", "5")
	b, _ := book.New(market.MustSpot("BTC/USDT"), 0)
	var got []string
	err := book.ReadTardis(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")), b.Instrument(), func(m *book.TardisMessage) error {
		if err := m.Apply(b); err != nil {
			return err
		}
		bid, _ := b.Best(book.Bid)
		ask, _ := b.Best(book.Ask)
		got = append(got, fmt.Sprintf("%d %d %v: %d/%d", m.Time, m.Received, m.Snapshot, bid.Price/1e7, ask.Price/1e7))
		return nil
	})
	want := "9000 10000 true: 100/120, 10000 11000 false: 100/120, 11000 12000 false: 110/130, 11000 12000 true: 205/0, 12000 13000 false: 205/210"
	if err != nil || strings.Join(got, ", ") != want {
		t.Errorf("the messages are %v, %v", got, err)
	}
}

func TestTardisFaultsAreNamed(t *testing.T) {
	t.Parallel()
	good := tardisHeader + tardisRow(10, true, "bid", "10", "1")
	for text, want := range map[string]string{
		"": "line[1]: is missing: the file is empty",
		"symbol,timestamp,local_timestamp,is_snapshot,side,price\n": `line[1].amount: is missing`,
		good + "x,BTC,1\n":                                                                "line[3]: has 3 columns, the first line has 8",
		good + tardisRow(9, false, "bid", "10", "1"):                                      "line[3].local_timestamp: is before",
		good + tardisRow(11, false, "buy", "10", "1"):                                     `line[3].side: must be bid or ask, got "buy"`,
		good + tardisRow(11, false, "bid", "-10", "1"):                                    `line[3].price: must be above zero`,
		good + tardisRow(11, false, "bid", "0.000000001", "1"):                            `line[3].price: must be above zero and fit 8 decimals`,
		good + tardisRow(11, false, "bid", "1e2000000000", "1"):                           `line[3].price:`,
		good + tardisRow(11, false, "bid", "10", "NaN"):                                   `line[3].amount: must not be below zero and fit 8 decimals, got "NaN"`,
		good + strings.Replace(tardisRow(11, false, "bid", "10", "1"), "false", "no", 1):  `line[3].is_snapshot: must be true or false, got "no"`,
		good + strings.Replace(tardisRow(11, false, "bid", "10", "1"), "BTC", "ETH", 1):   `line[3].symbol: is "ETH" after "BTC"`,
		good + strings.Replace(tardisRow(11, false, "bid", "10", "1"), ",11,", ",-1,", 1): `line[3].local_timestamp: must be microseconds`,
		good + strings.Repeat("x", 70_000):                                                "line[3]: is longer than 65536 bytes",
	} {
		err := book.ReadTardis(strings.NewReader(text), market.MustSpot("BTC/USDT"), func(*book.TardisMessage) error { return nil })
		if !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.200q gave %v, want %s", text, err, want)
		}
	}
	stop := errors.New("stop")
	if err := book.ReadTardis(strings.NewReader(good), market.MustSpot("BTC/USDT"), func(*book.TardisMessage) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the caller came back as %v", err)
	}
}

func TestTardisOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestTardis covers the format")
	for _, path := range golden.Files(t, folder, "ticks", "tardis_*_incremental_book_L2_*.csv") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := book.New(market.MustSpot("BTC/USD"), 0)
		messages := 0
		if err := book.ReadTardis(bytes.NewReader(text), b.Instrument(), func(m *book.TardisMessage) error { messages++; return m.Apply(b) }); err != nil {
			t.Fatal(err)
		}
		rows := golden.Rows(t, path)
		if messages == 0 || b.Len(book.Bid)+b.Len(book.Ask) != len(rows) {
			t.Errorf("%s: %d rows gave %d messages and %d levels", path, len(rows), messages, b.Len(book.Bid)+b.Len(book.Ask))
		}
	}
}

// FuzzTardis: no file makes it panic, and what it gives is a book or a named error.
func FuzzTardis(f *testing.F) {
	f.Add(tardisHeader + tardisRow(10, true, "bid", "10", "1") + tardisRow(11, false, "ask", "12", "0"))
	f.Add("symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\r\n\r\nB,0,0,true,ask,1e-3,1e3\r\n")
	f.Add(tardisHeader + "x,,9223372036854775807,1,true,bid,+1,0x1\n")
	f.Add("amount,price,side,is_snapshot,local_timestamp,timestamp,symbol,amount\n1,1,bid,true,1,1,B,2\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, _ := book.New(market.MustSpot("BTC/USDT"), 5)
		rows := 0
		err := book.ReadTardis(strings.NewReader(text), b.Instrument(), func(m *book.TardisMessage) error {
			rows += len(m.Bids) + len(m.Asks)
			if len(m.Bids)+len(m.Asks) == 0 {
				t.Fatal("a message without a row")
			}
			if err := m.Apply(b); err != nil && !book.NeedsSnapshot(err) {
				t.Fatal(err)
			}
			return nil
		})
		if err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Fatal(err)
		}
		if most := strings.Count(text, "\n") + 1; rows > most {
			t.Fatalf("%d rows of %d lines", rows, most)
		}
	})
}

// FuzzFollow gives followers messages in any order: a book that is synced is never
// crossed, one that is not is empty, and it is never ahead of what it was given
// without a hole.
func FuzzFollow(f *testing.F) {
	f.Add([]byte{0, 5, 1, 6, 1, 7, 2, 9, 0, 20, 1, 21}, false)
	f.Add([]byte{1, 5, 1, 6, 0, 5, 1, 7, 1, 8, 255, 9}, true)
	f.Fuzz(func(t *testing.T, script []byte, futures bool) {
		b, _ := book.New(market.MustSpot("BTC/USDT"), 4)
		c, _ := book.New(market.MustSpot("BTC/USDT"), 4)
		binance, bybit := book.NewBinance(b, futures), book.NewBybit(c)
		for i := 0; i+1 < len(script); i += 2 {
			what, n := script[i], int64(script[i+1])
			d := book.Diff{Bids: at(n%32, int64(what%7)), Asks: at(n%64-1, int64(what%5)-1)}
			before := binance.LastUpdate()
			if what%4 == 0 {
				_, _ = binance.Snapshot(n, d), bybit.Snapshot(n, d)
			} else {
				applied, _ := binance.Diff(book.BinanceDiff{First: n - int64(what%4) + 1, Last: n, Previous: n - int64(what%4), Diff: d})
				if applied && n < before {
					t.Fatalf("update %d was applied after %d", n, before)
				}
				was := bybit.Synced()
				if applied, err := bybit.Delta(n, d); applied && (!was || err != nil) {
					t.Fatalf("a delta was applied to no snapshot: %v", err)
				}
			}
			for _, k := range []struct {
				*book.Book
				synced bool
			}{{b, binance.Synced()}, {c, bybit.Synced()}} {
				if spread, both := k.Spread(); both && spread <= 0 {
					t.Fatalf("the book is crossed by %d", spread)
				}
				if k.Len(book.Bid) > 4 || !k.synced && k.Len(book.Bid)+k.Len(book.Ask) > 0 {
					t.Fatalf("synced %v with %d bids", k.synced, k.Len(book.Bid))
				}
			}
		}
	})
}
