// Package strategytest holds the laws of a library.Store. An implementation passes
// them in its own test:
//
//	func TestLaws(t *testing.T) { strategytest.Store(t, newMyStore) }
package strategytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// Store checks every law on stores that open makes. The stores may share one
// database: each law has owners of its own.
func Store(t *testing.T, open func(t *testing.T) library.Store) {
	for _, law := range []struct {
		name, text string
		check      func(t *testing.T, s library.Store, owner tradekeel.UserID)
	}{
		{"RoundTrip", "what was stored comes back whole: documents byte by byte, times to the microsecond", roundTrip},
		{"Exists", "an id is taken once", exists},
		{"Owner", "another owner's strategy is not found, by any method, and not changed", owners},
		{"List", "a list is newest first, pages neither skip nor repeat while rows are added", list},
		{"Filter", "names are found by a part, in capitals or small, taken as it stands; archived ones are apart", filter},
		{"ListByNumber", "pages by number and the total agree with the list", listByNumber},
		{"BadCursor", "a cursor that is none is Invalid", badCursor},
		{"Versions", "versions are found by number, 0 is the latest, and are listed from the latest without documents", versions},
		{"Change", "an error of the change changes nothing and is returned; so does a change of id, owner or number", change},
		{"Replace", "a version that was never used is replaced, one that was used never changes", replace},
		{"Concurrent", "of concurrent saves none is lost, and numbers have no holes", concurrent},
		{"UseWhileSaving", "what was used is what it was when it was used, whatever is saved at the same time", useWhileSaving},
		{"Base", "of concurrent saves on one base one succeeds", base},
		{"Limit", "of twenty concurrent creations up to a limit, exactly so many are there", limited},
		{"Delete", "what was never used is removed with its versions, what was used stays", remove},
		{"DeleteWhileUsing", "of a delete and a use at the same time one fails", deleteWhileUsing},
		{"Canceled", "a canceled context is Canceled and stores nothing", canceled},
	} {
		t.Run(law.name, func(t *testing.T) {
			t.Log("law: " + law.text)
			law.check(t, open(t), tradekeel.UserID(tradekeel.NewID("usr", time.Now())))
		})
	}
}

// many is a limit that no law reaches unless it is about the limit.
const many = 1000

var start = time.Date(2026, 11, 23, 6, 0, 0, 123456000, time.UTC)

// sample makes a strategy and its first version.
func sample(owner tradekeel.UserID, n int) (library.Strategy, library.Version) {
	at := start.Add(time.Duration(n) * time.Second)
	id := library.ID(tradekeel.NewID("str", at))
	v := versionOf(id, 1, fmt.Sprintf("first of %d", n), at)
	return library.Strategy{
		ID: id, Owner: owner, Name: fmt.Sprintf("Strategy %d", n), Description: "ünïcödé ' \" \\ ? ?0 $1 %s",
		Created: at, Updated: at.Add(time.Minute), Latest: 1, Hash: v.Hash, Draft: true,
	}, v
}

func versionOf(id library.ID, number int, text string, at time.Time) library.Version {
	// The order of keys and a long number would not survive in a column of JSON.
	raw := fmt.Sprintf(`{"z":%q,"a":0.10000000000000000000000000000000000000001,"é":"? ' \\ \u0001"}`, text)
	return library.Version{Strategy: id, Number: number, Document: json.RawMessage(raw), Hash: "hash of " + text, Note: "note of " + text, Created: at}
}

func create(t *testing.T, s library.Store, owner tradekeel.UserID, n int) library.Strategy {
	t.Helper()
	st, v := sample(owner, n)
	must(t, s.Create(t.Context(), st, v, many))
	return st
}

// use marks a version as used.
func use(ctx context.Context, s library.Store, owner tradekeel.UserID, id library.ID, number int) (library.Version, error) {
	_, v, err := s.Change(ctx, owner, id, number, func(_ *library.Strategy, v *library.Version) error {
		if !v.Used() {
			v.UsedAt = start.Add(time.Hour)
		}
		return nil
	})
	return v, err
}

