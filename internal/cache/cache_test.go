package cache

import (
	"fmt"
	"testing"
)

func get(t *testing.T, c *Cache[string, int], k string, want int, wantFound bool) {
	t.Helper()
	if v, _, found := c.Get(k); v != want || found != wantFound {
		t.Errorf("Get(%s) = %d, %v, want %d, %v", k, v, found, want, wantFound)
	}
}

func TestPutGetDrop(t *testing.T) {
	c := &Cache[string, int]{Size: 10}
	_, version, _ := c.Get("a")
	c.Put(version, "a", 1)
	c.Put(version, "b", 2)
	get(t, c, "a", 1, true)
	c.Drop("a")
	get(t, c, "a", 0, false)
	get(t, c, "b", 2, true)
	c.Clear()
	get(t, c, "b", 0, false)
}

// TestStale holds that a value read before a change is not remembered after it.
func TestStale(t *testing.T) {
	for name, change := range map[string]func(*Cache[string, int]){
		"drop":  func(c *Cache[string, int]) { c.Drop("a") },
		"clear": func(c *Cache[string, int]) { c.Clear() },
		"other": func(c *Cache[string, int]) { c.Drop("z") }, // too careful is right
	} {
		c := &Cache[string, int]{Size: 10}
		_, version, _ := c.Get("a")
		change(c) // while the old value is being read
		c.Put(version, "a", 1)
		if _, _, found := c.Get("a"); found {
			t.Errorf("%s: the stale value is remembered", name)
		}
	}
}

// TestBound holds that what is used stays and the rest goes.
func TestBound(t *testing.T) {
	c := &Cache[string, int]{Size: 8}
	for i := range 1000 {
		c.Put(0, fmt.Sprint(i), i)
		if i > 0 {
			get(t, c, "0", 0, true)
		}
	}
	if n := len(c.young) + len(c.old); n > 2*c.Size {
		t.Errorf("%d values are kept, want at most %d", n, 2*c.Size)
	}
	get(t, c, "1", 0, false)
}
