package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/proof"
)

// exported reads an export as a stranger would: the tree of its lines must be
// the one that was signed, and its tiles too. It gives the lines.
func exported(h *house.House, dir string) (lines [][]byte) {
	h.Helper()
	get := func(path string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			h.Fatal(err)
		}
		return b
	}
	c, err := proof.Peek(get("checkpoint"))
	if err != nil {
		h.Fatal(err)
	}
	if !strings.HasPrefix(string(get("log.pub")), c.Origin+"+") {
		h.Errorf("log.pub is %s, want the key of %s", get("log.pub"), c.Origin)
	}
	var tree proof.Edge
	for at := uint64(0); at < c.Size; at += proof.Width {
		width := int(min(proof.Width, c.Size-at))
		bundle, err := proof.ReadBundle(get(proof.EntriesPath(at/proof.Width, width)), width)
		if err != nil {
			h.Fatal(err)
		}
		tile := get(proof.TilePath(0, at/proof.Width, width))
		for i, line := range bundle {
			if leaf := proof.Leaf(line); string(leaf[:]) != string(tile[32*i:32*i+32]) {
				h.Fatalf("the tile of line %d has another hash", at+uint64(i))
			}
			tree.Append(line)
			lines = append(lines, line)
		}
	}
	if tree.Root() != c.Root {
		h.Errorf("the lines lead to %v, and %v was signed", tree.Root(), c.Root)
	}
	return lines
}

// TestExport writes the log as static files, goes on with it later, mends what
// was left half-written, and refuses to mix two logs.
func TestExport(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b, dir, d := h.Person("alice", home), filepath.Join(t.TempDir(), "new", "export"), desk(h)
		write := func(n int) {
			for i := range n {
				b.Send(house.Request{Method: "GET", Path: "/view_credit_card/" + strconv.Itoa(i)})
			}
			h.Rest()
		}
		export := func(kept int) (size uint64) {
			t.Helper()
			write(300)
			h.Stop() // all is signed then
			x, err := d.Export(context.Background(), dir, func(done, all uint64) {})
			if err != nil || x.Pruned != 0 || x.Kept != kept {
				t.Fatalf("Export() = %+v, %v, want %d files kept", x, err, kept)
			}
			l := h.Wrote("log_exported" + cli + " data.format=tlog-tiles data.from=0 data.to=* data.lines=*")[0]
			if got := exported(h, dir); uint64(len(got)) != x.Size || l.Seq != x.Size {
				t.Errorf("%d lines are exported, want %d", len(got), l.Seq)
			}
			h.Start()
			h.Wrote("sys_startup")
			return x.Size
		}
		first := export(0)
		full := int(first / proof.Width)
		spoil(t, filepath.Join(dir, proof.TilePath(0, 0, 0)), filepath.Join(dir, proof.EntriesPath(0, 0)))
		export(2*full - 2)
		if err := os.Remove(filepath.Join(dir, "checkpoint")); err != nil {
			t.Fatal(err)
		}
		export(2 * int((first+300)/proof.Width))

		other := house.Open(t, "sqlite")
		other.Stop()
		_, err := desk(other).Export(context.Background(), dir, nil)
		if err == nil || !strings.Contains(err.Error(), "not an older export of this log") {
			t.Errorf("Export() over another log = %v, want a refusal", err)
		}
		other.Wrote()
	}, func(s *house.Setup) { s.Limits = "request=off" })
}

// spoil cuts files in half, as a crash may leave them.
func spoil(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil {
			err = os.Truncate(path, info.Size()/2)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
