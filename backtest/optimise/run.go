package optimise

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
)

// Config is one study to run. Study and Evaluator are required.
type Config struct {
	Study     Study
	Evaluator Evaluator
	// Store keeps the rows; nil keeps them in memory until Run returns.
	Store Store
	// ID names the study in the store; required with a Store. A study that is there
	// already is gone on with.
	ID ID
	// Workers is how many runs are under way at once; 0 is runtime.GOMAXPROCS.
	Workers int
	// Batch is how many points the evaluator gets at once; 0 is 1. More suits an
	// evaluator that shares work between them. It changes no result.
	Batch int
	// Allow is a condition on parameters besides Study.Where; nil allows all. It is
	// not stored: whoever resumes passes the same.
	Allow func(Params) bool
	// Progress is called now and then from the goroutine of Run, and once at the end.
	Progress func(Progress)
}

// Progress is how far a study has come.
type Progress struct {
	Done   int64 // rows there are
	Reused int64 // of them, those that were stored before
	// Total is how many there will be; of a large grid with conditions, at most.
	Total   int64
	Elapsed time.Duration
	Left    time.Duration // at the rate so far; 0 while it is not known
	Best    *Row          // nil before there is one that meets the requirements
}

// Summary is what came of a study, or of a part.
type Summary struct {
	Runs    int64 // rows
	Reused  int64 // of them, those that were stored before
	Failed  int64
	Pruned  int64
	Unmet   int64 // done, but without what is required or without a value
	Patient []int // parts that ended because nothing improved
	// Best are the best rows, at most ten, the best one first; those that do not meet
	// the requirements come last.
	Best []Row
	// Front is the Pareto front of the rows that meet the requirements, by number; of
	// equal ones the first. Of one objective it is the best row.
	Front []Row
	// FrontCut says that the front has more rows than the 4096 that are held.
	FrontCut bool

	plan *plan
}

// Params returns the parameters of a row of the study.
func (s *Summary) Params(row Row) Params { return s.plan.space.params(row.Levels) }

// Objectives returns the objectives of a row, in the order of the study.
func (s *Summary) Objectives(row Row) []float64 {
	out := make([]float64, len(s.plan.objectives))
	for i, at := range s.plan.objectives {
		out[i] = *figures[at].of(&row.Figures)
	}
	return out
}

// Meets reports whether a row is done and meets what the study requires.
func (s *Summary) Meets(row Row) bool { return s.plan.class(&row) == 0 }

// Study returns the study.
func (s *Summary) Study() Study { return s.plan.Study }

// stored is what a store keeps of a study.
type stored struct {
	Study       Study                `json:"study"`
	Parameters  []strategy.Parameter `json:"parameters,omitempty"`
	Fingerprint string               `json:"fingerprint,omitempty"`
}

// Run runs a study, or goes on with one that was interrupted. Its errors are Invalid and
// name what is wrong with the study, those of the evaluator and the store, ErrChanged
// when the stored rows are of another study, or Canceled when ctx ended: then the
// summary holds what there is, and another Run goes on.
func Run(ctx context.Context, c Config) (*Summary, error) {
	r, err := newRunner(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, part := range r.plan.split() {
		if err = r.part(ctx, part); err != nil {
			break
		}
	}
	if err == nil {
		r.total = r.sum.Runs // draws without an allowed point and parts that ended early count no more
	}
	return r.end(), err
}

// RunPart runs one part of a study, for those who spread the parts over processes.
// Summarise sums up the parts. Errors as of Run.
func RunPart(ctx context.Context, c Config, part int) (*Summary, error) {
	r, err := newRunner(ctx, c)
	if err != nil {
		return nil, err
	}
	parts := r.plan.split()
	if part < 0 || part >= len(parts) {
		return nil, tradekeel.Invalidf("part", "must be between 0 and %d, got %d", len(parts)-1, part)
	}
	r.total = parts[part].To - parts[part].From
	err = r.part(ctx, parts[part])
	return r.end(), err
}

// Summarise reads what a store holds of a study, of all parts.
func Summarise(ctx context.Context, store Store, id ID) (*Summary, error) {
	p, err := load(ctx, store, id)
	if err != nil {
		return nil, err
	}
	t := newTracker(p)
	err = eachRow(ctx, store, id, p, func(r Row) { t.take(r) })
	return t.summary(), err
}

// load makes the plan of a stored study.
func load(ctx context.Context, store Store, id ID) (*plan, error) {
	raw, err := store.Study(ctx, id)
	if err != nil {
		return nil, err
	}
	var s stored
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, ErrCorrupt.With("", "the stored study is no JSON").Because(err)
	}
	return s.Study.plan(s.Parameters)
}

