package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// TestRestoredSegments puts equal files in the place of all segments, as a
// restore does: that is told once, with how many they are.
func TestRestoredSegments(t *testing.T) {
	house.Both(t, func(h *house.House) {
		many(h, 200)
		for _, l := range h.Lines(5) {
			h.Rewound(l.Seq + 1)
		}
		finished := count(h, "event WHERE event = 'log_rotated'")
		eventually(h, "what every segment looks like to be remembered", func() bool { return count(h, "segment_file") == finished })
		h.Stop()
		segments, err := filepath.Glob(filepath.Join(h.Dir(), "security-*.log"))
		if err != nil || len(segments) != finished || finished < 3 {
			t.Fatalf("%d segments, %v, want the %d that are finished, and several", len(segments), err, finished)
		}
		for _, path := range segments {
			if err := os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		told := len(house.Told())
		h.Start()
		h.Wrote("sys_startup")
		eventually(h, "the warning", func() bool { return strings.Contains(house.Told()[told:], "were touched by somebody else") })
		h.Stop()
		if said := house.Told()[told:]; strings.Count(said, "touched by somebody else") != 1 || !strings.Contains(said, fmt.Sprintf("segments=%d", finished)) {
			t.Errorf("the operator is told %q, want one warning of %d segments", said, finished)
		}
	}, func(s *house.Setup) { s.SegmentBytes = 20 << 10 })
}

// eventually waits for what another goroutine does.
func eventually(h *house.House, what string, holds func() bool) {
	h.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("waited in vain for %s", what)
		}
	}
}
