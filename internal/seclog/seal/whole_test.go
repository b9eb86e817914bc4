package seal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// hashes is a tree as tlog keeps it, made of lines by nothing of ours.
type hashes []tlog.Hash

func treeOf(tb testing.TB, lines []seal.Line) hashes {
	tb.Helper()
	var h hashes
	for i, l := range lines {
		more, err := tlog.StoredHashes(int64(i), l.Text, h)
		if err != nil {
			tb.Fatal(err)
		}
		h = append(h, more...)
	}
	return h
}

// ReadHashes gives hashes by their place in storage.
func (h hashes) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		if n >= int64(len(h)) {
			return nil, fmt.Errorf("no hash %d", n)
		}
		out[i] = h[n]
	}
	return out, nil
}

func (h hashes) root(tb testing.TB, size uint64) proof.Hash {
	tb.Helper()
	if size == 0 {
		return (&proof.Edge{}).Root()
	}
	root, err := tlog.TreeHash(int64(size), h)
	if err != nil {
		tb.Fatal(err)
	}
	return root
}

// whole makes the tree again from the lines, and demands that head and tiles
// are that tree's: all full tiles, and no others.
func (n *node) whole(tb testing.TB) hashes {
	tb.Helper()
	if err := n.Refresh(context.Background()); err != nil {
		tb.Fatal(err)
	}
	lines := n.all(tb)
	h := treeOf(tb, lines)
	head, err := n.Head(context.Background())
	if err != nil || head.Size != uint64(len(lines)) || head.Root != h.root(tb, head.Size) {
		tb.Fatalf("Head() = %d lines, root %v, %v; the %d lines have %v", head.Size, head.Root, err, len(lines), h.root(tb, uint64(len(lines))))
	}
	rows, err := n.read.Query(context.Background(), `SELECT level, n, root, hashes FROM tile`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	stored := uint64(0)
	for ; rows.Next(); stored++ {
		var level int
		var at int64
		var root, data []byte
		if err := rows.Scan(&level, &at, &root, &data); err != nil {
			tb.Fatal(err)
		}
		want, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: at, W: 256}, h)
		above := h[tlog.StoredHashIndex(8*(level+1), at)]
		if err != nil || !bytes.Equal(data, want) || !bytes.Equal(root, above[:]) {
			tb.Errorf("tile %d/%d is not that of the lines (%v)", level, at, err)
		}
	}
	if want := head.Size>>8 + head.Size>>16; stored != want || rows.Err() != nil {
		tb.Errorf("%d tiles are stored, %v, want %d", stored, rows.Err(), want)
	}
	return h
}

const origin = "coffer.invalid/test"

// key is the log's in these tests, and what checks it.
func key(tb testing.TB) (note.Signer, note.Verifier) {
	tb.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	s, err := proof.NewSigner(origin, private)
	if err != nil {
		tb.Fatal(err)
	}
	vkey, err := proof.VerifierKey(origin, private.Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		tb.Fatal(err)
	}
	return s, v
}

// signs lets a node sign, and gives what it publishes.
func (n *node) signs(tb testing.TB, now func() time.Time) *[][]byte {
	tb.Helper()
	ctx := context.Background()
	if err := n.write.Apart(ctx, func(tx *db.Tx) error { return seal.Name(tx, origin) }); err != nil {
		tb.Fatal(err)
	}
	s, _ := key(tb)
	published := &[][]byte{}
	err := n.SetSigner(ctx, seal.Signing{Key: s, Now: now, Publish: func(signed []byte) error {
		*published = append(*published, signed)
		return nil
	}})
	if err != nil {
		tb.Fatalf("SetSigner() = %v", err)
	}
	return published
}

// opened checks a signed checkpoint, and that its root is that of the lines.
func opened(tb testing.TB, signed []byte, h hashes) proof.Checkpoint {
	tb.Helper()
	_, v := key(tb)
	c, _, err := proof.Open(signed, v)
	if err != nil {
		tb.Fatalf("Open(%s) = %v", signed, err)
	}
	if c.Origin != origin || c.Root != h.root(tb, c.Size) {
		tb.Errorf("the checkpoint is %+v, want %s and the root %v", c, origin, h.root(tb, c.Size))
	}
	return c
}

// past changes the database past Coffer, as whoever holds the machine can.
func past(tb testing.TB, c db.Config, statements ...string) {
	tb.Helper()
	driver, source := "sqlite", c.File
	if c.Engine() == db.Postgres {
		driver, source = "pgx", c.Postgres
		statements = append([]string{"ALTER TABLE event DISABLE TRIGGER USER", "ALTER TABLE tile DISABLE TRIGGER USER"}, statements...)
	} else {
		statements = append([]string{"DROP TRIGGER IF EXISTS event_update", "DROP TRIGGER IF EXISTS event_delete", "DROP TRIGGER IF EXISTS tile_update"}, statements...)
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	defer pool.Close()
	for _, q := range statements {
		if _, err := pool.Exec(q); err != nil {
			tb.Fatalf("%s: %v", q, err)
		}
	}
}

var errBatch = errors.New("the batch fails at its end")
