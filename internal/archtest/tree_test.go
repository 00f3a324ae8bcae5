package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the import path of the root package.
const module = "github.com/tradekeel/tradekeel"

// tree is the source of the module: every Go file outside testdata, hidden
// folders and nested modules, whatever its build tags.
type tree struct {
	fset  *token.FileSet
	files []*file
}

// file is one Go file.
type file struct {
	path  string // with slashes, relative to the root of the module
	dir   string // folder of the package; "." is the root
	test  bool   // ends in _test.go
	lines int
	ast   *ast.File
}

// violation is one place that breaks a rule.
type violation struct {
	file string // path, with the line where there is one
	what string // what stands there and which rule it breaks
}

func (v violation) String() string { return v.file + ": " + v.what }

// loadTree parses the module whose root is fsys.
func loadTree(fsys fs.FS) (*tree, error) {
	tr := &tree{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(fsys, name)
		}
		if path.Ext(name) != ".go" || hidden(path.Base(name)) {
			return nil
		}
		return tr.add(fsys, name)
	})
	return tr, err
}

// skipFolder returns fs.SkipDir for a folder that is not source of this module.
func skipFolder(fsys fs.FS, name string) error {
	base := path.Base(name)
	switch {
	case name == ".":
		return nil
	case hidden(base), base == "testdata", base == "node_modules", base == "vendor":
		return fs.SkipDir
	}
	_, err := fs.Stat(fsys, path.Join(name, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fs.SkipDir
}

// hidden reports a name that the go command ignores.
func hidden(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

func (tr *tree) add(fsys fs.FS, name string) error {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(tr.fset, name, source, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	if ignored(parsed) {
		return nil
	}
	tr.files = append(tr.files, &file{
		path:  name,
		dir:   path.Dir(name),
		test:  strings.HasSuffix(name, "_test.go"),
		lines: strings.Count(string(source), "\n"),
		ast:   parsed,
	})
	return nil
}

// ignored reports a program beside a package that only `go run` compiles.
func ignored(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if comment.Pos() < f.Package && strings.TrimSpace(comment.Text) == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// at names the place of a node.
func (tr *tree) at(f *file, node ast.Node) string {
	return f.path + ":" + strconv.Itoa(tr.fset.Position(node.Pos()).Line)
}

// imports returns the import paths of f by their place in the file.
func (f *file) imports() map[*ast.ImportSpec]string {
	found := make(map[*ast.ImportSpec]string, len(f.ast.Imports))
	for _, spec := range f.ast.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it already
		}
		found[spec] = target
	}
	return found
}

// localName returns the name under which f uses the package target, or "".
func (f *file) localName(target string) string {
	for spec, found := range f.imports() {
		switch {
		case found != target:
		case spec.Name != nil:
			return spec.Name.Name
		default:
			return path.Base(target)
		}
	}
	return ""
}

// folderOf returns the folder of a package of this module.
func folderOf(target string) (string, bool) {
	if target == module {
		return ".", true
	}
	return strings.CutPrefix(target, module+"/")
}

// thirdParty reports an import that is neither ours nor the standard library's.
func thirdParty(target string) bool {
	if _, ours := folderOf(target); ours {
		return false
	}
	first, _, _ := strings.Cut(target, "/")
	return strings.Contains(first, ".")
}

// within reports whether folder is parent or lies below it.
func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// moduleTree is the tree of this module, parsed once.
var moduleTree = sync.OnceValues(func() (*tree, error) { return loadTree(os.DirFS("../..")) })

func TestLoadTreeSkips(t *testing.T) {
	t.Parallel()
	tr := plant(t, map[string]string{
		"a/a.go":                "package a",
		"a/testdata/b.go":       "not Go at all",
		"a/.hidden/c.go":        "not Go at all",
		"a/_old/d.go":           "not Go at all",
		"web/node_modules/n.go": "not Go at all",
		"nested/go.mod":         "module nested",
		"nested/e.go":           "not Go at all",
		"a/gen.go":              "//go:build ignore\n\npackage main",
		"wire.go":               "//go:build wireinject\n\npackage tradekeel",
	})
	if len(tr.files) != 2 || tr.files[0].path != "a/a.go" || tr.files[1].dir != "." {
		t.Errorf("got %d files, first %q; want a/a.go and wire.go", len(tr.files), tr.files[0].path)
	}
}
