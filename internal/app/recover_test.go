package app_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// startRefused holds that a start is refused, in these words.
func startRefused(h *house.House, want ...string) {
	h.Helper()
	_, err := app.New(h.Context(), h.Setup.Config, h.Setup.Options)
	if _, ok := errors.AsType[*app.Refused](err); !ok {
		h.Errorf("New() = %v, want a refusal that says %v", err, want)
		return
	}
	command := "\n  coffer log new-epoch --data " + h.Dir() + ` --reason "…"` + "\n"
	if u := h.Setup.Database; u != "" {
		command = "\n  coffer log new-epoch --data " + h.Dir() + " --database '" + u + `' --reason "…"` + "\n"
	}
	for _, w := range append(want, command, "coffer-verify") {
		if !strings.Contains(err.Error(), w) {
			h.Errorf("New() = %v, want it to say %q", err, w)
		}
	}
}

// outsides runs statements past Coffer, with the guards against mistakes off.
func outsides(h *house.House, statements ...string) {
	h.Helper()
	off := []string{"DROP TRIGGER IF EXISTS event_update", "DROP TRIGGER IF EXISTS event_delete"}
	if h.Reader().Engine() == db.Postgres {
		off = []string{"ALTER TABLE event DISABLE TRIGGER USER"}
	}
	for _, q := range append(off, statements...) {
		outside(h, h.Reader().Engine(), q)
	}
}

// remember keeps the log's tables as they are now, as a backup would, and
// restore puts them back.
func remember(h *house.House) {
	h.Helper()
	for _, table := range []string{"event", "head", "projected"} {
		outside(h, h.Reader().Engine(), "DROP TABLE IF EXISTS old_"+table)
		outside(h, h.Reader().Engine(), "CREATE TABLE old_"+table+" AS SELECT * FROM "+table)
	}
}

func restore(h *house.House) {
	h.Helper()
	for _, table := range []string{"event", "head", "projected"} {
		outsides(h, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM old_"+table)
	}
}

func epoch(h *house.House, reason string) (app.Epoch, error) {
	return app.NewEpoch(context.Background(), h.Setup.Config, h.Setup.Options, app.Break{Reason: reason})
}

// TestRolledBack puts an older copy of the database under a newer log: the start
// is refused, and a new epoch goes on from what is there, the lost lines kept.
func TestRolledBack(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Stop()
		remember(h)
		kept := uint64(count(h, "event"))
		h.Start()
		h.Wrote("sys_startup")
		many(h, 300) // several segments of them
		h.Rewound(kept + uint64(len(h.Lines(kept))))
		if _, err := epoch(h, "why not"); err == nil || !strings.Contains(err.Error(), "another coffer serves") {
			t.Errorf("NewEpoch() beside a server = %v, want a refusal", err)
		}
		h.Stop()
		lost := h.Lines(kept)
		former := h.Checkpoint()
		restore(h)
		startRefused(h, "ROLLBACK: ", "checkpoint covers ", "an older copy")
		forge(h, int(kept)-1) // which no checkpoint but a later one covers
		epochRefused(h, fmt.Sprintf("line %d of the database is not what was signed", kept-1), "security.log and its segments have")
		restore(h)

		if _, err := epoch(h, " "); err == nil {
			t.Error("NewEpoch() without a reason: no error")
		}
		e, err := epoch(h, "restored the backup\nof Monday")
		if err != nil {
			t.Fatalf("NewEpoch() = %v", err)
		}
		if e.Why != "restored the backup\nof Monday" || e.Lines != kept || e.Size != kept || e.Lost != uint64(len(lost)) || e.Former != former.Origin {
			t.Errorf("NewEpoch() = %+v, want it from line %d with %d lost", e, kept, len(lost))
		}
		var aside []event.Line
		for _, path := range e.Kept {
			aside = append(aside, linesOf(t, path)...)
		}
		if len(aside) != len(lost) || aside[0].Seq != kept || aside[len(aside)-1].Seq != kept+uint64(len(lost))-1 {
			t.Errorf("%d lines are kept aside in %v, want the %d that are lost", len(aside), e.Kept, len(lost))
		}
		if keys := h.Keys(); len(keys) != 2 || keys[1] != e.Key || !strings.HasPrefix(keys[0], former.Origin+"+") {
			t.Errorf("log.pub = %q, want the former key and the new one", keys)
		}
		if c := h.Checkpoint(); c.Size != kept+2 || c.Origin != e.Origin {
			t.Errorf("the checkpoint is of %d lines of %s, want %d of the new log", c.Size, c.Origin, kept+2)
		}
		h.Rewound(kept)
		h.Wrote("log_epoch_started level=CRITICAL data.former="+former.Origin, "crypt_key_created data.use=log")
		h.Start()
		h.Wrote("sys_startup")
	}, func(s *house.Setup) { s.SegmentBytes = 20 << 10 })
}

