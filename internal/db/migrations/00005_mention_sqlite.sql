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
