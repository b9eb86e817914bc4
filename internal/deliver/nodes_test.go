package deliver_test

import (
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
)

// TestNodes holds that of several nodes one delivers, that another goes on when
// it stops or dies, and that nothing is lost on the way.
func TestNodes(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	h := newHook(t, nil)
	node := func(name string) (*apptest.Log, *way) {
		l := openLog(t, c)
		return l, start(t, l, h.target(t), func(c *deliver.Config) { c.Holder = name })
	}
	l, one := node("d_one")
	put(t, l, 50)
	h.upTo(t, 50)
	_, two := node("d_two")
	until(t, "the other node's look", func() bool { return two.Status().Next == 50 })
	put(t, l, 50)
	h.upTo(t, 100)
	if one, two := one.Status(), two.Status(); !one.Here || two.Here {
		t.Errorf("one delivers: %v, two: %v, want one alone", one.Here, two.Here)
	}
	one.end(t) // in order: the other may go on at once
	put(t, l, 50)
	h.upTo(t, 150)
	if !two.Status().Here {
		t.Error("the second node does not deliver after the first one's stop")
	}
	_, three := node("d_three")
	two.kill()
	put(t, l, 50)
	h.upTo(t, 200)
	if !three.Status().Here {
		t.Error("the third node does not deliver after the second one's death")
	}
	three.kill()
	_, again := node("d_three") // the same directory: it need not wait
	put(t, l, 50)
	h.upTo(t, 250)
	again.end(t)
	h.whole(t, 0, 250)
	if all := edges(t, l); len(all) != 0 {
		t.Errorf("edges = %v, want none", apptest.Names(all))
	}
}
