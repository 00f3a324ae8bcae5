package archtest

import (
	"go/ast"
	"go/token"
	"slices"
)

// locks are the types that make a package variable shared state.
var locks = map[string][]string{
	"sync": {"Map", "Mutex", "RWMutex", "Once", "WaitGroup", "Cond"},
	"sync/atomic": {
		"Bool", "Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer", "Value",
	},
}

// stateRule keeps two platforms in one process apart: what a package holds in
// its variables, both of them see.
func stateRule() rule {
	return rule{
		name:  "no global state",
		check: checkState,
		breaks: []broken{
			breaksState("assigned", "package bot\nvar n int\nfunc f() { n = 1 }", "n is assigned"),
			breaksState("counted", "package bot\nvar n int\nfunc f() { n++ }", "n is assigned"),
			breaksState("written by key", "package bot\nvar m = map[int]int{}\nfunc f() { m[1] = 2 }", "m is assigned"),
			breaksState("field", "package bot\nvar c struct{ n int }\nfunc f() { c.n += 2 }", "c is assigned"),
			breaksState("deleted", "package bot\nvar m = map[int]int{}\nfunc f() { delete(m, 1) }", "m is changed"),
			breaksState("ranged", "package bot\nvar i int\nfunc f() { for i = range 3 { } }", "i is assigned"),
			breaksState("of another package", "package bot\nimport \"net/http\"\nfunc f() { http.DefaultClient = nil }", "http.DefaultClient is assigned"),
			breaksState("exported map", "package bot\nvar M = map[int]int{}", "M can be changed"),
			breaksState("exported slice", "package bot\nvar S []int", "S can be changed"),
			breaksState("lock", "package bot\nimport \"sync\"\nvar mu sync.Mutex", "mu is shared"),
			breaksState("pointer to a sync.Map", "package bot\nimport \"sync\"\nvar m = &sync.Map{}", "m is shared"),
			breaksState("atomic", "package bot\nimport \"sync/atomic\"\nvar p atomic.Pointer[int]", "p is shared"),
			breaksState("channel", "package bot\nvar c = make(chan int)", "c is shared"),
			{
				name: "assigned in another file", file: "bot/b.go", words: "n is assigned",
				files: map[string]string{
					"bot/a.go": "package bot\nvar n int",
					"bot/b.go": "package bot\nfunc f() { n = 1 }",
				},
			},
		},
		keeps: []kept{{name: "constants in all but name", files: map[string]string{
			"bot/a.go": `package bot
import ("errors"; "sync")
var ErrGone = errors.New("gone")
var names = [...]string{"a"}
var table = map[string]int{"a": 1}
var load = sync.OnceValue(func() int { return 1 })
var _ interface{} = ErrGone
type s struct{ table map[string]int }
func f(names map[int]int) { names[1] = 2; table := 3; table++; var x s; _ = x; x.table["a"] = 1; delete(x.table, "a") }
`,
			"bot/a_test.go": "package bot\nvar n int\nfunc g() { n++ }",
		}}},
	}
}

func breaksState(name, source, words string) broken {
	return broken{name: name, file: "bot/bot.go", words: words, files: map[string]string{"bot/bot.go": source}}
}

func checkState(tr *tree) []violation {
	variables := map[string]map[string]bool{} // by package folder and name
	var found []violation
	for _, f := range tr.files {
		if f.test {
			continue
		}
		if variables[f.dir] == nil {
			variables[f.dir] = map[string]bool{}
		}
		for _, spec := range packageVariables(f) {
			for _, name := range spec.Names {
				variables[f.dir][name.Name] = name.Name != "_"
			}
			found = append(found, tr.sharedVariables(f, spec)...)
		}
	}
	for _, f := range tr.files {
		if !f.test {
			found = append(found, tr.assignments(f, variables[f.dir])...)
		}
	}
	return found
}

func packageVariables(f *file) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range f.ast.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.VAR {
			continue
		}
		for _, spec := range general.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok {
				specs = append(specs, value)
			}
		}
	}
	return specs
}

