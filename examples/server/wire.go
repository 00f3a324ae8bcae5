//go:build wireinject

package main

import (
	"context"

	"github.com/google/wire"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/backtest/backtestsql"
	"github.com/tradekeel/tradekeel/internal/httpx"
)

// newServer assembles the server. The returned function closes its database.
func newServer(ctx context.Context, s settings) (*server, func(), error) {
	wire.Build(
		openDatabase, backtestsql.Set,
		openCandles, wire.Struct(new(backtest.StoredCandles), "*"), wire.Bind(new(backtest.Candles), new(backtest.StoredCandles)),
		newRegistry, serviceConfig, backtest.NewService,
		routesConfig, backtesthttp.Set,
		httpx.NewMetrics,
		wire.Struct(new(server), "*"),
	)
	return nil, nil, nil
}
