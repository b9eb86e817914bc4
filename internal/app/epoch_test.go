package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

// accepted begins a new epoch on lines that are others than were signed.
func accepted(h *house.House, reason string) app.Epoch {
	h.Helper()
	e, err := app.NewEpoch(context.Background(), h.Setup.Config, h.Setup.Options, app.Break{Reason: reason, AcceptChanged: true})
	if err != nil {
		h.Fatalf("NewEpoch() = %v", err)
	}
	return e
}

// epochRefused holds that a new epoch is refused in these words, and that
// nothing was done.
func epochRefused(h *house.House, want ...string) {
	h.Helper()
	size, files := count(h, "event"), contents(h)
	_, err := epoch(h, "go on")
	if _, ok := errors.AsType[*app.Refused](err); !ok {
		h.Fatalf("NewEpoch() = %v, want a refusal that says %q", err, want)
	}
	for _, w := range append(want, "Nothing was changed", "\n  cp -a "+h.Dir()+" "+h.Dir()+".evidence\n", "--accept-changed-lines --reason", " --data "+h.Dir()) {
		if !strings.Contains(err.Error(), w) {
			h.Errorf("NewEpoch() = %v, want it to say %q", err, w)
		}
	}
	if count(h, "event") != size || contents(h) != files {
		h.Error("a new epoch that was refused has changed something")
	}
}

// contents are the log's files and those kept aside, with their names.
func contents(h *house.House) string {
	h.Helper()
	paths, err := filepath.Glob(filepath.Join(h.Dir(), "*.log*"))
	if err != nil {
		h.Fatal(err)
	}
	var all strings.Builder
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			h.Fatal(err)
		}
		fmt.Fprintf(&all, "%s\n%s\n", path, raw)
	}
	return all.String()
}

// forge changes a row so that it is a line like any other.
func forge(h *house.House, seq int) {
	h.Helper()
	var line seal.Text
	if err := h.Reader().QueryRow(h.Context(), `SELECT line FROM event WHERE seq = $1`, seq).Scan(&line); err != nil {
		h.Fatal(err)
	}
	forged := hexOf(bytes.Replace(line, []byte(`"node":"test"`), []byte(`"node":"tset"`), 1))
	if h.Reader().Engine() == db.Postgres {
		forged = `'\x` + forged + `'`
	} else {
		forged = `x'` + forged + `'`
	}
	outsides(h, fmt.Sprintf(`UPDATE event SET line = %s WHERE seq = %d`, forged, seq))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestEpochOnForgedRow changes a row that no full tile covers: it does not win
// over the file in silence, and where it must, the right lines are kept.
func TestEpochOnForgedRow(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Stop()
		size := uint64(count(h, "event"))
		log := filepath.Join(h.Dir(), "security.log")
		right := readFile(t, log)
		forge(h, 3)
		startRefused(h, "TAMPERED: ", "goes on from them only if you then say so")
		epochRefused(h, "line 3 of the database is not what was signed", "security.log and its segments have what was signed",
			fmt.Sprintf("by a checkpoint of %d lines", size))

		e := accepted(h, "no backup has it")
		if e.Lines != size || e.Lost != 0 || e.Changed != 1 || !slices.Equal(e.Which, []string{"3"}) || e.Size != 0 || e.AtMost {
			t.Errorf("NewEpoch() = %+v, want line 3 changed, none lost, and no good checkpoint", e)
		}
		if len(e.Kept) != 1 || !strings.HasPrefix(e.Kept[0], filepath.Join(h.Dir(), "security-000000000000.log.replaced-")) || !bytes.Equal(readFile(t, e.Kept[0]), right) {
			t.Errorf("kept aside is %v, want the file as it was", e.Kept)
		}
		h.Wrote("log_epoch_started data.lost=0 data.changed=1 data.size=0", "crypt_key_created data.use=log")
		h.Start()
		h.Wrote("sys_startup")
	})
}

