package market

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
)

// Put stores a whole series, replacing one of the same key with its instrument.
// The series must be valid.
func (s *Store) Put(series *Series) error {
	if err := storable(series); err != nil {
		return err
	}
	return s.write(KeyOf(series), true, func(h *head) (*draft, error) {
		d := s.replace(h, series)
		err := d.add(series)
		return d, err
	})
}

// Append stores the candles of a series that open after the newest stored one.
// Those that open earlier must be stored already with the same values: one that
// differs is ErrDiffers, and so is one that is not there, which Merge inserts.
// A series that is not stored yet is stored whole.
//
// The stored scales of price and volume stay. A series at other scales is
// converted; one whose numbers do not fit without loss is Invalid and the error
// names the first. A longer history of rules replaces the stored one when it
// begins like it; one that contradicts it is ErrDiffers. Kind and ContractSize must be the same.
//
// On an error nothing is stored.
func (s *Store) Append(series *Series) error { return s.add(series, false) }

// Merge stores those candles of a series that are not there yet, wherever they
// belong. It never changes a stored one: a candle with other values is
// ErrDiffers and names the first. Scales and rules are treated as by Append.
// Files that get candles between others are written anew, whole.
//
// On an error nothing is stored.
func (s *Store) Merge(series *Series) error { return s.add(series, true) }

func (s *Store) add(series *Series, gaps bool) error {
	if err := storable(series); err != nil {
		return err
	}
	return s.write(KeyOf(series), false, func(h *head) (*draft, error) {
		if h == nil {
			d := s.replace(nil, series)
			err := d.add(series)
			return d, err
		}
		in, err := unite(h.Instrument, series.Instrument)
		if err != nil {
			return nil, err
		}
		rows, err := series.rescaled(in, h.VolumeScale)
		if err != nil {
			return nil, err
		}
		missing, err := h.missing(rows, gaps)
		if err != nil {
			return nil, err
		}
		if missing.Len() == 0 && len(in.Rules) == len(h.Instrument.Rules) {
			return nil, nil
		}
		d := h.draft(in)
		err = d.add(missing)
		return d, err
	})
}

// Delete removes a series. ErrNoSeries when it is not there. A read that is
// under way ends as if it had been before, or with ErrNoSeries.
func (s *Store) Delete(k Key) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	folder := s.seriesFolder(k)
	if _, _, err := s.readHead(k); err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	// The old form goes first: it must not come back when the head is gone.
	if err := s.removeOld(k); err != nil {
		return fmt.Errorf("delete candles: %w", err)
	}
	if err := os.Remove(filepath.Join(folder, headName)); err == nil {
		err = syncFolder(folder)
		if err != nil {
			return fmt.Errorf("delete candles: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete candles: %w", err)
	}
	err = os.RemoveAll(folder)
	if err == nil {
		err = syncFolder(s.folder)
	}
	if err != nil {
		return fmt.Errorf("delete candles: %w", err)
	}
	return nil
}

// storable refuses what no file takes.
func storable(s *Series) error {
	if err := s.Validate(); err != nil {
		return err
	}
	// Periods of times at the ends of int64 would begin before them.
	const first, last = -9_200_000_000_000_000_000, 9_200_000_000_000_000_000
	if n := s.Len(); n > 0 && (s.Time[0] < first || s.Time[n-1] > last) {
		return tradekeel.Invalidf("series.time", "must be from %s to %s", stamp(first), stamp(last))
	}
	return nil
}

func (s *Store) lock() (func(), error) {
	s.mu.Lock()
	unlock, err := lockFile(filepath.Join(s.folder, lockName))
	if err != nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("lock candle store: %w", err)
	}
	return func() { unlock(); s.mu.Unlock() }, nil
}

