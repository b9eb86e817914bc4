package seal

import (
	"context"
	"fmt"
	"sync"

	"coffer/internal/db"
)

// kept is how many of the newest lines stay in memory for the followers.
const kept = 2048

// tail holds the newest sealed lines, so that following the log costs no query.
// Its lines are contiguous and end at size, or there are none: what comes late
// or leaves a gap is left to the database.
type tail struct {
	mu    sync.Mutex
	lines []Line
	size  uint64
	more  chan struct{} // closed and replaced when lines come
	feed  []func([]Line)
}

func (t *tail) add(lines []Line, next Head) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.size != lines[0].Seq {
		t.lines = nil // another process sealed between: the database has those
		t.tell(nil)
	}
	t.tell(lines)
	if next.Size >= t.size {
		t.size = next.Size
		t.lines = append(t.lines, lines...)
	}
	if extra := len(t.lines) - 2*kept; extra >= 0 {
		t.lines = append([]Line(nil), t.lines[len(t.lines)-kept:]...)
	}
	t.wake()
}

func (t *tail) wake() {
	close(t.more)
	t.more = make(chan struct{})
}

func (t *tail) tell(lines []Line) {
	for _, fn := range t.feed {
		fn(lines)
	}
}

// from gives the lines in memory from seq on, if they reach back to it.
func (t *tail) from(seq uint64, limit int) (lines []Line, held bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 || seq < t.lines[0].Seq || seq > t.size {
		return nil, false
	}
	lines = t.lines[seq-t.lines[0].Seq:]
	return lines[:min(limit, len(lines))], true
}

// More gives a channel that is closed when this process seals further lines.
// Take it before Lines, or a line could slip between.
func (s *Sealer) More() <-chan struct{} {
	s.tail.mu.Lock()
	defer s.tail.mu.Unlock()
	return s.tail.more
}

// Refresh looks whether another process or node has sealed lines, and wakes the
// followers if so.
func (s *Sealer) Refresh(ctx context.Context) error {
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	s.tail.reached(head.Size)
	return nil
}

// reached is told how many lines there are by now, whoever sealed them.
func (t *tail) reached(size uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if size <= t.size {
		return
	}
	t.lines, t.size = nil, size
	t.tell(nil)
	t.wake()
}

// Lines reads at most limit sealed lines from seq on, in order, from memory or
// the database. None means that the log ends there. A line that is missing is
// an error: what follows the log must not step over it in silence.
func (s *Sealer) Lines(ctx context.Context, seq uint64, limit int) ([]Line, error) {
	if lines, held := s.tail.from(seq, limit); held {
		return lines, nil
	}
	return storedLines(ctx, s.read, seq, limit)
}

// storedLines reads lines from the database, whatever is in memory.
func storedLines(ctx context.Context, from *db.Reader, seq uint64, limit int) ([]Line, error) {
	rows, err := from.Query(ctx, selectLines, seq, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []Line
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.Seq, &l.Event, (*Text)(&l.Text)); err != nil {
			return nil, err
		}
		if want := seq + uint64(len(lines)); l.Seq != want {
			return nil, fmt.Errorf("the database lacks line %d of the log", want)
		}
		lines = append(lines, l)
	}
	return lines, rows.Err()
}
