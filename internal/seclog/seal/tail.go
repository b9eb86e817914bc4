package seal

import (
	"context"
	"sync"
)

// kept is how many of the newest lines stay in memory for the followers.
const kept = 8192

// tail holds the newest sealed lines, so that following the log costs no query.
type tail struct {
	mu    sync.Mutex
	lines []Line // contiguous
	size  uint64
	more  chan struct{} // closed and replaced when lines come
	feed  []func([]Line)
}

func (t *tail) add(lines []Line, next Head) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(lines) > 0 && t.size != lines[0].Seq {
		t.lines = nil // another process sealed between: the database has those
		t.tell(nil)
	}
	t.tell(lines)
	t.lines = append(t.lines, lines...)
	if extra := len(t.lines) - 2*kept; extra >= 0 {
		t.lines = append([]Line(nil), t.lines[len(t.lines)-kept:]...)
	}
	t.size = max(t.size, next.Size)
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
	t := &s.tail
	t.mu.Lock()
	defer t.mu.Unlock()
	if head.Size > t.size {
		t.lines, t.size = nil, head.Size
		t.tell(nil)
		close(t.more)
		t.more = make(chan struct{})
	}
	return nil
}

// Lines reads at most limit sealed lines from seq on, in order, from memory or
// the database. None means that the log ends there.
func (s *Sealer) Lines(ctx context.Context, seq uint64, limit int) ([]Line, error) {
	if lines, held := s.tail.from(seq, limit); held {
		return lines, nil
	}
	rows, err := s.read.Query(ctx, selectLines, seq, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []Line
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.Seq, &l.Event, &l.Text); err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, rows.Err()
}
