-- +goose Up
-- Times are UTC microseconds. Ids are random text made by the program.

CREATE TABLE account (
	id           TEXT PRIMARY KEY,
	username     TEXT NOT NULL,
	username_key TEXT NOT NULL UNIQUE,
	role         TEXT NOT NULL,
	created      BIGINT NOT NULL,
	failures     BIGINT NOT NULL DEFAULT 0,
	last_login   BIGINT
);

CREATE TABLE credential (
	id      TEXT PRIMARY KEY,
	account TEXT NOT NULL,
	kind    TEXT NOT NULL,
	body    TEXT NOT NULL,
	created BIGINT NOT NULL
);
CREATE INDEX credential_account ON credential (account, kind);

CREATE TABLE session (
	id        TEXT PRIMARY KEY,
	account   TEXT NOT NULL,
	level     TEXT NOT NULL,
	created   BIGINT NOT NULL,
	seen      BIGINT NOT NULL,
	stepped   BIGINT NOT NULL,
	ended     BIGINT,
	reason    TEXT,
	source_ip TEXT NOT NULL,
	useragent TEXT NOT NULL
);
CREATE INDEX session_account ON session (account, ended);
CREATE INDEX session_live ON session (seen) WHERE ended IS NULL;
CREATE INDEX session_ended ON session (ended) WHERE ended IS NOT NULL;

CREATE TABLE token (
	hash    BLOB PRIMARY KEY,
	session TEXT NOT NULL,
	created BIGINT NOT NULL,
	rotated BIGINT
);
CREATE INDEX token_session ON token (session);

CREATE TABLE card (
	id          TEXT PRIMARY KEY,
	owner       TEXT NOT NULL,
	brand       TEXT NOT NULL,
	last4       TEXT NOT NULL,
	expiry      TEXT NOT NULL,
	holder      TEXT NOT NULL,
	label       TEXT NOT NULL,
	sealed      BLOB NOT NULL,
	fingerprint BLOB NOT NULL,
	created     BIGINT NOT NULL,
	shown       BIGINT,
	UNIQUE (owner, fingerprint)
);

CREATE TABLE data_key (
	owner   TEXT PRIMARY KEY,
	wrapped BLOB NOT NULL,
	created BIGINT NOT NULL
);

CREATE TABLE key_seen (
	name        TEXT PRIMARY KEY,
	fingerprint TEXT NOT NULL,
	created     BIGINT NOT NULL
);

CREATE TABLE staged (
	commit_id TEXT NOT NULL,
	n         BIGINT NOT NULL,
	at        BIGINT NOT NULL,
	event     TEXT NOT NULL,
	level     TEXT NOT NULL,
	outcome   TEXT NOT NULL,
	actor     TEXT NOT NULL,
	subject   TEXT NOT NULL,
	source_ip TEXT NOT NULL,
	session   TEXT NOT NULL,
	target    TEXT NOT NULL,
	rest      BLOB NOT NULL,
	PRIMARY KEY (commit_id, n)
);

CREATE TABLE event (
	seq       "INTEGER" PRIMARY KEY,
	at        BIGINT NOT NULL,
	event     TEXT NOT NULL,
	level     TEXT NOT NULL,
	outcome   TEXT NOT NULL,
	actor     TEXT NOT NULL,
	subject   TEXT NOT NULL,
	source_ip TEXT NOT NULL,
	session   TEXT NOT NULL,
	target    TEXT NOT NULL,
	commit_id TEXT NOT NULL,
	line      BLOB NOT NULL
);
-- Partial, since most lines leave one of them empty. A query finds such an
-- index only if it says so too: WHERE subject = $1 AND subject <> ''.
CREATE INDEX event_subject ON event (subject, seq) WHERE subject <> '';
-- An actor who is the subject too is found by that: one index entry, and one
-- dirty page, less for nearly every line.
CREATE INDEX event_actor ON event (actor, seq) WHERE actor <> subject AND actor <> '';
CREATE INDEX event_target ON event (target, seq) WHERE target <> '';
CREATE INDEX event_event ON event (event, seq) WHERE event <> '';

CREATE TABLE head (
	id            BIGINT PRIMARY KEY CHECK (id = 1),
	size          BIGINT NOT NULL,
	at            BIGINT NOT NULL,
	segment       BIGINT NOT NULL,
	segment_bytes BIGINT NOT NULL,
	segment_day   TEXT NOT NULL
);
INSERT INTO head (id, size, at, segment, segment_bytes, segment_day) VALUES (1, 0, 0, 0, 0, '');

CREATE TABLE projected (
	id      TEXT PRIMARY KEY,
	segment BIGINT NOT NULL,
	bytes   BIGINT NOT NULL,
	seq     BIGINT NOT NULL,
	running BIGINT NOT NULL
);

CREATE TABLE setting (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
