package proof

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// Part is a run of lines in the order of the log: a segment's file, or a bundle.
type Part struct {
	// Name is what people call it.
	Name string
	// First is the number of the first line, by the name; Named says that the
	// name tells it.
	First uint64
	Named bool
	// Bundle is how many lines an entry bundle holds; 0 means a file of lines.
	Bundle int
	Open   func() (io.ReadCloser, error)
}

const (
	chunkSize  = 512 << 10
	bundleSize = Width * (2 + MaxLine)
)

// chunks keeps the memory of streams that have ended for those that come.
var chunks = sync.Pool{New: func() any { return &chunk{} }}

var errBig = errors.New("larger than a bundle can be")

// stream reads parts ahead and has their lines hashed and checked by all
// processors, in bounded memory. Chunks come out in order; whoever took one
// gives it back.
type stream struct {
	parts []Part
	queue chan *chunk // in order, finished or not
	work  chan *chunk
	free  chan *chunk
	stop  context.CancelFunc
	ended sync.WaitGroup
}

func newStream(ctx context.Context, parts []Part) *stream {
	workers := runtime.GOMAXPROCS(0)
	room := 2*workers + 2
	ctx, stop := context.WithCancel(ctx)
	s := &stream{
		parts: parts, stop: stop,
		queue: make(chan *chunk, room), work: make(chan *chunk, room), free: make(chan *chunk, room+2),
	}
	for range room + 2 {
		s.free <- chunks.Get().(*chunk)
	}
	s.ended.Go(func() {
		defer close(s.work)
		defer close(s.queue)
		s.feed(ctx)
	})
	for range workers {
		s.ended.Go(func() {
			for c := range s.work {
				c.weigh()
				close(c.done)
			}
		})
	}
	return s
}

// next gives the next chunk, finished; none after the last.
func (s *stream) next() (c *chunk, ok bool) {
	c, ok = <-s.queue
	if ok {
		<-c.done
	}
	return c, ok
}

// back returns a chunk that nobody looks at any more.
func (s *stream) back(c *chunk) { s.free <- c }

// close ends reading, wherever it is. No line of a chunk may be used after it.
func (s *stream) close() {
	s.stop()
	for c := range s.queue {
		<-c.done
		chunks.Put(c)
	}
	s.ended.Wait()
	close(s.free)
	for c := range s.free {
		chunks.Put(c)
	}
}

// feed reads all parts.
func (s *stream) feed(ctx context.Context) {
	for i, p := range s.parts {
		if !s.readPart(ctx, i, p) {
			return
		}
	}
}

// take waits for a free chunk.
func (s *stream) take(ctx context.Context, part int) *chunk {
	select {
	case c := <-s.free:
		*c = chunk{
			part: part, done: make(chan struct{}),
			raw: c.raw[:0], lines: c.lines[:0], hashes: c.hashes[:0], notes: c.notes[:0], acts: c.acts[:0],
		}
		return c
	case <-ctx.Done():
		return nil
	}
}

// send puts a chunk on its way.
func (s *stream) send(c *chunk) {
	s.work <- c
	s.queue <- c
}

func (s *stream) readPart(ctx context.Context, i int, p Part) (more bool) {
	c := s.take(ctx, i)
	if c == nil {
		return false
	}
	f, err := p.Open()
	if err != nil {
		c.err, c.final = err, true
		s.send(c)
		return false
	}
	defer f.Close()
	if p.Bundle > 0 {
		c.bundle, c.final = p.Bundle, true
		c.raw, c.err = readAll(f, c.raw)
		more = c.err == nil
		s.send(c)
		return more
	}
	return s.readFile(ctx, c, f)
}

// readFile cuts a file into chunks that end with a line.
func (s *stream) readFile(ctx context.Context, c *chunk, f io.Reader) (more bool) {
	before, offset := 0, int64(0)
	for {
		rest, err := c.fill(f)
		c.before, c.offset = before, offset
		c.final, c.err = err != nil, err
		if errors.Is(err, io.EOF) {
			c.err = nil
			c.cut = len(c.raw) > 0 && c.raw[len(c.raw)-1] != '\n'
		}
		before, offset = before+bytes.Count(c.raw, []byte("\n")), offset+int64(len(c.raw))
		final, failed := c.final, c.err != nil
		var next *chunk
		if !final {
			if next = s.take(ctx, c.part); next != nil {
				next.raw = append(next.raw, rest...)
			}
		}
		s.send(c)
		if final || next == nil {
			return final && !failed
		}
		c = next
	}
}

func readAll(f io.Reader, into []byte) ([]byte, error) {
	b := bytes.NewBuffer(into)
	n, err := b.ReadFrom(io.LimitReader(f, bundleSize+1))
	if err == nil && n > bundleSize {
		err = errBig
	}
	return b.Bytes(), err
}
