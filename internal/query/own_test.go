package query_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// TestOwn holds that a line is there for whom the activity shows it to, and for
// nobody else; story says which is which.
func TestOwn(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		for person, want := range map[string][]uint64{alice: {1, 2, 3, 5, 6, 8, 9, 10}, bob: {4, 10}, "": nil, "u_nobody": nil} {
			var got []uint64
			for seq := range uint64(13) {
				e, line, err := h.lines.Own(context.Background(), person, seq)
				if err == nil {
					got = append(got, e.Seq)
					if e.Seq != seq || !strings.HasPrefix(string(line), `{"seq":`) {
						t.Errorf("Own(%q, %d) = line %d, %s", person, seq, e.Seq, line)
					}
					continue
				}
				f := fault.As(err)
				if f.Kind != fault.NotFound || len(f.Events) != 1 || f.Events[0].(event.AuthzFailed).Reason != "not_found" {
					t.Errorf("Own(%q, %d) = %v, want that it is not found, with its event", person, seq, err)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q has the lines %v, want %v", person, got, want)
			}
		}
		if e, line, err := h.lines.Own(context.Background(), alice, 5); err != nil || e.Actor != "" || e.Session != "" || !strings.Contains(string(line), bob) {
			t.Errorf("Own of what bob tried = %+v, %s, %v, want the entry without him and the exact line", e, line, err)
		}
	})
}
