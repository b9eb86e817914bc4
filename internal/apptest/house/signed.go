package house

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// Checkpoint is the newest one in the data directory, which the newest key of
// log.pub must have signed.
func (h *House) Checkpoint() proof.Checkpoint {
	h.Helper()
	signed, err := os.ReadFile(filepath.Join(h.dir, "checkpoint"))
	if err != nil {
		h.Fatal(err)
	}
	keys := h.Keys()
	v, err := note.NewVerifier(keys[len(keys)-1])
	if err != nil {
		h.Fatalf("the newest key of log.pub: %v", err)
	}
	c, _, err := proof.Open(signed, v)
	if err != nil || c.Origin != v.Name() {
		h.Fatalf("the checkpoint of %s under the key of %s: %v", c.Origin, v.Name(), err)
	}
	return c
}

// Keys are the lines of log.pub, the newest last.
func (h *House) Keys() []string {
	h.Helper()
	raw, err := os.ReadFile(filepath.Join(h.dir, "log.pub"))
	if err != nil {
		h.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

// Signed waits until the checkpoint covers so many lines.
func (h *House) Signed(size uint64) {
	h.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(h.dir, "checkpoint")); err == nil && h.Checkpoint().Size >= size {
			return
		}
		if time.Now().After(end) {
			h.Fatalf("%d lines are not signed after 10 s", size)
		}
	}
}

// Rewound says that the test took lines out of the log, down to so many.
func (h *House) Rewound(size uint64) { h.seen = size }

// checkSigned holds that a clean stop leaves no line unsigned, and that the
// checkpoint is that of the lines, as long as all of them are there.
func (h *House) checkSigned(all []byte) {
	h.Helper()
	var e proof.Edge
	for line := range bytes.Lines(all) {
		e.Append(bytes.TrimSuffix(line, []byte("\n")))
	}
	var pruned uint64
	if err := h.read.QueryRow(context.Background(), `SELECT pruned FROM head`).Scan(&pruned); err != nil {
		h.Fatalf("read the log's head: %v", err)
	}
	if c := h.Checkpoint(); c.Size != pruned+e.Size() || pruned == 0 && c.Root != e.Root() {
		h.Errorf("the checkpoint has %d lines and the root %v, the log %d from %d on and %v", c.Size, c.Root, e.Size(), pruned, e.Root())
	}
}
