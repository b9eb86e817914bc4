package query

import (
	"context"
	"math"
	"strings"
	"sync"

	"coffer/internal/cache"
	"coffer/internal/seclog/seal"
)

const (
	// held is how many of a card's newest entries stay in memory.
	held = 6
	// historiesSize is how many cards a generation holds, some 6 KB each: what is
	// live while passwords are hashed costs half as much again.
	historiesSize = 512
)

type cardKey struct{ owner, card string }

// history is a card's newest entries, newest first, and the lines that came
// since they were read.
type history struct {
	reading sync.Mutex // of what readers share
	loaded  bool
	entries []Entry

	feeding sync.Mutex // of fresh alone: who seals must not wait for who reads
	fresh   []seal.Line
}

// Remember lets histories be held between requests. It may be called only where
// every sealed line of this database passes Follow.
func (r *Reader) Remember() { r.remember = true }

// Follow adds the lines about a card to its history, if that is held. No lines
// means that another process wrote: then all histories are read again.
func (r *Reader) Follow(lines []seal.Line) {
	if lines == nil {
		r.cards.Clear()
		return
	}
	for _, l := range lines {
		id, ok := strings.CutPrefix(l.Target, "card:")
		if !ok {
			continue
		}
		if h, _, found := r.cards.Get(cardKey{l.Subject, id}); found {
			h.add(l)
		}
	}
}

// add keeps a line to be read when somebody looks; more than are held need not
// wait, since the older ones would fall out again.
func (h *history) add(l seal.Line) {
	h.feeding.Lock()
	defer h.feeding.Unlock()
	if len(h.fresh) >= 2*held {
		h.fresh = append([]seal.Line(nil), h.fresh[held:]...)
	}
	h.fresh = append(h.fresh, l)
}

// CardHistory reads a card's newest entries, for its owner; more says that
// there are older ones. It runs whenever a card is looked at, so where it may,
// it remembers: sealed lines never change, and each new one is fed to Follow.
func (r *Reader) CardHistory(ctx context.Context, owner, card string, limit int) (entries []Entry, more bool, err error) {
	if owner == "" {
		return nil, false, nil // nobody's lines are nobody's history
	}
	if !r.remember || limit >= held {
		entries, err = r.readHistory(ctx, owner, card, limit+1)
	} else {
		entries, err = r.remembered(ctx, owner, card)
	}
	if err != nil || len(entries) <= limit {
		return entries, false, err
	}
	return entries[:limit], true, nil
}

func (r *Reader) remembered(ctx context.Context, owner, card string) ([]Entry, error) {
	key := cardKey{owner, card}
	h, version, found := r.cards.Get(key)
	if !found {
		// Held before it is read, so that no line can fall between.
		h = &history{}
		r.cards.Put(version, key, h)
	}
	h.reading.Lock()
	defer h.reading.Unlock()
	if !h.loaded {
		entries, err := r.readHistory(ctx, owner, card, held)
		if err != nil {
			return nil, err
		}
		h.entries, h.loaded = entries, true
	}
	err := h.catchUp(owner)
	return h.entries, err
}

func (h *history) take() []seal.Line {
	h.feeding.Lock()
	defer h.feeding.Unlock()
	fresh := h.fresh
	h.fresh = nil
	return fresh
}

// catchUp turns the fresh lines into entries; those that the database gave
// already are passed over.
func (h *history) catchUp(owner string) error {
	for _, l := range h.take() {
		if len(h.entries) > 0 && l.Seq <= h.entries[0].Seq {
			continue
		}
		e, err := read(l.Text, owner)
		if err != nil {
			return err
		}
		h.entries = append([]Entry{e}, h.entries[:min(held-1, len(h.entries))]...)
	}
	return nil
}

func (r *Reader) readHistory(ctx context.Context, owner, card string, limit int) ([]Entry, error) {
	return r.find(ctx, owner, card, math.MaxInt64, limit)
}

type histories = cache.Cache[cardKey, *history]