// eachRow reads all rows of a study, part by part.
func eachRow(ctx context.Context, store Store, id ID, p *plan, do func(Row)) error {
	parts, err := store.Parts(ctx, id)
	if err != nil {
		return err
	}
	for _, part := range parts {
		for r, err := range store.Rows(ctx, id, part) {
			switch {
			case err != nil:
				return err
			case !p.fits(r.Levels):
				return ErrChanged.With("space", "run %d is of another space", r.Number)
			}
			do(r)
		}
	}
	return nil
}

// runner is a study under way.
type runner struct {
	Config
	*tracker
	plan    *plan
	total   int64
	reused  int64
	began   time.Time
	said    time.Time
	firsts  []float64      // first parts of finished runs, the last of them
	known   map[string]Row // of searches, which may ask for a point again
	recent  []string       // keys of known, the oldest first
	current int            // the part's number
	patient int            // runs of the part since one improved
}

const (
	mostKnown  = 4096
	mostFirsts = 1000
	sayEvery   = 50 * time.Millisecond
)

func newRunner(ctx context.Context, c Config) (*runner, error) {
	if c.Evaluator == nil {
		return nil, tradekeel.Invalidf("evaluator", "is missing")
	}
	for _, count := range []struct {
		field string
		n     int
	}{{"workers", c.Workers}, {"batch", c.Batch}} {
		if count.n < 0 {
			return nil, tradekeel.Invalidf(count.field, "must not be negative, got %d", count.n)
		}
	}
	if c.Store == nil {
		c.Store, c.ID = &Memory{}, "study"
	}
	s := stored{Study: c.Study}
	d, described := c.Evaluator.(Described)
	if described {
		if name := d.Strategy(); c.Study.Strategy != "" && c.Study.Strategy != name {
			return nil, tradekeel.Invalidf("strategy", "is %.40q, the evaluator runs %q", c.Study.Strategy, name)
		}
		s.Parameters = d.Parameters()
	}
	p, err := c.Study.plan(s.Parameters)
	if err != nil {
		return nil, err
	}
	p.allow = c.Allow
	if _, ok := c.Evaluator.(Pruner); !ok && p.PruneAfter > 0 {
		return nil, tradekeel.ErrUnsupported.With("prune_after", "this evaluator cannot run a first part of the bars")
	}
	if partial, ok := c.Evaluator.(Partial); ok {
		if err := c.Study.only(partial.Figures()); err != nil {
			return nil, err
		}
	}
	if described {
		if s.Fingerprint, err = d.Fingerprint(); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if err := c.Store.Begin(ctx, c.ID, raw); err != nil {
		return nil, err
	}
	c.Workers, c.Batch = cmp.Or(c.Workers, runtime.GOMAXPROCS(0)), cmp.Or(c.Batch, 1)
	p.atOnce = c.Workers * c.Batch
	return &runner{Config: c, tracker: newTracker(p), plan: p, total: p.count(), began: time.Now(), known: map[string]Row{}}, nil
}

// mostCounted bounds the combinations that are looked at to know how many are allowed.
const mostCounted = 1 << 20

// count returns how many rows there will be, at most.
func (p *plan) count() int64 {
	size, countable := p.space.size()
	switch {
	case p.Method != Grid && p.Method != Random:
		return p.runs
	case !countable || size > mostCounted || len(p.where) == 0 && p.allow == nil:
		if countable {
			return min(p.runs, size)
		}
		return p.runs
	}
	n := int64(0)
	levels := make([]int, len(p.space))
	for i := range size {
		if p.space.at(i, levels); p.feasible(levels) {
			n++
		}
	}
	return min(n, p.runs)
}

// part runs one part: it takes what is stored, and goes on after it.
func (r *runner) part(ctx context.Context, part Part) error {
	next, stop := iter.Pull2(r.Store.Rows(ctx, r.ID, part.Number))
	defer stop()
	s := r.plan.sampler(part)
	r.current, r.patient, r.firsts = part.Number, 0, nil
	clear(r.known)
	r.recent = r.recent[:0]
	for more, there := true, true; more; {
		if ctx.Err() != nil {
			return r.canceled(ctx)
		}
		var points []candidate
		points, more = s.next()
		rows := make([]Row, 0, len(points))
		for there && len(rows) < len(points) {
			row, err, ok := next()
			if there = ok; !ok {
				break
			}
			if err != nil {
				return err
			}
			if at := points[len(rows)]; row.Number != at.number || !slices.Equal(row.Levels, at.levels) {
				return ErrChanged.With("", "run %d of part %d is not the one that the study asks for; was it stored on another kind of processor, or with another Allow?", row.Number, part.Number)
			}
			r.reused++
			if rows = append(rows, row); r.keep(row) {
				return nil
			}
		}
		if !there {
			patient, err := r.generation(ctx, part, points, &rows)
			if err != nil || patient {
				return err
			}
		}
		for i := range rows {
			if rows[i].State == Done && r.plan.PruneAfter > 0 {
				r.firsts = append(r.firsts, rows[i].First)
			}
		}
		r.firsts = r.firsts[max(0, len(r.firsts)-mostFirsts):]
		s.tell(rows)
	}
	if row, err, ok := next(); ok {
		return errors.Join(err, ErrChanged.With("", "part %d holds run %d, which the study does not ask for", part.Number, row.Number))
	}
	return nil
}

func (r *runner) canceled(ctx context.Context) error {
	return tradekeel.ErrCanceled.With("", "the study was canceled after %d of %d runs", r.sum.Runs, r.total).Because(context.Cause(ctx))
}

// keep takes a row in, in order, and reports whether the part ends with it because
// nothing has improved.
func (r *runner) keep(row Row) bool {
	r.patient++
	if r.take(row) {
		r.patient = 0
	}
	if r.plan.Method == TPE || r.plan.Method == CMAES {
		k := key(row.Levels)
		if _, have := r.known[k]; !have {
			if len(r.recent) == mostKnown {
				delete(r.known, r.recent[0])
				r.recent = r.recent[1:]
			}
			r.known[k], r.recent = row, append(r.recent, k)
		}
	}
	r.say(false)
	if r.plan.Patience > 0 && r.patient >= r.plan.Patience {
		r.sum.Patient = append(r.sum.Patient, r.current)
		return true
	}
	return false
}

// say reports progress, now and then.
func (r *runner) say(last bool) {
	if r.Progress == nil || !last && time.Since(r.said) < sayEvery {
		return
	}
	r.said = time.Now()
	p := Progress{Done: r.sum.Runs, Reused: r.reused, Total: r.total, Elapsed: r.said.Sub(r.began)}
	if fresh := p.Done - p.Reused; fresh > 0 && p.Total > p.Done {
		p.Left = time.Duration(float64(p.Elapsed) / float64(fresh) * float64(p.Total-p.Done))
	}
	if len(r.best) > 0 && r.plan.class(&r.best[0]) == 0 {
		best := r.best[0]
		p.Best = &best
	}
	r.Progress(p)
}

func (r *runner) end() *Summary {
	r.say(true)
	s := r.summary()
	s.Reused = r.reused
	return s
}

// chunk is a batch of points that was evaluated.
type chunk struct {
	first int // in the generation's work
	rows  []Row
	err   error
}

// generation runs the points behind rows on all workers, and stores and appends what
// comes of them in their order, each as soon as those before it are there.
func (r *runner) generation(ctx context.Context, part Part, points []candidate, rows *[]Row) (patient bool, err error) {
	points = points[len(*rows):]
	slots := make([]*Row, len(points))
	twin := make([]int, len(points)) // the first of several equal points
	first := map[string]int{}
	var work []int // the points to run
	for i, p := range points {
		k := key(p.levels)
		at, again := first[k]
		switch known, have := r.known[k]; {
		case have:
			slots[i] = &known
		case again:
			twin[i] = at
		default:
			first[k], twin[i] = i, i
			work = append(work, i)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := r.evaluate(ctx, points, work)
	done := 0
	commit := func() error {
		var fresh []Row
		for ; done < len(points) && !patient; done++ {
			p := points[done]
			if slots[done] == nil {
				slots[done] = slots[twin[done]]
			}
			if slots[done] == nil {
				break
			}
			row := *slots[done]
			row.Number, row.Levels = p.number, p.levels
			fresh = append(fresh, row)
			patient = r.keep(row)
		}
		*rows = append(*rows, fresh...)
		// A run that ended is kept, even when the study is canceled meanwhile.
		return r.Store.Append(context.WithoutCancel(ctx), r.ID, part.Number, fresh)
	}
	if err = commit(); err != nil || patient { // points that are known
		cancel()
	}
	for c := range results {
		for i := range c.rows {
			slots[work[c.first+i]] = &c.rows[i]
		}
		if patient {
			continue // what its end broke off counts no more
		}
		if wrong := cmp.Or(c.err, commit()); err == nil {
			err = wrong
		}
		if err != nil || patient {
			cancel() // the workers are on their way out; what they finish still counts
		}
	}
	if err == nil && !patient && done < len(points) || tradekeel.KindOf(err) == tradekeel.Canceled {
		err = r.canceled(ctx)
	}
	return patient, err
}

// evaluate runs the points of work on all workers. The channel is closed when all of
// them have ended, so that nothing outlives it.
func (r *runner) evaluate(ctx context.Context, points []candidate, work []int) <-chan chunk {
	var at atomic.Int64
	var workers sync.WaitGroup
	results := make(chan chunk, len(work))
	cut := median(r.firsts)
	for range min(r.Workers, (len(work)+r.Batch-1)/r.Batch) {
		workers.Go(func() {
			for ctx.Err() == nil {
				first := int(at.Add(int64(r.Batch))) - r.Batch
				if first >= len(work) {
					return
				}
				c := chunk{first: first}
				batch := make([]Params, 0, r.Batch)
				for _, i := range work[first:min(len(work), first+r.Batch)] {
					batch = append(batch, append(r.plan.space.params(points[i].levels), r.plan.fixed...))
				}
				c.rows, c.err = r.batch(ctx, batch, cut)
				results <- c
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	return results
}

// batch runs points, after their first part where the study prunes. A panic of the
// evaluator is an error: it is somebody's code.
func (r *runner) batch(ctx context.Context, points []Params, cut float64) (rows []Row, err error) {
	defer func() {
		if p := recover(); p != nil {
			rows, err = nil, ErrEvaluator.With("", "the evaluator panicked: %v", p)
		}
	}()
	rows = make([]Row, len(points))
	for i := range rows {
		rows[i] = Row{First: undefined().Score, Figures: undefined()}
	}
	goOn := make([]int, 0, len(points))
	if r.plan.PruneAfter > 0 {
		pruner, _ := r.Evaluator.(Pruner) // newRunner has seen that it is one
		out, err := pruner.EvaluateFirst(ctx, points, r.plan.PruneAfter)
		if err := counted(out, points, err); err != nil {
			return nil, err
		}
		for i := range out {
			rows[i].Figures, rows[i].Fault = out[i].Figures, cutFault(out[i].Fault)
			rows[i].First = r.plan.value(0, &rows[i])
			switch {
			case out[i].Fault != "":
				rows[i].State = Failed
			case rows[i].First < cut:
				rows[i].State = Pruned
			default:
				goOn = append(goOn, i)
			}
		}
	} else {
		for i := range points {
			goOn = append(goOn, i)
		}
	}
	if len(goOn) == 0 {
		return rows, nil
	}
	rest := make([]Params, len(goOn))
	for i, at := range goOn {
		rest[i] = points[at]
	}
	out, err := r.Evaluator.EvaluateBatch(ctx, rest)
	if err := counted(out, rest, err); err != nil {
		return nil, err
	}
	for i, at := range goOn {
		rows[at].Figures, rows[at].Fault = out[i].Figures, cutFault(out[i].Fault)
		if out[i].Fault != "" {
			rows[at].State = Failed
		}
	}
	return rows, nil
}

func counted(out []Outcome, points []Params, err error) error {
	if err == nil && len(out) != len(points) {
		return ErrEvaluator.With("", "the evaluator gave %d outcomes for %d points", len(out), len(points))
	}
	return err
}

// enough is how many finished runs a median needs.
const enough = 8

// median returns the middle of what is defined; below everything while there are few.
func median(values []float64) float64 {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
	if len(sorted) < enough {
		return -1e308
	}
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
