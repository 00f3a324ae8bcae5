package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/docsui"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/strategyhttp"
)

// user is the only one: there is no sign-in.
var user = tradekeel.Actor{User: "local"}

// server is the assembled application.
type server struct {
	settings settings
	db       *bundb.DB
	candles  *market.Store
	service  *backtest.Service
	routes   *backtesthttp.Routes
	library  *strategyhttp.Routes
	metrics  *httpx.Metrics
}

// run is the whole program but the process: it ends with ctx, and returns nil
// when it stopped as it was told.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return serve(ctx, s, stdout)
}

// serve takes the address, assembles the server and runs it until ctx ends.
func serve(ctx context.Context, s settings, stdout io.Writer) (err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s: stop it, or choose another address, for example -addr 127.0.0.1:0", s.addr)
	}
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	srv, cleanup, err := newServer(ctx, s)
	if err != nil {
		return err
	}
	defer cleanup()
	if err := importCandles(srv.candles, stdout); err != nil {
		return err
	}

	// When one part fails, the other stops, too.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var workers sync.WaitGroup
	workers.Go(func() {
		// Puts the runs under way back into the queue before it returns.
		if failed := srv.service.Run(ctx); failed != nil {
			s.logger.ErrorContext(ctx, "the workers stopped", "error", failed)
			stop()
		}
	})
	defer workers.Wait()
	defer stop()
	demo, err := demonstrate(ctx, srv.service)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Tradekeel is at http://%s/\n", listener.Addr())
	return httpx.Serve(ctx, listener, srv.handler(demo), httpx.ServeOptions{Logger: s.logger})
}

// handler is all that the server answers.
func (srv *server) handler(demo backtest.ID) http.Handler {
	mux := http.NewServeMux()
	const document = "/openapi.json"
	api := httpx.NewAPI(mux, httpx.APIConfig{
		Title: "Tradekeel", Version: "1", Document: document,
		Description: "Strategies as documents, and backtests over stored candles. This server has one user and no sign-in.",
	})
	srv.library.Register(api)
	srv.routes.Register(api)
	docsui.Register(mux, docsui.Config{Path: "/docs", Document: document, Title: "Tradekeel API", Home: "/"})
	httpx.Health(mux, srv.settings.logger, httpx.Check{Name: "database", Ready: func(ctx context.Context) error {
		return srv.db.Unscoped().PingContext(ctx)
	}})
	mux.Handle("GET /metrics", srv.metrics.Handler())
	newPage(srv.service, demo).register(mux)

	h := httpx.Handler(mux, httpx.Options{
		Logger: srv.settings.logger, Metrics: srv.metrics, Hosts: append(loopback[:], srv.settings.hosts...),
	})
	// Where another server checks who is there, this one lets everybody be its user.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(tradekeel.WithActor(r.Context(), user)))
	})
}
