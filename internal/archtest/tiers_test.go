package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// tiers are the packages from the bottom up. A package imports lower tiers
// only; packages of one tier do not know each other. A child belongs to the
// tier of its parent unless it stands here itself.
var tiers = [][]string{
	{"."},
	{"money"},
	{"i18n", "audit", "blob"},
	{"vault", "settings", "jobs", "admin"},
	{"market"},
	{"strategy/indicator"}, // pure functions: knows series, neither orders nor strategies
	{
		"exchange", "stats", "auth", "profile", "verification", "rbac", "notify",
		"billing", "news", "faq", "course", "support",
	},
	{"account", "strategy"},
	{"trading"},
	{"backtest", "bot"},
	{"report"},
	{"console"},
	{"platform"},
	{"cmd", "examples"},
}

// adapterSuffixes make a child named <domain><suffix> an adapter.
var adapterSuffixes = []string{"sql", "http", "mail", "test"}

// adapterChildren are the adapters whose names do not tell.
var adapterChildren = []string{
	"exchange/binance", "exchange/bybit", "exchange/kraken", "exchange/okx", "exchange/sandbox",
	"i18n/catalog", "jobs/river", "market/parquet", "notify/smtp",
}

// internalMay lists what a package under internal imports above root and money.
var internalMay = map[string][]string{
	"internal/dbtest": {"bundb"}, // opens the databases that store tests run on
}

// testSupport are the internal packages that only tests may import.
var testSupport = []string{"internal/dbtest", "internal/golden"}

// kind is the part that a package plays.
type kind int

const (
	unknownKind  kind = iota
	rootKind          // the root package
	domainKind        // a domain or a child of one that is no adapter
	adapterKind       // SQL, HTTP, a venue, the laws of an interface
	databaseKind      // bundb and its children
	internalKind      // internal/...
	assemblyKind      // console, platform, cmd, examples: may use everything below
)

// place is where a package stands.
type place struct {
	dir    string
	domain string // first folder: "exchange" for exchange/matching
	tier   int
	kind   kind
}

func placeOf(dir string) place {
	first, _, _ := strings.Cut(dir, "/")
	p := place{dir: dir, domain: first}
	switch first {
	case ".":
		p.kind = rootKind
		return p
	case "internal":
		p.kind = internalKind
		return p
	case "bundb":
		p.kind = databaseKind
		return p
	}
	for tier, packages := range tiers {
		for _, name := range packages {
			if within(dir, name) && (p.kind == unknownKind || name != first) {
				p.tier, p.kind = tier, domainKind
			}
		}
	}
	switch {
	case p.kind == unknownKind:
	case slices.Contains([]string{"console", "platform", "cmd", "examples"}, first):
		p.kind = assemblyKind
	case isAdapter(dir, first):
		p.kind = adapterKind
	}
	return p
}

func isAdapter(dir, domain string) bool {
	for _, child := range adapterChildren {
		if within(dir, child) {
			return true
		}
	}
	for _, part := range strings.Split(dir, "/")[1:] {
		suffix, ok := strings.CutPrefix(part, domain)
		if ok && slices.Contains(adapterSuffixes, suffix) {
			return true
		}
	}
	return false
}

// isLaws reports a package that only tests import: the laws of an interface,
// named after their parent as in exchange/exchangetest, and test support.
func isLaws(dir string) bool {
	return path.Base(dir) == path.Base(path.Dir(dir))+"test" || slices.Contains(testSupport, dir)
}

// objection says why from may not import to, or "". tests says that the
// importing file is a test.
func objection(from, to place, tests bool) string {
	switch {
	case from.dir == to.dir:
		return ""
	case from.kind == unknownKind:
		return "" // said once for the package itself
	case to.kind == unknownKind:
		return "no tier lists it: add it to tiers in internal/archtest"
	case isLaws(to.dir) && !tests && !isLaws(from.dir):
		return "only tests import the packages that help tests"
	case to.domain == "cmd" || to.domain == "examples":
		if from.domain == to.domain {
			return ""
		}
		return "nothing imports commands and examples"
	case from.kind == assemblyKind && to.kind != assemblyKind:
		return ""
	case from.kind == rootKind && !tests:
		return "the root package imports the standard library only"
	case from.kind == internalKind:
		return objectionInternal(from, to)
	case to.kind == internalKind:
		return ""
	case from.kind == databaseKind:
		if to.kind == rootKind || to.kind == databaseKind {
			return ""
		}
		return "bundb imports the root package only"
	case to.kind == databaseKind:
		return objectionDatabase(from, to, tests)
	}
	return objectionTier(from, to, tests)
}

