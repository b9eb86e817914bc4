package db

import (
	"context"
	"errors"
)

// scrub copies the write-ahead log into the database file, where deleted rows
// are overwritten (secure_delete), and empties it: until then it may hold what
// was deleted.
const scrub = "PRAGMA wal_checkpoint(TRUNCATE)"

// errReading says that somebody reads what the write-ahead log holds.
var errReading = errors.New("the write-ahead log is being read and was not emptied")

// Scrub makes sure that of deleted rows nothing is left in SQLite's files. An
// error means that it should be tried again. On PostgreSQL it does nothing: there
// deleted rows go when the server vacuums their table.
func (w *Writer) Scrub(ctx context.Context) error {
	g, file := w.by.(*group)
	if !file {
		return nil
	}
	return g.scrub(ctx)
}

// scrub runs between the batches.
func (g *group) scrub(ctx context.Context) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed {
		return unavailable(errClosed)
	}
	var busy, pages, done int
	if err := g.reads.QueryRowContext(ctx, scrub).Scan(&busy, &pages, &done); err != nil {
		g.rollback() // what was noted of the error must not stop the next batch
		return unavailable(err)
	}
	if busy != 0 {
		return unavailable(errReading)
	}
	return nil
}
