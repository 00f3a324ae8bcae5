package archtest

import (
	"path"
	"slices"
)

const (
	decimalModule = "github.com/shopspring/decimal"
	wireModule    = "github.com/google/wire"
)

// coreDomains are what a backtest is made of: they import decimal and the
// standard library, so that they weigh nothing in a service that only
// backtests.
var coreDomains = []string{"money", "market", "exchange", "stats", "strategy", "trading", "backtest"}

// coreLibraries are the packages of core domains that import a library all the same,
// with it. Nobody links it who does not import the package: a service that only
// backtests does not search.
var coreLibraries = map[string]string{
	"backtest/optimise": "github.com/c-bata/goptuna/cmaes",
}

// edgeImports belong to adapters: no domain imports them.
var edgeImports = []string{
	"database/sql", "net/http",
	"github.com/danielgtaylor/huma", "github.com/jackc/pgx", "github.com/prometheus/client_golang",
	"github.com/uptrace/bun", "modernc.org/sqlite", wireModule,
}

// testOnlyImports are for tests.
var testOnlyImports = []string{"testing", "pgregory.net/rapid", "go.uber.org/goleak", "github.com/rogpeppe/go-internal"}

func domainRule() rule {
	return rule{
		name:  "domains are light",
		check: checkDomains,
		breaks: []broken{
			{
				name: "core and a library", file: "backtest/run.go", words: "decimal and the standard library",
				files: map[string]string{"backtest/run.go": importing("backtest", "golang.org/x/sync/errgroup")},
			},
			{
				name: "core child and a library", file: "exchange/matching/m.go", words: "decimal and the standard library",
				files: map[string]string{"exchange/matching/m.go": importing("matching", "github.com/google/btree")},
			},
			{
				name: "core and the library of a child", file: "backtest/run.go", words: "decimal and the standard library",
				files: map[string]string{"backtest/run.go": importing("backtest", "github.com/c-bata/goptuna/cmaes")},
			},
			{
				name: "core child and another package of its library", file: "backtest/optimise/o.go", words: "decimal and the standard library",
				files: map[string]string{"backtest/optimise/o.go": importing("optimise", "github.com/c-bata/goptuna/tpe")},
			},
			{
				name: "core and HTTP", file: "market/get.go", words: "belongs to an adapter",
				files: map[string]string{"market/get.go": importing("market", "net/http")},
			},
			{
				name: "service and a database", file: "auth/service.go", words: "belongs to an adapter",
				files: map[string]string{"auth/service.go": importing("auth", "github.com/uptrace/bun")},
			},
			{
				name: "root and decimal", file: "id.go", words: "standard library only",
				files: map[string]string{"id.go": importing("tradekeel", decimalModule)},
			},
			{
				name: "core through internal", file: "internal/fast/f.go", words: "money uses",
				files: map[string]string{
					"money/money.go":      importing("money", "/internal/wide"),
					"internal/wide/w.go":  importing("wide", "/internal/fast"),
					"internal/fast/f.go":  importing("fast", "golang.org/x/exp/constraints"),
					"internal/httpx/h.go": importing("httpx", "net/http"),
				},
			},
		},
		keeps: []kept{{name: "the plan", files: map[string]string{
			"backtest/run.go":        importing("backtest", "context", decimalModule, "/internal/wide"),
			"backtest/run_test.go":   importing("backtest", "pgregory.net/rapid"),
			"backtest/optimise/c.go": importing("optimise", "github.com/c-bata/goptuna/cmaes"),

			"strategy/indicator/indicatortest/laws.go": importing("indicatortest", "pgregory.net/rapid"),
			"backtest/backtestsql/s.go":                importing("backtestsql", "github.com/uptrace/bun"),
			"exchange/binance/b.go":                    importing("binance", "net/http", "github.com/coder/websocket"),
			"auth/service.go":                          importing("auth", "golang.org/x/crypto/argon2"),
			"internal/wide/w.go":                       importing("wide", "math/bits"),
			"internal/httpx/h.go":                      importing("httpx", "github.com/danielgtaylor/huma/v2"),
		}}},
	}
}

