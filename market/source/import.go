package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Report is everything that an import found and did.
type Report struct {
	Key market.Key
	// Files are in the order of their periods.
	Files []*FileReport
	// Added candles were stored; Merged of them fill a hole or come before others.
	Added, Merged int
	// Equal candles were in the store already, with the same values.
	Equal int
	// Repaired is the number of rows left out because they repeat one in their file,
	// and Rounded that of volumes that were rounded.
	Repaired, Rounded int
	// Skipped is the number of files that the store held already.
	Skipped int
	// First and Last are the opens of the first and the last candle of the files.
	First, Last time.Time
	// Gaps are what is missing in the store from First to Last, in the end.
	Gaps []market.Gap
}

// Problems returns the problems of all files, in order.
func (r *Report) Problems() []market.Problem {
	var all []market.Problem
	for _, f := range r.Files {
		all = append(all, f.Problems...)
	}
	return all
}

// Err returns nil when no file had a fault, and otherwise a market.ErrBadRow with
// the first one.
func (r *Report) Err() error {
	total := market.CSVReport{Problems: r.Problems(), Counts: map[market.ProblemKind]int{}}
	for _, f := range r.Files {
		for kind, n := range f.Counts {
			total.Counts[kind] += n
		}
	}
	return total.Err()
}

// String is the report in lines, for a person.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d added", r.Key, r.Added)
	if r.Merged > 0 {
		fmt.Fprintf(&b, " (%d into holes)", r.Merged)
	}
	fmt.Fprintf(&b, ", %d there already", r.Equal)
	for _, part := range []struct {
		n    int
		name string
	}{{r.Repaired, "repeated rows left out"}, {r.Rounded, "volumes rounded"}, {r.Skipped, "files skipped"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %d %s", part.n, part.name)
		}
	}
	b.WriteByte('\n')
	for _, g := range r.Gaps {
		fmt.Fprintf(&b, "gap: %s\n", g)
	}
	for _, p := range r.Problems() {
		fmt.Fprintf(&b, "problem: %s\n", p.Error())
	}
	return b.String()
}

// Import reads files of one series into a store, the oldest period first, and
// reports what it found and did. A file with a problem, or that contradicts what
// is stored, adds nothing; the others are imported all the same, and Report.Err
// tells. The error is about the options, the disk, the store, or the context's
// own, and comes with the report up to there.
//
// What is stored is the only state: an import that was ended, however, is begun
// again with the same call. Files that the store holds are passed by once their
// first and last candle and their number of rows agree, see FileReport.Skipped;
// of others the candles that are there are compared and the missing ones added.
func Import(ctx context.Context, store Store, files []string, o Options) (*Report, error) {
	m, err := newImporter(ctx, store, files, o)
	if err != nil {
		return nil, err
	}
	for i, f := range m.inputs {
		m.progress.File, m.progress.Done = f.name, i
		report, err := m.file(ctx, f)
		if err != nil {
			return m.report, err
		}
		m.finish(f, report)
	}
	m.progress.Done = len(m.inputs)
	m.tell()
	return m.report, m.gaps()
}

// importer is one import under way.
type importer struct {
	store    Store
	options  Options
	inputs   []*input
	report   *Report
	progress Progress
	base     int64 // bytes of the files that are finished
	scanning bool  // bytes that are looked at do not count
	last     int64 // the open of the last stored candle, once known
	known    bool
	names    []origin
}

// origin says which file brought the candles of a span.
type origin struct {
	from, to int64
	name     string
}

func newImporter(ctx context.Context, store Store, files []string, o Options) (*importer, error) {
	m := &importer{store: store, options: o, report: &Report{}}
	if len(files) == 0 {
		return nil, tradekeel.Invalidf("files", "are missing")
	}
	for _, path := range files {
		f, err := newInput(path, o)
		if err != nil {
			return nil, err
		}
		if f.from, err = f.begins(ctx); err != nil {
			return nil, err
		}
		f.meter = m.count
		m.inputs = append(m.inputs, f)
		m.progress.Bytes += f.size
	}
	slices.SortStableFunc(m.inputs, func(a, b *input) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.path, b.path))
	})
	m.progress.Files = len(m.inputs)
	in := o.Candles.Instrument
	m.report.Key = market.Key{Venue: in.Venue, Symbol: in.Symbol, Timeframe: o.Candles.Timeframe}
	return m, nil
}