func linesOf(t *testing.T, path string) (all []event.Line) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		l, err := event.Parse(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			t.Fatalf("Parse(%s) = %v", line, err)
		}
		all = append(all, l)
	}
	return all
}

// TestTamperedStart changes what is stored or signed while nobody serves: each
// start after that is refused, and says why.
func TestTamperedStart(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Stop()
		remember(h)
		point := filepath.Join(h.Dir(), "checkpoint")
		signed, err := os.ReadFile(point)
		if err != nil {
			t.Fatal(err)
		}
		c := h.Checkpoint()
		const edit = `UPDATE event SET line = (SELECT line FROM old_event WHERE seq = 4) WHERE seq = 3`
		for name, change := range map[string][]string{
			"a line":       {edit},
			"the root":     {`UPDATE head SET root = ''`},
			"a line less":  {`DELETE FROM event WHERE seq = 5`},
			"all of it":    {edit, rootSet(h)},
			"the name":     {`UPDATE head SET origin = 'coffer.invalid/other'`},
			"the signed":   {`UPDATE head SET checkpoint = 'nothing'`},
			"the signed 2": {`UPDATE head SET checkpoint = replace(checkpoint, '— ', '— x')`},
		} {
			outsides(h, change...)
			if _, err := app.New(h.Context(), h.Setup.Config, h.Setup.Options); err == nil {
				t.Fatalf("%s: the start is not refused", name)
			}
			if name == "a line less" {
				gapRefused(h, "TAMPERED: ")
			} else {
				startRefused(h, "TAMPERED: ")
			}
			restore(h)
		}
		for name, content := range map[string][]byte{
			"another key": another(t, c), "another log": bytes.ReplaceAll(signed, []byte("coffer.invalid/"), []byte("coffer.invalid/x")),
			"another root": bytes.Replace(signed, []byte(c.Root.String()), []byte(proof.Hash{}.String()), 1),
		} {
			if err := os.WriteFile(point, content, 0o644); err != nil {
				t.Fatal(err)
			}
			t.Log(name)
			startRefused(h, "TAMPERED: ", point)
		}
		if err := os.Remove(point); err != nil {
			t.Fatal(err)
		}
		h.Start() // one that is missing is written again
		h.Wrote("sys_startup")
		h.Signed(c.Size)
	})
}

