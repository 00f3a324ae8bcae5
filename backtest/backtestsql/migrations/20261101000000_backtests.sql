CREATE TABLE tk_backtest_backtests (
	id TEXT PRIMARY KEY,
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	strategy TEXT NOT NULL,
	spec {{json}} NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'canceled')),
	bars_done BIGINT NOT NULL,
	bars_total BIGINT NOT NULL,
	cancel_requested BOOLEAN NOT NULL,
	fault {{json}} NOT NULL,
	summary {{json}} NOT NULL,
	created_at {{time}} NOT NULL,
	started_at {{time}} NOT NULL,
	attempts BIGINT NOT NULL,
	finished_at {{time}} NOT NULL,
	runner TEXT NOT NULL,
	heartbeat_at {{time}} NOT NULL
);
CREATE INDEX tk_backtest_backtests_list ON tk_backtest_backtests (owner_id, created_at, id);
CREATE INDEX tk_backtest_backtests_queue ON tk_backtest_backtests (state, created_at, id);
CREATE TABLE tk_backtest_outcomes (
	backtest_id TEXT PRIMARY KEY REFERENCES tk_backtest_backtests (id) ON DELETE CASCADE,
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	body {{bytes}} NOT NULL
);
