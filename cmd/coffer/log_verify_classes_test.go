package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stopped is the log of a server that has stopped, of more than a hundred lines
// and fewer than a tile has, unguarded.
func stopped(t *testing.T) (l *ledger, size uint64) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("COFFER_DATABASE", "")
	p := start(t, nil, "--data", dir)
	l = openLedger(t, dir, "")
	for i := range 100 {
		if code, _, said := typed(t, "log", "query", "--data", dir, fmt.Sprint("seq:", i)); code != 0 {
			t.Fatalf("coffer log query = %d with %s", code, said)
		}
	}
	l.settled()
	p.stop()
	size = uint64(len(l.settled()))
	l.do(unguard["sqlite"]...)
	return l, size
}

// reported holds that coffer log verify ends with 1 and a report that begins and
// goes on like this, and lacks some words.
func (l *ledger) reported(t *testing.T, begins string, says, lacks []string) {
	l.Helper()
	code, out, said := typed(t, "log", "verify", "--data", l.dir)
	if code != 1 || !strings.HasPrefix(out, begins) {
		l.Errorf("coffer log verify = %d with %s\nand %s\nwant 1 and %s", code, out, said, begins)
	}
	for _, want := range says {
		if !strings.Contains(out, want) {
			l.Errorf("coffer log verify says %s\nwant %q in it", out, want)
		}
	}
	for _, other := range lacks {
		if strings.Contains(out, other) {
			l.Errorf("coffer log verify says %s\nwant no %q in it", out, other)
		}
	}
}

// TestVerifyOverwritten overwrites one line of a stopped log, with whatever
// SQLite takes: the report names the line, gravest first, and does not call good
// in the database what is good in the files.
func TestVerifyOverwritten(t *testing.T) {
	l, _ := stopped(t)
	l.do(`CREATE TABLE kept AS SELECT * FROM event WHERE seq = 12`)
	for _, set := range []string{
		`line = '{"seq":100}'`, `line = 12`, `line = x'00'`, `line = (SELECT line FROM event WHERE seq = 11), at = 'now', event = x'00', target = x'00'`,
	} {
		l.do(`UPDATE event SET ` + set + ` WHERE seq = 12`)
		l.reported(t, "TAMPERED  A line in the database is not the one that was sealed: line 12\n",
			[]string{"first bad line   12   in the database\n", "; in the files, not in the database\n"}, []string{"also: "})
		l.do(`DELETE FROM event WHERE seq = 12`, `INSERT INTO event SELECT * FROM kept`)
	}
}

// TestVerifyGone removes lines from the beginning, under a mark as if retention
// had, and from the end: the report says how many and which.
func TestVerifyGone(t *testing.T) {
	l, size := stopped(t)
	l.do(`CREATE TABLE kept AS SELECT * FROM event`)
	back := []string{`DELETE FROM event`, `INSERT INTO event SELECT * FROM kept`, `UPDATE head SET pruned = 0`}
	l.do(`UPDATE head SET pruned = 50`, `DELETE FROM event WHERE seq < 50`)
	l.reported(t, "TAMPERED  50 lines that were sealed are missing from the database: the lines 0 to 49\n",
		[]string{"first bad line   0   in the database\n"}, []string{"also: ", "somewhere"})
	l.do(back...)
	l.do(fmt.Sprint(`DELETE FROM event WHERE seq >= `, size-5))
	l.reported(t, fmt.Sprintf("TAMPERED  5 lines that were sealed are missing from the database: the lines %d to %d\n", size-5, size-1),
		nil, []string{"also: ", "somewhere"})
	l.do(back...)
}

// TestPipes puts a pipe in the place of the checkpoint, and of log.pub, of which
// nobody writes into either: the start says so, and so does every command that
// needs it, and none waits.
func TestPipes(t *testing.T) {
	l, _ := stopped(t)
	for file, says := range map[string]string{
		"checkpoint": "checkpoint cannot be read: it is no signed checkpoint", "log.pub": "log.pub cannot be read: it is no ordinary file",
	} {
		path := filepath.Join(l.dir, file)
		if err := os.Rename(path, path+".kept"); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, said := typed(t, "serve", "--data", l.dir, "--listen", "127.0.0.1:0")
		if code == 0 || !strings.Contains(said, says) || !strings.Contains(said, "mv "+path) {
			t.Errorf("coffer serve beside a pipe in the place of %s = %d with %s, want a refusal that says %q", file, code, said, says)
		}
		for _, command := range [][]string{{"log", "query", "seq:3"}, {"log", "tail"}} {
			if code, _, said := typed(t, append(command, "--data", l.dir)...); code != 78 || !strings.Contains(said, says) {
				t.Errorf("coffer %v beside a pipe in the place of %s = %d with %s, want 78 and %q", command, file, code, said, says)
			}
		}
		if code, out, said := typed(t, "log", "verify", "--data", l.dir); code == 0 {
			t.Errorf("coffer log verify beside a pipe in the place of %s = 0 with %s and %s, want another code", file, out, said)
		}
		if err := os.Rename(path+".kept", path); err != nil {
			t.Fatal(err)
		}
	}
}