// sharedVariables finds variables that are made to change.
func (tr *tree) sharedVariables(f *file, spec *ast.ValueSpec) []violation {
	var found []violation
	for i, name := range spec.Names {
		typ := spec.Type
		made := false
		if typ == nil && i < len(spec.Values) {
			typ, made = typeOf(spec.Values[i])
		}
		switch t := typ.(type) {
		case *ast.MapType, *ast.ArrayType:
			if array, ok := t.(*ast.ArrayType); ok && array.Len != nil {
				break
			}
			if name.IsExported() {
				found = append(found, violation{tr.at(f, name), name.Name + " can be changed by whoever imports it: make it a function"})
			} else if made {
				found = append(found, violation{tr.at(f, name), name.Name + " is shared by everything in the process: give it an owner"})
			}
		case *ast.ChanType:
			found = append(found, violation{tr.at(f, name), name.Name + " is shared by everything in the process: give it an owner"})
		default:
			if isLock(f, t) {
				found = append(found, violation{tr.at(f, name), name.Name + " is shared by everything in the process: give it an owner"})
			}
		}
	}
	return found
}

// typeOf reads the type off a literal, make or new; made says that the value
// begins empty, to be filled later.
func typeOf(value ast.Expr) (typ ast.Expr, made bool) {
	switch x := value.(type) {
	case *ast.CompositeLit:
		return x.Type, false
	case *ast.UnaryExpr:
		return typeOf(x.X)
	case *ast.CallExpr:
		if name, ok := x.Fun.(*ast.Ident); ok && len(x.Args) > 0 && (name.Name == "make" || name.Name == "new") {
			return x.Args[0], true
		}
	}
	return nil, false
}

func isLock(f *file, typ ast.Expr) bool {
	switch x := typ.(type) {
	case *ast.StarExpr:
		return isLock(f, x.X)
	case *ast.IndexExpr:
		return isLock(f, x.X)
	case *ast.SelectorExpr:
		left, ok := x.X.(*ast.Ident)
		if !ok {
			return false
		}
		for target, names := range locks {
			if f.localName(target) == left.Name && slices.Contains(names, x.Sel.Name) {
				return true
			}
		}
	}
	return false
}

// assignments finds what changes package variables after they are declared.
func (tr *tree) assignments(f *file, variables map[string]bool) []violation {
	var found []violation
	changes := func(target ast.Expr, how string) {
		if name := packageVariable(f, target, variables); name != "" {
			found = append(found, violation{tr.at(f, target), name + " is " + how + ": package variables do not change"})
		}
	}
	ast.Inspect(f.ast, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					changes(left, "assigned")
				}
			}
		case *ast.IncDecStmt:
			changes(n.X, "assigned")
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				changes(n.Key, "assigned")
				changes(n.Value, "assigned")
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (name.Name == "delete" || name.Name == "clear") {
				changes(n.Args[0], "changed")
			}
		}
		return true
	})
	return found
}

// packageVariable returns the package variable that target is or lies in, or
// "". It follows the parser's scopes within one file; names that the file does
// not declare are those of the package. Types would tell more, but they need
// every dependency compiled.
func packageVariable(f *file, target ast.Expr, variables map[string]bool) string {
	switch x := target.(type) {
	case *ast.Ident:
		declared := x.Obj == nil || f.ast.Scope.Lookup(x.Name) == x.Obj
		if declared && variables[x.Name] {
			return x.Name
		}
	case *ast.SelectorExpr:
		if left, ok := x.X.(*ast.Ident); ok && isImported(f, left) {
			return left.Name + "." + x.Sel.Name
		}
		return packageVariable(f, x.X, variables)
	case *ast.IndexExpr:
		return packageVariable(f, x.X, variables)
	case *ast.StarExpr:
		return packageVariable(f, x.X, variables)
	case *ast.ParenExpr:
		return packageVariable(f, x.X, variables)
	}
	return ""
}

// isImported reports a name that stands for an imported package.
func isImported(f *file, name *ast.Ident) bool {
	if name.Obj != nil {
		return false
	}
	for _, target := range f.imports() {
		if f.localName(target) == name.Name {
			return true
		}
	}
	return false
}
