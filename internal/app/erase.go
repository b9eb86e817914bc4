package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/session"
)

// scrubTime is how long emptying SQLite's write-ahead log may take.
const scrubTime = 2 * time.Second

// eraser removes people, which spans the rooms of accounts and of cards.
type eraser struct {
	app   *App
	cards *card.Service
	// due says that something that was deleted may still stand in a file. It is so
	// at first: the last run may have ended before it looked.
	due atomic.Bool
}

func newEraser(a *App, cards *card.Service) *eraser {
	e := &eraser{app: a, cards: cards}
	e.due.Store(true)
	return e
}

// erase removes the person who asks for it, if the name that they typed is
// theirs, with all that is theirs, in one commit. What the log says of them stays.
func (e *eraser) erase(ctx context.Context, who session.Session, typed string) error {
	if err := account.Mistyped(who, typed); err != nil {
		return err
	}
	err := e.app.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		cards, gone, err := card.Erase(tx, who.Account)
		if err != nil {
			return nil, err
		}
		events, err := account.Erase(tx, who, cards)
		return append(events, gone...), err
	})
	if err != nil {
		return err
	}
	e.cards.Forget(who.Account)
	e.due.Store(true)
	if err := e.scrub(ctx); err != nil {
		slog.Warn("a person was erased, and the database file still has to be cleaned; it is tried again each minute", "err", err)
	}
	return nil
}

// scrub sees to it that nothing of what was deleted is left in the database's
// files. The visitor who hangs up does not keep it from that.
func (e *eraser) scrub(ctx context.Context) error {
	if !e.due.Swap(false) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), scrubTime)
	defer cancel()
	err := e.app.write.Scrub(ctx)
	if err != nil {
		e.due.Store(true)
	}
	return err
}