// TestEpochOnForgedTile changes rows that a full tile covers, so that a start
// need not notice: by the files they are named, and without them by the tree's
// hashes; the last good checkpoint is one from before them.
func TestEpochOnForgedTile(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Signed(5)
		h.Person("alice", home)
		many(h, 300)
		h.Rewound(7 + uint64(len(h.Lines(7))))
		h.Stop()
		size := uint64(count(h, "event"))
		forge(h, 6)
		epochRefused(h, "line 6 of the database is not what was signed", "security.log and its segments")
		files := hide(h)
		epochRefused(h, "line 6 of the database is not what was signed", "the tree's stored hashes are those")
		for path, raw := range files {
			if err := os.WriteFile(path, raw, 0o640); err != nil {
				t.Fatal(err)
			}
		}
		forge(h, 20)
		outside(h, h.Reader().Engine(), `UPDATE head SET root = (SELECT root FROM tile WHERE level = 0 AND n = 0)`)
		startRefused(h, "TAMPERED: ")
		epochRefused(h, "lines 6, 20 of the database are not what was signed")
		e := accepted(h, "two lines were changed")
		if e.Lines != size || e.Lost != 0 || e.Changed != 2 || !slices.Equal(e.Which, []string{"6", "20"}) || e.Size != 5 {
			t.Errorf("NewEpoch() = %+v, want %d lines, two of them changed, the first 5 good", e, size)
		}
		for _, path := range e.Kept {
			if raw := readFile(t, path); bytes.Contains(raw, []byte("tset")) {
				t.Errorf("%s was kept aside and has a forged line", path)
			}
		}
		h.Wrote("log_epoch_started data.lost=0 data.changed=2 data.size=5", "crypt_key_created data.use=log")
		h.Start()
		h.Wrote("sys_startup")
	}, func(s *house.Setup) { s.SegmentBytes = 20 << 10 })
}

// hide takes the log's files away, and gives what they held.
func hide(h *house.House) map[string][]byte {
	h.Helper()
	paths, err := filepath.Glob(filepath.Join(h.Dir(), "security*.log"))
	if err != nil || len(paths) < 2 {
		h.Fatalf("%d segments, %v, want several", len(paths), err)
	}
	held := map[string][]byte{}
	for _, path := range paths {
		held[path] = readFile(h.TB, path)
		if err := os.Remove(path); err != nil {
			h.Fatal(err)
		}
	}
	return held
}

// TestEpochNobodyKnows changes row and file alike, and then all that was
// signed: that it cannot be said what is right is said.
func TestEpochNobodyKnows(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Signed(5)
		h.Person("alice", home)
		h.Stop()
		size := uint64(count(h, "event"))
		log := filepath.Join(h.Dir(), "security.log")
		right := readFile(t, log)
		forge(h, 5)
		lines := bytes.SplitAfter(right, []byte("\n"))
		lines[5] = bytes.Replace(lines[5], []byte(`"node":"test"`), []byte(`"node":"tset"`), 1)
		if err := os.WriteFile(log, bytes.Join(lines, nil), 0o640); err != nil {
			t.Fatal(err)
		}
		epochRefused(h, fmt.Sprintf("its key signed %d lines of which some in the database are others, somewhere from line 5 on", size), "nothing here says which")

		if err := os.WriteFile(log, right, 0o640); err != nil {
			t.Fatal(err)
		}
		off := `DROP TRIGGER checkpoint_delete`
		if h.Reader().Engine() == db.Postgres {
			off = `ALTER TABLE checkpoint DISABLE TRIGGER USER`
		}
		outsides(h, off, `DELETE FROM checkpoint`, `UPDATE head SET checkpoint = '', checkpoint_size = 0`)
		if err := os.Remove(filepath.Join(h.Dir(), "checkpoint")); err != nil {
			t.Fatal(err)
		}
		epochRefused(h, "line 5 is one thing in the database and another in security.log, and no checkpoint says which is right")
		e := accepted(h, "nobody knows")
		if e.Lost != 0 || e.Changed != 1 || len(e.Kept) != 1 || !bytes.Equal(readFile(t, e.Kept[0]), right) {
			t.Errorf("NewEpoch() = %+v, want a line changed, none lost that was signed, and the file kept", e)
		}
		h.Wrote("log_epoch_started data.lost=0 data.changed=1", "crypt_key_created data.use=log")
		h.Start()
		h.Wrote("sys_startup")
	})
}