// write lets change plan a write from the present head, nil when there is none,
// and carries it out. A nil draft changes nothing. Whole says that nothing of
// what is there is needed, so that damage is no obstacle.
func (s *Store) write(k Key, whole bool, change func(*head) (*draft, error)) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	raw, h, err := s.readHead(k)
	switch {
	case errors.Is(err, ErrNoSeries), whole && errors.Is(err, ErrDamaged):
		h = nil
	case err != nil:
		return err
	case raw == nil && !whole: // the old form
		d := s.replace(nil, h.tail)
		if err := d.add(h.tail); err != nil {
			return err
		}
		if err := d.commit(); err != nil {
			return fmt.Errorf("store candles: %w", err)
		}
		h = &d.head
	}
	d, err := change(h)
	if err == nil && d != nil {
		err = d.commit()
	}
	if err == nil && (h != nil || d != nil) { // the head is in place: an old file is beside it or left by a crash
		err = s.removeOld(k)
	}
	if err != nil && tradekeel.KindOf(err) == tradekeel.Internal {
		return fmt.Errorf("store candles: %w", err)
	}
	return err
}

// draft is a head in the making. Its files are written and synced as it grows;
// commit makes it the head.
type draft struct {
	head
	fresh bool // files were added: the folder needs a sync
	swept bool // files fell out of use
}

// draft begins a write that keeps what is there.
func (h *head) draft(in *Instrument) *draft {
	d := &draft{head: *h}
	d.Instrument = in
	d.Writes++
	d.segments = slices.Clone(h.segments)
	d.setTail(h.tail, 0, h.tail.Len())
	return d
}

// replace begins a write that keeps nothing.
func (s *Store) replace(h *head, series *Series) *draft {
	d := &draft{swept: true}
	d.headFields = headFields{Instrument: series.Instrument, Timeframe: series.Timeframe, VolumeScale: series.VolumeScale}
	d.folder = s.seriesFolder(KeyOf(series))
	if h != nil {
		d.Writes = h.Writes
	}
	d.Writes++
	d.setTail(series, 0, 0)
	return d
}

func (d *draft) setTail(s *Series, first, last int) {
	d.tail = NewSeries(d.Instrument, d.Timeframe, d.VolumeScale, last-first)
	d.tail.appendRows(s, first, last)
}

// add inserts candles that are not there. Those after the newest follow it in
// its file; those before make the files of their periods anew.
func (d *draft) add(rows *Series) error {
	if rows.Len() == 0 {
		return nil
	}
	newest, some := d.lastOpen()
	if some && rows.Time[0] < newest {
		open, _ := d.Timeframe.periodOf(newest)
		i := 0
		for i < rows.Len() {
			start, end := d.Timeframe.periodOf(rows.Time[i])
			if start >= open {
				break
			}
			to := i + countBefore(rows.Time[i:], end)
			if err := d.insert(start, end, rows.Slice(i, to)); err != nil {
				return err
			}
			i = to
		}
		rows = rows.Slice(i, rows.Len())
		if rows.Len() > 0 && rows.Time[0] < newest {
			// The file that is still growing: it and the tail begin anew.
			have, err := d.collect(open, math.MaxInt64)
			if err != nil {
				return err
			}
			rows = join(have, rows)
			if n := len(d.segments); n > 0 && d.segments[n-1].period == open {
				d.segments, d.swept = d.segments[:n-1], true
			}
			d.setTail(rows, 0, 0)
		}
	}
	return d.follow(rows)
}

// countBefore returns how many of the rising times lie before end.
func countBefore(times []int64, end int64) int {
	n, _ := slices.BinarySearch(times, end)
	return n
}

// insert makes the file of a period that has ended anew, with more candles.
func (d *draft) insert(start, end int64, rows *Series) error {
	at, found := slices.BinarySearchFunc(d.segments, start, func(ref segment, start int64) int {
		switch {
		case ref.period < start:
			return -1
		case ref.period > start:
			return 1
		}
		return 0
	})
	if found {
		have, err := d.collect(start, end-1)
		if err != nil {
			return err
		}
		rows, d.swept = join(have, rows), true
	} else {
		d.segments = slices.Insert(d.segments, at, segment{})
	}
	ref, err := d.store(segment{period: start, write: d.Writes}, rows)
	d.segments[at] = ref
	return err
}

