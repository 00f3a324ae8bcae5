package library_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/library"
)

var anna, berg = tradekeel.Actor{User: "usr_anna"}, tradekeel.Actor{User: "usr_berg"}

// text is a document that buys at a level.
func text(level int) []byte {
	return fmt.Appendf(nil, `{"name": "Dip", "version": 1, "timeframe": "1h", "params": {"slow": {"default": 20, "min": 10, "max": 100}},
		"let": {"trend": {"ema": ["close", "$slow"]}}, "enter": {"long": {"gt": ["trend", %d]}}, "exit": {"long": {"lt": ["trend", %d]}},
		"size": {"percent_of_equity": 20}}`, level, level)
}

func newService(t *testing.T, c library.ServiceConfig) *library.Service {
	t.Helper()
	s, err := library.NewService(&library.MemoryStore{}, nil, c)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s gave %v, want %v", what, err, target)
	}
}

func create(t *testing.T, s *library.Service, level int) library.Strategy {
	t.Helper()
	st, err := s.Create(t.Context(), anna, library.Creation{Document: text(level)})
	must(t, err)
	return st
}

func TestNewServiceRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]library.ServiceConfig{
		"negative limit":    {MaxStrategies: -1},
		"negative versions": {MaxVersions: -1},
		"a faulty template": {Templates: []library.Template{{ID: "x", Name: i18n.MustText("en", "x"), Document: []byte(`{}`)}}},
		"no id":             {Templates: []library.Template{{Name: i18n.MustText("en", "x"), Document: text(1)}}},
		"no name":           {Templates: []library.Template{{ID: "x", Document: text(1)}}},
		"an id twice": {Templates: []library.Template{
			{ID: "x", Name: i18n.MustText("en", "x"), Document: text(1)}, {ID: "x", Name: i18n.MustText("en", "x"), Document: text(1)},
		}},
	} {
		if _, err := library.NewService(&library.MemoryStore{}, nil, c); tradekeel.KindOf(err) != tradekeel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := library.NewService(nil, nil, library.ServiceConfig{}); err == nil {
		t.Error("a service without a store")
	}
}

