package optimise

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/tradekeel/tradekeel"
)

// ID names a study in a store: 1 to 64 of a-z, A-Z, 0-9, "-" and "_".
type ID string

// Validate reports a name that is not one.
func (id ID) Validate() error {
	if len(id) == 0 || len(id) > 64 {
		return tradekeel.Invalidf("id", "must be 1 to 64 letters, digits, - and _, got %.80q", string(id))
	}
	for _, c := range []byte(id) {
		if !(c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return tradekeel.Invalidf("id", "must be letters, digits, - and _, got %.80q", string(id))
		}
	}
	return nil
}

// Store keeps studies and their rows. Implementations are safe for concurrent use and
// pass the laws of optimisetest.
type Store interface {
	// Begin stores what a study is, unless it is there: ErrChanged when what is there
	// differs.
	Begin(ctx context.Context, id ID, study []byte) error
	// Study returns what Begin stored; ErrNotFound.
	Study(ctx context.Context, id ID) ([]byte, error)
	// Append adds rows to a part, behind those that are there. When it returns they
	// outlive the process. When the process dies in it, the first of them are there or
	// none. Numbers rise: rows that do not come after the last one are ErrBusy, since
	// somebody else has written them. ErrNotFound for a study that was not begun.
	Append(ctx context.Context, id ID, part int, rows []Row) error
	// Rows yields the rows of a part in their order; none for a part that nothing was
	// added to. An error ends it; ErrNotFound, ErrCorrupt.
	Rows(ctx context.Context, id ID, part int) iter.Seq2[Row, error]
	// Parts returns the numbers of the parts that hold rows, rising; ErrNotFound.
	Parts(ctx context.Context, id ID) ([]int, error)
	// Delete removes a study and its rows; ErrNotFound.
	Delete(ctx context.Context, id ID) error
}

// Memory is a Store in memory. The zero value is empty and ready.
type Memory struct {
	mu      sync.Mutex
	studies map[ID]*memoryStudy
}

type memoryStudy struct {
	study []byte
	parts map[int][]Row
}

var _ Store = (*Memory)(nil)

// Begin implements Store.
func (m *Memory) Begin(ctx context.Context, id ID, study []byte) error {
	if err := ready(ctx, id); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.studies == nil {
		m.studies = map[ID]*memoryStudy{}
	}
	if have := m.studies[id]; have != nil {
		return sameStudy(have.study, study)
	}
	m.studies[id] = &memoryStudy{study: slices.Clone(study), parts: map[int][]Row{}}
	return nil
}

func sameStudy(have, want []byte) error {
	if !slices.Equal(have, want) {
		return ErrChanged.With("", "the study is stored with other settings or other data; take another id, or delete it")
	}
	return nil
}

// ready reports a context that ended, as Canceled, and a wrong id.
func ready(ctx context.Context, id ID) error {
	if ctx.Err() != nil {
		return tradekeel.ErrCanceled.With("", "canceled").Because(context.Cause(ctx))
	}
	return id.Validate()
}

// find returns a study, holding the lock.
func (m *Memory) find(ctx context.Context, id ID) (*memoryStudy, error) {
	if err := ready(ctx, id); err != nil {
		return nil, err
	}
	if have := m.studies[id]; have != nil {
		return have, nil
	}
	return nil, ErrNotFound
}

// Study implements Store.
func (m *Memory) Study(ctx context.Context, id ID) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(s.study), nil
}

// Append implements Store.
func (m *Memory) Append(ctx context.Context, id ID, part int, rows []Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.find(ctx, id)
	if err != nil {
		return err
	}
	last := int64(-1)
	if have := s.parts[part]; len(have) > 0 {
		last = have[len(have)-1].Number
	}
	if err := follow(last, part, rows); err != nil {
		return err
	}
	for _, r := range rows {
		r.Levels = slices.Clone(r.Levels)
		s.parts[part] = append(s.parts[part], r)
	}
	return nil
}

// follow reports rows that do not come after the last number in order.
func follow(last int64, part int, rows []Row) error {
	if part < 0 || part >= mostParts {
		return tradekeel.Invalidf("part", "must be between 0 and %d, got %d", mostParts-1, part)
	}
	for i := range rows {
		if rows[i].Number <= last {
			return ErrBusy.With("", "run %d of part %d is stored already", rows[i].Number, part)
		}
		last = rows[i].Number
	}
	return nil
}

// Rows implements Store.
func (m *Memory) Rows(ctx context.Context, id ID, part int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		m.mu.Lock()
		s, err := m.find(ctx, id)
		var rows []Row
		if err == nil {
			rows = s.parts[part]
		}
		m.mu.Unlock()
		if err != nil {
			yield(Row{}, err)
			return
		}
		for _, r := range rows {
			r.Levels = slices.Clone(r.Levels)
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Parts implements Store.
func (m *Memory) Parts(ctx context.Context, id ID) ([]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.find(ctx, id)
	if err != nil {
		return nil, err
	}
	var parts []int
	for part, rows := range s.parts {
		if len(rows) > 0 {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return parts, nil
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.find(ctx, id); err != nil {
		return err
	}
	delete(m.studies, id)
	return nil
}
