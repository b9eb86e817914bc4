// Package cache remembers what was read, for as long as nothing says that it
// changed. It is bounded: it keeps what was used lately and forgets the rest.
// Whoever reads a value and stores it must have asked for the version before
// reading, so that what changed in between is not stored. It knows nothing of
// where values come from, and it is no place for secrets.
package cache

import "sync"

// Cache remembers values by key. The zero value with a Size is ready to use.
type Cache[K comparable, V any] struct {
	// Size is how many values a generation holds; two generations are kept.
	Size int

	mu         sync.Mutex
	version    uint64
	young, old map[K]V
}

// Get gives what is remembered, and the version to hand to Put if it is not.
func (c *Cache[K, V]) Get(k K) (v V, version uint64, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, found = c.young[k]; found {
		return v, c.version, true
	}
	if v, found = c.old[k]; found {
		c.insert(k, v) // used again: it outlives its generation
	}
	return v, c.version, found
}

// Put remembers a value, unless something was dropped since version was given.
func (c *Cache[K, V]) Put(version uint64, k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == c.version {
		c.insert(k, v)
	}
}

// Drop forgets k, and keeps what is being read now from being remembered.
func (c *Cache[K, V]) Drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	delete(c.young, k)
	delete(c.old, k)
}

// Clear forgets everything.
func (c *Cache[K, V]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	c.young, c.old = nil, nil
}

// insert adds to the young generation; when that is full it becomes the old
// one, and what nobody used since is gone.
func (c *Cache[K, V]) insert(k K, v V) {
	if c.young == nil || len(c.young) >= c.Size {
		c.young, c.old = make(map[K]V), c.young
	}
	c.young[k] = v
}
