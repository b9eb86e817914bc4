package app_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/proof"
)

// TestCopyAfterRetention holds that a copied data directory is enough, even
// when retention has removed the oldest lines: what the log_pruned line carries
// stands in for them, and no hash tile is needed.
func TestCopyAfterRetention(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 300, 15*time.Minute)
		var gone uint64
		for end := time.Now().Add(10 * time.Second); gone == 0; time.Sleep(20 * time.Millisecond) { // until it is signed
			h.Tick(app.Retention)
			gone = h.Lines(0)[0].Seq
			if time.Now().After(end) {
				h.Fatal("nothing was removed")
			}
		}
		h.Wrote("log_pruned")
		h.Stop()
		found, err := proof.Files(os.DirFS(h.Dir()), "copy")
		if err != nil || found.Own == nil {
			h.Fatalf("Files() = %+v, %v", found, err)
		}
		keys, err := proof.ParseKeys(found.Pub, true)
		if err != nil {
			h.Fatal(err)
		}
		found.Parts = found.Parts[first(found.Parts, gone):] // an aside or a late removal may lie there still
		r := proof.Judge(context.Background(), proof.Case{Parts: found.Parts, Own: found.Own, Keys: keys, Now: h.Now()})
		if r.Verdict != proof.Intact || r.First != gone || len(r.Pruned) != 1 || r.Pruned[0].Last != gone-1 || r.Unsigned != 0 {
			h.Errorf("a copy after retention: %s", r.JSON())
		}
		if text := string(r.JSON()); !strings.Contains(text, `"pruned":[{"first":0`) {
			h.Errorf("the report does not say what was removed: %s", text)
		}
	}, func(s *house.Setup) { s.Retention = "1d" })
}

// first is the place of the segment that begins with a line.
func first(parts []proof.Part, seq uint64) int {
	for i, p := range parts {
		if p.Named && p.First == seq {
			return i
		}
	}
	return len(parts) - 1
}
