package query

import (
	"fmt"
	"testing"
)

func TestHistoriesAreBounded(t *testing.T) {
	var h histories
	often := cardKey{"u_a", "often"}
	h.put(often, []Entry{{Seq: 1}})
	for i := range 5 * historiesSize {
		h.put(cardKey{"u_a", fmt.Sprint(i)}, []Entry{{Seq: 2}})
		if got := h.get(often); len(got) != 1 {
			t.Fatalf("a card that is looked at is gone after %d others", i)
		}
	}
	if n := len(h.young) + len(h.old); n > 2*historiesSize {
		t.Errorf("%d histories are held, want at most %d", n, 2*historiesSize)
	}
	if h.get(cardKey{"u_a", "0"}) != nil {
		t.Error("a card that nobody looked at is still there")
	}
}

// TestHistoriesKeepTheNewest lets a slow request come last.
func TestHistoriesKeepTheNewest(t *testing.T) {
	var h histories
	k := cardKey{"u_a", "c_1"}
	h.put(k, []Entry{{Seq: 9}, {Seq: 1}})
	h.put(k, []Entry{{Seq: 1}})
	if got := h.get(k); len(got) != 2 || got[0].Seq != 9 {
		t.Errorf("get = %v, want what reached furthest", got)
	}
	if got := h.get(cardKey{"u_b", "c_1"}); got != nil {
		t.Errorf("get of another owner = %v, want none", got)
	}
}