// save adds a version, or replaces the latest when it was never used.
func save(ctx context.Context, s library.Store, owner tradekeel.UserID, id library.ID, text string) (library.Version, error) {
	_, v, err := s.Change(ctx, owner, id, 0, func(_ *library.Strategy, v *library.Version) error {
		number := v.Number
		if v.Used() {
			number++
		}
		*v = versionOf(id, number, text, start)
		return nil
	})
	return v, err
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

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
		t.Errorf("it came back as\n%s\nwant\n%s", a, b)
	}
}

func roundTrip(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st, v := sample(owner, 1)
	v.Document = json.RawMessage(`{"text":"` + strings.Repeat("é", 100_000) + `"}`)
	must(t, s.Create(ctx, st, v, many))
	got, err := s.Get(ctx, owner, st.ID)
	must(t, err)
	equal(t, got, st)
	first, err := s.Version(ctx, owner, st.ID, 1)
	must(t, err)
	equal(t, first, v)
	wanted := versionOf(st.ID, 2, "second", start.Add(time.Hour+time.Microsecond))
	wanted.UsedAt = start.Add(2 * time.Hour)
	changed, second, err := s.Change(ctx, owner, st.ID, 0, func(st *library.Strategy, v *library.Version) error {
		st.Name, st.Description, st.Archived, st.Updated = "Другое", "", true, start.Add(3*time.Hour+999*time.Nanosecond)
		*v = wanted
		return nil
	})
	must(t, err)
	st.Name, st.Description, st.Archived, st.Updated = "Другое", "", true, start.Add(3*time.Hour)
	st.Latest, st.Hash, st.Draft = 2, wanted.Hash, false
	equal(t, changed, st)
	equal(t, second, wanted)
	got, err = s.Get(ctx, owner, st.ID)
	must(t, err)
	equal(t, got, st)
	for number, want := range map[int]library.Version{0: wanted, 1: v, 2: wanted} {
		got, err := s.Version(ctx, owner, st.ID, number)
		must(t, err)
		equal(t, got, want)
	}
	// What a caller does to what it got is its own affair.
	second.Document[0] = 'x'
	again, err := s.Version(ctx, owner, st.ID, 2)
	must(t, err)
	equal(t, again, wanted)
}

func exists(t *testing.T, s library.Store, owner tradekeel.UserID) {
	st, v := sample(owner, 1)
	must(t, s.Create(t.Context(), st, v, many))
	want(t, "creating an id twice", s.Create(t.Context(), st, v, many), library.ErrExists)
	st.Owner += "_other"
	want(t, "taking another's id", s.Create(t.Context(), st, v, many), library.ErrExists)
	got, err := s.Get(t.Context(), owner, st.ID)
	if must(t, err); got.Owner != owner {
		t.Errorf("it belongs to %s", got.Owner)
	}
}

func owners(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	for _, other := range []tradekeel.UserID{owner + "_other", owner[:len(owner)-1], ""} {
		_, err := s.Get(ctx, other, st.ID)
		notTheirs(t, "Get", other, err)
		_, err = s.Version(ctx, other, st.ID, 1)
		notTheirs(t, "Version", other, err)
		_, err = s.Version(ctx, other, st.ID, 0)
		notTheirs(t, "Version", other, err)
		_, err = s.Versions(ctx, other, st.ID, tradekeel.PageRequest{})
		notTheirs(t, "Versions", other, err)
		_, _, err = s.Change(ctx, other, st.ID, 0, func(*library.Strategy, *library.Version) error {
			t.Error("another owner's strategy reached the change")
			return nil
		})
		notTheirs(t, "Change", other, err)
		notTheirs(t, "Delete", other, s.Delete(ctx, other, st.ID))
		page, err := s.List(ctx, other, library.Filter{}, tradekeel.PageRequest{})
		if len(page.Items) != 0 || err != nil && other != "" {
			t.Errorf("another owner's list has %d rows, %v", len(page.Items), err)
		}
	}
	got, err := s.Get(ctx, owner, st.ID)
	must(t, err)
	equal(t, got, st)
}

// notTheirs wants ErrNotFound; nobody may be refused in another way, too.
func notTheirs(t *testing.T, what string, other tradekeel.UserID, err error) {
	t.Helper()
	if err == nil || other != "" && !errors.Is(err, library.ErrNotFound) {
		t.Errorf("%s as %q gave %v", what, other, err)
	}
}

