//go:build wireinject

package main

import (
	"context"

	"github.com/google/wire"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/backtest/backtestsql"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategyhttp"
	"github.com/tradekeel/tradekeel/strategy/strategysql"
)

// newServer assembles the server. The returned function closes its database.
func newServer(ctx context.Context, s settings) (*server, func(), error) {
	wire.Build(
		openDatabase, backtestsql.Set, strategysql.Set,
		openCandles, wire.Struct(new(backtest.StoredCandles), "*"),
		wire.Bind(new(backtest.Candles), new(backtest.StoredCandles)), wire.Bind(new(strategy.Candles), new(backtest.StoredCandles)),
		libraryConfig, library.NewService, wire.Struct(new(library.Runs), "*"),
		newRegistry, serviceConfig, backtest.NewService,
		routesConfig, backtesthttp.Set,
		strategyRoutesConfig, strategyhttp.Set,
		httpx.NewMetrics,
		wire.Struct(new(server), "*"),
	)
	return nil, nil, nil
}
