package query_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/query"
)

// TestRemembered holds that a remembered history and one read anew are the
// same, whatever is written, by whom, and however many look at once.
func TestRemembered(t *testing.T) {
	h := build(t, apptest.Migrated(t, db.SQLite))
	warm := query.New(h.read)
	if !h.sealer.Feed(warm.Follow) {
		t.Fatal("Feed() = false on SQLite, want every line")
	}
	warm.Remember()
	same := func(what string) {
		t.Helper()
		got, gotMore, err := warm.CardHistory(context.Background(), alice, "c_1", 5)
		want, more, err2 := h.lines.CardHistory(context.Background(), alice, "c_1", 5)
		if err != nil || err2 != nil || gotMore != more || !slices.Equal(numbers(got), numbers(want)) {
			t.Errorf("%s: remembered %v, %v, %v, read %v, %v, %v", what, numbers(got), gotMore, err, numbers(want), more, err2)
		}
	}
	same("nothing yet")
	for i := range 30 {
		h.did(alice, viewed("c_1"))
		if i%3 == 0 {
			h.did(alice, viewed("c_2"))
			h.did(bob, event.DirectReference{Owner: alice, Card: "c_1", Verb: "view"})
		}
		if i%4 != 1 { // sometimes several lines wait
			same(fmt.Sprint("after ", i))
		}
	}
	warm.Follow(nil)
	same("after another process wrote")
}

// TestRememberedAtOnce looks while lines come: whoever looks after a line was
// acknowledged sees it.
func TestRememberedAtOnce(t *testing.T) {
	h := build(t, apptest.Migrated(t, db.SQLite))
	warm := query.New(h.read)
	h.sealer.Feed(warm.Follow)
	warm.Remember()
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			card := fmt.Sprintf("c_%d", w%2)
			for range 40 {
				h.did(alice, viewed(card))
				entries, _, err := warm.CardHistory(context.Background(), alice, card, 5)
				if err != nil || len(entries) == 0 || entries[0].Target != "card:"+card {
					t.Errorf("CardHistory(%s) = %v, %v, want the line just written", card, entries, err)
				}
				if !slices.IsSortedFunc(entries, func(a, b query.Entry) int { return int(b.Seq) - int(a.Seq) }) {
					t.Errorf("CardHistory(%s) = %v, want newest first", card, numbers(entries))
				}
			}
		})
	}
	all.Wait()
}
