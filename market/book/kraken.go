package book

import (
	"hash/crc32"
	"strconv"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Kraken follows Kraken's channel book, whose messages carry no number but a
// checksum of the best ten levels. The book must have the depth that was subscribed
// to: Kraken does not say which levels fall out of it.
//
// Source: "Calculate Book Checksum", Kraken websocket documentation.
type Kraken struct {
	book            *Book
	price, quantity int64 // units of a book's integer in one of Kraken's
	synced          bool
	text            []byte
	top             []Level
}

// NewKraken follows into a book. The decimals are those of the numbers in Kraken's
// messages ("0.042870" has six), which the checksum is made of.
func NewKraken(b *Book, priceDecimals, quantityDecimals int32) (*Kraken, error) {
	in := b.in
	if priceDecimals < 0 || priceDecimals > in.PriceScale || quantityDecimals < 0 || quantityDecimals > in.QuantityScale {
		return nil, tradekeel.Invalidf("decimals", "must be from 0 to the instrument's %d for prices and %d for quantities, got %d and %d",
			in.PriceScale, in.QuantityScale, priceDecimals, quantityDecimals)
	}
	return &Kraken{book: b, price: wide.Pow10(in.PriceScale - priceDecimals), quantity: wide.Pow10(in.QuantityScale - quantityDecimals)}, nil
}

// Book returns the book; it is empty while Synced is false.
func (f *Kraken) Book() *Book { return f.book }

// Synced reports whether the book is the market's as of the last message.
func (f *Kraken) Synced() bool { return f.synced }

// Snapshot takes the first message of a subscription.
func (f *Kraken) Snapshot(levels Diff) error {
	f.lose()
	if err := f.book.Reset(levels); err != nil {
		return err
	}
	f.synced = true
	return nil
}

// Update takes a message with its checksum. ErrNoSnapshot, ErrChecksum, ErrCrossed
// and ErrLevel ask to subscribe anew; the book is empty then.
func (f *Kraken) Update(d Diff, checksum uint32) error {
	if !f.synced {
		return ErrNoSnapshot.With("", "%s has no snapshot for an update", f.book.in)
	}
	if err := f.book.Apply(d); err != nil {
		f.lose()
		return err
	}
	if got := f.Checksum(); got != checksum {
		f.lose()
		return ErrChecksum.With("", "%s sums up to %d, Kraken's to %d", f.book.in, got, checksum)
	}
	return nil
}

// Checksum returns the CRC32 of the ten best asks and then the ten best bids, each
// as price and quantity without the point and without zeros before the first digit.
func (f *Kraken) Checksum() uint32 {
	const best = 10
	f.text = f.text[:0]
	f.top = f.book.Top(f.top[:0], Ask, best)
	f.top = f.book.Top(f.top, Bid, best)
	for _, l := range f.top {
		f.text = strconv.AppendInt(f.text, l.Price/f.price, 10)
		f.text = strconv.AppendInt(f.text, l.Quantity/f.quantity, 10)
	}
	return crc32.ChecksumIEEE(f.text)
}

func (f *Kraken) lose() {
	f.synced = false
	f.book.Clear()
}
