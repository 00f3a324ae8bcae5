package library

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
)

// MemoryStore is a Store in memory. Its zero value is empty and ready to use.
type MemoryStore struct {
	mu       sync.Mutex
	rows     map[ID]Strategy
	versions map[ID][]Version // number n at n-1
}

// get returns the row of an owner; the lock is held.
func (m *MemoryStore) get(owner tradekeel.UserID, id ID) (Strategy, error) {
	s, ok := m.rows[id]
	if !ok || s.Owner != owner {
		return Strategy{}, ErrNotFound
	}
	return s, nil
}

// Create implements Store.
func (m *MemoryStore) Create(_ context.Context, s Strategy, first Version, limit int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	owned := 0
	for _, other := range m.rows {
		if other.Owner == s.Owner {
			owned++
		}
	}
	if owned >= limit {
		return ErrLimit
	}
	if _, taken := m.rows[s.ID]; taken {
		return ErrExists
	}
	if m.rows == nil {
		m.rows, m.versions = map[ID]Strategy{}, map[ID][]Version{}
	}
	m.rows[s.ID], m.versions[s.ID] = stored(s), []Version{storedVersion(first)}
	return nil
}

// Get implements Store.
func (m *MemoryStore) Get(_ context.Context, owner tradekeel.UserID, id ID) (Strategy, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(owner, id)
}

// position is where a page of strategies ended.
type position struct {
	Created int64 `json:"c"`
	ID      ID    `json:"i"`
}

// List implements Store.
func (m *MemoryStore) List(_ context.Context, owner tradekeel.UserID, f Filter, r tradekeel.PageRequest) (tradekeel.Page[Strategy], error) {
	var after position
	r, err := paged(r, &after)
	if err != nil {
		return tradekeel.Page[Strategy]{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Strategy
	for _, s := range m.rows {
		if s.Owner == owner && s.Archived == f.Archived && strings.Contains(Folded(s.Name), Folded(f.Name)) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Strategy) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return cut(all, r, func(s *Strategy) any { return position{s.Created.UnixMicro(), s.ID} }, func(s *Strategy) bool {
		return cmp.Or(cmp.Compare(s.Created.UnixMicro(), after.Created), cmp.Compare(s.ID, after.ID)) < 0
	}), nil
}

// Version implements Store.
func (m *MemoryStore) Version(_ context.Context, owner tradekeel.UserID, id ID, number int) (Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.get(owner, id)
	if err != nil {
		return Version{}, err
	}
	return m.version(s, number)
}

func (m *MemoryStore) version(s Strategy, number int) (Version, error) {
	if number == 0 {
		number = s.Latest
	}
	all := m.versions[s.ID]
	if number < 1 || number > len(all) {
		return Version{}, ErrNoVersion
	}
	return storedVersion(all[number-1]), nil
}

// Versions implements Store.
func (m *MemoryStore) Versions(_ context.Context, owner tradekeel.UserID, id ID, r tradekeel.PageRequest) (tradekeel.Page[Version], error) {
	var after int
	r, err := paged(r, &after)
	if err != nil {
		return tradekeel.Page[Version]{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.get(owner, id); err != nil {
		return tradekeel.Page[Version]{}, err
	}
	all := slices.Clone(m.versions[id])
	slices.Reverse(all)
	for i := range all {
		all[i].Document = nil
	}
	return cut(all, r, func(v *Version) any { return v.Number }, func(v *Version) bool { return v.Number < after }), nil
}

// Change implements Store.
func (m *MemoryStore) Change(_ context.Context, owner tradekeel.UserID, id ID, number int, fn func(*Strategy, *Version) error) (Strategy, Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.get(owner, id)
	if err != nil {
		return Strategy{}, Version{}, err
	}
	v, err := m.version(s, number)
	if err != nil {
		return Strategy{}, Version{}, err
	}
	s, v, added, err := Apply(s, v, fn)
	if err != nil {
		return Strategy{}, Version{}, err
	}
	s, v = stored(s), storedVersion(v)
	m.rows[id] = s
	if added {
		m.versions[id] = append(m.versions[id], v)
	} else {
		m.versions[id][v.Number-1] = v
	}
	return s, storedVersion(v), nil
}

// Delete implements Store.
func (m *MemoryStore) Delete(_ context.Context, owner tradekeel.UserID, id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.get(owner, id); err != nil {
		return err
	}
	if slices.ContainsFunc(m.versions[id], func(v Version) bool { return v.Used() }) {
		return ErrUsed
	}
	delete(m.rows, id)
	delete(m.versions, id)
	return nil
}

// paged checks a request and reads its cursor.
func paged(r tradekeel.PageRequest, after any) (tradekeel.PageRequest, error) {
	r, err := r.Normal()
	if err == nil && r.Cursor != "" {
		err = tradekeel.DecodeCursor(r.Cursor, after)
	}
	return r, err
}

// cut takes a page out of a sorted list.
func cut[T any](all []T, r tradekeel.PageRequest, at func(*T) any, beyond func(*T) bool) tradekeel.Page[T] {
	var page tradekeel.Page[T]
	if r.Total {
		n := int64(len(all))
		page.Total = &n
	}
	if r.Cursor != "" {
		all = slices.DeleteFunc(all, func(v T) bool { return !beyond(&v) })
	} else if r.Number > 1 {
		all = all[min(len(all), (r.Number-1)*r.Size):]
	}
	if len(all) > r.Size {
		all = all[:r.Size]
		page.Next = tradekeel.EncodeCursor(at(&all[r.Size-1]))
	}
	page.Items = all
	return page
}

// stored returns s with times as a database keeps them.
func stored(s Strategy) Strategy {
	s.Created, s.Updated = moment(s.Created), moment(s.Updated)
	return s
}

// storedVersion returns v sharing nothing with it, and with times as a database
// keeps them.
func storedVersion(v Version) Version {
	v.Document = slices.Clone(v.Document)
	v.Created, v.UsedAt = moment(v.Created), moment(v.UsedAt)
	return v
}

func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}