func list(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	var made []library.ID
	for n := range 9 {
		made = append(made, create(t, s, owner, n/2).ID) // pairs share their time: the id decides
	}
	at := tradekeel.PageRequest{Size: 2}
	last := start.Add(time.Hour)
	once := map[library.ID]int{}
	for pages := 0; ; pages++ {
		page, err := s.List(ctx, owner, library.Filter{}, at)
		must(t, err)
		for i := range page.Items {
			st := &page.Items[i]
			if st.Created.After(last) {
				t.Errorf("%s of %s comes after %s", st.ID, st.Created, last)
			}
			last = st.Created
			once[st.ID]++
		}
		if page.Next == "" {
			break
		}
		at.Cursor = page.Next
		if pages < 3 { // newer rows come before the first page; a change moves nothing
			create(t, s, owner, 100+pages)
			_, err := save(ctx, s, owner, made[pages], "changed")
			must(t, err)
		}
	}
	for _, id := range made {
		if once[id] != 1 {
			t.Errorf("%s was shown %d times", id, once[id])
		}
	}
}

func filter(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	for n, name := range []string{"Dip Buyer", "100% Größe_1", "a!b", `back\slash`, "it's", "Archived dip"} {
		st, v := sample(owner, n)
		st.Name, st.Archived = name, n == 5
		must(t, s.Create(ctx, st, v, many))
	}
	for _, c := range []struct {
		filter library.Filter
		want   int
	}{
		{library.Filter{}, 5},
		{library.Filter{Archived: true}, 1},
		{library.Filter{Name: "DIP"}, 1},
		{library.Filter{Name: "dip", Archived: true}, 1},
		{library.Filter{Name: "GRÖSSE"}, 0},
		{library.Filter{Name: "GRÖ"}, 1},
		{library.Filter{Name: "%"}, 1},
		{library.Filter{Name: "_"}, 1},
		{library.Filter{Name: "!"}, 1},
		{library.Filter{Name: `\`}, 1},
		{library.Filter{Name: "'"}, 1},
		{library.Filter{Name: "r%r"}, 0},
		{library.Filter{Name: "' OR 1=1 --"}, 0},
	} {
		page, err := s.List(ctx, owner, c.filter, tradekeel.PageRequest{Total: true})
		if must(t, err); len(page.Items) != c.want || *page.Total != int64(c.want) {
			t.Errorf("%+v lists %d of %d, want %d", c.filter, len(page.Items), *page.Total, c.want)
		}
	}
}

func listByNumber(t *testing.T, s library.Store, owner tradekeel.UserID) {
	for n := range 5 {
		create(t, s, owner, n)
	}
	count := 0
	for number := 1; number <= 4; number++ {
		page, err := s.List(t.Context(), owner, library.Filter{}, tradekeel.PageRequest{Size: 2, Number: number, Total: true})
		must(t, err)
		if page.Total == nil || *page.Total != 5 {
			t.Errorf("the total is %v, want 5", page.Total)
		}
		count += len(page.Items)
	}
	if count != 5 {
		t.Errorf("four pages hold %d, want 5", count)
	}
}

func badCursor(t *testing.T, s library.Store, owner tradekeel.UserID) {
	st := create(t, s, owner, 1)
	for _, r := range []tradekeel.PageRequest{{Cursor: "%%%"}, {Cursor: "e30x"}, {Size: -1}, {Size: tradekeel.MaxPageSize + 1}, {Cursor: "e30", Number: 2}} {
		_, err := s.List(t.Context(), owner, library.Filter{}, r)
		want(t, fmt.Sprintf("a list of %+v", r), err, tradekeel.ErrInvalid)
		_, err = s.Versions(t.Context(), owner, st.ID, r)
		want(t, fmt.Sprintf("versions of %+v", r), err, tradekeel.ErrInvalid)
	}
}

func versions(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	create(t, s, owner, 2) // its versions are not among them
	for n := 2; n <= 5; n++ {
		_, err := use(ctx, s, owner, st.ID, 0)
		must(t, err)
		_, err = save(ctx, s, owner, st.ID, fmt.Sprint("text ", n))
		must(t, err)
	}
	for _, number := range []int{-1, 6, 1 << 40} {
		_, err := s.Version(ctx, owner, st.ID, number)
		want(t, fmt.Sprint("version ", number), err, library.ErrNoVersion)
		_, _, err = s.Change(ctx, owner, st.ID, number, func(*library.Strategy, *library.Version) error { return nil })
		want(t, fmt.Sprint("a change of version ", number), err, library.ErrNoVersion)
	}
	_, err := s.Version(ctx, owner, "str_none", 1)
	want(t, "a version of nothing", err, library.ErrNotFound)
	_, err = s.Versions(ctx, owner, "str_none", tradekeel.PageRequest{})
	want(t, "versions of nothing", err, library.ErrNotFound)
	var numbers []int
	for at := (tradekeel.PageRequest{Size: 2, Total: true}); ; {
		page, err := s.Versions(ctx, owner, st.ID, at)
		must(t, err)
		if *page.Total != 5 {
			t.Errorf("the total is %d", *page.Total)
		}
		for i := range page.Items {
			v := &page.Items[i]
			numbers = append(numbers, v.Number)
			if v.Document != nil || v.Note == "" || v.Used() != (v.Number < 5) || v.Strategy != st.ID {
				t.Errorf("listed is %+v", v)
			}
		}
		if at.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	if !slices.Equal(numbers, []int{5, 4, 3, 2, 1}) {
		t.Errorf("the numbers are %v", numbers)
	}
}

func change(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	reason := errors.New("no")
	for name, c := range map[string]struct {
		fn   func(*library.Strategy, *library.Version) error
		want error
	}{
		"an error": {func(st *library.Strategy, v *library.Version) error {
			st.Name, v.Hash, v.Document[2] = "x", "x", 'x'
			return reason
		}, reason},
		"another id":       {func(st *library.Strategy, _ *library.Version) error { st.ID = "str_x"; return nil }, nil},
		"another owner":    {func(st *library.Strategy, _ *library.Version) error { st.Owner += "x"; return nil }, nil},
		"another strategy": {func(_ *library.Strategy, v *library.Version) error { v.Strategy = "str_x"; return nil }, nil},
		"a hole":           {func(_ *library.Strategy, v *library.Version) error { v.Number = 3; return nil }, nil},
		"number 0":         {func(_ *library.Strategy, v *library.Version) error { v.Number = 0; return nil }, nil},
	} {
		_, _, err := s.Change(ctx, owner, st.ID, 0, c.fn)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	// What follows from the versions is not to be set.
	_, _, err := s.Change(ctx, owner, st.ID, 0, func(st *library.Strategy, _ *library.Version) error {
		st.Latest, st.Hash, st.Draft = 7, "x", false
		return nil
	})
	must(t, err)
	got, err := s.Get(ctx, owner, st.ID)
	must(t, err)
	equal(t, got, st)
	v, err := s.Version(ctx, owner, st.ID, 0)
	must(t, err)
	_, first := sample(owner, 1)
	first.Strategy = st.ID
	equal(t, v, first)
	_, _, err = s.Change(ctx, owner, "str_none", 0, func(*library.Strategy, *library.Version) error { return nil })
	want(t, "a change of nothing", err, library.ErrNotFound)
}

func replace(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	v, err := save(ctx, s, owner, st.ID, "replaced")
	must(t, err)
	equal(t, v, versionOf(st.ID, 1, "replaced", start))
	used, err := use(ctx, s, owner, st.ID, 1)
	must(t, err)
	if after, err := s.Get(ctx, owner, st.ID); err != nil || after.Draft || after.Latest != 1 || after.Hash != v.Hash {
		t.Errorf("after the use: %+v, %v", after, err)
	}
	for name, fn := range map[string]func(*library.Version){
		"document": func(v *library.Version) { v.Document = json.RawMessage(`{}`) },
		"hash":     func(v *library.Version) { v.Hash = "x" },
		"note":     func(v *library.Version) { v.Note = "x" },
		"created":  func(v *library.Version) { v.Created = start.Add(time.Hour) },
		"used":     func(v *library.Version) { v.UsedAt = time.Time{} },
		"later":    func(v *library.Version) { v.UsedAt = v.UsedAt.Add(time.Second) },
	} {
		_, _, err := s.Change(ctx, owner, st.ID, 1, func(_ *library.Strategy, v *library.Version) error { fn(v); return nil })
		want(t, "a change of its "+name, err, library.ErrUsed)
	}
	_, err = save(ctx, s, owner, st.ID, "second")
	must(t, err)
	// The strategy may change around an old version.
	after, _, err := s.Change(ctx, owner, st.ID, 1, func(st *library.Strategy, _ *library.Version) error { st.Name = "renamed"; return nil })
	if must(t, err); after.Name != "renamed" || after.Latest != 2 || !after.Draft || after.Hash != "hash of second" {
		t.Errorf("after a rename beside version 1: %+v", after)
	}
	got, err := s.Version(ctx, owner, st.ID, 1)
	must(t, err)
	equal(t, got, used)
}

func concurrent(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	_, err := use(ctx, s, owner, st.ID, 1)
	must(t, err)
	const saves = 30
	var all sync.WaitGroup
	for n := range saves {
		all.Go(func() {
			_, _, err := s.Change(ctx, owner, st.ID, 0, func(_ *library.Strategy, v *library.Version) error {
				*v = versionOf(st.ID, v.Number+1, fmt.Sprint("save ", n), start)
				v.UsedAt = start
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := s.Get(ctx, owner, st.ID)
	if must(t, err); got.Latest != saves+1 {
		t.Errorf("the latest is %d, want %d", got.Latest, saves+1)
	}
	hashes := map[string]bool{}
	for number := 2; number <= saves+1; number++ {
		v, err := s.Version(ctx, owner, st.ID, number)
		must(t, err)
		hashes[v.Hash] = true
		if number == got.Latest && v.Hash != got.Hash {
			t.Errorf("the strategy says %s, its latest version %s", got.Hash, v.Hash)
		}
	}
	if len(hashes) != saves {
		t.Errorf("%d saves are there, want %d", len(hashes), saves)
	}
}

func useWhileSaving(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st := create(t, s, owner, 1)
	var mu sync.Mutex
	used := map[int]library.Version{}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for n := range 10 {
				if _, err := save(ctx, s, owner, st.ID, fmt.Sprintf("save %d of %d", n, worker)); err != nil {
					t.Error(err)
				}
				if worker > 1 {
					continue
				}
				v, err := use(ctx, s, owner, st.ID, 0)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if before, ok := used[v.Number]; ok && before.Hash != v.Hash {
					t.Errorf("version %d was used as %s and as %s", v.Number, before.Hash, v.Hash)
				}
				used[v.Number] = v
				mu.Unlock()
			}
		})
	}
	all.Wait()
	got, err := s.Get(ctx, owner, st.ID)
	must(t, err)
	if drafts := got.Latest - len(used); drafts < 0 || drafts > 1 || got.Draft != (drafts == 1) {
		t.Errorf("of %d versions %d were used; draft is %t", got.Latest, len(used), got.Draft)
	}
	for number, was := range used {
		v, err := s.Version(ctx, owner, st.ID, number)
		must(t, err)
		equal(t, v, was)
	}
}

func base(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	for _, draft := range []bool{true, false} {
		st := create(t, s, owner, 1)
		if !draft {
			_, err := use(ctx, s, owner, st.ID, 1)
			must(t, err)
		}
		base := st.Base()
		var saved sync.Map
		var all sync.WaitGroup
		for n := range 12 {
			all.Go(func() {
				_, v, err := s.Change(ctx, owner, st.ID, 0, func(now *library.Strategy, v *library.Version) error {
					if now.Base() != base {
						return library.ErrChanged
					}
					number := v.Number
					if v.Used() {
						number++
					}
					*v = versionOf(st.ID, number, fmt.Sprint("save ", n), start)
					return nil
				})
				if err == nil {
					saved.Store(n, v.Hash)
				} else if !errors.Is(err, library.ErrChanged) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := s.Get(ctx, owner, st.ID)
		must(t, err)
		count := 0
		saved.Range(func(_, hash any) bool {
			if count++; hash != got.Hash {
				t.Errorf("%v was saved, %s is there", hash, got.Hash)
			}
			return true
		})
		if wanted := map[bool]int{true: 1, false: 2}[draft]; count != 1 || got.Latest != wanted {
			t.Errorf("%d saves succeeded and the latest is %d, want 1 and %d", count, got.Latest, wanted)
		}
	}
}

func limited(t *testing.T, s library.Store, owner tradekeel.UserID) {
	for _, limit := range []int{1, 3} {
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				st, v := sample(owner, n)
				if err := s.Create(t.Context(), st, v, limit); err != nil && !errors.Is(err, library.ErrLimit) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		page, err := s.List(t.Context(), owner, library.Filter{}, tradekeel.PageRequest{Total: true})
		if must(t, err); len(page.Items) != limit {
			t.Errorf("with a limit of %d there are %d", limit, len(page.Items))
		}
	}
	// Archived ones count, others' do not.
	page, err := s.List(t.Context(), owner, library.Filter{}, tradekeel.PageRequest{})
	must(t, err)
	_, _, err = s.Change(t.Context(), owner, page.Items[0].ID, 0, func(st *library.Strategy, _ *library.Version) error { st.Archived = true; return nil })
	must(t, err)
	st, v := sample(owner, 0)
	want(t, "one more", s.Create(t.Context(), st, v, 3), library.ErrLimit)
	_, err = s.Get(t.Context(), owner, st.ID)
	want(t, "what the limit refused", err, library.ErrNotFound)
	st, v = sample(owner+"_other", 0)
	must(t, s.Create(t.Context(), st, v, 1))
}

func remove(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	st, other := create(t, s, owner, 1), create(t, s, owner, 2)
	must(t, s.Delete(ctx, owner, st.ID))
	_, err := s.Get(ctx, owner, st.ID)
	want(t, "Get", err, library.ErrNotFound)
	_, err = s.Version(ctx, owner, st.ID, 1)
	want(t, "Version", err, library.ErrNotFound)
	want(t, "a second Delete", s.Delete(ctx, owner, st.ID), library.ErrNotFound)
	_, err = use(ctx, s, owner, other.ID, 1)
	must(t, err)
	_, err = save(ctx, s, owner, other.ID, "second") // the latest is not used: the first is
	must(t, err)
	want(t, "deleting what was used", s.Delete(ctx, owner, other.ID), library.ErrUsed)
	for number := 1; number <= 2; number++ {
		_, err = s.Version(ctx, owner, other.ID, number)
		must(t, err)
	}
	// An id that is free again begins anew.
	again, v := sample(owner, 1)
	again.ID, v.Strategy = st.ID, st.ID
	must(t, s.Create(ctx, again, v, many))
}

func deleteWhileUsing(t *testing.T, s library.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	for n := range 10 {
		st := create(t, s, owner, n)
		var all sync.WaitGroup
		var used, deleted error
		all.Go(func() { _, used = use(ctx, s, owner, st.ID, 1) })
		all.Go(func() { deleted = s.Delete(ctx, owner, st.ID) })
		all.Wait()
		_, err := s.Get(ctx, owner, st.ID)
		switch {
		case used == nil && errors.Is(deleted, library.ErrUsed) && err == nil:
		case deleted == nil && errors.Is(used, library.ErrNotFound) && errors.Is(err, library.ErrNotFound):
		default:
			t.Errorf("use gave %v, delete %v, and then Get %v", used, deleted, err)
		}
	}
}

func canceled(t *testing.T, s library.Store, owner tradekeel.UserID) {
	if _, memory := s.(*library.MemoryStore); memory {
		return // it never waits, so that it need not look at the context
	}
	st := create(t, s, owner, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	more, v := sample(owner, 2)
	want(t, "Create", s.Create(ctx, more, v, many), tradekeel.ErrCanceled)
	_, err := s.Get(t.Context(), owner, more.ID)
	want(t, "Get", err, library.ErrNotFound)
	_, err = save(ctx, s, owner, st.ID, "lost")
	want(t, "Change", err, tradekeel.ErrCanceled)
	got, err := s.Get(t.Context(), owner, st.ID)
	must(t, err)
	equal(t, got, st)
}