// tellEvery is how many bytes lie between two calls of Progress in a file.
const tellEvery = 1 << 20

func (m *importer) count(n int64) {
	if m.scanning {
		return
	}
	before := m.progress.BytesDone
	m.progress.BytesDone += n
	if before/tellEvery != m.progress.BytesDone/tellEvery {
		m.tell()
	}
}

func (m *importer) tell() {
	if m.options.Progress != nil {
		m.options.Progress(m.progress)
	}
}

// finish adds a file's figures to the report.
func (m *importer) finish(f *input, report *FileReport) {
	r := m.report
	r.Files = append(r.Files, report)
	r.Added += report.Added
	r.Merged += report.Merged
	r.Equal += report.Equal
	r.Repaired += len(report.Repaired)
	r.Rounded += report.Rounded
	if report.Skipped {
		r.Skipped++
	}
	if !report.First.IsZero() && report.Err() == nil {
		if r.First.IsZero() || report.First.Before(r.First) {
			r.First = report.First
		}
		if report.Last.After(r.Last) {
			r.Last = report.Last
		}
		m.names = append(m.names, origin{report.First.UnixNano(), report.Last.UnixNano(), f.name})
	}
	m.base += f.size
	m.progress.BytesDone = m.base
	m.progress.Bars += report.Added + report.Equal
	m.tell()
}

func (m *importer) file(ctx context.Context, f *input) (*FileReport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !m.options.Recheck {
		if report, err := m.skip(ctx, f); report != nil || err != nil {
			return report, err
		}
	}
	report, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	if report.Err() == nil {
		err = m.put(report)
	}
	report.Series = nil
	return report, err
}

// skip returns the report of a file that the store holds, or nil.
func (m *importer) skip(ctx context.Context, f *input) (*FileReport, error) {
	tf := f.options.Timeframe
	probe := market.Period{From: time.Unix(0, tf.Open(f.from)), To: time.Unix(0, tf.Close(tf.Open(f.from)))}
	if !f.archive.period.From.IsZero() {
		probe = f.options.Within
	}
	if have, err := m.stored(probe.From, probe.To); err != nil || have.Len() == 0 {
		return nil, err
	}
	m.scanning = true
	e, ok, err := f.edges(ctx)
	m.scanning = false
	if err != nil || !ok {
		return nil, err
	}
	have, err := m.stored(time.Unix(0, e.first.Time), time.Unix(0, tf.Close(e.last.Time)))
	if err != nil || have.Len() == 0 {
		return nil, err
	}
	first, last := have.Bar(0), have.Bar(have.Len()-1)
	same := first == e.first && last == e.last && have.Len() >= e.rows
	if f.format == Trades {
		same = first.Time == e.first.Time && first.Open == e.first.Open &&
			last.Time == e.last.Time && last.Close == e.last.Close && len(have.Gaps()) == 0
	}
	if !same {
		return nil, nil
	}
	report := &FileReport{File: f.path, Format: f.format, Skipped: true, Equal: have.Len()}
	report.First, report.Last = have.Candle(0).Time, have.Candle(have.Len()-1).Time
	report.CSVReport, err = f.empty()
	report.Series = nil
	return report, err
}

// stored returns what the store has in a period, at the scales that are wanted.
func (m *importer) stored(from, to time.Time) (*market.Series, error) {
	return storedIn(m.store, m.report.Key, m.options.Candles, from, to)
}

func storedIn(store Store, key market.Key, o market.CSVOptions, from, to time.Time) (*market.Series, error) {
	if o.VolumeScale == 0 {
		o.VolumeScale = 8
	}
	s, err := store.Range(key, from, to)
	if errors.Is(err, market.ErrNoSeries) {
		return market.NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, 0), nil
	}
	if err != nil {
		return nil, err
	}
	if s.VolumeScale != o.VolumeScale {
		return nil, tradekeel.Invalidf("volume_scale", "%s is stored with %d decimals of volume, asked for were %d", key, s.VolumeScale, o.VolumeScale)
	}
	if s.Instrument.PriceScale != o.Instrument.PriceScale {
		return nil, tradekeel.Invalidf("price_scale", "%s is stored with %d decimals of price, asked for were %d", key, s.Instrument.PriceScale, o.Instrument.PriceScale)
	}
	return s, nil
}

