-- +goose Up
-- Which lines of a block of 1024 mention a name (an account, a card, an address, a session,
-- an event), two bytes for each. A block enters once it is full.
CREATE TABLE mention (
	name  TEXT NOT NULL,
	block BIGINT NOT NULL,
	lines BLOB NOT NULL,
	PRIMARY KEY (name, block)
);

CREATE TRIGGER mention_append_only BEFORE UPDATE OR TRUNCATE ON mention
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Retention removes blocks below the mark, and nothing does above it.
-- +goose StatementBegin
CREATE FUNCTION pruned_blocks_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM gone WHERE block >= (SELECT pruned / 1024 FROM head)) THEN
		RAISE EXCEPTION 'mention is append-only' USING ERRCODE = 'integrity_constraint_violation';
	END IF;
	RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER mention_pruned_only AFTER DELETE ON mention REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION pruned_blocks_only();

-- A table of the caller's own by one of these names must not be taken for ours.
-- +goose StatementBegin
DO $$ BEGIN EXECUTE format('ALTER FUNCTION pruned_blocks_only() SET search_path = %I, pg_temp', current_schema()); END; $$;
-- +goose StatementEnd

-- Sums of the log: how many lines of each event fell into a minute, an hour and
-- a day, which is a row's width in microseconds. rolled says how far.
CREATE TABLE rollup (
	width   BIGINT NOT NULL,
	start   BIGINT NOT NULL,
	event   TEXT NOT NULL,
	level   TEXT NOT NULL,
	outcome TEXT NOT NULL,
	lines   BIGINT NOT NULL,
	PRIMARY KEY (width, start, event, level, outcome)
);