// checkDomains looks at the domains and at the internal packages they reach;
// what else they reach is a domain itself.
func checkDomains(tr *tree) []violation {
	byFolder := map[string][]*file{}
	for _, f := range tr.files {
		if !f.test {
			byFolder[f.dir] = append(byFolder[f.dir], f)
		}
	}
	var found []violation
	seen := map[string]bool{}
	var visit func(dir, user string, core bool)
	visit = func(dir, user string, core bool) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, f := range byFolder[dir] {
			for spec, target := range f.imports() {
				if why := tooHeavy(target, user, core); why != "" {
					found = append(found, violation{tr.at(f, spec), "imports " + target + ": " + why})
				}
				if next, ours := folderOf(target); ours && within(next, "internal") {
					visit(next, user, core)
				}
			}
		}
	}
	// Core domains first: what they reach is held to their stricter rule.
	for _, core := range []bool{true, false} {
		for dir := range byFolder {
			p := placeOf(dir)
			if isLaws(dir) {
				continue // only tests import it
			}
			if (p.kind == domainKind || p.kind == rootKind) && isCore(p) == core {
				visit(dir, dir, core)
			}
		}
	}
	return found
}

func isCore(p place) bool {
	return p.kind == rootKind || p.kind == domainKind && slices.Contains(coreDomains, p.domain)
}

func tooHeavy(target, user string, core bool) string {
	switch {
	case user == "." && thirdParty(target):
		return "the root package imports the standard library only"
	case withinAny(target, edgeImports):
		return "belongs to an adapter, and the domain " + user + " uses this file"
	case core && thirdParty(target) && target != decimalModule && coreLibraries[user] != target:
		return "core domains import decimal and the standard library only, and " + user + " uses this file"
	}
	return ""
}

func withinAny(target string, parents []string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return within(target, parent) })
}

// edge is where a library may be imported, tests and laws aside.
type edge struct {
	library string
	says    string
	allows  func(place) bool
}

var edges = []edge{
	{"modernc.org/sqlite", "bundb/sqlite alone imports the SQLite driver", func(p place) bool {
		return within(p.dir, "bundb/sqlite")
	}},
	{"github.com/jackc/pgx", "bundb/postgres alone imports the PostgreSQL driver", func(p place) bool {
		return within(p.dir, "bundb/postgres") || within(p.dir, "jobs/river")
	}},
	{"github.com/uptrace/bun", "only bundb, stores and the assembly import bun", func(p place) bool {
		return p.kind == databaseKind || p.kind == assemblyKind ||
			p.kind == adapterKind && path.Base(p.dir) != p.domain+"http"
	}},
	{"github.com/danielgtaylor/huma", "only handlers, internal/httpx and the assembly import huma", func(p place) bool {
		return p.kind == assemblyKind || within(p.dir, "internal/httpx") ||
			p.kind == adapterKind && path.Base(p.dir) == p.domain+"http"
	}},
	{"github.com/prometheus", "only the assembly and internal packages import metrics", func(p place) bool {
		return p.kind == assemblyKind || p.kind == internalKind
	}},
	{"github.com/spf13", "cmd alone imports the library of commands", func(p place) bool {
		return p.domain == "cmd"
	}},
}

func edgeRule() rule {
	breaks := func(name, file, target, words string) broken {
		return broken{
			name: name, file: file, words: words,
			files: map[string]string{file: importing("planted", target)},
		}
	}
	return rule{
		name:  "libraries stay at their edge",
		check: checkEdges,
		breaks: []broken{
			breaks("driver in bundb", "bundb/db.go", "github.com/jackc/pgx/v5/pgconn", "bundb/postgres alone"),
			breaks("the other driver", "bundb/postgres/open.go", "modernc.org/sqlite", "bundb/sqlite alone"),
			breaks("driver in a store", "bot/botsql/s.go", "github.com/jackc/pgx/v5", "bundb/postgres alone"),
			breaks("bun in a handler", "bot/bothttp/h.go", "github.com/uptrace/bun", "only bundb, stores"),
			breaks("huma in a store", "bot/botsql/s.go", "github.com/danielgtaylor/huma/v2", "only handlers"),
			breaks("commands in an example", "examples/server/main.go", "github.com/spf13/cobra", "cmd alone"),
			breaks("metrics in a store", "bot/botsql/s.go", "github.com/prometheus/client_golang/prometheus", "only the assembly"),
		},
		keeps: []kept{{name: "the plan", files: map[string]string{
			"bundb/db.go":              importing("bundb", "github.com/uptrace/bun", "github.com/uptrace/bun/dialect/pgdialect"),
			"bundb/sqlite/open.go":     importing("sqlite", "modernc.org/sqlite"),
			"bundb/postgres/open.go":   importing("postgres", "github.com/jackc/pgx/v5/stdlib"),
			"bundb/db_test.go":         importing("bundb_test", "github.com/jackc/pgx/v5"),
			"internal/dbtest/open.go":  importing("dbtest", "github.com/jackc/pgx/v5"),
			"internal/httpx/errors.go": importing("httpx", "github.com/danielgtaylor/huma/v2"),
			"bot/bothttp/h.go":         importing("bothttp", "github.com/danielgtaylor/huma/v2/adapters/humago"),
			"bot/botsql/s.go":          importing("botsql", "github.com/uptrace/bun"),
			"cmd/tradekeel/root.go":    importing("main", "github.com/spf13/cobra"),
			"platform/metrics.go":      importing("platform", "github.com/prometheus/client_golang/prometheus"),
		}}},
	}
}

