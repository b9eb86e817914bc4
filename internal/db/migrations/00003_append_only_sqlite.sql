-- +goose Up
-- ABORT, never ROLLBACK: the statement fails, the transaction that others
-- share lives on.

-- +goose StatementBegin
CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN
	SELECT RAISE(ABORT, 'event is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN
	SELECT RAISE(ABORT, 'event is append-only');
END;
-- +goose StatementEnd
