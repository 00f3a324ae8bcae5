package backtest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
)

// MemoryStore is a Store in memory. Its zero value is empty and ready to use.
type MemoryStore struct {
	mu       sync.Mutex
	rows     map[ID]Backtest
	outcomes map[ID][]byte
}

// get returns the row of an owner; the lock is held.
func (m *MemoryStore) get(owner tradekeel.UserID, id ID) (Backtest, error) {
	b, ok := m.rows[id]
	if !ok || b.Owner != owner {
		return Backtest{}, ErrNotFound
	}
	return b, nil
}

// Create implements Store.
func (m *MemoryStore) Create(_ context.Context, b Backtest, limit int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	unfinished := 0
	for _, other := range m.rows {
		if other.Owner == b.Owner && !other.State.Final() {
			unfinished++
		}
	}
	if unfinished >= limit {
		return ErrLimit
	}
	if _, taken := m.rows[b.ID]; taken {
		return ErrExists
	}
	if m.rows == nil {
		m.rows, m.outcomes = map[ID]Backtest{}, map[ID][]byte{}
	}
	m.rows[b.ID] = copied(b)
	return nil
}

// Get implements Store.
func (m *MemoryStore) Get(_ context.Context, owner tradekeel.UserID, id ID) (Backtest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.get(owner, id)
	return copied(b), err
}

// position is where a page ended.
type pagePosition struct {
	Created int64 `json:"c"`
	ID      ID    `json:"i"`
}

// List implements Store.
func (m *MemoryStore) List(_ context.Context, owner tradekeel.UserID, f Filter, r tradekeel.PageRequest) (tradekeel.Page[Backtest], error) {
	var page tradekeel.Page[Backtest]
	r, err := r.Normal()
	if err != nil {
		return page, err
	}
	var after pagePosition
	if r.Cursor != "" {
		if err := tradekeel.DecodeCursor(r.Cursor, &after); err != nil {
			return page, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Backtest
	for _, b := range m.rows {
		if b.Owner == owner && (f.State == "" || b.State == f.State) && (f.Strategy == "" || b.Spec.Strategy == f.Strategy) {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b Backtest) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	if r.Total {
		n := int64(len(all))
		page.Total = &n
	}
	if r.Cursor != "" {
		all = slices.DeleteFunc(all, func(b Backtest) bool {
			return cmp.Or(cmp.Compare(after.Created, b.Created.UnixMicro()), cmp.Compare(after.ID, b.ID)) <= 0
		})
	} else if r.Number > 1 {
		all = all[min(len(all), (r.Number-1)*r.Size):]
	}
	if len(all) > r.Size {
		last := all[r.Size-1]
		page.Next = tradekeel.EncodeCursor(pagePosition{last.Created.UnixMicro(), last.ID})
		all = all[:r.Size]
	}
	for _, b := range all {
		page.Items = append(page.Items, copied(b))
	}
	return page, nil
}

// Update implements Store.
func (m *MemoryStore) Update(_ context.Context, owner tradekeel.UserID, id ID, fn func(*Backtest) error) (Backtest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.update(owner, id, fn)
}

func (m *MemoryStore) update(owner tradekeel.UserID, id ID, fn func(*Backtest) error) (Backtest, error) {
	b, err := m.get(owner, id)
	if err != nil {
		return Backtest{}, err
	}
	b = copied(b)
	if err := fn(&b); err != nil {
		return Backtest{}, err
	}
	m.rows[id] = copied(b)
	return b, nil
}

// Delete implements Store.
func (m *MemoryStore) Delete(_ context.Context, owner tradekeel.UserID, id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.get(owner, id); err != nil {
		return err
	}
	delete(m.rows, id)
	delete(m.outcomes, id)
	return nil
}

// Claim implements Store.
func (m *MemoryStore) Claim(_ context.Context, runner string, now, stale time.Time) (Backtest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var oldest *Backtest
	for _, b := range m.rows {
		free := b.State == Queued || b.State == Running && b.Heartbeat.Before(stale)
		if free && (oldest == nil || cmp.Or(b.Created.Compare(oldest.Created), cmp.Compare(b.ID, oldest.ID)) < 0) {
			oldest = &b
		}
	}
	if oldest == nil {
		return Backtest{}, ErrNotFound
	}
	return m.update(oldest.Owner, oldest.ID, func(b *Backtest) error {
		b.Claim(runner, now)
		return nil
	})
}

// Claim marks b as running by a process; stores call it.
func (b *Backtest) Claim(runner string, now time.Time) {
	b.State, b.Runner, b.Heartbeat, b.Started = Running, runner, now, now
	b.Done, b.Total = 0, 0
	b.Attempts++
}

// Finish implements Store.
func (m *MemoryStore) Finish(_ context.Context, owner tradekeel.UserID, id ID, outcome []byte, fn func(*Backtest) error) (Backtest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.update(owner, id, fn)
	if err == nil {
		m.outcomes[id] = slices.Clone(outcome)
	}
	return b, err
}

// Outcome implements Store.
func (m *MemoryStore) Outcome(_ context.Context, owner tradekeel.UserID, id ID) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.get(owner, id)
	raw, ok := m.outcomes[id]
	if err != nil || !ok {
		return nil, ErrNotFound
	}
	return slices.Clone(raw), nil
}

// copied returns b sharing nothing with it that a caller could change, and with
// times as a database keeps them.
func copied(b Backtest) Backtest {
	b.Spec.Params, b.Spec.Others = slices.Clone(b.Spec.Params), slices.Clone(b.Spec.Others)
	if b.Fault != nil {
		f := *b.Fault
		b.Fault = &f
	}
	if b.Summary != nil {
		s := *b.Summary
		s.Warnings = slices.Clone(s.Warnings)
		b.Summary = &s
	}
	for _, t := range []*time.Time{&b.Created, &b.Started, &b.Finished, &b.Heartbeat, &b.Spec.From, &b.Spec.To} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Microsecond)
		}
	}
	return b
}
