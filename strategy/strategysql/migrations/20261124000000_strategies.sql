CREATE TABLE tk_strategy_strategies (
	id TEXT PRIMARY KEY,
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	name TEXT NOT NULL,
	name_folded TEXT NOT NULL,
	description TEXT NOT NULL,
	created_at {{time}} NOT NULL,
	updated_at {{time}} NOT NULL,
	archived BOOLEAN NOT NULL,
	latest BIGINT NOT NULL CHECK (latest > 0),
	hash TEXT NOT NULL,
	draft BOOLEAN NOT NULL
);
CREATE INDEX tk_strategy_strategies_list ON tk_strategy_strategies (owner_id, created_at, id);
CREATE TABLE tk_strategy_versions (
	strategy_id TEXT NOT NULL REFERENCES tk_strategy_strategies (id) ON DELETE CASCADE,
	number BIGINT NOT NULL CHECK (number > 0),
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	document TEXT NOT NULL,
	hash TEXT NOT NULL,
	note TEXT NOT NULL,
	created_at {{time}} NOT NULL,
	used_at {{time}} NOT NULL,
	PRIMARY KEY (strategy_id, number)
);