func (d *draft) store(ref segment, rows *Series) (segment, error) {
	if ref.blocks == 0 {
		d.fresh = true
		if err := os.MkdirAll(d.folder, 0o750); err != nil {
			return ref, err
		}
	}
	return ref.extend(d.segmentPath(ref), rows)
}

// follow adds candles after the newest one: full blocks to files, the rest to
// the tail.
func (d *draft) follow(rows *Series) error {
	if d.tail.Len() > 0 && rows.Len() > 0 {
		rows = join(d.tail, rows)
		d.setTail(rows, 0, 0)
	}
	for i := 0; i < rows.Len(); {
		start, end := d.Timeframe.periodOf(rows.Time[i])
		to := i + countBefore(rows.Time[i:], end)
		full := to
		if to == rows.Len() { // the period may go on
			full = i + (to-i)/blockRows*blockRows
		}
		if full > i {
			if err := d.grow(start, rows.Slice(i, full)); err != nil {
				return err
			}
		}
		d.setTail(rows, full, to)
		i = to
	}
	return nil
}

func (d *draft) grow(start int64, rows *Series) error {
	n := len(d.segments)
	if n == 0 || d.segments[n-1].period != start {
		d.segments = append(d.segments, segment{period: start, write: d.Writes})
		n++
	}
	ref, err := d.store(d.segments[n-1], rows)
	d.segments[n-1] = ref
	return err
}

// commit makes the draft the head, and then removes files that fell out of use.
func (d *draft) commit() error {
	raw, err := d.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o750); err != nil {
		return err
	}
	if d.fresh {
		if err := syncFolder(d.folder); err != nil {
			return err
		}
	}
	path := filepath.Join(d.folder, headName)
	if err := writeSynced(path+".next", raw); err != nil {
		return err
	}
	if err := os.Rename(path+".next", path); err != nil {
		return err
	}
	d.bytes = int64(len(raw))
	if err := syncFolder(d.folder); err != nil {
		return err
	}
	if d.swept || d.fresh {
		d.sweep()
	}
	return syncFolder(filepath.Dir(d.folder))
}

// sweep removes the files that the head does not name: those it named before,
// and those of writes that a crash ended. What cannot be removed is left to the
// next write that sweeps.
func (d *draft) sweep() {
	used := map[string]bool{}
	for _, ref := range d.segments {
		used[d.segmentName(ref)] = true
	}
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, segmentSuffix) && !used[name] {
			_ = os.Remove(filepath.Join(d.folder, name))
		}
	}
}

