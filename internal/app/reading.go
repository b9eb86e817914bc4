package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/format"
	"coffer/internal/query"
)

// Poll is how often a follower looks for new lines, which another process seals.
const Poll = 250 * time.Millisecond

// page is how many lines are asked for at once, newest first.
const page = 1000

// commandReach is how far a command looks back for lines that no index finds,
// before it asks whether to go on.
const commandReach = 2_000_000

// Reading is what a command wants to see of the log.
type Reading struct {
	// Tool is the command, for the log.
	Tool   string
	Filter query.Filter
	Format format.Format
	Out    io.Writer
	// Newest is how many of the newest lines are wanted; below 0 is all.
	Newest int
	// Before is the number below which lines are looked for; 0 is from the newest.
	Before uint64
	// Unrecorded is told why no line in the log tells of this reading, and which
	// lines cannot be read; nil is a reading that is recorded.
	Unrecorded func(what string)
	// Passed is told how far a long reading has come; nil is not.
	Passed func(at, from, below uint64)
}

// Read is what a reading came to.
type Read struct {
	Lines int
	// More says that there may be older lines, below Next.
	More bool
	Next uint64
	// Short says that the reading looked far enough and found less than it was
	// asked for.
	Short bool

	below uint64 // what is newer was not there at the start
}

// Read writes the lines that match, the oldest first. That somebody reads is in
// the log before the first of them is shown: whoever looks at everyone's events
// is looked at too, and what cannot be recorded is not shown.
func (d *Desk) Read(ctx context.Context, q Reading) (Read, error) {
	return d.read(ctx, q, newPrinter(q))
}

func (d *Desk) read(ctx context.Context, q Reading, w *printer) (out Read, err error) {
	if err := d.Lines.Check(ctx, q.Filter); err != nil {
		return out, err
	}
	from, below, err := d.Lines.Extent(ctx)
	if err != nil {
		return out, err
	}
	if err := d.recorded(ctx, q); err != nil {
		return out, err
	}
	if q.Before > 0 {
		below = min(below, q.Before)
	}
	if out.below = below; q.Newest >= 0 {
		err = d.readNewest(ctx, q, w, &out)
	} else {
		err = d.Lines.Each(ctx, q.Filter, query.Span{Below: below, Passed: func(at uint64) {
			if q.Passed != nil {
				q.Passed(at, from, below)
			}
		}}, w.line)
	}
	out.Lines = w.lines
	if err == nil {
		err = w.flush()
	}
	return out, err
}

// recorded writes into the log that it is read.
func (d *Desk) recorded(ctx context.Context, q Reading) error {
	if q.Unrecorded != nil {
		return d.silently(ctx, q.Unrecorded)
	}
	err := d.Record(ctx, event.LogRead{
		Tool: q.Tool, Format: q.Format.Name, Fields: q.Filter.Fields(), Length: len(q.Filter.String()),
		Newest: max(0, q.Newest),
	})
	if err != nil {
		return fmt.Errorf("nothing is shown, since that the log is read cannot be written into it: %w", err)
	}
	return nil
}

// readNewest finds the newest lines page by page, and writes them in the order
// in which they came.
func (d *Desk) readNewest(ctx context.Context, q Reading, w *printer, out *Read) error {
	var lines []query.Line
	reach := int64(commandReach)
	for before := out.below; len(lines) < q.Newest && before > 0; before = out.Next {
		found, err := d.Lines.Search(ctx, q.Filter, query.Page{Before: before, Limit: min(page, q.Newest-len(lines)), Reach: reach})
		if err != nil {
			return err
		}
		lines = append(lines, found.Lines...)
		if out.More, out.Next, out.Short = found.More, found.Next, found.Short; found.Short || !found.More {
			break
		}
	}
	for _, l := range slices.Backward(lines) {
		if err := w.line(l.Seq, l.Text); err != nil {
			return err
		}
	}
	return nil
}

// Follow reads and goes on with every new line that matches, until ctx ends. A
// database that does not answer for a while is waited for.
func (d *Desk) Follow(ctx context.Context, q Reading) (Read, error) {
	w := newPrinter(q)
	out, err := d.read(ctx, q, w)
	if err != nil {
		return out, err
	}
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	failing := false
	for next := out.below; ; {
		err := d.readSince(ctx, q, w, &next)
		switch {
		case ctx.Err() != nil:
			out.Lines = w.lines
			return out, nil
		case fault.Is(err, fault.Unavailable) != failing:
			if failing = !failing; failing {
				slog.Warn("the database does not answer; waiting for it", "err", err)
			}
		case err != nil && !failing:
			return out, err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// readSince writes what came since next, and moves it.
func (d *Desk) readSince(ctx context.Context, q Reading, w *printer, next *uint64) error {
	_, below, err := d.Lines.Extent(ctx)
	if err != nil || below <= *next {
		return err
	}
	err = d.Lines.Each(ctx, q.Filter, query.Span{From: *next, Below: below}, func(seq uint64, line []byte) error {
		*next = seq + 1 // what is written is not written twice
		return w.line(seq, line)
	})
	if err != nil {
		return err
	}
	*next = below
	return w.flush()
}