// TestEpochOfAnotherHistory puts a checkpoint back that the log's own key signed
// over other lines, alone and with the file: those lines are changed, or, where
// nobody knows which, lost at most, and
// the old key vouches for no more than both histories have.
func TestEpochOfAnotherHistory(t *testing.T) {
	for _, known := range []bool{false, true} {
		t.Run(map[bool]string{false: "checkpoint", true: "and file"}[known], func(t *testing.T) {
			house.Both(t, func(h *house.House) {
				log, point := filepath.Join(h.Dir(), "security.log"), filepath.Join(h.Dir(), "checkpoint")
				h.Signed(5)
				h.Person("alice", home)
				h.Stop()
				remember(h)
				fork := uint64(count(h, "event"))
				h.Start()
				h.Wrote("sys_startup")
				h.Person("bob", home)
				h.Stop()
				lines, signed, other := readFile(t, log), readFile(t, point), h.Checkpoint()
				restore(h)
				h.Rewound(fork)
				for _, path := range []string{log, point} {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				}
				h.Start()
				h.Wrote("log_file_altered", "sys_startup")
				many(h, 100)
				h.Next(100)
				h.Stop()
				size := uint64(count(h, "event"))
				if err := os.WriteFile(point, signed, 0o644); err != nil {
					t.Fatal(err)
				}
				want := app.Epoch{Lines: size, AtMost: !known}
				want.Lost = other.Size - 5
				if known {
					if err := os.WriteFile(log, lines, 0o640); err != nil {
						t.Fatal(err)
					}
					want.Lost = 0
					want.Changed, want.Which = other.Size-fork, []string{fmt.Sprintf("%d-%d", fork, other.Size-1)}
				}
				startRefused(h, "TAMPERED: ", point)
				epochRefused(h)
				e := accepted(h, "two histories")
				if e.Lines != want.Lines || e.Size != 5 || e.Lost != want.Lost || e.AtMost != want.AtMost || e.Changed != want.Changed || !slices.Equal(e.Which, want.Which) {
					t.Errorf("NewEpoch() = %+v, want %+v and the first 5 lines good", e, want)
				}
				h.Wrote(fmt.Sprintf("log_epoch_started data.size=5 data.lost=%d", want.Lost), "crypt_key_created data.use=log")
				h.Start()
				h.Wrote("sys_startup")
			})
		})
	}
}

