-- +goose Up
-- How long the owner has lines kept at least; coffer migrate --as-owner sets it.
CREATE TABLE retention (
	id     BIGINT PRIMARY KEY CHECK (id = 1),
	micros BIGINT NOT NULL
);
INSERT INTO retention VALUES (1, 0);

-- The one way to remove lines for a role that may not delete: it runs as the
-- owner and believes nobody. It moves the mark to behind upto, the last line of
-- a segment, if that is old enough by this server's clock and the owner's
-- retention, a sealed log_pruned line names the range, the tiles of it are full,
-- and no clock step waits for a person. Then it removes a portion of what is
-- below the mark and says how many lines those were.
-- +goose StatementBegin
CREATE FUNCTION prune(upto BIGINT, portion BIGINT) RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	begins BIGINT;
	bound  BIGINT;
	gone   BIGINT;
BEGIN
	SELECT pruned INTO begins FROM head WHERE id = 1 FOR UPDATE;
	SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) - micros INTO bound FROM retention WHERE id = 1;
	IF upto >= begins THEN
		IF NOT EXISTS (SELECT 1 FROM event WHERE seq = upto AND event = 'log_rotated' AND at < bound) THEN
			RAISE EXCEPTION 'line % ends no segment that is older than the retention', upto USING ERRCODE = 'integrity_constraint_violation';
		END IF;
		IF NOT EXISTS (SELECT 1 FROM event WHERE event = 'log_pruned' AND seq > upto
			AND convert_from(line, 'UTF8')::jsonb->'data'->'first' = to_jsonb(begins)
			AND convert_from(line, 'UTF8')::jsonb->'data'->'last' = to_jsonb(upto)) THEN
			RAISE EXCEPTION 'no line says that % to % are pruned', begins, upto USING ERRCODE = 'integrity_constraint_violation';
		END IF;
		IF (SELECT count(*) FROM tile WHERE level = 0 AND n <= upto / 256) <= upto / 256 THEN
			RAISE EXCEPTION 'the tiles up to line % are not full', upto USING ERRCODE = 'integrity_constraint_violation';
		END IF;
		IF EXISTS (SELECT 1 FROM event AS step WHERE step.event = 'sys_clock_step' AND NOT EXISTS (
			SELECT 1 FROM event AS seen WHERE seen.event = 'alert_acknowledged' AND seen.target = 'line:' || step.seq)) THEN
			RAISE EXCEPTION 'a clock step is not acknowledged' USING ERRCODE = 'integrity_constraint_violation';
		END IF;
		UPDATE head SET pruned = upto + 1 WHERE id = 1;
	END IF;
	DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq < (SELECT pruned FROM head) ORDER BY seq LIMIT portion);
	GET DIAGNOSTICS gone = ROW_COUNT;
	IF gone < portion THEN
		DELETE FROM mention WHERE block < (SELECT pruned / 1024 FROM head);
	END IF;
	RETURN gone;
END;
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION prune(BIGINT, BIGINT) FROM PUBLIC;

-- A table of the caller's own by one of these names must not be taken for ours.
-- +goose StatementBegin
DO $$
DECLARE
	fn TEXT;
BEGIN
	FOREACH fn IN ARRAY ARRAY['prune(BIGINT, BIGINT)', 'append_only()', 'pruned_only()', 'tile_append_only()'] LOOP
		EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', fn, current_schema());
	END LOOP;
END;
$$;
-- +goose StatementEnd
