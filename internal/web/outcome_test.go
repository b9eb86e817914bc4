package web

import (
	"net/http"
	"testing"

	"coffer/internal/fault"
)

// TestOutcomeForEachKind holds that no kind of fault is without an answer. The
// statuses are the HTTP contract's.
func TestOutcomeForEachKind(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 422, fault.SignedOut: 401, fault.Forbidden: 403,
		fault.NotFound: 404, fault.Conflict: 422, fault.TooMany: 429, fault.Unavailable: 503,
	}
	for _, k := range fault.Kinds() {
		o, there := outcomes[k]
		if !there || o.status != want[k] || o.title == "" {
			t.Errorf("outcome of %v = %+v, want %d and a title", k, o, want[k])
		}
		if f := (&fault.Error{Kind: k, Status: http.StatusBadRequest}); status(f) != 400 || title(f) != titles[400] {
			t.Errorf("%v with a finer status = %d %q, want the finer one", k, status(f), title(f))
		}
	}
	if len(outcomes) != len(fault.Kinds()) {
		t.Errorf("outcomes = %d, want one for each of %d kinds", len(outcomes), len(fault.Kinds()))
	}
}
