package seal_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// looked has the log looked through.
func (n *node) looked(tb testing.TB) (found []seal.Finding, lines uint64) {
	tb.Helper()
	for r := n.Round(); ; {
		some, done, err := r.Step(context.Background())
		if err != nil {
			tb.Fatalf("Step() = %v", err)
		}
		if found = append(found, some...); done {
			return found, r.Lines()
		}
	}
}

func (n *node) past(tb testing.TB, q string, args ...any) {
	tb.Helper()
	err := n.write.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		tb.Fatalf("%s: %v", q, err)
	}
}

// blob reads one value of the database.
func (n *node) blob(tb testing.TB, q string) (b []byte) {
	tb.Helper()
	if err := n.read.QueryRow(context.Background(), q).Scan(&b); err != nil {
		tb.Fatalf("%s: %v", q, err)
	}
	return b
}

// TestRoundAboveTiles changes a log whose tiles have tiles above them: what the
// upper ones say is believed before the lower ones, so a line is found even when
// its hash, and what its tile stands for, were changed along with it.
func TestRoundAboveTiles(t *testing.T) {
	n := open(t, apptest.Migrated(t, db.SQLite), 0)
	const size = 256*256 + 700
	for i := range size / 1000 {
		if err := n.put(fmt.Sprint("s", i), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.put("last", size%1000); err != nil {
		t.Fatal(err)
	}
	if found, lines := n.looked(t); len(found) > 0 || lines != size {
		t.Fatalf("a round finds %+v in %d lines, want nothing in %d", found, lines, size)
	}
	for _, name := range []string{"event_update", "tile_update"} {
		n.past(t, `DROP TRIGGER `+name)
	}
	const seq, tile = 5000, 5000 / 256
	line, other := n.blob(t, `SELECT line FROM event WHERE seq = 5000`), n.blob(t, `SELECT line FROM event WHERE seq = 4000`)
	hashes := n.blob(t, fmt.Sprint(`SELECT hashes FROM tile WHERE level = 0 AND n = `, tile))
	root := n.blob(t, fmt.Sprint(`SELECT root FROM tile WHERE level = 0 AND n = `, tile))
	forged := slices.Clone(hashes)
	leaf := proof.Leaf(other)
	copy(forged[seq%256*32:], leaf[:])
	stands := proof.Tile{Hashes: forged}.Root()
	n.past(t, `UPDATE event SET line = $1 WHERE seq = $2`, other, seq)
	n.past(t, `UPDATE tile SET hashes = $1, root = $2 WHERE level = 0 AND n = $3`, forged, stands[:], tile)
	want := []seal.Finding{
		{Why: seal.Tiles, First: tile * 256, Lines: 256}, {Why: seal.Edited, First: tile * 256, Lines: 256},
	}
	found, _ := n.looked(t)
	for _, w := range want {
		if !slices.Contains(found, w) {
			t.Errorf("a forged line under a forged tile: a round finds %+v, want %+v in it", found, w)
		}
	}
	n.past(t, `UPDATE event SET line = $1 WHERE seq = $2`, line, seq)
	n.past(t, `UPDATE tile SET hashes = $1, root = $2 WHERE level = 0 AND n = $3`, hashes, root, tile)
	n.past(t, `UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND n = 0) WHERE level = 1 AND n = 0`)
	if found, _ := n.looked(t); !slices.Equal(found, []seal.Finding{{Why: seal.Tiles, First: 0, Lines: 256 * 256}}) {
		t.Errorf("a forged tile above: a round finds %+v, want that tile only", found)
	}
}

// TestSealed holds that a line is known by its hash where the table has another:
// in a full tile, and in the open end, which only who sealed it knows.
func TestSealed(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		if err := n.put("s", 300); err != nil {
			t.Fatal(err)
		}
		lines := n.all(t)
		for _, seq := range []uint64{0, 255, 256, 299} {
			for at, want := range map[uint64]bool{seq: true, (seq + 1) % 300: false} {
				if got, err := n.Sealed(context.Background(), at, lines[seq].Text); err != nil || got != want {
					t.Errorf("Sealed(%d, line %d) = %v, %v, want %v", at, seq, got, err, want)
				}
			}
		}
		if got, err := n.Sealed(context.Background(), 300, lines[0].Text); err != nil || got {
			t.Errorf("Sealed() of a line that is none = %v, %v", got, err)
		}
	})
}
