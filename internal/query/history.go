package query

import (
	"context"
	"sync"
)

const (
	// held is how many of a card's newest entries stay in memory.
	held = 8
	// historiesSize is how many cards a generation holds, some 8 KB each.
	historiesSize = 2048
)

// CardHistory reads a card's newest entries, for its owner. It runs whenever a
// card is looked at, so what was read before is remembered: sealed lines never
// change and are numbered in the order in which they appear, so only those
// after the newest known need reading.
func (r *Reader) CardHistory(ctx context.Context, owner, card string, limit int) (entries []Entry, more bool, err error) {
	if owner == "" {
		return nil, false, nil // lines about nobody have an empty subject
	}
	if limit >= held {
		entries, err = r.since(ctx, owner, card, -1, limit+1)
	} else {
		entries, err = r.history(ctx, owner, card)
	}
	if err != nil || len(entries) <= limit {
		return entries, false, err
	}
	return entries[:limit], true, nil
}

func (r *Reader) history(ctx context.Context, owner, card string) ([]Entry, error) {
	key, newest := cardKey{owner, card}, int64(-1)
	known := r.cards.get(key)
	if len(known) > 0 {
		newest = int64(known[0].Seq)
	}
	fresh, err := r.since(ctx, owner, card, newest, held)
	if err != nil || len(fresh) == 0 {
		return known, err
	}
	// fresh is new to this call, so appending to it changes nobody's slice.
	known = append(fresh, known...)
	known = known[:min(held, len(known)):min(held, len(known))]
	r.cards.put(key, known)
	return known, nil
}

// since reads what is newer than the line numbered newest; -1 is older than all.
func (r *Reader) since(ctx context.Context, owner, card string, newest int64, limit int) ([]Entry, error) {
	return r.entries(ctx, owner, selectHistory, "card:"+card, owner, newest, limit)
}

type cardKey struct{ owner, card string }

// histories remembers cards' newest entries, newest first; the slices are never
// changed. When the younger generation is full it becomes the older one, and
// the cards that nobody looked at go.
type histories struct {
	mu         sync.Mutex
	young, old map[cardKey][]Entry
}

func (h *histories) get(k cardKey) []Entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.young[k]; ok {
		return e
	}
	e, ok := h.old[k]
	if ok {
		h.insert(k, e)
	}
	return e
}

// put keeps entries unless a request that ran beside this one read further.
func (h *histories) put(k cardKey, entries []Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.young[k]; ok && e[0].Seq > entries[0].Seq {
		return
	}
	h.insert(k, entries)
}

func (h *histories) insert(k cardKey, entries []Entry) {
	if h.young == nil || len(h.young) >= historiesSize {
		h.young, h.old = make(map[cardKey][]Entry), h.young
	}
	h.young[k] = entries
}
