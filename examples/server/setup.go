package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/backtest/backtestsql"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// What wire cannot make by itself.

// openDatabase opens and migrates the database.
func openDatabase(ctx context.Context, s settings) (*bundb.DB, func(), error) {
	db, err := openDriver(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if err := backtestsql.Migrate(ctx, db); err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("bring the database up to date: %w", err)
	}
	return db, func() {
		if err := db.Close(); err != nil {
			s.logger.WarnContext(ctx, "the database was not closed", "error", err)
		}
	}, nil
}

func openDriver(ctx context.Context, s settings) (*bundb.DB, error) {
	if strings.HasPrefix(s.database, "postgres://") || strings.HasPrefix(s.database, "postgresql://") {
		return postgres.Open(ctx, s.database, postgres.Options{})
	}
	if err := os.MkdirAll(filepath.Dir(s.database), 0o700); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, s.database, sqlite.Options{})
}

func openCandles(s settings) (*market.Store, error) {
	return market.OpenStore(filepath.Join(s.folder, "candles"))
}

func newRegistry(s settings) (*strategy.Registry, error) {
	return strategy.NewRegistry(s.strategies...)
}

func serviceConfig(s settings) backtest.ServiceConfig {
	return backtest.ServiceConfig{Logger: s.logger, Heartbeat: s.heartbeat}
}

func routesConfig(s settings) backtesthttp.Config {
	return backtesthttp.Config{Logger: s.logger}
}