// TestGarbledCheckpoint holds that a checkpoint's file that is none has its own
// advice, which can be copied and helps.
func TestGarbledCheckpoint(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Stop()
		size := count(h, "event")
		point := filepath.Join(h.Dir(), "checkpoint")
		signed := readFile(t, point)
		for _, content := range []string{"garbage", "", string(signed[:len(signed)/2]), string(signed) + "x"} {
			if err := os.WriteFile(point, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := app.New(h.Context(), h.Setup.Config, h.Setup.Options)
			if _, ok := errors.AsType[*app.Refused](err); !ok {
				t.Fatalf("New() with the checkpoint %q = %v, want a refusal", content, err)
			}
			for _, w := range []string{
				"TAMPERED: " + point + " cannot be read", fmt.Sprintf("its own newest checkpoint, of %d", size),
				fmt.Sprintf("security.log ends with line %d", size-1), "\n  mv " + point + " " + point + ".garbled", "\n  cp -a ", "No new epoch is needed",
			} {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("New() = %v, want it to say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "coffer log new-epoch") {
				t.Errorf("New() = %v, which is the advice for a rollback", err)
			}
		}
		move(t, point, point+".garbled")
		h.Start()
		h.Wrote("sys_startup")
		h.Stop()
		if err := os.WriteFile(point, []byte("garbage"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := epoch(h, "as if that were needed"); err != nil {
			t.Fatalf("NewEpoch() = %v", err)
		}
		h.Wrote("log_epoch_started", "crypt_key_created data.use=log")
		kept, err := filepath.Glob(point + "-garbled-*.lost")
		if err != nil || len(kept) != 1 || string(readFile(t, kept[0])) != "garbage" {
			t.Errorf("kept aside is %q, %v, want the garbled checkpoint under its own name", kept, err)
		}
		h.Start()
		h.Wrote("sys_startup")
	})
}

// TestMissingRow takes rows out from under a full tile: the start is refused,
// names the first, and says how to put them back, which helps.
func TestMissingRow(t *testing.T) {
	house.Both(t, func(h *house.House) {
		many(h, 300)
		h.Next(300)
		h.Stop()
		size := count(h, "event")
		copied := copyOf(h)
		outsides(h, `DELETE FROM event WHERE seq = 100`)
		gapRefused(h, fmt.Sprintf("TAMPERED: line 100 of the log is missing from the database, which has had %d lines.", size))
		outsides(h, `DELETE FROM event WHERE seq = 101`)
		gapRefused(h, "TAMPERED: 2 lines of the log are missing from the database", "the first of them is line 100")
		_, err := epoch(h, "go on")
		if err == nil || !strings.Contains(err.Error(), "the first of them is line 100") || !strings.Contains(err.Error(), "never across a gap") {
			t.Errorf("NewEpoch() = %v, want it to name line 100", err)
		}
		fromCopies(h, err.Error(), copied)
		h.Start()
		h.Wrote("sys_startup")
	})
}

// gapRefused holds that a start is refused for a gap, in these words, and that
// no new epoch is advised, which cannot close it.
func gapRefused(h *house.House, want ...string) {
	h.Helper()
	_, err := app.New(h.Context(), h.Setup.Config, h.Setup.Options)
	if _, ok := errors.AsType[*app.Refused](err); !ok {
		h.Fatalf("New() = %v, want a refusal", err)
	}
	for _, w := range append(want, "take out of it what is missing", "\n  coffer-verify ", "coffer log tail --unrecorded --data "+h.Dir()) {
		if !strings.Contains(err.Error(), w) {
			h.Errorf("New() = %v, want it to say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "--reason") {
		h.Errorf("New() = %v, which no new epoch helps", err)
	}
}

// copyOf makes a copy of the database, as a backup would.
func copyOf(h *house.House) (path string) {
	h.Helper()
	remember(h)
	if h.Reader().Engine() == db.SQLite {
		path = filepath.Join(h.TempDir(), "backup.db")
		outside(h, db.SQLite, `VACUUM INTO '`+path+`'`)
	}
	return path
}

var command = regexp.MustCompile(`\n  sqlite3 (\S+) "(.*)"\n`)

// fromCopies does what a refusal says, with that copy.
func fromCopies(h *house.House, refusal, path string) {
	h.Helper()
	if path == "" {
		outsides(h, `INSERT INTO event SELECT * FROM old_event WHERE seq >= 100 AND seq NOT IN (SELECT seq FROM event)`)
		return
	}
	said := command.FindStringSubmatch(refusal)
	if said == nil || said[1] != h.Database().File {
		h.Fatalf("%s: it names no command for %s", refusal, h.Database().File)
	}
	outside(h, db.SQLite, strings.Replace(said[2], "COPY.db", path, 1))
}

// TestMissingEnd takes the newest rows away, and leaves what is known of the
// files: nothing is behind them, and a new epoch goes on.
func TestMissingEnd(t *testing.T) {
	house.Both(t, func(h *house.House) {
		many(h, 300)
		h.Rewound(5 + uint64(len(h.Lines(5))))
		h.Stop()
		size := uint64(count(h, "event"))
		outsides(h, fmt.Sprintf(`DELETE FROM event WHERE seq = %d`, size-1))
		startRefused(h, fmt.Sprintf("TAMPERED: line %d of the log is missing", size-1))
		const left = 120 // several segments less
		outsides(h, fmt.Sprintf(`DELETE FROM event WHERE seq >= %d`, left))
		e, err := epoch(h, "the newest lines are gone")
		if err != nil || e.Lines != left || e.Lost != size-left || e.Changed != 0 {
			t.Fatalf("NewEpoch() = %+v, %v, want it to go on from line %d with %d lost", e, err, left, size-left)
		}
		h.Rewound(left)
		h.Wrote(fmt.Sprintf("log_epoch_started data.lost=%d", size-left), "crypt_key_created data.use=log")
		h.Start()
		h.Wrote("sys_startup")
	}, func(s *house.Setup) { s.SegmentBytes = 20 << 10 })
}

// TestEpochAsRole holds that the application's role is told who may.
func TestEpochAsRole(t *testing.T) {
	h := house.Open(t, db.Postgres)
	h.Person("alice", home)
	h.Stop()
	role := "app_" + strings.ToLower(rand.Text())
	if _, err := app.Separate(t.Context(), h.Setup.Config, role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside(h, db.Postgres, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	c := h.Setup.Config
	u, err := url.Parse(c.Database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	c.Database = u.String()
	_, err = app.NewEpoch(t.Context(), c, h.Setup.Options, app.Break{Reason: "go on"})
	if _, ok := errors.AsType[*app.Refused](err); !ok {
		t.Fatalf("NewEpoch() as the role = %v, want a refusal", err)
	}
	for _, w := range []string{"the role " + role, "as the owner of the tables", "--database-file", "Nothing was changed"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("NewEpoch() = %v, want it to say %q", err, w)
		}
	}
}
