package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/parquet"
)

var update = flag.Bool("update", false, "write golden texts anew")

// binary is the program, built as a user builds it.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	flag.Parse()
	folder, err := os.MkdirTemp("", "tradekeel-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, programName)
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// environment sets up what every run of the program in a test sees: a store of its own
// and the candles of the repository.
func environmentIn(work string, setenv func(key, value string)) error {
	data, err := filepath.Abs("../../examples/data")
	if err != nil {
		return err
	}
	setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	setenv(envStore, filepath.Join(work, "store"))
	setenv("HOME", work)
	setenv("NO_COLOR", "")
	setenv(envBinance, "http://127.0.0.1:9") // nothing listens there: no test reaches the venue
	if err := os.MkdirAll(filepath.Join(work, "examples"), 0o700); err != nil {
		return err
	}
	return os.Symlink(data, filepath.Join(work, "examples", "data"))
}

// TestScripts runs the scripts in testdata/scripts against the program. Beside the
// commands of testscript they have
//
//	exits CODE PROGRAM ARGS…   run it; the exit code must be CODE
//	json PATH VALUE            the standard output is one JSON document with a value there
//	venue FAULT                start a venue; FAULT is none, gap, refuse, flaky or slow
//	damage                     flip a bit in the store
//	parquet SERIES FILE        write stored candles as Parquet
//	terminal FILE PROGRAM ARGS run it with the standard error on a terminal, kept in a file
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/scripts",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			return environmentIn(e.WorkDir, e.Setenv)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "json": jsonValue, "venue": startVenue, "damage": damage, "parquet": writeParquet, "terminal": terminal,
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var v any
	ts.Check(decoder.Decode(&v))
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("there is more than one JSON document")
	}
	for part := range strings.SplitSeq(args[0], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			if part == "length" {
				v = float64(len(x))
				continue
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(x) {
				ts.Fatalf("%s: there is no %s", args[0], part)
			}
			v = x[i]
		default:
			ts.Fatalf("%s: there is no %s", args[0], part)
		}
	}
	if got := fmt.Sprint(v); (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q (%t)", args[0], got, args[1], !neg)
	}
}

func startVenue(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(&venue{fault: args[0]})
	ts.Defer(server.Close)
	ts.Setenv(envBinance, server.URL)
}

// venue answers /api/v3/klines for hourly candles from 2024 on.
type venue struct {
	fault    string
	requests int
}

func (v *venue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.requests++
	q := r.URL.Query()
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(q.Get(name), 10, 64)
		return n
	}
	switch {
	case v.fault == "refuse":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code":-1121,"msg":"Invalid symbol."}`)
		return
	case v.fault == "flaky" && v.requests == 2:
		w.WriteHeader(http.StatusBadGateway)
		return
	case v.fault == "slow":
		time.Sleep(500 * time.Millisecond)
	}
	if r.URL.Path != "/api/v3/klines" || q.Get("symbol") != "BTCUSDT" && q.Get("symbol") != "ETHUSDT" || q.Get("interval") != "1h" {
		http.NotFound(w, r)
		return
	}
	const hour = int64(time.Hour / time.Millisecond)
	rows := make([]string, 0, 1000)
	for at := (number("startTime") + hour - 1) / hour * hour; at <= number("endTime") && len(rows) < int(number("limit")); at += hour {
		if n := at / hour; v.fault != "gap" || n%100 != 7 {
			rows = append(rows, fmt.Sprintf(`[%d,"%d.5","%d","%d","%d.25","1.5",%d,"0",1,"0","0","0"]`, at, 40000+n%50, 40100+n%50, 39900+n%50, 40000+n%50, at+hour-1))
		}
	}
	fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
}

func damage(ts *testscript.TestScript, _ bool, _ []string) {
	var files []string
	ts.Check(filepath.WalkDir(ts.Getenv(envStore), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Base(path) != "lock" && filepath.Base(path) != "head" {
			if info, err := entry.Info(); err == nil && info.Size() > 1000 {
				files = append(files, path)
			}
		}
		return err
	}))
	if len(files) == 0 {
		ts.Fatalf("the store has no files")
	}
	raw, err := os.ReadFile(files[0])
	ts.Check(err)
	raw[len(raw)/2] ^= 0x40
	ts.Check(os.WriteFile(files[0], raw, 0o600))
}

func writeParquet(ts *testscript.TestScript, _ bool, args []string) {
	store, err := market.OpenStore(ts.Getenv(envStore))
	ts.Check(err)
	key, err := market.ParseKey(args[0])
	ts.Check(err)
	series, err := store.Get(key)
	ts.Check(err)
	var b bytes.Buffer
	ts.Check(parquet.Write(&b, series))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}
