-- +goose Up
-- ABORT, never ROLLBACK: the statement fails, the transaction that others
-- share lives on.

-- +goose StatementBegin
CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN
	SELECT RAISE(ABORT, 'event is append-only');
END;
-- +goose StatementEnd

-- Retention removes lines below the mark, and nothing does above it.
-- +goose StatementBegin
CREATE TRIGGER event_delete BEFORE DELETE ON event WHEN OLD.seq >= (SELECT pruned FROM head) BEGIN
	SELECT RAISE(ABORT, 'event is append-only');
END;
-- +goose StatementEnd

-- A new epoch, which goes on from the lines at hand, writes the tree again: it
-- takes the root away before, in the same transaction.
-- +goose StatementBegin
CREATE TRIGGER tile_update BEFORE UPDATE ON tile WHEN (SELECT length(root) FROM head) > 0 BEGIN
	SELECT RAISE(ABORT, 'tile is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER tile_delete BEFORE DELETE ON tile WHEN (SELECT length(root) FROM head) > 0 BEGIN
	SELECT RAISE(ABORT, 'tile is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint BEGIN
	SELECT RAISE(ABORT, 'checkpoint is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint BEGIN
	SELECT RAISE(ABORT, 'checkpoint is append-only');
END;
-- +goose StatementEnd