func checkEdges(tr *tree) []violation {
	var found []violation
	for _, f := range tr.files {
		p := placeOf(f.dir)
		// Domains are held by their own rule, tests may look behind the edge.
		if f.test || p.kind == domainKind || isLaws(f.dir) {
			continue
		}
		for spec, target := range f.imports() {
			for _, e := range edges {
				if within(target, e.library) && !e.allows(p) {
					found = append(found, violation{tr.at(f, spec), "imports " + target + ": " + e.says})
				}
			}
		}
	}
	return found
}

func wireRule() rule {
	return rule{
		name:  "wire stays in wire.go",
		check: checkWire,
		breaks: []broken{
			{
				name: "another file", file: "platform/sets.go", words: "in files named wire.go only",
				files: map[string]string{"platform/sets.go": importing("platform", wireModule)},
			},
			{
				name: "a domain", file: "backtest/wire.go", words: "know nothing of wire",
				files: map[string]string{"backtest/wire.go": importing("backtest", wireModule)},
			},
			{
				name: "generated", file: "platform/wire_gen.go", words: "in files named wire.go only",
				files: map[string]string{"platform/wire_gen.go": importing("platform", wireModule)},
			},
		},
		keeps: []kept{{name: "the plan", files: map[string]string{
			"backtest/backtestsql/wire.go": importing("backtestsql", wireModule),
			"examples/server/wire.go":      "//go:build wireinject\n\n" + importing("main", wireModule),
			"examples/server/wire_gen.go":  importing("main", "/platform"),
		}}},
	}
}

func checkWire(tr *tree) []violation {
	var found []violation
	for _, f := range tr.files {
		for spec, target := range f.imports() {
			switch k := placeOf(f.dir).kind; {
			case !within(target, wireModule):
			case path.Base(f.path) != "wire.go":
				found = append(found, violation{tr.at(f, spec), "wire is imported in files named wire.go only"})
			case k != adapterKind && k != assemblyKind && k != databaseKind:
				found = append(found, violation{tr.at(f, spec), "domains know nothing of wire: put the set into an adapter or into platform/sets"})
			}
		}
	}
	return found
}

func testingRule() rule {
	return rule{
		name:  "testing stays in tests",
		check: checkTesting,
		breaks: []broken{
			{
				name: "domain", file: "market/laws.go", words: "imports testing",
				files: map[string]string{"market/laws.go": importing("market", "testing")},
			},
			{
				name: "a domain whose name ends in test", file: "backtest/run.go", words: "imports testing",
				files: map[string]string{"backtest/run.go": importing("backtest", "testing")},
			},
			{
				name: "child of testing", file: "platform/fs.go", words: "imports testing/fstest",
				files: map[string]string{"platform/fs.go": importing("platform", "testing/fstest")},
			},
			{
				name: "property tests", file: "internal/httpx/gen.go", words: "imports pgregory.net/rapid",
				files: map[string]string{"internal/httpx/gen.go": importing("httpx", "pgregory.net/rapid")},
			},
		},
		keeps: []kept{{name: "the plan", files: map[string]string{
			"market/laws_test.go":           importing("market", "testing", "go.uber.org/goleak"),
			"market/markettest/laws.go":     importing("markettest", "testing", "pgregory.net/rapid"),
			"internal/dbtest/open.go":       importing("dbtest", "testing"),
			"internal/golden/golden.go":     importing("golden", "testing"),
			"exchange/exchangetest/laws.go": importing("exchangetest", "testing/synctest"),
		}}},
	}
}

func checkTesting(tr *tree) []violation {
	var found []violation
	for _, f := range tr.files {
		if f.test || isLaws(f.dir) {
			continue
		}
		for spec, target := range f.imports() {
			if withinAny(target, testOnlyImports) {
				found = append(found, violation{tr.at(f, spec), "imports " + target + ": for _test.go files, packages of laws and test support only"})
			}
		}
	}
	return found
}
