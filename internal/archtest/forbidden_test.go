package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

func initRule() rule {
	return rule{
		name:  "no init",
		check: checkInit,
		breaks: []broken{
			{
				name: "domain", file: "market/m.go", words: "init",
				files: map[string]string{"market/m.go": "package market\nfunc init() {}"},
			},
			{
				name: "command", file: "cmd/tradekeel/main.go", words: "init",
				files: map[string]string{"cmd/tradekeel/main.go": "package main\nfunc init() {}\nfunc main() {}"},
			},
		},
		keeps: []kept{{name: "a method", files: map[string]string{
			"market/m.go": "package market\ntype m int\nfunc (m) init() {}\nfunc initial() {}",
		}}},
	}
}

func checkInit(tr *tree) []violation {
	var found []violation
	for _, f := range tr.files {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, violation{tr.at(f, fn), "init runs behind the caller's back: make it a function that somebody calls"})
			}
		}
	}
	return found
}

// exits are the functions that only a program may call, by package.
var exits = map[string][]string{
	"os":        {"Exit"},
	"syscall":   {"Exit"},
	"log":       {"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "SetOutput", "SetFlags", "SetPrefix"},
	"log/slog":  {"SetDefault"},
	"os/signal": {"Notify", "NotifyContext", "Ignore", "Reset"},
}

func exitRule() rule {
	return rule{
		name:  "only programs end the process",
		check: checkExits,
		breaks: []broken{
			{
				name: "exit", file: "bot/bot.go", words: "os.Exit",
				files: map[string]string{"bot/bot.go": "package bot\nimport \"os\"\nfunc f() { os.Exit(1) }"},
			},
			{
				name: "fatal under another name", file: "bot/bot.go", words: "log.Fatalf",
				files: map[string]string{"bot/bot.go": "package bot\nimport l \"log\"\nfunc f() { l.Fatalf(\"x\") }"},
			},
			{
				name: "signals", file: "platform/serve.go", words: "os/signal.NotifyContext",
				files: map[string]string{"platform/serve.go": "package platform\nimport \"os/signal\"\nvar f = signal.NotifyContext"},
			},
		},
		keeps: []kept{{name: "programs and tests", files: map[string]string{
			"cmd/tradekeel/main.go": "package main\nimport \"os\"\nfunc main() { os.Exit(1) }",
			"bot/main_test.go":      "package bot\nimport \"os\"\nfunc f() { os.Exit(1) }",
			"bot/os.go":             "package bot\ntype t struct{ Exit int }\nfunc f(os t) int { return os.Exit }",
		}}},
	}
}

func checkExits(tr *tree) []violation {
	var found []violation
	for _, f := range tr.files {
		if f.test || f.ast.Name.Name == "main" {
			continue
		}
		found = append(found, tr.uses(f, exits, "only a program may do this: return an error, take a context")...)
	}
	return found
}

// uses finds the functions of the table that f mentions.
func (tr *tree) uses(f *file, table map[string][]string, why string) []violation {
	names := map[string]string{}
	for target := range table {
		if local := f.localName(target); local != "" {
			names[local] = target
		}
	}
	var found []violation
	ast.Inspect(f.ast, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		left, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		if target, ok := names[left.Name]; ok && slices.Contains(table[target], selector.Sel.Name) {
			found = append(found, violation{tr.at(f, selector), target + "." + selector.Sel.Name + ": " + why})
		}
		return true
	})
	return found
}

// pureFolders compute from their arguments alone, so that a replay gives the
// same answer: no clock, no network, no chance, no goroutine.
var pureFolders = []string{"trading", "exchange/matching", "strategy/indicator"}

// impureImports and impureCalls are what would let the world in.
var (
	impureImports = []string{"math/rand", "crypto/rand", "net", "os", "log", "log/slog", "runtime"}
	impureCalls   = map[string][]string{"time": {
		"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep", "Local",
	}}
)

func pureRule() rule {
	return rule{
		name:  "the core has no clock, network or chance",
		check: checkPure,
		breaks: []broken{
			{
				name: "clock", file: "trading/core.go", words: "time.Now",
				files: map[string]string{"trading/core.go": "package trading\nimport \"time\"\nvar f = time.Now"},
			},
			{
				name: "chance", file: "exchange/matching/fill.go", words: "math/rand/v2",
				files: map[string]string{"exchange/matching/fill.go": importing("matching", "math/rand/v2")},
			},
			{
				name: "goroutine", file: "strategy/indicator/sma.go", words: "goroutine",
				files: map[string]string{"strategy/indicator/sma.go": "package indicator\nfunc f() { go f() }"},
			},
		},
		keeps: []kept{{name: "durations, tests, others", files: map[string]string{
			"trading/core.go":      "package trading\nimport \"time\"\nconst wait = time.Second",
			"trading/core_test.go": "package trading\nimport \"time\"\nvar f = time.Now",
			"backtest/run.go":      "package backtest\nimport \"time\"\nvar f = time.Now",
		}}},
	}
}

