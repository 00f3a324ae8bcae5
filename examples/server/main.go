// Command server is Tradekeel's backtests as a small web application: a start
// page, the API with its documentation, health and metrics.
//
//	go run ./examples/server
//
// It has one user and no sign-in: whoever reaches it acts as that user. So it
// listens on this machine alone, unless -allow-host names the hosts that it may
// be reached as, behind something that decides who comes in.
//
// Candles and the SQLite database are in the folder of -data; -db names another
// database. On its first start it imports the bundled candles and runs a
// demonstration. It stops on an interrupt: requests under way finish, and a
// backtest under way is continued at the next start.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}
