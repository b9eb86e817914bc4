package app

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// Selfcheck is how often serve goes on with looking through its own log: for a
// tenth of that time, and for so many lines at most.
const (
	Selfcheck  = 200 * time.Millisecond
	checkTime  = Selfcheck / 10
	checkLines = 4000
	checkAgain = 10 * time.Second // after an error
)

// A round begins FirstRound after the start, and NextRound after the one before.
const (
	FirstRound = 5 * time.Minute
	NextRound  = 24 * time.Hour
)

// singly is how many findings of a round are written by themselves, and mostTold
// how many are remembered: what was told is not told again by the next round.
const singly, mostTold = 5, 1000

// selfcheck looks through the log of a running server, round after round.
type selfcheck struct {
	*App
	began   time.Time
	due     time.Time
	round   *seal.Round // nil between two
	skip    int         // ticks to leave out, where the database was slow
	told    map[seal.Finding]bool
	single  int // findings of this round that are written by themselves
	more    int // and those that are not
	waiting []event.Event
	whole   *event.LogVerified // waits too

	mu    sync.Mutex
	found int       // by the round under way
	last  int       // by the one before
	when  time.Time // when something was found last
	stuck int       // errors one after the other
	why   error     // the last of them
}

func newSelfcheck(a *App) *selfcheck {
	now := a.Now()
	return &selfcheck{App: a, began: now, due: now.Add(FirstRound), told: map[seal.Finding]bool{}}
}

// tick goes on for a moment. One node does it: the one that seals, which knows
// the newest lines' hashes.
func (c *selfcheck) tick(ctx context.Context) error {
	if err := c.record(ctx); err != nil {
		return err
	}
	if c.skip > 0 || !c.sealer.Holds() {
		c.skip = max(0, c.skip-1)
		return nil
	}
	if c.round == nil {
		if c.Now().Before(c.due) {
			return nil
		}
		if err := c.begin(ctx); err != nil {
			return err
		}
	}
	began := time.Now()
	err := c.some(ctx, began)
	c.note(err)
	if c.skip = int(time.Since(began) / checkTime); err != nil {
		c.skip = int(checkAgain / Selfcheck)
	}
	return errors.Join(err, c.record(ctx))
}

// begin begins a round. What a command has found to be whole since is told
// again if it is found again.
func (c *selfcheck) begin(ctx context.Context) error {
	at, err := c.verifiedAt(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.when) {
		clear(c.told)
		c.last = 0
	}
	c.round, c.single, c.more = c.sealer.Round(), 0, 0
	return nil
}

// some looks at portion after portion, as long as it is this tick's turn.
func (c *selfcheck) some(ctx context.Context, began time.Time) error {
	for from := c.round.Lines(); time.Since(began) < checkTime && c.round.Lines()-from < checkLines; {
		found, done, err := c.round.Step(ctx)
		if done {
			var forged bool
			if forged, err = c.forged(ctx); forged {
				found = append(found, seal.Finding{Why: seal.Root})
			}
		}
		c.take(found)
		if err != nil {
			return err // the next tick goes on from here
		}
		if done {
			c.finish()
			return nil
		}
	}
	return nil
}

// take makes events of what was found and not told before.
func (c *selfcheck) take(found []seal.Finding) {
	if len(found) > 0 {
		c.mu.Lock()
		c.found += len(found)
		c.when = c.Now()
		c.mu.Unlock()
	}
	for _, f := range found {
		switch {
		case c.told[f]:
			continue
		case c.single >= singly || len(c.told) >= mostTold:
			c.more++
		default:
			c.single++
			c.waiting = append(c.waiting, failed(f, c.round.Size()))
			slog.Error("the log in the database is not what was sealed; keep a copy of everything, and run coffer-verify on it",
				"why", f.Why, "line", f.First, "lines", f.Lines)
		}
		if len(c.told) < mostTold {
			c.told[f] = true
		}
	}
}

// failed is the event of a finding.
func failed(f seal.Finding, size uint64) event.LogVerifyFailed {
	e := event.LogVerifyFailed{Size: size, Lines: f.Lines, Reason: f.Why}
	if f.Lines > 0 {
		e.Line = strconv.FormatUint(f.First, 10)
	}
	return e
}

// finish ends a round: one that found nothing is worth a line.
func (c *selfcheck) finish() {
	lines, size := c.round.Lines(), c.round.Size()
	if c.more > 0 {
		c.waiting = append(c.waiting, event.LogVerifyFailed{Size: size, More: c.more, Reason: "more"})
	}
	c.mu.Lock()
	c.last, c.found = c.found, 0
	sound := c.last == 0
	c.mu.Unlock()
	if c.round, c.due = nil, c.Now().Add(NextRound); sound {
		clear(c.told)
		c.whole = &event.LogVerified{Lines: lines, Size: size}
	}
}

// record writes what waits; what cannot be written goes on waiting.
func (c *selfcheck) record(ctx context.Context) error {
	if len(c.waiting) > 0 {
		if err := c.log.Commit(ctx, broken(c.known(), c.waiting...)); err != nil {
			return err
		}
		c.waiting = nil
	}
	if c.whole != nil {
		if err := c.log.Commit(ctx, verified(*c.whole)); err != nil {
			return err
		}
		c.whole = nil
	}
	return nil
}
