package archtest

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// rule is one promise about the whole source tree.
type rule struct {
	name  string
	check func(*tree) []violation
	// breaks are trees that the rule must refuse, keeps are trees that it must
	// let pass.
	breaks []broken
	keeps  []kept
}

// broken is a tree with one fault: the message names file and says the words.
type broken struct {
	name  string
	files map[string]string
	file  string
	words string
}

// kept is a tree without a fault.
type kept struct {
	name  string
	files map[string]string
}

func rules() []rule {
	return []rule{
		tierRule(), domainRule(), edgeRule(), wireRule(), testingRule(),
		initRule(), exitRule(), stateRule(), pureRule(), floatRule(),
		commentRule(), lengthRule(),
	}
}

// plant makes a tree of the given files.
func plant(t *testing.T, files map[string]string) *tree {
	t.Helper()
	planted := fstest.MapFS{}
	for name, source := range files {
		planted[name] = &fstest.MapFile{Data: []byte(source)}
	}
	tr, err := loadTree(planted)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// importing makes a file of package name that imports the targets; one that
// starts with a slash is a package of this module.
func importing(name string, targets ...string) string {
	source := "// Package " + name + " is planted.\npackage " + name + "\n"
	for _, target := range targets {
		if strings.HasPrefix(target, "/") {
			target = strings.TrimSuffix(module+target, "/")
		}
		source += "import _ \"" + target + "\"\n"
	}
	return source
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	tr, err := moduleTree()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../../go.mod"); err != nil || len(tr.files) < 10 {
		t.Fatalf("the root of the module is not two folders up: %d files, %v", len(tr.files), err)
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			found := r.check(tr)
			slices.SortFunc(found, func(a, b violation) int { return cmp.Compare(a.file, b.file) })
			for _, v := range found {
				t.Error(v)
			}
		})
	}
}

func TestRulesSee(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		if len(r.breaks) == 0 || len(r.keeps) == 0 {
			t.Errorf("rule %q: needs a tree that breaks it and one that keeps it", r.name)
		}
		for _, c := range r.breaks {
			t.Run(r.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				found := r.check(plant(t, c.files))
				if len(found) != 1 {
					t.Fatalf("got %d violations, want 1: %v", len(found), found)
				}
				if name, _, _ := strings.Cut(found[0].file, ":"); name != c.file {
					t.Errorf("names %q, want %q", name, c.file)
				}
				if !strings.Contains(found[0].what, c.words) {
					t.Errorf("says %q, want %q in it", found[0].what, c.words)
				}
			})
		}
		for _, c := range r.keeps {
			t.Run(r.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				for _, v := range r.check(plant(t, c.files)) {
					t.Errorf("refused a good tree: %v", v)
				}
			})
		}
	}
}
