package archtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// modules are the modules that go.mod may require, each with the reason for
// carrying it. The default answer to a new one is no for the core and yes at
// the edge, where a well-kept library beats code of our own.
var modules = map[string]string{
	"github.com/c-bata/goptuna":                    "CMA-ES, in backtest/optimise/cmaes.go only: its cmaes package alone, which links gonum's linear algebra",
	"github.com/danielgtaylor/huma/v2":             "HTTP with OpenAPI 3.1, generated from the code, on net/http's mux",
	"github.com/google/wire":                       "provider sets that hosts assemble; compile time only, in wire.go files",
	"github.com/jackc/pgx/v5":                      "the PostgreSQL driver",
	"github.com/parquet-go/parquet-go":             "Parquet files, in market/parquet only: candles to and from other programs",
	"github.com/prometheus/client_golang":          "metrics in the format that operators scrape",
	"github.com/rogpeppe/go-internal":              "scripts that run the command line as a user does, in its tests only",
	"github.com/santhosh-tekuri/jsonschema/v6":     "holds documents to the schemas that we publish, in tests only",
	"github.com/shopspring/decimal":                "exact decimals in the API; the only library of the core",
	"github.com/spf13/cobra":                       "commands, flags and completion of cmd/tradekeel; adds 0.9 MB where urfave/cli adds 1.8 and kong 2.1, and no time to start",
	"github.com/spf13/pflag":                       "the flags of cobra, to say which one was meant",
	"github.com/uptrace/bun":                       "SQL in Go for both databases, without hiding it",
	"github.com/uptrace/bun/dialect/pgdialect":     "bun's PostgreSQL dialect, versioned apart from bun",
	"github.com/uptrace/bun/dialect/sqlitedialect": "bun's SQLite dialect, versioned apart from bun",
	"go.uber.org/goleak":                           "tests that no goroutine outlives its owner",
	"modernc.org/sqlite":                           "SQLite without cgo: the embedded default",
	"pgregory.net/rapid":                           "property tests and state machines, in tests only",
}

func TestModules(t *testing.T) {
	t.Parallel()
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range checkModules(string(gomod), modules) {
		t.Error(v)
	}
}

// checkModules compares what a go.mod requires directly with the table.
func checkModules(gomod string, allowed map[string]string) []violation {
	var found []violation
	direct := directRequires(gomod)
	for _, name := range direct {
		if _, ok := allowed[name]; !ok {
			found = append(found, violation{"go.mod", "requires " + name + ": give the reason in modules of internal/archtest"})
		}
	}
	for name, reason := range allowed {
		if strings.TrimSpace(reason) == "" {
			found = append(found, violation{"internal/archtest", name + " has no reason"})
		}
		if !slices.Contains(direct, name) {
			found = append(found, violation{"internal/archtest", name + " is allowed but go.mod does not require it directly: remove the row"})
		}
	}
	return found
}

// directRequires lists the modules that a go.mod requires for its own code.
func directRequires(gomod string) []string {
	var direct []string
	block := false
	for line := range strings.Lines(gomod) {
		code, comment, _ := strings.Cut(line, "//")
		fields := strings.Fields(code)
		switch {
		case len(fields) == 0:
			continue
		case fields[0] == "require" && fields[len(fields)-1] == "(":
			block = true
			continue
		case fields[0] == ")":
			block = false
			continue
		case fields[0] == "require":
			fields = fields[1:]
		case !block:
			continue
		}
		if len(fields) == 2 && !strings.HasPrefix(strings.TrimSpace(comment), "indirect") {
			direct = append(direct, fields[0])
		}
	}
	return direct
}

func TestModulesSee(t *testing.T) {
	t.Parallel()
	const gomod = `module m

go 1.26

require example.com/single v1.0.0 // a remark

require (
	example.com/direct v1.2.3
	example.com/far v0.1.0 // indirect
)

exclude (
	example.com/bad v1.0.0
)
`
	all := map[string]string{"example.com/single": "a", "example.com/direct": "b"}
	for _, c := range []struct {
		name    string
		allowed map[string]string
		want    string
	}{
		{"all listed", all, ""},
		{"not listed", map[string]string{"example.com/single": "a"}, "requires example.com/direct"},
		{"no reason", map[string]string{"example.com/single": " ", "example.com/direct": "b"}, "example.com/single has no reason"},
		{"unused", map[string]string{"example.com/single": "a", "example.com/direct": "b", "example.com/far": "c"}, "example.com/far is allowed but"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := checkModules(gomod, c.allowed)
			switch {
			case c.want == "" && len(found) > 0:
				t.Errorf("refused: %v", found)
			case c.want != "" && (len(found) != 1 || !strings.Contains(found[0].what, c.want)):
				t.Errorf("got %v, want one that says %q", found, c.want)
			}
		})
	}
}

// TestGoListAgrees asks the go command what a program that backtests links, so
// that the rule on imports and the toolchain cannot disagree.
func TestGoListAgrees(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./backtest")
	list.Dir = "../.."
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, module+"/backtest") {
		t.Fatalf("go list does not name backtest: %v", packages)
	}
	for _, name := range packages {
		if _, ours := folderOf(name); !ours && name != decimalModule {
			t.Errorf("backtest links %s; it may link decimal and the standard library", name)
		}
	}
}
