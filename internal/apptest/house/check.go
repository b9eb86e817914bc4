package house

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// check looks the whole log and everything written through, once all is stopped.
func (h *House) check() {
	h.Helper()
	if !h.lost {
		lines := h.checkLines()
		h.checkFile(lines)
		h.checkSigned(lines)
		h.checkClean()
	}
	h.checkSecrets()
}

// checkLines holds that the log is whole: numbered without a gap from 0, or from
// where retention left it, times
// that never run backwards, every line one of the vocabulary.
func (h *House) checkLines() []byte {
	h.Helper()
	var first int64
	if err := h.read.QueryRow(context.Background(), `SELECT pruned FROM head`).Scan(&first); err != nil {
		h.Fatalf("read the log's head: %v", err)
	}
	rows, err := h.read.Query(context.Background(), `SELECT seq, at, event, target, line FROM event ORDER BY seq`)
	if err != nil {
		h.Fatalf("read the log: %v", err)
	}
	defer rows.Close()
	var all []byte
	next, last := first, int64(0)
	for ; rows.Next(); next++ {
		var seq, at int64
		var c [2]string
		var raw seal.Text
		if err := rows.Scan(&seq, &at, &c[0], &c[1], &raw); err != nil {
			h.Fatalf("read the log: %v", err)
		}
		l, err := event.Parse(raw)
		if err != nil {
			h.Fatalf("Parse(%s) = %v", raw, err)
		}
		if seq != next || l.Seq != uint64(seq) {
			h.Errorf("line %d says %d, want %d", seq, l.Seq, next)
		}
		if at < last {
			h.Errorf("line %d is older than the line before it", seq)
		}
		if columns := [2]string{l.Event, l.Target()}; columns != c && (columns[0] != c[0] || c[1] != "") {
			h.Errorf("line %d has the columns %q, want %q as in the line", seq, c, columns)
		}
		if _, err := l.Decode(); err != nil {
			h.Errorf("line %d: Decode() = %v", seq, err)
		}
		last = at
		all = append(append(all, raw...), '\n')
	}
	if err := rows.Err(); err != nil || next == first {
		h.Fatalf("read the log: %d lines, %v", next, err)
	}
	return all
}

// checkFile holds that the segments are the log, byte for byte.
func (h *House) checkFile(want []byte) {
	h.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "security-*.log"))
	if err != nil {
		h.Fatal(err)
	}
	slices.Sort(files)
	var got []byte
	for _, f := range append(files, filepath.Join(h.dir, "security.log")) {
		raw, err := os.ReadFile(f)
		if err != nil {
			h.Fatalf("read the file: %v", err)
		}
		got = append(got, raw...)
	}
	if !bytes.Equal(got, want) {
		h.Errorf("security.log has %d bytes that are not the %d of the log", len(got), len(want))
	}
}

// checkClean holds that nothing was left undone.
func (h *House) checkClean() {
	h.Helper()
	for _, q := range []string{`SELECT COUNT(*) FROM staged`, `SELECT COUNT(*) FROM projected WHERE running <> 0`} {
		var n int
		if err := h.read.QueryRow(context.Background(), q).Scan(&n); err != nil || n > 0 {
			h.Errorf("%s = %d, %v, want none after a clean stop", q, n, err)
		}
	}
}

// checkSecrets looks for every canary in every file, in the operator's lines
// and, on PostgreSQL, in every table.
func (h *House) checkSecrets() {
	h.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if found := h.secret.found(raw); len(found) > 0 {
			h.Errorf("%s holds the secrets %v", filepath.Base(path), found)
		}
		return err
	})
	if err != nil {
		h.Errorf("look through the data: %v", err)
	}
	if found := h.secret.found([]byte(Told())); len(found) > 0 {
		h.Errorf("the operator's lines hold the secrets %v", found)
	}
	if h.db.Engine() == db.Postgres && !h.lost {
		h.checkTables()
	}
}

const tables = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`

func (h *House) checkTables() {
	h.Helper()
	var names []string
	h.each(tables, func(name string) { names = append(names, name) })
	if len(names) < 10 {
		h.Errorf("the schema has the tables %v, want all of Coffer's", names)
	}
	for _, name := range names {
		var all strings.Builder
		h.each(`SELECT CAST(t AS TEXT) FROM `+name+` t`, func(row string) { all.WriteString(row) })
		if found := h.secret.found([]byte(all.String())); len(found) > 0 {
			h.Errorf("the table %s holds the secrets %v", name, found)
		}
	}
}

func (h *House) each(q string, fn func(string)) {
	h.Helper()
	rows, err := h.read.Query(context.Background(), q)
	if err != nil {
		h.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.Fatalf("%s: %v", q, err)
		}
		fn(s)
	}
	if err := rows.Err(); err != nil {
		h.Fatalf("%s: %v", q, err)
	}
}
