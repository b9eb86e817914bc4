package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// ledger reads a vault's database and directory from outside, and holds the
// promises against each other.
type ledger struct {
	testing.TB
	pool *sql.DB
	dir  string
}

func openLedger(tb testing.TB, dir, postgres string) *ledger {
	tb.Helper()
	name, source := "sqlite", "file:"+filepath.Join(dir, "coffer.db")+"?_pragma=busy_timeout(5000)"
	if postgres != "" {
		name, source = "pgx", postgres
	}
	pool, err := sql.Open(name, source)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { pool.Close() })
	return &ledger{tb, pool, dir}
}

func (l *ledger) column(query string) (out []string) {
	l.Helper()
	rows, err := l.pool.Query(query)
	if err != nil {
		l.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			l.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		l.Fatal(err)
	}
	return out
}

// settled waits until nothing is staged and the files hold every line, and
// gives the lines: what the files hold is compared byte for byte.
func (l *ledger) settled() []event.Line {
	l.Helper()
	var table, files []byte
	soon(l.TB, "the files to hold every line", fileSoon, func() bool {
		if n := l.column(`SELECT COUNT(*) FROM staged`); n[0] != "0" {
			return false
		}
		table = table[:0]
		for _, stored := range l.column(`SELECT line FROM event ORDER BY seq`) {
			table = append(seal.Unpack(table, []byte(stored)), '\n')
		}
		files = l.files()
		return bytes.Equal(table, files)
	})
	var lines []event.Line
	for text := range bytes.SplitSeq(bytes.TrimSuffix(table, []byte("\n")), []byte("\n")) {
		p, err := event.Parse(text)
		if err != nil || p.Seq != uint64(len(lines)) {
			l.Fatalf("line %d is %s: %v", len(lines), text, err)
		}
		lines = append(lines, p)
	}
	return lines
}

// files are the segments one after the other.
func (l *ledger) files() (all []byte) {
	names, err := filepath.Glob(filepath.Join(l.dir, "security-*.log"))
	if err != nil {
		l.Fatal(err)
	}
	for _, name := range append(slices.Sorted(slices.Values(names)), filepath.Join(l.dir, "security.log")) {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // at its rotation there is none for a moment
		}
		if err != nil {
			l.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// balanced demands that for each row there is the event that made it, and for
// each event its row: exactly one of each.
func (l *ledger) balanced(lines []event.Line) {
	l.Helper()
	made := map[string]map[string]int{}
	for _, line := range lines {
		if made[line.Event] == nil {
			made[line.Event] = map[string]int{}
		}
		made[line.Event][line.Target()]++
	}
	for _, c := range []struct{ event, kind, rows string }{
		{"user_created", "account:", `SELECT id FROM account`},
		{"sensitive_create", "card:", `SELECT id FROM card`},
	} {
		rows := l.column(c.rows)
		for _, id := range rows {
			if n := made[c.event][c.kind+id]; n != 1 {
				l.Errorf("%s%s has %d events %s, want 1", c.kind, id, n, c.event)
			}
		}
		if got := len(made[c.event]); got != len(rows) {
			l.Errorf("%d events %s for %d rows, want as many", got, c.event, len(rows))
		}
	}
	counts := fmt.Sprint(l.column(`SELECT COUNT(*) FROM credential`), l.column(`SELECT COUNT(*) FROM session`), l.column(`SELECT COUNT(*) FROM data_key`))
	owners := 0
	for _, line := range lines {
		if line.Event == "crypt_key_created" && strings.Contains(string(line.Data), `"use":"data"`) {
			owners++
		}
	}
	want := fmt.Sprint([]int{len(made["user_created"])}, []int{count(lines, "session_created")}, []int{owners})
	if counts != want {
		l.Errorf("rows of credential, session, data_key = %s, want %s as their events say", counts, want)
	}
}

// told demands that all that people were told is there.
func (l *ledger) told(lines []event.Line, people []*holder) (cards int) {
	l.Helper()
	created, shown := map[string]bool{}, map[string]int{}
	for _, line := range lines {
		switch line.Event {
		case "sensitive_create":
			created[line.Target()] = true
		case "sensitive_read":
			shown[line.Target()]++
		}
	}
	for _, h := range people {
		for id, views := range h.cards {
			if !created["card:"+id] || shown["card:"+id] < views {
				l.Errorf("%s was told of card %s and %d views; the log has %v and %d", h.name, id, views, created["card:"+id], shown["card:"+id])
			}
			cards++
		}
	}
	return cards
}

// once demands that beyond what people were told of there are no more cards than
// they asked for without getting an answer: none is stored twice.
func (l *ledger) once(lines []event.Line, people []*holder) {
	l.Helper()
	told, unsure := 0, 0
	for _, h := range people {
		told += len(h.cards)
		unsure += h.unsure
	}
	if n := count(lines, "sensitive_create"); n > told+unsure {
		l.Errorf("%d cards are there, %d were acknowledged and %d asked for in vain", n, told, unsure)
	}
}

func count(lines []event.Line, name string) (n int) {
	for _, l := range lines {
		if l.Event == name {
			n++
		}
	}
	return n
}

// beforeStart is the reason of the crash told right before the newest
// sys_startup, or the event there.
func beforeStart(lines []event.Line) string {
	for i, l := range slices.Backward(lines) {
		if l.Event == "sys_startup" && i > 0 {
			return strings.TrimSuffix(lines[i-1].Event+" "+lines[i-1].Reason, " ")
		}
	}
	return ""
}
