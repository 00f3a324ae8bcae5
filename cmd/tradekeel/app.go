package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/progress"
	"github.com/tradekeel/tradekeel/internal/userdir"
	"github.com/tradekeel/tradekeel/market"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitFound       = 4
	exitInterrupted = 130
)

// exitCodes are the exit codes in words, for the help and the guide.
const exitCodes = `  0    it is done
  1    it failed: the disk, the network, a defect
  2    the command or what it was given is wrong
  3    a file, candles, a strategy or a database is not there
  4    it looked and found problems: bad rows, damage, candles that differ, a document with faults
  130  it was interrupted; the same command goes on from there`

// The environment.
const (
	envStore   = "TRADEKEEL_STORE"
	envDB      = "TRADEKEEL_DB"
	envBinance = "TRADEKEEL_BINANCE_URL"
)

const environment = `  TRADEKEEL_STORE        the folder of candles, where --store does not say
  TRADEKEEL_DB           the database, where --db does not say
  TRADEKEEL_BINANCE_URL  where the klines of Binance are asked for, where --url does not say
  NO_COLOR               set, progress is written in lines instead of drawn`

// app is one call of the program.
type app struct {
	streams

	env     func(string) string
	asJSON  bool
	plain   bool   // progress in lines
	store   string // the flag
	printed bool   // the answer is on the standard output
}

// foundError ends a command that looked and found problems, which it has printed.
type foundError struct{ text string }

func (e *foundError) Error() string { return e.text }

// print writes the command's one answer: v as JSON, or what text writes.
func (a *app) print(v any, text func(w io.Writer)) error {
	a.printed = true
	if !a.asJSON {
		out := &errorWriter{w: a.out}
		text(out)
		return out.err
	}
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// errorWriter keeps the first error, so that a text is written without looking at each.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}

// bar begins the progress of long work; short work shows nothing.
func (a *app) bar(label, unit string) *progress.Bar {
	b := progress.New(a.err, label)
	b.Unit = unit
	b.Delay = 300 * time.Millisecond
	b.Plain = a.plain || a.env("NO_COLOR") != "" || a.env("TERM") == "dumb"
	return b
}

// storeFolder is where the candles are.
func (a *app) storeFolder() (string, error) {
	for _, folder := range []string{a.store, a.env(envStore)} {
		if folder != "" {
			return folder, nil
		}
	}
	if folder := userdir.Folder(); folder != "" {
		return userdir.Candles(folder), nil
	}
	return "", tradekeel.Invalidf("--store", "is missing, and the system knows no folder of yours: name one, or set %s", envStore)
}

// openStore opens the store to read from: one that is not there is no empty one.
func (a *app) openStore() (*market.Store, error) {
	folder, err := a.storeFolder()
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil, tradekeel.ErrNotFound.With("--store", "there is no folder %s; %q makes it", folder, programName+" data import")
	} else if err == nil && !info.IsDir() {
		return nil, tradekeel.Invalidf("--store", "%s is a file; a store is a folder", folder)
	}
	return market.OpenStore(folder)
}

// makeStore opens the store to write to.
func (a *app) makeStore() (*market.Store, error) {
	folder, err := a.storeFolder()
	if err != nil {
		return nil, err
	}
	return market.OpenStore(folder)
}

// fail tells what went wrong, a fault a line, and returns the exit code.
func (a *app) fail(ctx context.Context, command *cobra.Command, err error) int {
	code := exitCode(ctx, err)
	faults := faultsOf(err)
	if code == exitInterrupted {
		faults = []fault{{Message: "interrupted"}}
		if command.Annotations[resumes] != "" {
			faults[0].Message += "; " + command.Annotations[resumes]
		}
	}
	for _, f := range faults {
		fmt.Fprintf(a.err, "%s: %s\n", command.CommandPath(), f)
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(a.err, "Try %q.\n", command.CommandPath()+" --help")
	}
	if a.asJSON && !a.printed {
		answer := struct {
			Error failure `json:"error"`
		}{failure{code, faults}}
		if err := a.print(answer, nil); err != nil {
			fmt.Fprintf(a.err, "%s: %v\n", command.CommandPath(), err)
		}
	}
	return code
}

// failure is the answer of a command that has no other.
type failure struct {
	ExitCode int     `json:"exit_code"`
	Faults   []fault `json:"faults"`
}

// resumes is the annotation of commands that go on after an interrupt: how.
const resumes = "resumes"

func exitCode(ctx context.Context, err error) int {
	if _, ok := errors.AsType[*foundError](err); ok {
		return exitFound
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted // whatever was said about it on the way up
	}
	switch tradekeel.KindOf(err) {
	case tradekeel.Canceled:
		if ctx.Err() != nil {
			return exitInterrupted
		}
		return exitFailed
	case tradekeel.Invalid, tradekeel.Unsupported:
		return exitUsage
	case tradekeel.NotFound:
		return exitNotFound
	case tradekeel.Conflict:
		return exitFound
	case tradekeel.Internal:
		switch {
		case errors.Is(err, market.ErrDamaged):
			return exitFound
		case errors.Is(err, os.ErrNotExist):
			return exitNotFound
		}
	case tradekeel.Forbidden, tradekeel.Unauthenticated, tradekeel.Exhausted, tradekeel.Unavailable:
	}
	return exitFailed
}

// fault is one thing that is wrong.
type fault struct {
	Field   string `json:"field,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

func (f fault) String() string {
	if f.Field == "" {
		return f.Message
	}
	return f.Field + ": " + f.Message
}

// faultsOf takes a joined error apart.
func faultsOf(err error) []fault {
	var all []fault
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, faultsOf(one)...)
		}
		return all
	}
	if e, ok := err.(*tradekeel.Error); ok { //nolint:errorlint // a wrapped one keeps the words around it
		whole := *e
		whole.Field = ""
		return []fault{{Field: e.Field, Code: e.Code, Message: strings.TrimSpace(whole.Error())}}
	}
	return []fault{{Message: err.Error()}}
}
