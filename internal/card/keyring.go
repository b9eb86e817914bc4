package card

import (
	"sync"

	"coffer/internal/vault"
)

// ringSize is how many owners' keys a generation holds: about 2 KB each.
const ringSize = 4096

// keyring keeps owners' data keys in memory. A key does not change while its
// owner exists, so nothing here grows stale. When the younger generation is
// full it becomes the older one, and the keys that nobody asked for go.
type keyring struct {
	mu         sync.Mutex
	young, old map[string]*vault.DataKey
}

func (r *keyring) get(owner string) *vault.DataKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.young[owner]; ok {
		return k
	}
	k, ok := r.old[owner]
	if ok {
		r.insert(owner, k)
	}
	return k
}

func (r *keyring) put(owner string, k *vault.DataKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.insert(owner, k)
}

func (r *keyring) insert(owner string, k *vault.DataKey) {
	if r.young == nil || len(r.young) >= ringSize {
		r.young, r.old = make(map[string]*vault.DataKey), r.young
	}
	r.young[owner] = k
}

func (r *keyring) forget(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, owner)
	delete(r.old, owner)
}
