-- +goose Up
-- Times are UTC microseconds. Ids are random text made by the program.

CREATE TABLE account (
	id           TEXT PRIMARY KEY,
	username     TEXT NOT NULL,
	username_key TEXT NOT NULL UNIQUE,
	role         TEXT NOT NULL,
	created      BIGINT NOT NULL,
	failures     BIGINT NOT NULL DEFAULT 0,
	last_login   BIGINT,
	-- Since when no card number is shown, or NULL.
	cards_locked BIGINT,
	disabled     BIGINT
);

CREATE TABLE credential (
	id      TEXT PRIMARY KEY,
	account TEXT NOT NULL,
	kind    TEXT NOT NULL,
	body    TEXT NOT NULL,
	created BIGINT NOT NULL,
	-- name is what its person calls it; handle finds it: a passkey's id, the hash
	-- of a recovery code. counter is the newest step of time that served.
	name    TEXT NOT NULL DEFAULT '',
	handle  TEXT NOT NULL DEFAULT '',
	counter BIGINT NOT NULL DEFAULT 0,
	used    BIGINT
);
CREATE INDEX credential_account ON credential (account, kind);
CREATE UNIQUE INDEX credential_handle ON credential (handle) WHERE handle <> '';

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
	useragent TEXT NOT NULL,
	-- proof is how its person proved themselves when stepped was set; after is
	-- where a sign-in leads once it is whole; pending is a sealed secret of an
	-- authenticator app that is not confirmed yet.
	proof     TEXT NOT NULL DEFAULT '',
	after     TEXT NOT NULL DEFAULT '',
	pending   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX session_account ON session (account, ended);
CREATE INDEX session_live ON session (seen) WHERE ended IS NULL;
CREATE INDEX session_ended ON session (ended) WHERE ended IS NOT NULL;

CREATE TABLE token (
	hash    BLOB PRIMARY KEY,
	session TEXT NOT NULL,
	created BIGINT NOT NULL,
	rotated BIGINT,
	-- level is what the token was given for: a session may have got further since.
	level   TEXT NOT NULL
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
	target    TEXT NOT NULL,
	commit_id TEXT NOT NULL,
	line      BLOB NOT NULL
);
-- What Coffer itself asks for by its event; of other events no target is kept
-- here, and the line is packed (seal.Unpack). They are found by the table
-- mention: an index that each line entered by itself would touch a page for
-- each of its names, and those were most of what a commit wrote.
-- A query finds it only if it says the same list (seal.Asked).
CREATE INDEX event_asked ON event (event, seq) WHERE event IN ('sys_clock_step', 'alert_acknowledged', 'log_pruned', 'log_rotated', 'log_epoch_started', 'log_checkpoint', 'sys_startup', 'sys_shutdown', 'sys_disk_low', 'sys_disk_recovered', 'sys_monitor_disabled', 'sys_monitor_enabled');

-- Where the log stands: one row, moved by compare-and-swap on size and root, the
-- tree's, empty while there is no line. checkpoint is the newest signed one.
-- pruned is the seq of the first line still held.
CREATE TABLE head (
	id              BIGINT PRIMARY KEY CHECK (id = 1),
	size            BIGINT NOT NULL,
	at              BIGINT NOT NULL,
	segment         BIGINT NOT NULL,
	segment_bytes   BIGINT NOT NULL,
	segment_day     TEXT NOT NULL,
	root            BLOB NOT NULL,
	pruned          BIGINT NOT NULL,
	origin          TEXT NOT NULL,
	checkpoint_size BIGINT NOT NULL,
	checkpoint_at   BIGINT NOT NULL,
	checkpoint      TEXT NOT NULL,
	lease_holder    TEXT NOT NULL,
	lease_until     BIGINT NOT NULL
);
INSERT INTO head VALUES (1, 0, 0, 0, 0, '', '', 0, '', 0, 0, '', '', 0);

-- The tree's full tiles, 256 hashes each, and the hash above them.
CREATE TABLE tile (
	level  BIGINT NOT NULL,
	n      BIGINT NOT NULL,
	root   BLOB NOT NULL,
	hashes BLOB NOT NULL,
	PRIMARY KEY (level, n)
);

