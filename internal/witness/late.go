package witness

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

const selectTold = `SELECT event FROM event WHERE target = $1 AND event IN ('sys_monitor_disabled', 'sys_monitor_enabled') AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`

// watch is how far somebody's signature reaches, and since when it should
// reach further.
type watch struct {
	name    string // empty: nobody is told
	reached uint64
	since   time.Time
	told    bool // sys_monitor_disabled is written, sys_monitor_enabled is not
	from    time.Time
	good    bool // something was signed since
}

// monitor is what the log calls it.
func (w *watch) monitor() string { return "witness:" + w.name }

// vouch notes that a signature reaches a size.
func (w *watch) vouch(size uint64) {
	if size >= w.reached {
		w.reached, w.since, w.good = size, time.Time{}, true
	}
}

// look notes how far the log is signed, and gives for how long that has not
// been cosigned.
func (w *watch) look(size uint64, now time.Time) (behind time.Duration) {
	if size <= w.reached {
		w.since = time.Time{}
		return 0
	}
	if w.since.IsZero() {
		w.since = now
	}
	return now.Sub(w.since)
}

// tell writes who is late, and who is not any more.
func (c *Circle) tell(ctx context.Context, size uint64) error {
	c.mu.Lock()
	c.size = size
	c.mu.Unlock()
	for _, w := range c.members {
		if err := c.edge(ctx, &w.watch, size, w.reason()); err != nil {
			return err
		}
	}
	return c.edge(ctx, &c.quorum, size, tooFew)
}

// reason is why a witness is late: that of its last failure.
func (m *member) reason() string {
	if m.fault == "" {
		return timeout
	}
	return m.fault
}

// edge writes that a watch went off, or on again.
func (c *Circle) edge(ctx context.Context, w *watch, size uint64, reason string) error {
	c.mu.Lock()
	now := c.Now()
	late := w.look(size, now) > c.Pace.Late
	since, from := w.since, w.from
	off, on := late && !w.told, w.told && w.good
	c.mu.Unlock()
	if w.name == "" || !off && !on {
		return nil
	}
	// The event comes first: if it cannot be written now, the next look tries
	// again, and neither edge is lost.
	var e event.Event = event.MonitorEnabled{Monitor: w.monitor(), Seconds: seconds(now.Sub(from))}
	if off {
		from = since
		e = event.MonitorDisabled{Monitor: w.monitor(), Seconds: seconds(now.Sub(since)), Reason: reason}
	}
	if err := c.Log.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return []event.Event{e}, nil }); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w.told, w.from, w.good = off, from, false
	if off {
		slog.Warn("new lines of the log are not cosigned", "monitor", w.monitor(), "reason", reason)
		return nil
	}
	slog.Info("new lines of the log are cosigned again", "monitor", w.monitor())
	return nil
}

func seconds(d time.Duration) int64 { return max(0, int64(d.Seconds())) }

// Late says what is wrong while requests are served: a sentence each.
func (c *Circle) Late() (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	for _, w := range c.members {
		if w.accused != nil {
			out = append(out, w.accused.Word()+": "+w.accused.Sentence())
		}
		if behind := w.look(c.size, now); c.Policy == nil && behind > c.Pace.Late {
			out = append(out, fmt.Sprintf("witness %s has not signed new lines for %d s: %s", w.Name, seconds(behind), w.text))
		}
	}
	if behind := c.quorum.look(c.size, now); c.Policy != nil && behind > c.Pace.Late {
		out = append(out, fmt.Sprintf("too few witnesses have signed new lines for %d s", seconds(behind)))
	}
	return out
}

// Lag is how far a witness is behind.
type Lag struct {
	// Name is the witness's.
	Name string
	// Lines is how many signed lines it has not cosigned.
	Lines uint64
}

// Lags says how far each witness is behind, and at last the quorum, without a
// name. Where another node asks them, nothing is known.
func (c *Circle) Lags() (all []Lag) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size == 0 {
		return nil
	}
	for _, w := range c.members {
		all = append(all, Lag{w.Name, c.size - min(c.size, w.reached)})
	}
	return append(all, Lag{"", c.size - min(c.size, c.quorum.reached)})
}

// wasTold finds in the log whether a watch is off, for a start or another node.
func (c *Circle) wasTold(ctx context.Context, w *watch) error {
	var name string
	err := c.Reader.QueryRow(ctx, selectTold, "monitor:"+w.monitor()).Scan(&name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w.told, w.good, w.from = name == (event.MonitorDisabled{}).Kind().Name, false, c.Now()
	return nil
}