func objectionInternal(from, to place) string {
	if to.kind == internalKind || to.kind == rootKind || to.dir == "money" {
		return ""
	}
	for _, parent := range internalMay[from.dir] {
		if within(to.dir, parent) {
			return ""
		}
	}
	return "internal packages import root, money and each other; more is listed in internalMay"
}

func objectionDatabase(from, to place, tests bool) string {
	switch {
	case tests:
		return ""
	case from.kind != adapterKind || path.Base(from.dir) == from.domain+"http":
		return "only stores and the assembly know the database"
	case to.dir != "bundb":
		return "stores do not choose the driver: the host does"
	}
	return ""
}

func objectionTier(from, to place, tests bool) string {
	same := from.domain == to.domain
	switch {
	case !same && to.tier == from.tier:
		return fmt.Sprintf("%s and %s are siblings: declare a small interface and let platform bind it", from.domain, to.domain)
	case tests && to.dir == "backtest" && within(from.dir, "strategy/templates"):
		return "" // what a strategy does is seen when it is run
	case to.tier > from.tier && from.kind != adapterKind:
		return fmt.Sprintf("imports go down only: %s is above %s", to.dir, from.dir)
	case !same && to.dir == "report" && path.Base(from.dir) == from.domain+"http":
		return "" // adapters stand above report, and handlers serve reports
	case !same && to.tier > from.tier:
		return fmt.Sprintf("imports go down only: %s is above %s", to.dir, from.dir)
	case tests, to.kind != adapterKind:
		return ""
	case from.kind != adapterKind:
		return "only the assembly imports adapters"
	case within(from.dir, to.dir) || within(to.dir, from.dir):
		return ""
	}
	return "adapters do not import adapters"
}

