package seal

import (
	"errors"
	"strconv"
	"strings"

	"coffer/internal/db"
)

const (
	selectHead = `SELECT size, at, segment, segment_bytes, segment_day FROM head WHERE id = 1`
	updateHead = `UPDATE head SET size = $1, at = $2, segment = $3, segment_bytes = $4, segment_day = $5
		WHERE id = 1 AND size = $6`
	selectLines  = `SELECT seq, event, line FROM event WHERE seq >= $1 ORDER BY seq LIMIT $2`
	selectStaged = `SELECT commit_id, n, at, event, level, outcome, actor, subject, source_ip, session, target, rest
		FROM staged ORDER BY at, commit_id, n LIMIT $1`
	// What is staged is about to be the newest line.
	selectQuiet = `SELECT COUNT(*) FROM head WHERE id = 1 AND at <= $1 AND NOT EXISTS (SELECT 1 FROM staged)`

	selectCommit = `SELECT (SELECT COUNT(*) FROM staged WHERE commit_id = $1) + (SELECT COUNT(*) FROM event WHERE commit_id = $1)`
)

// chunk is how many rows one statement carries: what SQLite and PostgreSQL
// spend on a statement is then shared.
const chunk = 4

var (
	insertEvent  = insertInto("event", "seq, at, event, level, outcome, actor, subject, source_ip, session, target, commit_id, line", 12, 1)
	insertEvents = insertInto("event", "seq, at, event, level, outcome, actor, subject, source_ip, session, target, commit_id, line", 12, chunk)
	insertStaged = insertInto("staged", "commit_id, n, at, event, level, outcome, actor, subject, source_ip, session, target, rest", 12, 1)
	deleteStaged = "DELETE FROM staged WHERE (commit_id, n) IN (" + tuples(2, 1) + ")"
	deleteChunk  = "DELETE FROM staged WHERE (commit_id, n) IN (" + tuples(2, chunk) + ")"
)

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string {
	return []string{selectHead, updateHead, selectLines, selectStaged, selectQuiet, selectCommit, insertEvent, insertEvents, insertStaged, deleteStaged, deleteChunk}
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
	err := row.Scan(&h.Size, &h.At, &h.Segment, &h.Bytes, &h.Day)
	return h, err
}

func moveHead(tx *db.Tx, from, to Head) error {
	n, err := tx.Exec(updateHead, to.Size, to.At, to.Segment, to.Bytes, to.Day, from.Size)
	if err == nil && n != 1 {
		err = errMoved
	}
	return err
}

func insertRows(tx *db.Tx, rows []row) error {
	args := make([]any, 0, 12*chunk)
	for len(rows) > 0 {
		n, query := 1, insertEvent
		if len(rows) >= chunk {
			n, query = chunk, insertEvents
		}
		args = args[:0]
		for _, r := range rows[:n] {
			c := r.rec
			args = append(args, r.seq, r.at, c.Event, c.Level, c.Outcome, c.Actor, c.Subject, c.SourceIP, c.Session, c.Target, r.commit, r.line)
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