// A strategy has the document's name and description unless it is given others.
func TestNames(t *testing.T) {
	t.Parallel()
	s := newService(t, library.ServiceConfig{})
	if st := create(t, s, 1); st.Name != "Dip" {
		t.Errorf("the name is %q", st.Name)
	}
	for name, ok := range map[string]bool{
		"Other": true, "日本": true, strings.Repeat("é", library.MaxName): true, strings.Repeat("é", library.MaxName+1): false,
		" ": false, "a\x00b": false, "a\nb": false, "\xff": false,
	} {
		st, err := s.Create(t.Context(), anna, library.Creation{Name: name, Document: text(1)})
		if (err == nil) != ok || ok && st.Name != name {
			t.Errorf("%q: %v", name, err)
		}
		if !ok && (tradekeel.KindOf(err) != tradekeel.Invalid || tradekeel.Violations(err)[0].Field != "name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// An equal document, however it is spaced and ordered, saves nothing.
func TestSaveEqual(t *testing.T) {
	t.Parallel()
	s := newService(t, library.ServiceConfig{})
	st := create(t, s, 1)
	spaced := []byte(strings.ReplaceAll(string(text(1)), ", ", " ,\n "))
	after, v, err := s.Save(t.Context(), anna, st.ID, library.Save{Base: library.Base{Version: 9}, Document: spaced, Note: "x"})
	if must(t, err); after != st || v.Number != 1 || v.Note != "" {
		t.Errorf("an equal document made %+v of %+v", v, st)
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	s := newService(t, library.ServiceConfig{})
	st := create(t, s, 1)
	_, _, err := s.Use(t.Context(), berg, st.ID, 1)
	want(t, "another's use", err, library.ErrNotFound)
	_, _, err = s.Use(t.Context(), tradekeel.Actor{}, st.ID, 1)
	want(t, "nobody's use", err, tradekeel.ErrUnauthenticated)
	_, _, err = s.Use(t.Context(), anna, st.ID, 2)
	want(t, "a use of no version", err, library.ErrNoVersion)
	if st, err := s.Get(t.Context(), anna, st.ID); err != nil || !st.Draft {
		t.Errorf("after uses that failed: %+v, %v", st, err)
	}
	v, d, err := s.Use(t.Context(), anna, st.ID, 0)
	if must(t, err); v.Number != 1 || !v.Used() || d.Hash() != v.Hash || d.Name() != "Dip" {
		t.Errorf("used: %+v", v)
	}
	again, _, err := s.Use(t.Context(), anna, st.ID, 1)
	if must(t, err); !again.UsedAt.Equal(v.UsedAt) {
		t.Errorf("used at %s, then at %s", v.UsedAt, again.UsedAt)
	}
	archived, err := s.Delete(t.Context(), anna, st.ID)
	if must(t, err); !archived {
		t.Error("what was used is removed")
	}
	_, _, err = s.Use(t.Context(), anna, st.ID, 1)
	want(t, "a use of what is archived", err, library.ErrArchived)
	// What was promised is kept.
	_, chosen, err := s.Load(t.Context(), anna, st.ID, 1, []byte(`{"slow": 30}`))
	if must(t, err); chosen.Parameters()[0].Value != 30 {
		t.Errorf("loaded with %+v", chosen.Parameters())
	}
	_, _, err = s.Load(t.Context(), anna, st.ID, 1, []byte(`{"slow": 3}`))
	if faults := tradekeel.Violations(err); len(faults) != 1 || faults[0].Field != "params.slow" {
		t.Errorf("a parameter out of its range: %v", err)
	}
}

// A document of another release is told, and is not marked as used.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	store := &library.MemoryStore{}
	s, err := library.NewService(store, nil, library.ServiceConfig{})
	must(t, err)
	st := library.Strategy{ID: "str_1", Owner: anna.User, Name: "x", Latest: 1, Hash: "x", Draft: true}
	must(t, store.Create(t.Context(), st, library.Version{Strategy: "str_1", Number: 1, Document: []byte(`{"version":99}`), Hash: "x"}, 10))
	_, _, err = s.Use(t.Context(), anna, "str_1", 1)
	want(t, "a use", err, library.ErrUnreadable)
	_, _, err = s.Load(t.Context(), anna, "str_1", 1, nil)
	want(t, "a load", err, library.ErrUnreadable)
	_, err = s.Clone(t.Context(), anna, "str_1", 1, "")
	want(t, "a clone", err, library.ErrUnreadable)
	if v, err := s.Version(t.Context(), anna, "str_1", 1); err != nil || v.Used() {
		t.Errorf("the version: %+v, %v", v, err)
	}
	_, v, err := s.Save(t.Context(), anna, "str_1", library.Save{Base: st.Base(), Document: text(1)})
	if must(t, err); v.Number != 1 {
		t.Errorf("saved anew: %+v", v)
	}
}

// Exactly so many strategies are made, however many are at the same time.
func TestLimit(t *testing.T) {
	t.Parallel()
	s := newService(t, library.ServiceConfig{MaxStrategies: 7})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.Create(t.Context(), anna, library.Creation{Document: text(1)}); err != nil && !errors.Is(err, library.ErrLimit) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	page, err := s.List(t.Context(), anna, library.Filter{}, tradekeel.PageRequest{})
	if must(t, err); len(page.Items) != 7 {
		t.Errorf("there are %d", len(page.Items))
	}
}

// denier refuses one permission.
type denier struct{ denied tradekeel.Permission }

func (d denier) Authorize(ctx context.Context, actor tradekeel.Actor, p tradekeel.Permission, o tradekeel.Object) error {
	if p == d.denied {
		return tradekeel.ErrForbidden
	}
	return tradekeel.OwnersOnly{}.Authorize(ctx, actor, p, o)
}

// Every use case asks for its permission, and does nothing without it.
func TestPermissions(t *testing.T) {
	t.Parallel()
	template := library.Template{ID: "dip", Document: text(1), Name: i18n.MustText("en", "Dip")}
	name := "x"
	for permission, calls := range map[tradekeel.Permission]map[string]func(ctx context.Context, s *library.Service, id library.ID) error{
		library.PermissionCreate: {
			"Create": func(ctx context.Context, s *library.Service, _ library.ID) error {
				_, err := s.Create(ctx, anna, library.Creation{Document: []byte(`{}`)})
				return err
			},
			"Clone": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Clone(ctx, anna, id, 0, "")
				return err
			},
			"CloneTemplate": func(ctx context.Context, s *library.Service, _ library.ID) error {
				_, err := s.CloneTemplate(ctx, anna, "dip", "")
				return err
			},
		},
		library.PermissionRead: {
			"Get": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Get(ctx, anna, id)
				return err
			},
			"List": func(ctx context.Context, s *library.Service, _ library.ID) error {
				_, err := s.List(ctx, anna, library.Filter{}, tradekeel.PageRequest{})
				return err
			},
			"Version": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Version(ctx, anna, id, 1)
				return err
			},
			"Versions": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Versions(ctx, anna, id, tradekeel.PageRequest{})
				return err
			},
			"Diff": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Diff(ctx, anna, id, 1, 1)
				return err
			},
			"Explain": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Explain(ctx, anna, id, 1, library.Question{})
				return err
			},
			"Load": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, _, err := s.Load(ctx, anna, id, 1, nil)
				return err
			},
			"Clone": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Clone(ctx, anna, id, 0, "")
				return err
			},
			"Validate": func(ctx context.Context, s *library.Service, _ library.ID) error {
				_, err := s.Validate(ctx, anna, text(1))
				return err
			},
		},
		library.PermissionUpdate: {
			"Edit": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, err := s.Edit(ctx, anna, id, library.Edit{Name: &name})
				return err
			},
			"Save": func(ctx context.Context, s *library.Service, id library.ID) error {
				_, _, err := s.Save(ctx, anna, id, library.Save{Document: []byte(`{}`)})
				return err
			},
		},
		library.PermissionUse: {"Use": func(ctx context.Context, s *library.Service, id library.ID) error {
			_, _, err := s.Use(ctx, anna, id, 1)
			return err
		}},
		library.PermissionDelete: {"Delete": func(ctx context.Context, s *library.Service, id library.ID) error {
			_, err := s.Delete(ctx, anna, id)
			return err
		}},
	} {
		store := &library.MemoryStore{}
		open, err := library.NewService(store, nil, library.ServiceConfig{})
		must(t, err)
		st := create(t, open, 1)
		s, err := library.NewService(store, nil, library.ServiceConfig{Authorizer: denier{permission}, Templates: []library.Template{template}})
		must(t, err)
		for call, do := range calls {
			want(t, call+" without "+string(permission), do(t.Context(), s, st.ID), tradekeel.ErrForbidden)
		}
		page, err := open.List(t.Context(), anna, library.Filter{}, tradekeel.PageRequest{})
		if must(t, err); len(page.Items) != 1 || page.Items[0] != st {
			t.Errorf("without %s: %+v", permission, page.Items)
		}
	}
}

