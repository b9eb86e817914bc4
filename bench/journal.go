package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// journal is Coffer's log in this process: database, sealer and front as
// Coffer wires them, without the file and without the signature, which follow
// the log and hold up no commit.
type journal struct {
	read   *db.Reader
	write  *db.Writer
	sealer *seal.Sealer
	log    *seclog.Log
	stop   context.CancelFunc
	loop   sync.WaitGroup

	mu     sync.Mutex
	failed error // the first thing that went wrong beside the commits
}

// openJournal opens the log of a database, SQLite in a directory or PostgreSQL
// at a URL, and makes the schema.
func openJournal(dir, postgres string, now func() time.Time) (*journal, error) {
	ctx, stop := context.WithCancel(context.Background())
	c := db.Config{File: filepath.Join(dir, "coffer.db"), Postgres: postgres, Now: now}
	if _, _, err := db.Migrate(ctx, c); err != nil {
		stop()
		return nil, err
	}
	j := &journal{stop: stop}
	var err error
	if j.read, j.write, err = db.Open(ctx, c); err != nil {
		stop()
		return nil, err
	}
	maker := event.Maker{Node: "bench", Version: "0.0.0"}
	j.sealer = seal.New(j.read, j.write, maker, 0, j.fail)
	j.log = seclog.New(seclog.Config{Writer: j.write, Sealer: j.sealer, Maker: maker, Now: now})
	j.loop.Go(func() { j.sealer.Run(ctx, j.fail) })
	return j, nil
}

func (j *journal) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed == nil {
		j.failed = err
	}
}

// close ends the log and says what went wrong with it.
func (j *journal) close() error {
	j.stop()
	j.loop.Wait()
	for _, end := range []func() error{j.write.Close, j.read.Close} {
		if err := end(); err != nil {
			j.fail(err)
		}
	}
	return j.failed
}

// commit writes events as one change.
func (j *journal) commit(o event.Origin, events ...event.Event) error {
	return j.log.Commit(event.With(context.Background(), o), func(*db.Tx) ([]event.Event, error) { return events, nil })
}

// complete checks that all lines are sealed and that every full tile is
// stored: a commit that leaves that out would be a fast one.
func (j *journal) complete(lines int) error {
	ctx := context.Background()
	if err := j.sealer.Drain(ctx); err != nil {
		return err
	}
	head, err := j.sealer.Head(ctx)
	if err != nil {
		return err
	}
	var tiles uint64
	if err := j.read.QueryRow(ctx, "SELECT COUNT(*) FROM tile WHERE level = 0").Scan(&tiles); err != nil {
		return err
	}
	if head.Size < uint64(lines) || tiles != head.Size/256 {
		return fmt.Errorf("%d lines and %d tiles are sealed of %d lines", head.Size, tiles, lines)
	}
	return nil
}
