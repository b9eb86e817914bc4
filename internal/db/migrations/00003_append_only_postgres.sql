-- +goose Up
-- Class 23, so that both engines' refusal reads as a broken constraint.

-- +goose StatementBegin
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END;
$$;
-- +goose StatementEnd

-- Per statement: TRUNCATE has no rows, and refusing costs an insert nothing.
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A commit whose answer was lost is looked up by its id.
CREATE INDEX event_commit ON event (commit_id);