// rootSet makes the head fit what somebody made of the lines.
func rootSet(h *house.House) string {
	h.Helper()
	var e proof.Edge
	rows, err := h.Reader().Query(h.Context(), `SELECT line FROM event ORDER BY seq`)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	var lines [][]byte
	for rows.Next() {
		var line seal.Text
		if err := rows.Scan(&line); err != nil {
			h.Fatal(err)
		}
		lines = append(lines, line)
	}
	lines[3] = lines[4]
	for _, l := range lines {
		e.Append(l)
	}
	root := e.Root()
	if h.Reader().Engine() == db.Postgres {
		return `UPDATE head SET root = '\x` + hexOf(root[:]) + `'`
	}
	return `UPDATE head SET root = x'` + hexOf(root[:]) + `'`
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

// another is the same checkpoint, signed by a key that is not the log's.
func another(t *testing.T, c proof.Checkpoint) []byte {
	t.Helper()
	s, err := proof.NewSigner(c.Origin, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.Sign(c, s)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestEpochInterrupted stops a new epoch after it is committed: the next start
// puts key and checkpoint in their places.
func TestEpochInterrupted(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Stop()
		keys := filepath.Join(h.Dir(), "keys")
		former, err := os.ReadFile(filepath.Join(keys, "log.pem"))
		if err != nil {
			t.Fatal(err)
		}
		size := h.Checkpoint().Size
		e, err := epoch(h, "a trial")
		if err != nil {
			t.Fatalf("NewEpoch() = %v", err)
		}
		h.Wrote("log_epoch_started data.lost=0", "crypt_key_created data.use=log")
		move(t, filepath.Join(keys, "log.pem"), filepath.Join(keys, "log.pem.next"))
		if err := os.WriteFile(filepath.Join(keys, "log.pem"), former, 0o600); err != nil {
			t.Fatal(err)
		}
		aside := filepath.Join(h.Dir(), fmt.Sprintf("checkpoint-%012d.lost", size))
		move(t, aside, filepath.Join(h.Dir(), "checkpoint"))
		outside(h, h.Reader().Engine(), `UPDATE head SET checkpoint = '', checkpoint_size = 0`) // it was not signed yet
		h.Start()
		h.Wrote("sys_startup")
		h.Signed(size + 3)
		if c := h.Checkpoint(); c.Origin != e.Origin {
			t.Errorf("the log goes on as %s, want %s", c.Origin, e.Origin)
		}
		if _, err := os.Stat(aside); err != nil {
			t.Errorf("the former checkpoint is not kept aside: %v", err)
		}
	})
}

// TestAnchors holds that the newest checkpoint stands in the log every hour in
// which lines came, and every 10,000 lines.
func TestAnchors(t *testing.T) {
	house.Both(t, func(h *house.House) {
		anchored := func(size uint64) {
			t.Helper()
			h.Signed(size)
			h.Tick(app.Anchor)
			l := h.Wrote("log_checkpoint actor=system:sealer data.size=*")[0]
			e, err := l.Decode()
			if err != nil {
				t.Fatal(err)
			}
			a, c := e.(event.LogCheckpoint), h.Checkpoint()
			if a.Size != size || a.Origin != c.Origin || l.Target() != fmt.Sprint("checkpoint:", size) {
				t.Errorf("the line says %+v, want %d lines of %s", a, size, c.Origin)
			}
			if p, err := proof.Peek(proof.Rejoin(a.Origin, a.Size, a.Root, a.Signature)); err != nil || p.Size != size {
				t.Errorf("the note made again of it: %+v, %v", p, err)
			}
		}
		h.Signed(5)
		h.Tick(app.Anchor)
		h.Wrote() // none in the log's first hour
		h.Pass(time.Hour)
		anchored(5)
		h.Signed(6)
		h.Pass(time.Hour)
		h.Tick(app.Anchor)
		h.Wrote() // it is the only line of its hour
		h.Person("alice", home)
		anchored(8)
		many(h, 10_000)
		h.Next(10_000)
		anchored(10_009)
	})
}

// many writes lines as another process on the same database does.
func many(h *house.House, n int) {
	h.Helper()
	read, write, err := db.Open(h.Context(), h.Database())
	if err != nil {
		h.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	s := seal.New(read, write, maker, h.Setup.SegmentBytes, nil)
	l := seclog.New(seclog.Config{Writer: write, Sealer: s, Maker: maker, Now: h.Now})
	for range n / 100 {
		err := l.Commit(event.System(h.Context(), "test"), func(*db.Tx) ([]event.Event, error) {
			out := make([]event.Event, 100)
			for i := range out {
				out[i] = event.LogHeartbeat{}
			}
			return out, nil
		})
		if err != nil {
			h.Fatal(err)
		}
	}
}
