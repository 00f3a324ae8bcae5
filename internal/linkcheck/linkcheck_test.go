package linkcheck

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	pages, err := findPages(root)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(pages, "CONTRIBUTING.md") {
		t.Fatalf("found no CONTRIBUTING.md among %d pages", len(pages))
	}
	for _, fault := range checkPages(root, pages) {
		t.Error(fault)
	}
}

// TestDecisionsAreListed holds that the index of decisions names each record.
func TestDecisionsAreListed(t *testing.T) {
	t.Parallel()
	for _, fault := range checkDecisions(os.DirFS("../../docs/decisions")) {
		t.Error(fault)
	}
}

// findPages lists the Markdown files that readers see.
func findPages(root fs.FS) ([]string, error) {
	var pages []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && base != ".github" &&
			(strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules"):
			return fs.SkipDir
		case !entry.IsDir() && path.Ext(base) == ".md":
			pages = append(pages, name)
		}
		return nil
	})
	return pages, err
}

// checkPages follows the relative links of the pages and returns a sentence for
// each that leads nowhere.
func checkPages(root fs.FS, pages []string) []string {
	var faults []string
	for _, page := range pages {
		text, err := fs.ReadFile(root, page)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		for _, l := range links(string(text)) {
			if why := follow(root, page, l.target); why != "" {
				faults = append(faults, fmt.Sprintf("%s:%d: %s: %s", page, l.line, l.target, why))
			}
		}
	}
	return faults
}

// follow says why a link on a page leads nowhere, or "".
func follow(root fs.FS, page, target string) string {
	parsed, err := url.Parse(target)
	switch {
	case err != nil:
		return "not a URL"
	case parsed.Scheme != "" || parsed.Host != "":
		return ""
	}
	name := page
	switch {
	case strings.HasPrefix(parsed.Path, "/"):
		name = path.Clean(parsed.Path[1:])
	case parsed.Path != "":
		name = path.Join(path.Dir(page), parsed.Path)
	}
	if !fs.ValidPath(name) {
		return "leaves the repository"
	}
	stat, err := fs.Stat(root, name)
	switch {
	case err != nil:
		return "no such file"
	case parsed.Fragment == "" || stat.IsDir():
		return ""
	}
	return findAnchor(root, name, parsed.Fragment)
}

var lineAnchor = regexp.MustCompile(`^L(\d+)(?:-L(\d+))?$`)

func findAnchor(root fs.FS, name, anchor string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return err.Error()
	}
	if path.Ext(name) == ".md" {
		if !anchors(string(text))[anchor] {
			return "no such heading"
		}
		return ""
	}
	match := lineAnchor.FindStringSubmatch(anchor)
	if match == nil {
		return "neither a heading nor a line"
	}
	for _, digits := range match[1:] {
		if digits == "" {
			continue
		}
		if n, err := strconv.Atoi(digits); err != nil || n < 1 || n > strings.Count(string(text), "\n") {
			return "no such line"
		}
	}
	return ""
}

var record = regexp.MustCompile(`^\d{4}-[a-z0-9-]+\.md$`)

// checkDecisions compares the records in a folder with its index and their
// numbers with each other.
func checkDecisions(folder fs.FS) []string {
	index, err := fs.ReadFile(folder, "README.md")
	if err != nil {
		return []string{err.Error()}
	}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	seen := map[string]string{}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case name == "README.md" || name == "template.md":
			continue
		case !record.MatchString(name):
			faults = append(faults, name+": records are named like 0001-what-was-decided.md")
			continue
		case !strings.Contains(string(index), "]("+name+")"):
			faults = append(faults, name+": README.md does not list it")
		}
		if other := seen[name[:4]]; other != "" {
			faults = append(faults, name+": has the number of "+other)
		}
		seen[name[:4]] = name
	}
	return faults
}

func TestFollow(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"README.md":      {Data: []byte("# Top\n## A `go run` of it, twice!\n## Same\n## Same\n<a id=\"hand\"></a>\n```\n# not a heading\n```\n")},
		"docs/a page.md": {Data: []byte("# Over\n")},
		"docs/b.md":      {Data: []byte("")},
		"money/money.go": {Data: []byte("package money\n\nvar x int\n")},
	}
	for target, want := range map[string]string{
		"../README.md":                      "",
		"/README.md#top":                    "",
		"../README.md#a-go-run-of-it-twice": "",
		"../README.md#same-1":               "",
		"../README.md#hand":                 "",
		"a%20page.md#over":                  "",
		"../money":                          "",
		"../money/":                         "",
		"../money/money.go#L3":              "",
		"../money/money.go#L1-L3":           "",
		"https://example.com/gone":          "",
		"mailto:a@example.com":              "",
		"../README.md#same-2":               "no such heading",
		"../README.md#not-a-heading":        "no such heading",
		"../README.md#Top":                  "no such heading",
		"c.md":                              "no such file",
		"../../up.md":                       "leaves the repository",
		"../money/money.go#L4":              "no such line",
		"../money/money.go#Amount":          "neither a heading nor a line",
		"#over":                             "no such heading",
	} {
		if got := follow(root, "docs/b.md", target); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

func TestCheckPagesSees(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"a.md": {Data: []byte("Fine: [b](b.md 'title'), ![c](c.png).\n" +
			"Gone: [x](x1.md), ![y](x2.png), <img src=\"x3.png\">.\n\n" +
			"[ref]: x4.md\n\n" +
			"Code: `[z](no.md)`.\n\n```md\n[z](no.md)\n```\nAfter: [w](x5.md)\n")},
		"b.md":                {Data: []byte("# B\n")},
		"c.png":               {Data: []byte{}},
		"testdata/x.md":       {Data: []byte("[x](no.md)\n")},
		".git/x.md":           {Data: []byte("[x](no.md)\n")},
		".github/pull.md":     {Data: []byte("[x](x6.md)\n")},
		"node_modules/m/m.md": {Data: []byte("[x](no.md)\n")},
	}
	pages, err := findPages(root)
	if err != nil {
		t.Fatal(err)
	}
	got := checkPages(root, pages)
	want := []string{
		".github/pull.md:1: x6.md: no such file",
		"a.md:2: x1.md: no such file",
		"a.md:2: x2.png: no such file",
		"a.md:2: x3.png: no such file",
		"a.md:4: x4.md: no such file",
		"a.md:11: x5.md: no such file",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckDecisionsSees(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{
		"README.md":    {Data: []byte("[one](0001-one.md) [two](0002-two.md)\n")},
		"template.md":  {},
		"0001-one.md":  {},
		"0002-two.md":  {},
		"0002-also.md": {},
		"notes.md":     {},
	}
	got := checkDecisions(folder)
	want := []string{
		"0002-also.md: README.md does not list it",
		"0002-two.md: has the number of 0002-also.md",
		"notes.md: records are named like 0001-what-was-decided.md",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
