package app_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/proof"
)

// there reports whether an export has a file.
func there(dir, name string) (yes bool) {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// found are an export's findings in words.
func found(x app.Exported) (all []string) {
	for _, f := range x.Findings {
		all = append(all, fmt.Sprint(f.Reason, " ", f.Line, " ", f.Lines))
	}
	return all
}

// TestExportProven holds that what was changed in the database does not leave
// it as an export: the line is named, its bundle is not written, nor a
// checkpoint; an export from before stays whole, and goes on when all is well.
func TestExportProven(t *testing.T) {
	house.Both(t, func(h *house.House) {
		filled(h)
		unguarded(h)
		d := desk(h)
		kept := filepath.Join(t.TempDir(), "kept")
		before, err := d.Export(context.Background(), kept, nil)
		if err != nil || len(before.Findings) > 0 {
			t.Fatalf("Export() = %+v, %v, want a whole one", before, err)
		}
		h.Rest()
		last := before.Size - 2 // in no full tile
		for _, c := range []struct {
			tampering
			want   string
			bundle string // that is not written
			begun  bool   // and whether others are
		}{
			{tampering{name: "a line", table: "event", where: `seq = 300`, change: `UPDATE event SET line = (` + aLine + `) WHERE seq = 300`}, "database_edited 300 1", proof.EntriesPath(1, 0), true},
			{tampering{name: "two lines", table: "event", where: `seq IN (301, 302)`, change: `UPDATE event SET line = (` + aLine + `) WHERE seq IN (301, 302)`}, "database_edited 301 2", proof.EntriesPath(1, 0), true},
			{tampering{name: "a line is deleted", table: "event", where: `seq = 1023`, change: `DELETE FROM event WHERE seq = 1023`}, "database_missing 1023 1", proof.EntriesPath(3, 0), true},
			{tampering{name: "the first lines are deleted", table: "event", where: `seq < 600`, change: `DELETE FROM event WHERE seq < 600`}, "database_missing 0 600", proof.EntriesPath(1, 0), true},
			{tampering{name: "a line of the open end", table: "event", where: fmt.Sprint(`seq = `, last), change: fmt.Sprint(`UPDATE event SET line = (`+aLine+`) WHERE seq = `, last)}, fmt.Sprint("database_edited ", last, " 1"), proof.EntriesPath(0, 0), false},
			{tampering{name: "a tile", table: "tile", where: `level = 0 AND n = 4`, change: `UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND n = 5) WHERE level = 0 AND n = 4`}, "tile 1024 256", proof.EntriesPath(0, 0), false},
		} {
			undo := c.do(h)
			dir := filepath.Join(t.TempDir(), "new")
			x, err := d.Export(context.Background(), dir, nil)
			if got := found(x); err != nil || len(got) == 0 || got[0] != c.want {
				t.Errorf("%s: Export() finds %q, %v, want %q first", c.name, got, err, c.want)
			}
			if there(dir, "checkpoint") || there(dir, c.bundle) {
				t.Errorf("%s: the checkpoint is there: %v, the bundle %v; want neither", c.name, there(dir, "checkpoint"), there(dir, c.bundle))
			}
			if begun := there(dir, proof.EntriesPath(2, 0)); c.name != "the first lines are deleted" && begun != c.begun {
				t.Errorf("%s: what is right is there: %v, want %v", c.name, begun, c.begun)
			}
			undo()
			h.Rest()
		}
		for range 2 {
			exported(h, kept)
			after, err := d.Export(context.Background(), kept, nil)
			if err != nil || len(after.Findings) > 0 || after.Kept != 2*int(before.Size/proof.Width) {
				t.Errorf("Export() = %+v, %v, want one that goes on", after, err)
			}
			h.Rest()
		}
		h.Stop()
		h.Rest()
		x := tampering{table: "event", where: `seq = 1023`, change: `DELETE FROM event WHERE seq = 1023`}
		undo := x.do(h)
		alone, err := d.Export(context.Background(), kept, nil) // and nothing can be written into the log
		if got := found(alone); err != nil || len(got) != 1 || got[0] != "database_missing 1023 1" {
			t.Errorf("Export() while nobody serves finds %q, %v, want line 1023", got, err)
		}
		undo()
		h.Wrote()
		exported(h, kept)
	})
}

// judged demands that whoever has the export alone finds every line that is left,
// and what retention removed named.
func judged(h *house.House, dir string, first, size uint64) {
	h.Helper()
	found, err := proof.Static(dir, func(name string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, name)) })
	if err != nil {
		h.Fatal(err)
	}
	keys, err := proof.ParseKeys(found.Pub, true)
	if err != nil {
		h.Fatal(err)
	}
	r := proof.Judge(context.Background(), proof.Case{Parts: found.Parts, Tiles: found.Tiles, Own: found.Own, Keys: keys, Now: time.Now()})
	if r.Verdict != proof.Intact || r.First != first || r.Lines != size-first || len(r.Unread) > 0 ||
		len(r.Pruned) != 1 || r.Pruned[0].Span != (proof.Span{First: 0, Last: first - 1}) {
		h.Errorf("the export of lines %d to %d is judged %s", first, size-1, r.JSON())
	}
}

// TestExportPruned holds that lines which retention removed, and said so, are
// no finding; and that any other hole is.
func TestExportPruned(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 900, 5*time.Minute)
		for end := time.Now().Add(10 * time.Second); h.Lines(0)[0].Seq == 0; time.Sleep(20 * time.Millisecond) { // until it is signed
			h.Tick(app.Retention)
			if time.Now().After(end) {
				h.Fatal("nothing was removed")
			}
		}
		h.Wrote("log_pruned")
		d := desk(h)
		first := h.Lines(0)[0].Seq
		bundles := int((first + proof.Width - 1) / proof.Width)
		export := func(want ...string) {
			t.Helper()
			dir := filepath.Join(t.TempDir(), "new")
			x, err := d.Export(context.Background(), dir, nil)
			if got := found(x); err != nil || fmt.Sprint(got) != fmt.Sprint(want) || there(dir, "checkpoint") != (len(want) == 0) {
				t.Errorf("Export() finds %q, %v, with a checkpoint: %v; want %q", got, err, there(dir, "checkpoint"), want)
			}
			if len(want) == 0 {
				if x.Pruned != bundles {
					t.Errorf("%d bundles are pruned, want %d", x.Pruned, bundles)
				}
				judged(h, dir, first, x.Size)
			}
			h.Rest()
		}
		export()
		unguarded(h)
		x := tampering{table: "event", where: fmt.Sprint(`seq = `, first), change: fmt.Sprint(`DELETE FROM event WHERE seq = `, first)}
		undo := x.do(h)
		export(fmt.Sprint("database_missing ", first, " 1"))
		outside(h, h.Reader().Engine(), fmt.Sprint(`UPDATE head SET pruned = `, first+1)) // as if retention had been there
		export(fmt.Sprint("database_missing ", first, " 1"))
		undo()
		outside(h, h.Reader().Engine(), fmt.Sprint(`UPDATE head SET pruned = `, first))
	}, func(s *house.Setup) { s.Retention = "1d" })
}