-- The signed checkpoints that are kept for ever; kept says why.
CREATE TABLE checkpoint (
	size "INTEGER" PRIMARY KEY,
	at   BIGINT NOT NULL,
	kept TEXT NOT NULL,
	note TEXT NOT NULL
);

-- What witnesses signed: a line of the note at that size.
CREATE TABLE cosignature (
	size    BIGINT NOT NULL,
	witness TEXT NOT NULL,
	at      BIGINT NOT NULL,
	line    TEXT NOT NULL,
	PRIMARY KEY (size, witness)
);

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

-- What a finished segment looked like in a directory when it was right.
CREATE TABLE segment_file (
	id      TEXT NOT NULL,
	first   BIGINT NOT NULL,
	inode   BIGINT NOT NULL,
	bytes   BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	PRIMARY KEY (id, first)
);

-- How far each delivery of the log got. The holder delivers, as long as the
-- beat moves; failing is since when, once that is told.
CREATE TABLE delivery (
	name     TEXT PRIMARY KEY,
	next     BIGINT NOT NULL,
	failing  BIGINT,
	attempts BIGINT NOT NULL DEFAULT 0,
	error    TEXT NOT NULL DEFAULT '',
	holder   TEXT NOT NULL,
	beat     BIGINT NOT NULL,
	updated  BIGINT NOT NULL
);

-- How far the table rollup goes.
CREATE TABLE rolled (
	id   BIGINT PRIMARY KEY CHECK (id = 1),
	next BIGINT NOT NULL
);
INSERT INTO rolled (id, next) VALUES (1, 0);

-- Wrong passwords in a row, by the keyed hash of the name that was typed, known
-- or not, and by client; see the package limit. until is when the lock ends that
-- they brought, or 0. typed is what stands in the log for a name that nobody has.
CREATE TABLE throttle (
	name     BLOB NOT NULL,
	client   TEXT NOT NULL,
	account  TEXT NOT NULL,
	typed    TEXT NOT NULL,
	failures BIGINT NOT NULL,
	changed  BIGINT NOT NULL,
	kept     BIGINT NOT NULL,
	until    BIGINT NOT NULL,
	PRIMARY KEY (name, client)
);
CREATE INDEX throttle_account ON throttle (account, changed);
CREATE INDEX throttle_kept ON throttle (kept);
CREATE INDEX throttle_until ON throttle (until) WHERE until > 0;

-- What a passkey signed for one operation of a session, until it is used.
CREATE TABLE approval (
	session    TEXT NOT NULL,
	kind       TEXT NOT NULL,
	target     TEXT NOT NULL,
	created    BIGINT NOT NULL,
	credential TEXT NOT NULL,
	nonce      TEXT NOT NULL,
	client     TEXT NOT NULL,
	device     TEXT NOT NULL,
	signature  TEXT NOT NULL,
	PRIMARY KEY (session, kind, target)
);

-- Questions to passkeys that were answered, until they are too old to be.
CREATE TABLE spent (
	nonce TEXT PRIMARY KEY,
	until BIGINT NOT NULL
);
CREATE INDEX spent_until ON spent (until);

-- From where people signed in before: networks, and browsers by their kind; see
-- account.strange.
CREATE TABLE familiar (
	account TEXT NOT NULL,
	what    TEXT NOT NULL,
	used    BIGINT NOT NULL,
	PRIMARY KEY (account, what)
);

-- The lines of which their person said "This wasn't me".
CREATE TABLE reported (
	account TEXT NOT NULL,
	seq     BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (account, seq)
);

-- Links by which a person sets a password, by the hash of their token. covers
-- says what they replace: password, or factors too.
CREATE TABLE reset (
	hash    BLOB PRIMARY KEY,
	account TEXT NOT NULL,
	covers  TEXT NOT NULL,
	made_by TEXT NOT NULL,
	created BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	used    BIGINT
);
CREATE INDEX reset_account ON reset (account);

-- Second factors that administrators want to take off: one asked, another may
-- have agreed, and a link that takes them off can be made from due on.
CREATE TABLE factor_removal (
	account   TEXT PRIMARY KEY,
	asked_by  TEXT NOT NULL,
	asked     BIGINT NOT NULL,
	agreed_by TEXT,
	due       BIGINT
);