// put holds a file against the store and adds what is missing.
func (m *importer) put(report *FileReport) error {
	s := report.Series
	tf := s.Timeframe
	have, err := m.stored(report.First, time.Unix(0, tf.Close(s.Time[s.Len()-1])))
	if err != nil {
		return err
	}
	missing := market.NewSeries(s.Instrument, tf, s.VolumeScale, s.Len()-min(have.Len(), s.Len()))
	at := 0
	for i := range s.Len() {
		b := s.Bar(i)
		for at < have.Len() && have.Time[at] < b.Time {
			at++
		}
		switch {
		case at == have.Len() || have.Time[at] != b.Time:
			missing.Append(b)
		case have.Bar(at) == b:
			report.Equal++
		default:
			m.differ(report, s.Candle(i), have.Candle(at))
		}
	}
	if report.Differ > 0 || missing.Len() == 0 {
		return nil
	}
	return m.add(report, missing)
}

// differ adds the problem of a candle that is stored with other values.
func (m *importer) differ(report *FileReport, got, have market.Candle) {
	report.Differ++
	report.Counts[market.Duplicate]++
	if len(report.Problems) >= market.MaxProblems {
		return
	}
	origin := "the store"
	t := have.Time.UnixNano()
	for _, o := range m.names {
		if o.from <= t && t <= o.to {
			origin = o.name + " (stored)"
		}
	}
	report.Problems = append(report.Problems, market.Problem{
		File: fileName(report.File), Kind: market.Duplicate, Column: "time",
		Text: fmt.Sprintf("%s is %s here and %s in %s; nothing of the file is stored", stamp(t), prices(got), prices(have), origin),
	})
}

func prices(c market.Candle) string {
	return fmt.Sprintf("%s/%s/%s/%s volume %s", c.Open, c.High, c.Low, c.Close, c.Volume)
}

// add stores candles of which none is there: behind the last one, or in between.
func (m *importer) add(report *FileReport, missing *market.Series) error {
	if err := m.findLast(missing.Time[0]); err != nil {
		return err
	}
	end := missing.Time[missing.Len()-1]
	if m.last < missing.Time[0] {
		if err := m.store.Append(missing); err != nil {
			return err
		}
	} else {
		if err := m.store.Merge(missing); err != nil {
			return err
		}
		for _, t := range missing.Time {
			if t < m.last {
				report.Merged++
			}
		}
	}
	m.last = max(m.last, end)
	report.Added = missing.Len()
	return nil
}

// findLast learns the open of the last stored candle, or that it is before from.
func (m *importer) findLast(from int64) error {
	if m.known {
		return nil
	}
	tail, err := m.stored(time.Unix(0, from), time.Time{})
	if err != nil {
		return err
	}
	m.known = true
	if tail.Len() > 0 {
		m.last = tail.Time[tail.Len()-1]
	}
	return nil
}

func (m *importer) gaps() error {
	if m.report.First.IsZero() {
		return nil
	}
	tf := m.report.Key.Timeframe
	var err error
	m.report.Gaps, err = gapsIn(m.stored, tf, m.report.First.UnixNano(), tf.Close(m.report.Last.UnixNano()))
	return err
}

// gapsIn finds what is missing between stored candles of a period, looking at so
// many at once that a long series need not fit in memory.
func gapsIn(stored func(from, to time.Time) (*market.Series, error), tf market.Timeframe, from, to int64) ([]market.Gap, error) {
	const bars = 1 << 16
	var gaps []market.Gap
	pair := (*market.Series)(nil) // the last candle of the part before
	for from < to {
		end := to
		if tf > 0 {
			end = min(to, from+bars*int64(tf))
		}
		part, err := stored(time.Unix(0, from), time.Unix(0, end))
		if err != nil {
			return nil, err
		}
		from = end
		if part.Len() == 0 {
			continue
		}
		if pair != nil {
			pair.Append(part.Bar(0))
			gaps = append(gaps, pair.Gaps()...)
		}
		gaps = append(gaps, part.Gaps()...)
		pair = market.NewSeries(part.Instrument, tf, part.VolumeScale, 2)
		pair.Append(part.Bar(part.Len() - 1))
	}
	return gaps, nil
}
