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
CREATE TRIGGER event_append_only BEFORE UPDATE OR TRUNCATE ON event
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Retention removes lines below the mark, and nothing does above it.
-- +goose StatementBegin
CREATE FUNCTION pruned_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM gone WHERE seq >= (SELECT pruned FROM head)) THEN
		RAISE EXCEPTION 'event is append-only' USING ERRCODE = 'integrity_constraint_violation';
	END IF;
	RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER event_pruned_only AFTER DELETE ON event REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION pruned_only();

CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
	FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A new epoch, which goes on from the lines at hand, writes the tree again: it
-- takes the root away before, in the same transaction.
-- +goose StatementBegin
CREATE FUNCTION tile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT length(root) FROM head) > 0 THEN
		RAISE EXCEPTION 'tile is append-only' USING ERRCODE = 'integrity_constraint_violation';
	END IF;
	RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER tile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tile
	FOR EACH STATEMENT EXECUTE FUNCTION tile_append_only();

-- A commit whose answer was lost is looked up by its id.
CREATE INDEX event_commit ON event (commit_id);
