package file

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"coffer/internal/db"
	"coffer/internal/event"

	"github.com/google/renameio/v2"
)

const (
	selectMark = `SELECT segment, bytes, seq, running FROM projected WHERE id = $1`
	upsertMark = `INSERT INTO projected (id, segment, bytes, seq, running) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, bytes = excluded.bytes, seq = excluded.seq, running = excluded.running`
)

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string {
	return []string{selectMark, upsertMark, selectPruned, selectEnds, selectKnown, upsertKnown, deleteKnown}
}

// mark says how far the file is known to be right. What lies beyond it may be
// an unfinished write; what differs below it was altered.
type mark struct {
	segment uint64
	bytes   int64
	seq     uint64
	running int64 // start of the run that has not ended; 0 after a clean stop
}

// marks holds the newest mark and what is stored of it. The follower sets it;
// the sealer's transaction stores it in passing.
type marks struct {
	mu         sync.Mutex
	now, saved mark
}

func (m *marks) set(segment uint64, bytes int64, seq uint64, running int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = mark{segment, bytes, seq, running}
}

func (m *marks) unsaved() (now mark, dirty bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, m.now != m.saved && m.now != mark{}
}

func (m *marks) stored(s mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = s
}

// directoryID is the random name of this data directory in the database: host
// names change with containers.
func directoryID(dir string) (string, error) {
	path := filepath.Join(dir, "directory.id")
	raw, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(raw)) != "" {
		return strings.TrimSpace(string(raw)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	id := event.NewID("d_")
	return id, renameio.WriteFile(path, []byte(id+"\n"), 0o600)
}

func (f *Follower) load(ctx context.Context) (m mark, found bool, err error) {
	err = f.Reader.QueryRow(ctx, selectMark, f.id).Scan(&m.segment, &m.bytes, &m.seq, &m.running)
	if errors.Is(err, sql.ErrNoRows) {
		return mark{}, false, nil
	}
	return m, err == nil, err
}

// ridealong stores the mark inside a sealing transaction. A mark that is not
// stored because the transaction fails is only an older one: never a wrong one.
func (f *Follower) ridealong(tx *db.Tx) error {
	m, dirty := f.mark.unsaved()
	if !dirty || f.Writer.Engine() == db.Postgres {
		return nil
	}
	_, err := tx.Exec(upsertMark, f.id, m.segment, m.bytes, m.seq, m.running)
	return err
}

// save stores the mark in a transaction of its own.
func (f *Follower) save(ctx context.Context) error {
	m, dirty := f.mark.unsaved()
	if !dirty {
		return nil
	}
	err := f.Writer.Apart(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(upsertMark, f.id, m.segment, m.bytes, m.seq, m.running)
		return err
	})
	if err == nil {
		f.mark.stored(m)
	}
	return err
}
