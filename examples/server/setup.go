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
	"github.com/tradekeel/tradekeel/internal/userdir"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategyhttp"
	"github.com/tradekeel/tradekeel/strategy/strategysql"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

// What wire cannot make by itself.

// openDatabase opens and migrates the database.
func openDatabase(ctx context.Context, s settings) (*bundb.DB, func(), error) {
	db, err := openDriver(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.Migrate(ctx, strategysql.Migrations(), backtestsql.Migrations()); err != nil {
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
	return market.OpenStore(userdir.Candles(s.folder))
}

func newRegistry(s settings) (*strategy.Registry, error) {
	return strategy.NewRegistry(s.strategies...)
}

func libraryConfig() library.ServiceConfig {
	return library.ServiceConfig{Templates: templates.All()}
}

func serviceConfig(s settings, kept library.Runs) backtest.ServiceConfig {
	return backtest.ServiceConfig{Logger: s.logger, Heartbeat: s.heartbeat, Library: kept}
}

func routesConfig(s settings) backtesthttp.Config {
	return backtesthttp.Config{Logger: s.logger}
}

func strategyRoutesConfig(s settings) strategyhttp.Config {
	return strategyhttp.Config{Logger: s.logger}
}
