// Command tradekeel keeps candles, runs strategies over them and shows what came of it.
//
//	tradekeel data import binance:BTC/USDT:1h examples/data/btcusdt_binance_1h.csv
//	tradekeel backtest sma_cross --data binance:BTC/USDT:1h --accept-gaps --report report.html
//
// The guide is docs/guides/command-line.md; "tradekeel help" says the same.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks the work to stop; from then on a second one has its usual
	// effect and ends the process at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Getenv)
	stop()
	os.Exit(code)
}

// streams are what a program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, s streams, env func(string) string) int {
	a := &app{streams: s, env: env}
	root := newRoot(a) //nolint:contextcheck // commands take the context that they are executed with
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return a.fail(ctx, command, err)
}