func tierRule() rule {
	return rule{
		name:  "imports go down",
		check: checkTiers,
		breaks: []broken{
			breaksTier("up", "market/series.go", "/trading", "imports go down only: trading is above market"),
			breaksTier("money up", "money/money.go", "/i18n", "imports go down only"),
			breaksTier("sibling", "exchange/order.go", "/stats", "siblings"),
			breaksTier("sibling child", "exchange/matching/match.go", "/stats", "siblings"),
			breaksTier("backtest and bot", "backtest/run.go", "/bot", "siblings"),
			breaksTier("indicator knows strategies", "strategy/indicator/sma.go", "/strategy", "imports go down only"),
			breaksTier("indicator knows orders", "strategy/indicator/sma.go", "/exchange", "imports go down only"),
			breaksTier("root", "id.go", "/money", "standard library only"),
			breaksTier("root and internal", "id.go", "/internal/wide", "standard library only"),
			breaksTier("domain and its store", "backtest/service.go", "/backtest/backtestsql", "only the assembly imports adapters"),
			breaksTier("domain and its venue", "exchange/order.go", "/exchange/binance", "only the assembly imports adapters"),
			breaksTier("domain and a lower adapter", "backtest/service.go", "/exchange/sandbox", "only the assembly imports adapters"),
			breaksTier("adapter and adapter", "backtest/backtesthttp/h.go", "/backtest/backtestsql", "adapters do not import adapters"),
			breaksTier("adapter and a lower adapter", "backtest/backtesthttp/h.go", "/auth/authhttp", "adapters do not import adapters"),
			breaksTier("adapter and a sibling", "bot/botsql/s.go", "/backtest", "siblings"),
			breaksTier("adapter and a higher tier", "market/marketsql/s.go", "/trading", "imports go down only"),
			breaksTier("adapter and the assembly", "bot/bothttp/h.go", "/platform", "imports go down only"),
			breaksTier("domain and database", "backtest/service.go", "/bundb", "only stores"),
			breaksTier("handler and database", "backtest/backtesthttp/h.go", "/bundb", "only stores"),
			breaksTier("store and report", "backtest/backtestsql/s.go", "/report", "imports go down only"),
			breaksTier("store and driver", "backtest/backtestsql/s.go", "/bundb/sqlite", "stores do not choose the driver"),
			breaksTier("database and domain", "bundb/bundb.go", "/money", "bundb imports the root package only"),
			breaksTier("internal and domain", "internal/httpx/x.go", "/exchange", "internal packages import"),
			breaksTier("somebody imports an example", "platform/p.go", "/examples/server", "nothing imports commands"),
			breaksTier("code imports laws", "platform/p.go", "/backtest/backtesttest", "only tests"),
			breaksTier("code imports test support", "backtest/backtestsql/s.go", "/internal/dbtest", "only tests"),
			breaksTier("template and backtest", "strategy/templates/dca/dca.go", "/backtest", "imports go down only"),
			breaksTier("test of strategies and backtest", "strategy/strategy_test.go", "/backtest", "imports go down only"),
			breaksTier("test looks up", "market/series_test.go", "/backtest", "imports go down only"),
			breaksTier("test and a sibling", "stats/stats_test.go", "/exchange", "siblings"),
			breaksTier("unknown target", "platform/p.go", "/helpers", "no tier lists it"),
			{
				name: "unknown package", file: "helpers/h.go", words: "no tier lists package helpers",
				files: map[string]string{"helpers/h.go": importing("helpers", "/backtest"), "helpers/i.go": importing("helpers")},
			},
		},
		keeps: []kept{{name: "the plan", files: map[string]string{
			"id.go":                           importing("tradekeel", "fmt"),
			"money/money.go":                  importing("money", "/", "/internal/wide", "github.com/shopspring/decimal"),
			"market/series.go":                importing("market", "/", "/money", "/i18n"),
			"exchange/order.go":               importing("exchange", "/market"),
			"exchange/matching/match.go":      importing("matching", "/exchange", "/market"),
			"exchange/paper/paper.go":         importing("paper", "/exchange", "/exchange/matching"),
			"exchange/sandbox/s.go":           importing("sandbox", "/exchange", "/exchange/matching"),
			"strategy/strategy.go":            importing("strategy", "/strategy/indicator", "/exchange"),
			"strategy/templates/dca/dca.go":   importing("dca", "/strategy"),
			"strategy/templates/d_test.go":    importing("templates_test", "/backtest", "/strategy/templates/dca"),
			"trading/core.go":                 importing("trading", "/strategy", "/exchange"),
			"backtest/run.go":                 importing("backtest", "/trading", "/stats", "/exchange/matching"),
			"backtest/run_test.go":            importing("backtest_test", "/backtest", "/backtest/backtesttest", "/exchange/exchangetest", "/internal/golden"),
			"backtest/backtestsql/s.go":       importing("backtestsql", "/backtest", "/bundb", "/money"),
			"backtest/backtestsql/s_test.go":  importing("backtestsql_test", "/internal/dbtest", "/bundb/sqlite", "/backtest/backtesttest"),
			"backtest/backtesthttp/h.go":      importing("backtesthttp", "/backtest", "/strategy", "/report", "/internal/httpx"),
			"backtest/backtesthttp/h_test.go": importing("backtesthttp", "/backtest/backtestsql", "/auth/authhttp", "/bundb/sqlite"),
			"backtest/backtesttest/laws.go":   importing("backtesttest", "/backtest", "/internal/golden"),
			"report/html.go":                  importing("report", "/backtest", "/stats"),
			"bundb/sqlite/open.go":            importing("sqlite", "/bundb", "/"),
			"internal/dbtest/open.go":         importing("dbtest", "/bundb/postgres", "/internal/golden"),
			"console/console.go":              importing("console", "/backtest/backtesthttp"),
			"platform/sets/core.go":           importing("sets", "/backtest/backtestsql", "/bundb", "/console", "/report"),
			"cmd/tradekeel/main.go":           importing("main", "/platform", "/bundb/sqlite"),
			"examples/server/main.go":         importing("main", "/platform", "/examples/internal/quiet"),
			"example_test.go":                 importing("tradekeel_test", "/"),
		}}},
	}
}

func breaksTier(name, file, target, words string) broken {
	return broken{
		name: name, file: file, words: words,
		files: map[string]string{file: importing("planted", target)},
	}
}

func checkTiers(tr *tree) []violation {
	var found []violation
	said := map[string]bool{}
	for _, f := range tr.files {
		from := placeOf(f.dir)
		if from.kind == unknownKind && !said[f.dir] {
			said[f.dir] = true
			found = append(found, violation{f.path, "no tier lists package " + f.dir + ": add it to tiers in internal/archtest"})
		}
		for spec, target := range f.imports() {
			dir, ours := folderOf(target)
			if !ours {
				continue
			}
			if why := objection(from, placeOf(dir), f.test); why != "" {
				found = append(found, violation{tr.at(f, spec), "imports " + dir + ": " + why})
			}
		}
	}
	return found
}