// model is what a strategy ought to be, kept the plain way.
type model struct {
	levels []int // of each version
	used   []bool
}

// TestRule holds Save and Use to the rule: a used version never changes, a draft is
// replaced, numbers have no holes, a save on an old base changes nothing.
func TestRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		s, err := library.NewService(&library.MemoryStore{}, nil, library.ServiceConfig{MaxVersions: 4, Now: func() time.Time { return time.Unix(1, 0) }})
		must(t, err)
		st := create(t, s, 0)
		m := model{levels: []int{0}, used: []bool{false}}
		bases := []library.Base{st.Base()}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			last := len(m.levels) - 1
			if rapid.Bool().Draw(rt, "use") {
				n := rapid.IntRange(0, last+2).Draw(rt, "number")
				v, d, err := s.Use(ctx, anna, st.ID, n)
				if n > last+1 {
					if !errors.Is(err, library.ErrNoVersion) {
						rt.Fatalf("version %d of %d: %v", n, last+1, err)
					}
					continue
				}
				if n == 0 {
					n = last + 1
				}
				if err != nil || v.Number != n || d.Hash() != hash(m.levels[n-1]) {
					rt.Fatalf("using %d gave %+v, %v", n, v, err)
				}
				m.used[n-1] = true
				continue
			}
			base := rapid.SampledFrom(bases).Draw(rt, "base")
			level := rapid.IntRange(0, 3).Draw(rt, "level")
			fresh := base == library.Base{Version: last + 1, Hash: hash(m.levels[last])}
			after, v, err := s.Save(ctx, anna, st.ID, library.Save{Base: base, Document: text(level)})
			switch {
			case level == m.levels[last]:
			case !fresh:
				if !errors.Is(err, library.ErrChanged) {
					rt.Fatalf("a save on %+v: %v", base, err)
				}
				continue
			case m.used[last] && last == 3:
				if !errors.Is(err, library.ErrVersionLimit) {
					rt.Fatalf("a fifth version: %v", err)
				}
				continue
			case m.used[last]:
				m.levels, m.used = append(m.levels, level), append(m.used, false)
			default:
				m.levels[last] = level
			}
			last = len(m.levels) - 1
			if err != nil || v.Number != last+1 || v.Hash != hash(level) || after.Base() != (library.Base{Version: last + 1, Hash: hash(level)}) || after.Draft == m.used[last] {
				rt.Fatalf("a save gave %+v and %+v, %v; the model is %+v", after, v, err, m)
			}
			bases = append(bases, after.Base())
		}
		for i, level := range m.levels {
			v, err := s.Version(ctx, anna, st.ID, i+1)
			if err != nil || v.Hash != hash(level) || v.Used() != m.used[i] {
				rt.Fatalf("version %d is %+v, %v; want level %d, used %t", i+1, v, err, level, m.used[i])
			}
		}
		if _, err := s.Version(ctx, anna, st.ID, len(m.levels)+1); !errors.Is(err, library.ErrNoVersion) {
			rt.Fatalf("a version too many: %v", err)
		}
	})
}

func hash(level int) string { return document.MustParse(text(level)).Hash() }
