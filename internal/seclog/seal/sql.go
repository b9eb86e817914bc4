package seal

import (
	"errors"
	"strconv"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
)

const (
	selectHead = `SELECT size, at, segment, segment_bytes, segment_day, root, origin FROM head WHERE id = 1`
	updateHead = `UPDATE head SET size = $1, at = $2, segment = $3, segment_bytes = $4, segment_day = $5, root = $6
		WHERE id = 1 AND size = $7 AND (root = $8 OR size = 0)`
	selectLines  = `SELECT seq, event, line FROM event WHERE seq >= $1 ORDER BY seq LIMIT $2`
	selectStaged = `SELECT commit_id, n, at, event, level, outcome, actor, subject, source_ip, session, target, rest
		FROM staged ORDER BY at, commit_id, n LIMIT $1`
	// What is staged is about to be the newest line.
	selectQuiet = `SELECT COUNT(*) FROM head WHERE id = 1 AND at <= $1 AND NOT EXISTS (SELECT 1 FROM staged)`

	selectCommit = `SELECT (SELECT COUNT(*) FROM staged WHERE commit_id = $1) + (SELECT COUNT(*) FROM event WHERE commit_id = $1)`
)

// chunk is how many rows one statement carries, so that what a statement costs
// is shared: on SQLite little, on PostgreSQL, where each is a journey, many.
const chunk, serverChunk = 8, 64

const eventColumns, eventWidth = "seq, at, event, target, commit_id, line", 6

var (
	insertEvent  = insertInto("event", eventColumns, eventWidth, 1)
	insertEvents = insertInto("event", eventColumns, eventWidth, chunk)
	insertStaged = insertInto("staged", "commit_id, n, at, event, level, outcome, actor, subject, source_ip, session, target, rest", 12, 1)
	insertMany   = insertInto("event", eventColumns, eventWidth, serverChunk)
	deleteStaged = "DELETE FROM staged WHERE (commit_id, n) IN (" + tuples(2, 1) + ")"
	deleteMany   = "DELETE FROM staged WHERE (commit_id, n) IN (" + tuples(2, serverChunk) + ")"
)

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string {
	return []string{
		selectHead, updateHead, selectLines, selectStaged, selectQuiet, selectCommit, insertEvent, insertEvents,
		insertStaged, deleteStaged, insertMany, deleteMany, insertMention, insertMentions, selectTile, selectLeaves, selectRoots, insertTile,
		selectState, selectNewest, updateCheckpoint, insertKept, selectKept, selectBefore, selectLastKept,
		selectCosignatures, insertCosignature, selectPlace, selectLease, takeLease, renewLease, releaseLease,
		nameLog, selectLine, clearRoot, deleteBeyond, upsertTile, selectExtent, selectPruned, selectRotated,
		selectBegun, rebaseHead, renameHead, selectRows, selectStored, selectBeyond, selectAnnounced, selectIndex,
		countHeld, selectHeld, selectPoints,
	}
}

var errMoved = errors.New("the log's head moved: another sealer was first")

func insertInto(table, columns string, width, rows int) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + tuples(width, rows)
}

// tuples writes ($1, $2), ($3, $4) … for rows of the given width.
func tuples(width, rows int) string {
	var b strings.Builder
	for i := range width * rows {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%width == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	return b.String() + ")"
}

type scanner interface{ Scan(...any) error }

func readHead(tx *db.Tx) (Head, error) { return scanHead(tx.QueryRow(selectHead)) }

func scanHead(row scanner) (Head, error) {
	var h Head
	var root []byte
	err := row.Scan(&h.Size, &h.At, &h.Segment, &h.Bytes, &h.Day, &root, &h.Origin)
	h.Root = rootOf(h.Size, root)
	return h, err
}

// rootOf reads a root as head holds it: nothing is the empty tree's. What is no
// root at all becomes one that no lines lead to.
func rootOf(size uint64, stored []byte) proof.Hash {
	switch {
	case len(stored) == len(proof.Hash{}):
		return proof.Hash(stored)
	case len(stored) == 0 && size == 0:
		return (&proof.Edge{}).Root()
	}
	return proof.Hash{}
}

func moveHead(tx *db.Tx, from, to Head) error {
	n, err := tx.Exec(updateHead, to.Size, to.At, to.Segment, to.Bytes, to.Day, to.Root[:], from.Size, from.Root[:])
	if err == nil && n != 1 {
		err = errMoved
	}
	return err
}

func insertRows(tx *db.Tx, e db.Engine, rows []row, packed <-chan []byte) error {
	many, insert := chunk, insertEvents
	if e == db.Postgres {
		many, insert = serverChunk, insertMany
	}
	args := make([]any, 0, eventWidth*many)
	for len(rows) > 0 {
		n, query := 1, insertEvent
		if len(rows) >= many {
			n, query = many, insert
		}
		args = args[:0]
		for _, r := range rows[:n] {
			args = append(args, r.seq, r.at, r.rec.Event, target(r.rec), r.commit, <-packed)
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// target is what the row of an event says of it, for those who ask.
func target(c event.Record) string {
	if asked(c.Event) {
		return c.Target
	}
	return ""
}
