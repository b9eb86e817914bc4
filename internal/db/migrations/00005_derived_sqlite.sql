-- +goose Up
-- Which lines of a block of 1024 mention a name (an account, a card, an address, a session,
-- an event), two bytes for each. A block enters once it is full.
CREATE TABLE mention (
	name  TEXT NOT NULL,
	block BIGINT NOT NULL,
	lines BLOB NOT NULL,
	PRIMARY KEY (name, block)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER mention_update BEFORE UPDATE ON mention BEGIN
	SELECT RAISE(ABORT, 'mention is append-only');
END;
-- +goose StatementEnd

-- Retention removes blocks below the mark, and nothing does above it.
-- +goose StatementBegin
CREATE TRIGGER mention_delete BEFORE DELETE ON mention WHEN OLD.block >= (SELECT pruned / 1024 FROM head) BEGIN
	SELECT RAISE(ABORT, 'mention is append-only');
END;
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
) WITHOUT ROWID;
