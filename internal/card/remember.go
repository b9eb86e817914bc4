package card

import (
	"context"
	"strings"

	"coffer/internal/seclog/seal"
)

// rememberedCards bounds what is held in memory, some 400 bytes each.
const rememberedCards = 8192

// Remember lets what may be shown of a card be held between requests; its
// number never is. It may be called only where every change of this database
// passes Follow before anybody is answered.
func (s *Service) Remember() { s.remember = true }

// Follow forgets the cards that changed. No change is without its event, so the
// log is the one feed that misses none. No lines means that another process
// wrote.
func (s *Service) Follow(lines []seal.Line) {
	if lines == nil {
		s.known.Clear()
		return
	}
	for _, l := range lines {
		if id, ok := strings.CutPrefix(l.Target, "card:"); ok && changesCard(l.Event) {
			s.known.Drop(id)
		}
	}
}

// changesCard is true for what is done to a card that was there. A look changes
// nothing but, at a reveal, when the number was last shown; Reveal sees to that.
func changesCard(name string) bool { return name != "sensitive_read" && name != "sensitive_create" }

// lookUp finds a card, in memory or in the database.
func (s *Service) lookUp(ctx context.Context, id string) (Card, error) {
	if !s.remember {
		return scanCard(s.read.QueryRow(ctx, selectCard, id))
	}
	c, version, found := s.known.Get(id)
	if found {
		return c, nil
	}
	c, err := scanCard(s.read.QueryRow(ctx, selectCard, id))
	if err == nil {
		s.known.Put(version, id, c)
	}
	return c, err
}
