package deliver_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/event"
	"coffer/internal/secret"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// quick is a pace for tests: what takes seconds takes milliseconds.
var quick = deliver.Pace{
	Timeout: 500 * time.Millisecond, First: 5 * time.Millisecond, Longest: 20 * time.Millisecond, Patience: time.Minute,
	Store: 20 * time.Millisecond, Settle: 40 * time.Millisecond, Lease: 600 * time.Millisecond, Grace: 100 * time.Millisecond,
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// log is a log whose lines are sealed as they come.
func openLog(tb testing.TB, c db.Config) *apptest.Log {
	tb.Helper()
	l := apptest.OpenLog(tb, c)
	if c.Engine() == db.Postgres {
		ctx, stop := context.WithCancel(context.Background())
		var loop sync.WaitGroup
		loop.Go(func() { l.Sealer.Run(ctx, func(error) {}) })
		tb.Cleanup(func() { stop(); loop.Wait() })
	}
	return l
}

// put writes so many lines.
func put(tb testing.TB, l *apptest.Log, lines int) {
	tb.Helper()
	ctx := event.System(context.Background(), "test")
	for lines > 0 {
		n := min(lines, 100)
		err := l.Commit(ctx, func(*db.Tx) (out []event.Event, err error) {
			for i := range n {
				out = append(out, event.ConfigChanged{Setting: "x", From: fmt.Sprint(i), To: "“quoted”"})
			}
			return out, nil
		})
		if err != nil {
			tb.Fatalf("Commit() = %v", err)
		}
		lines -= n
	}
}

// way is how lines get to a sink.
type way struct {
	*deliver.Delivery
	stop   context.CancelFunc
	done   chan struct{}
	target deliver.Target
}

// start runs a delivery until stopped; change may say what is not as usual.
func start(tb testing.TB, l *apptest.Log, t deliver.Target, change ...func(*deliver.Config)) *way {
	tb.Helper()
	c := deliver.Config{Target: t, Sealer: l.Sealer, Reader: l.Read, Log: l.Log, Holder: "d_one", Pace: quick}
	for _, fn := range change {
		fn(&c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &way{Delivery: deliver.New(c), stop: cancel, done: make(chan struct{}), target: t}
	go func() {
		defer close(w.done)
		_ = w.Run(ctx) // it has no error
	}()
	tb.Cleanup(w.kill)
	return w
}

// kill ends it without what a stop in order does.
func (w *way) kill() { w.stop(); <-w.done }

// end stops it in order.
func (w *way) end(tb testing.TB) {
	tb.Helper()
	w.kill()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := w.Finish(ctx); err != nil {
		tb.Errorf("Finish() = %v", err)
	}
}

// until waits for something that no channel tells of.
func until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			tb.Fatalf("%s does not come", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// sink takes lines and keeps their numbers.
type sink struct {
	mu    sync.Mutex
	seqs  []uint64
	more  chan struct{}
	texts [][]byte
}

func newSink() *sink { return &sink{more: make(chan struct{})} }

// take keeps what a request or a message held.
func (s *sink) take(body []byte) {
	var seqs []uint64
	var texts [][]byte
	for line := range bytes.Lines(body) {
		at := bytes.Index(line, []byte(`{"seq":`))
		if at < 0 {
			continue
		}
		text := bytes.TrimSuffix(line[at:], []byte("\n"))
		digits, _, _ := bytes.Cut(text[len(`{"seq":`):], []byte(","))
		n, err := strconv.ParseUint(string(digits), 10, 64)
		if err != nil {
			continue // a line that is cut shows as one that is missing
		}
		seqs, texts = append(seqs, n), append(texts, bytes.Clone(text))
	}
	s.mu.Lock()
	s.texts = append(s.texts, texts...)
	s.mu.Unlock()
	s.number(seqs...)
}

// number keeps a line that came in another form.
func (s *sink) number(seqs ...uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seqs = append(s.seqs, seqs...)
	close(s.more)
	s.more = make(chan struct{})
}

func (s *sink) got() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seqs)
}

// upTo waits until the line before size is there.
func (s *sink) upTo(tb testing.TB, size uint64) {
	tb.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		there, more, last := slices.Contains(s.seqs, size-1), s.more, len(s.seqs)
		s.mu.Unlock()
		if there {
			return
		}
		select {
		case <-more:
		case <-timeout:
			tb.Fatalf("line %d does not come; %d did", size-1, last)
		}
	}
}

// whole fails unless every line from first to size is there, each new one right
// after the one before; lines that came already may come again. It gives how
// many did.
func (s *sink) whole(tb testing.TB, first, size uint64) (again int) {
	tb.Helper()
	next := first
	for _, n := range s.got() {
		switch {
		case n == next:
			next++
		case n > next:
			tb.Fatalf("line %d comes after line %d", n, next-1)
		default:
			again++
		}
	}
	if next != size {
		tb.Errorf("lines up to %d came, want %d", next, size)
	}
	return again
}

// exactly fails unless the lines came once each, byte for byte as they are.
func (s *sink) exactly(tb testing.TB, l *apptest.Log, first, size uint64) {
	tb.Helper()
	if again := s.whole(tb, first, size); again > 0 {
		tb.Errorf("%d lines came again", again)
	}
	lines, err := l.Sealer.Lines(context.Background(), first, int(size-first))
	if err != nil {
		tb.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range min(len(lines), len(s.texts)) {
		if !bytes.Equal(lines[i].Text, s.texts[i]) {
			tb.Errorf("line %d came as %s, want %s", lines[i].Seq, s.texts[i], lines[i].Text)
		}
	}
}

// head is how many lines there are.
func head(tb testing.TB, l *apptest.Log) uint64 {
	tb.Helper()
	if err := l.Sealer.Drain(context.Background()); err != nil {
		tb.Fatal(err)
	}
	h, err := l.Sealer.Head(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return h.Size
}

// hook is a receiver of webhooks that answers as it is told.
type hook struct {
	*sink
	*httptest.Server
	answer func(n int, w http.ResponseWriter, r *http.Request, body []byte) (taken bool)
	mu     sync.Mutex
	n      int
}

func newHook(tb testing.TB, answer func(n int, w http.ResponseWriter, r *http.Request, body []byte) bool) *hook {
	h := &hook{sink: newSink(), answer: answer}
	h.Server = httptest.NewServer(h)
	tb.Cleanup(h.Server.Close)
	return h
}

// ServeHTTP keeps the lines of requests that it accepts.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.n++
	n := h.n
	h.mu.Unlock()
	if h.answer == nil || h.answer(n, w, r, body) {
		h.take(body)
	}
}

func (h *hook) asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

func (h *hook) target(tb testing.TB) deliver.Target {
	tb.Helper()
	return must(tb)(deliver.Webhook(h.URL+"/in?token=hunter2", secret.Bytes{}, nil))
}

func must(tb testing.TB) func(deliver.Target, error) deliver.Target {
	return func(t deliver.Target, err error) deliver.Target {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return t
	}
}

// told collects what the operator is told during a test.
func told(tb testing.TB) *buffer {
	b, before := &buffer{}, slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(b, nil)))
	tb.Cleanup(func() { slog.SetDefault(before) })
	return b
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