func writeSynced(path string, raw []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

// missing returns the candles of rows that are not stored. One that is stored
// with other values is ErrDiffers, and unless gaps may be filled so is one
// before the newest that is not stored.
func (h *head) missing(rows *Series, gaps bool) (*Series, error) {
	newest, some := h.lastOpen()
	if !some || rows.Len() == 0 || rows.Time[0] > newest {
		return rows, nil
	}
	last := min(newest, rows.Time[rows.Len()-1])
	have, err := h.collect(rows.Time[0], last)
	if err != nil {
		return nil, err
	}
	out := NewSeries(h.Instrument, h.Timeframe, h.VolumeScale, rows.Len())
	at := countBefore(have.Time, rows.Time[0])
	for i := range rows.Len() {
		b := rows.Bar(i)
		for at < have.Len() && have.Time[at] < b.Time {
			at++
		}
		switch {
		case at < have.Len() && have.Time[at] == b.Time:
			if err := sameBar(have, at, rows, i); err != nil {
				return nil, err
			}
		case b.Time <= last && !gaps:
			return nil, ErrDiffers.With(fmt.Sprintf("series[%d].time", i),
				"%s is before the newest stored candle %s and is not stored; Merge fills gaps", stamp(b.Time), stamp(newest))
		default:
			out.Append(b)
		}
	}
	return out, nil
}

func sameBar(have *Series, at int, rows *Series, i int) error {
	for f := range fields {
		if have.Column(f)[at] != rows.Column(f)[i] {
			stored, given := have.Candle(at), rows.Candle(i)
			return ErrDiffers.With(fmt.Sprintf("series[%d].%s", i, f),
				"the candle of %s is stored with open %s, high %s, low %s, close %s and volume %s, got %s, %s, %s, %s and %s; stored candles are not changed",
				stamp(rows.Time[i]), stored.Open, stored.High, stored.Low, stored.Close, stored.Volume,
				given.Open, given.High, given.Low, given.Close, given.Volume)
		}
	}
	return nil
}

// join merges two series without a common time.
func join(a, b *Series) *Series {
	out := NewSeries(b.Instrument, b.Timeframe, b.VolumeScale, a.Len()+b.Len())
	for i, j := 0, 0; i < a.Len() || j < b.Len(); {
		switch {
		case i == a.Len():
			out.appendRows(b, j, b.Len())
			j = b.Len()
		case j == b.Len():
			out.appendRows(a, i, a.Len())
			i = a.Len()
		default:
			to := i + countBefore(a.Time[i:], b.Time[j])
			out.appendRows(a, i, to)
			if i = to; i < a.Len() {
				to = j + countBefore(b.Time[j:], a.Time[i])
				out.appendRows(b, j, to)
				j = to
			}
		}
	}
	return out
}

// unite returns the stored instrument with the longer history of rules.
func unite(stored, given *Instrument) (*Instrument, error) {
	if stored.Kind != given.Kind || !stored.ContractSize.Equal(given.ContractSize) {
		return nil, ErrDiffers.With("instrument.contract_size", "the stored candles are of a %s instrument with contracts of %s, got %s of %s",
			stored.Kind, stored.ContractSize, given.Kind, given.ContractSize)
	}
	for i := range min(len(stored.Rules), len(given.Rules)) {
		a, b := stored.Rules[i], given.Rules[i]
		if !a.From.Equal(b.From) || !a.Tick.Equal(b.Tick) || !a.Lot.Equal(b.Lot) || !a.MinQuantity.Equal(b.MinQuantity) || !a.MinNotional.Equal(b.MinNotional) {
			return nil, ErrDiffers.With(fmt.Sprintf("instrument.rules[%d]", i),
				"the stored rules from %s are others; a history of rules may only grow", a.From.UTC().Format(time.RFC3339))
		}
	}
	if len(given.Rules) <= len(stored.Rules) {
		return stored, nil
	}
	out := *stored
	out.Rules = given.Rules
	return &out, out.Validate()
}

// rescaled returns the series at the price scale of another instrument and at
// another volume scale, sharing the columns that stay.
func (s *Series) rescaled(in *Instrument, volumeScale int32) (*Series, error) {
	out := s.Slice(0, s.Len())
	if s.Instrument.PriceScale == in.PriceScale && s.VolumeScale == volumeScale {
		return out, nil
	}
	out = &Series{Instrument: in, Timeframe: s.Timeframe, VolumeScale: volumeScale, Time: s.Time}
	columns := [fields]*[]int64{&out.Open, &out.High, &out.Low, &out.Close, &out.Volume}
	for f := range fields {
		if s.Scale(f) == out.Scale(f) {
			*columns[f] = s.Column(f)
		} else {
			*columns[f] = make([]int64, s.Len())
		}
	}
	for i := range s.Len() {
		for f := range fields {
			from, to, v := s.Scale(f), out.Scale(f), s.Column(f)[i]
			if from == to {
				continue
			}
			converted, ok := convertScale(v, from, to)
			if !ok {
				return nil, tradekeel.Invalidf(fmt.Sprintf("series[%d].%s", i, f),
					"%s does not fit the %d decimals of the stored candles", decimal.New(v, -from), to)
			}
			(*columns[f])[i] = converted
		}
	}
	return out, nil
}

// convertScale returns v at another scale, and whether it is the same number.
func convertScale(v int64, from, to int32) (int64, bool) {
	for ; from < to; from++ {
		if v > math.MaxInt64/10 || v < math.MinInt64/10 {
			return 0, false
		}
		v *= 10
	}
	for ; from > to; from-- {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	return v, true
}