func checkPure(tr *tree) []violation {
	const why = "the core takes it as an event or an argument"
	var found []violation
	for _, f := range tr.files {
		if f.test || placeOf(f.dir).kind != domainKind || !withinAny(f.dir, pureFolders) {
			continue
		}
		for spec, target := range f.imports() {
			if withinAny(target, impureImports) {
				found = append(found, violation{tr.at(f, spec), "imports " + target + ": " + why})
			}
		}
		found = append(found, tr.uses(f, impureCalls, why)...)
		ast.Inspect(f.ast, func(node ast.Node) bool {
			if _, ok := node.(*ast.GoStmt); ok {
				found = append(found, violation{tr.at(f, node), "starts a goroutine: the order of events must not depend on the scheduler"})
			}
			return true
		})
	}
	return found
}

// floatFolders speak of money; floats there are for figures without a currency.
var floatFolders = []string{"money", "exchange", "trading", "backtest"}

// moneyWords in a name say that it holds money or a price.
var moneyWords = []string{"price", "cash", "fee", "amount", "balance", "money"}

// moneyFloats are the floats that may carry such a name, as path:name, each
// with its reason.
var moneyFloats = map[string]string{}

func floatRule() rule {
	return rule{
		name:  "no float for money",
		check: func(tr *tree) []violation { return checkFloats(tr, moneyFloats) },
		breaks: []broken{
			{
				name: "field", file: "trading/order.go", words: "LimitPrice is a float",
				files: map[string]string{"trading/order.go": "package trading\ntype order struct { LimitPrice float64 }"},
			},
			{
				name: "parameter", file: "backtest/run.go", words: "cash is a float",
				files: map[string]string{"backtest/run.go": "package backtest\nfunc f(name string, cash *float64) {}"},
			},
			{
				name: "result", file: "exchange/matching/m.go", words: "fee is a float",
				files: map[string]string{"exchange/matching/m.go": "package matching\nfunc f() (fee float32) { return 0 }"},
			},
			{
				name: "slice in a DTO", file: "backtest/backtesthttp/dto.go", words: "Balances is a float",
				files: map[string]string{"backtest/backtesthttp/dto.go": "package backtesthttp\ntype body struct { Balances []float64 }"},
			},
			{
				name: "variable", file: "money/money.go", words: "amount is a float",
				files: map[string]string{"money/money.go": "package money\nvar amount float64"},
			},
		},
		keeps: []kept{{name: "figures and tests", files: map[string]string{
			"backtest/run.go":           "package backtest\ntype stats struct { Sharpe float64; Price int64 }",
			"stats/stats.go":            "package stats\nfunc f(prices []float64) {}",
			"strategy/indicator/sma.go": "package indicator\nfunc f(price float64) {}",
			"backtest/run_test.go":      "package backtest\nfunc f(price float64) {}",
			"exchange/rate.go":          "package exchange\nfunc feed(rate float64) {}",
		}}},
	}
}

func checkFloats(tr *tree, allowed map[string]string) []violation {
	var found []violation
	used := map[string]bool{}
	report := func(f *file, names []*ast.Ident, typ ast.Expr) {
		if typ == nil || !isFloat(typ) {
			return
		}
		for _, name := range names {
			key := f.path + ":" + name.Name
			switch {
			case !saysMoney(name.Name):
			case allowed[key] != "":
				used[key] = true
			default:
				found = append(found, violation{tr.at(f, name), name.Name + " is a float: money and prices are exact"})
			}
		}
	}
	for _, f := range tr.files {
		if f.test || !withinAny(f.dir, floatFolders) {
			continue
		}
		ast.Inspect(f.ast, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.Field:
				report(f, n.Names, n.Type)
			case *ast.ValueSpec:
				report(f, n.Names, n.Type)
			}
			return true
		})
	}
	for key := range allowed {
		if !used[key] {
			found = append(found, violation{key, "is in moneyFloats but is not there, or gives no reason: remove the row"})
		}
	}
	return found
}

func saysMoney(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(moneyWords, func(word string) bool {
		at := strings.Index(name, word)
		// "feed" is no fee.
		return at >= 0 && (word != "fee" || !strings.HasPrefix(name[at:], "feed"))
	})
}

// isFloat reports a float, or a pointer, slice, array or map of floats.
func isFloat(typ ast.Expr) bool {
	switch x := typ.(type) {
	case *ast.Ident:
		return x.Name == "float64" || x.Name == "float32"
	case *ast.StarExpr:
		return isFloat(x.X)
	case *ast.ArrayType:
		return isFloat(x.Elt)
	case *ast.MapType:
		return isFloat(x.Value)
	case *ast.Ellipsis:
		return isFloat(x.Elt)
	}
	return false
}
