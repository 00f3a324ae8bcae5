package securitymd

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the table into SECURITY.md")

const (
	begin = "<!-- table: begin (go test ./internal/securitymd -update) -->\n"
	end   = "<!-- table: end -->\n"
)

func TestTable(t *testing.T) {
	t.Parallel()
	const file = "../../SECURITY.md"
	tests, err := findTests(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if unknown := unknownTests(tests); len(unknown) > 0 {
		t.Errorf("these tests are named after no item: %v", unknown)
	}
	present, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := replaceTable(string(present), table(tests))
	if err != nil {
		t.Fatal(err)
	}
	if want == string(present) {
		return
	}
	if !*update {
		t.Fatal("SECURITY.md says something else than the tests; run: go test ./internal/securitymd -update")
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

var testName = regexp.MustCompile(`(?m)^func (TestS(\d\d)_\w+)\(`)

// findTests returns, by item, the tests named after it as `<folder>.<name>`.
func findTests(fsys fs.FS) (map[int][]string, error) {
	found := map[int][]string{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules"):
			return fs.SkipDir
		case entry.IsDir(), !strings.HasSuffix(base, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		for _, match := range testName.FindAllStringSubmatch(string(source), -1) {
			number, err := strconv.Atoi(match[2])
			if err != nil {
				return err
			}
			found[number] = append(found[number], fmt.Sprintf("`%s.%s`", path.Dir(name), match[1]))
		}
		return nil
	})
	for _, names := range found {
		slices.Sort(names)
	}
	return found, err
}

func unknownTests(tests map[int][]string) []string {
	left := maps.Clone(tests)
	for _, i := range items {
		delete(left, i.number)
	}
	var unknown []string
	for _, names := range left {
		unknown = append(unknown, names...)
	}
	return unknown
}

// table returns the items in Markdown, a heading for each area.
func table(tests map[int][]string) string {
	held := 0
	for _, i := range items {
		if len(tests[i.number]) > 0 {
			held++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d items are held by a test.\n", held, len(items))
	area := ""
	for _, i := range items {
		if i.area != area {
			area = i.area
			fmt.Fprintf(&b, "\n### %s\n\n| item | what must hold | state | tests |\n|---|---|---|---|\n", area)
		}
		state := "open"
		if len(tests[i.number]) > 0 {
			state = "held"
		}
		fmt.Fprintf(&b, "| S%02d | %s | %s | %s |\n", i.number, i.holds, state, strings.Join(tests[i.number], "<br>"))
	}
	return b.String()
}

func replaceTable(document, table string) (string, error) {
	before, rest, found := strings.Cut(document, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("the document lacks the line %q or %q", begin, end)
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}

func TestItemsAreNumberedInOrder(t *testing.T) {
	t.Parallel()
	for at, i := range items {
		if i.number != at+1 || i.area == "" || !strings.HasSuffix(i.holds, ".") || strings.Contains(i.holds, "|") {
			t.Errorf("item %d: number %d, area %q, sentence %q", at+1, i.number, i.area, i.holds)
		}
	}
}

func TestFindTests(t *testing.T) {
	t.Parallel()
	planted := fstest.MapFS{
		"auth/b_test.go":          {Data: []byte("func TestS05_Reuse(t *testing.T) {}\n")},
		"auth/a_test.go":          {Data: []byte("x\nfunc TestS05_Parallel(t *testing.T) {}\nfunc TestS99_None(t *testing.T) {}\n")},
		"auth/code.go":            {Data: []byte("func TestS06_NotATest() {}\n")},
		"auth/testdata/a_test.go": {Data: []byte("func TestS07_Skipped() {}\n")},
		"auth/c_test.go":          {Data: []byte("// func TestS08_Comment()\nfunc TestS8_Short() {}\n")},
	}
	tests, err := findTests(planted)
	if err != nil {
		t.Fatal(err)
	}
	if len(tests) != 2 || strings.Join(tests[5], " ") != "`auth.TestS05_Parallel` `auth.TestS05_Reuse`" {
		t.Errorf("found %v", tests)
	}
	if unknown := unknownTests(tests); len(unknown) != 1 || unknown[0] != "`auth.TestS99_None`" {
		t.Errorf("unknown %v", unknown)
	}
}

func TestTableShowsState(t *testing.T) {
	t.Parallel()
	got := table(map[int][]string{5: {"`a.TestS05_A`", "`b.TestS05_B`"}})
	for _, want := range []string{
		"1 of 42 items are held by a test.\n",
		"| held | `a.TestS05_A`<br>`b.TestS05_B` |\n",
		"\n### Custody\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(got, "| open |  |"); n != 41 {
		t.Errorf("%d open items, want 41", n)
	}
}

func TestReplaceTable(t *testing.T) {
	t.Parallel()
	got, err := replaceTable("a\n"+begin+"old\n"+end+"z\n", "new\n")
	if want := "a\n" + begin + "\nnew\n\n" + end + "z\n"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	again, err := replaceTable(got, "new\n")
	if err != nil || again != got {
		t.Errorf("a second run changes it: %q, %v", again, err)
	}
	for _, document := range []string{"", begin, end + begin} {
		if _, err := replaceTable(document, ""); err == nil {
			t.Errorf("%q: no error", document)
		}
	}
}
