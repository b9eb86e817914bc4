// Package seal gives staged events their number, time and place: it turns them
// into the lines of security.log, in the database first, and into the leaves of
// one tree, whose head it signs. On SQLite it seals inside the commit that
// staged them; on PostgreSQL a loop seals what any node staged. It also reads
// what is sealed, and proves it. It does not decide what is an event, and it
// does not write the file.
//
// It never signs a root that the lines do not lead to, nor two trees. What
// happens between a commit and its signature, at most a second, it cannot vouch
// for.
package seal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
)

// Staged is what one commit hands over: its id and its events, in order.
type Staged struct {
	Commit  string
	Records []event.Record
	// First and Last are the numbers of its first and last line, once Sealed.
	First, Last uint64
	Sealed      bool
}

// Line is a sealed line.
type Line struct {
	Seq             uint64
	Event           string
	Subject, Target string
	// Text is the exact line, without its newline: the leaf.
	Text []byte
}

// Head is where the log stands.
type Head struct {
	// Size is the number of lines, and the next line's number.
	Size uint64
	// At is the newest line's time, UTC microseconds.
	At int64
	// Segment is the number of the active segment's first line.
	Segment uint64
	// Bytes is the length of the active segment.
	Bytes int64
	// Day is the UTC date of the active segment.
	Day string
	// Root is the tree's hash over all lines.
	Root proof.Hash
	// Origin is the log's name, empty before its first start.
	Origin string
}

// DefaultSegment is the length at which a segment ends.
const DefaultSegment = 64 << 20

// Sealer numbers lines. One per process.
type Sealer struct {
	read    *db.Reader
	own     *db.Reader // for signing and the lease, which visitors must not hold up
	write   *db.Writer
	maker   event.Maker
	segment int64
	wake    chan struct{}
	tail    tail
	tree    tree
	index   index
	packer  packer
	head    Head // as this process sealed last, where no loop seals
	lease   lease
	signer  signer

	draining sync.Mutex   // one sealing transaction at a time, where a loop seals
	lag      atomic.Int64 // how long what is staged waits, about, in nanoseconds

	mu     sync.Mutex
	onSeal func(*db.Tx) error
}

// New makes the sealer and sets the writer's hooks; fatal is told of a failed
// sync. A segment ends at segment bytes, 0 meaning DefaultSegment.
func New(read *db.Reader, write *db.Writer, maker event.Maker, segment int64, fatal func(error)) *Sealer {
	if segment <= 0 {
		segment = DefaultSegment
	}
	s := &Sealer{read: read, own: read.Own(), write: write, maker: maker, segment: segment, wake: make(chan struct{}, 1)}
	s.tail.more = make(chan struct{})
	s.tree.last, s.tree.next = &proof.Edge{}, &proof.Edge{}
	s.tree.root = s.tree.last.Root()
	s.lease.id = event.NewID("n_")
	s.signer.more, s.signer.rush = make(chan struct{}), make(chan struct{}, 1)
	before := s.sealInside
	if write.Engine() == db.Postgres {
		before = s.stage
	}
	write.SetHooks(db.Hooks{Before: before, Outcome: s.outcome, Fatal: fatal})
	return s
}

// OnSeal adds fn to every sealing transaction: how a follower stores its mark
// without a commit, and a sync, of its own. Set it before the first commit.
func (s *Sealer) OnSeal(fn func(*db.Tx) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onSeal = fn
}

// Feed gives fn every line this process seals, in order, before those who
// caused it are answered; nil says that others have sealed too, so that whoever
// remembers something must forget it. It reports false where lines come from
// several nodes: then nothing may be remembered. Set it before the first commit.
func (s *Sealer) Feed(fn func([]Line)) (alone bool) {
	if s.write.Engine() != db.SQLite {
		return false
	}
	s.tail.feed = append(s.tail.feed, fn)
	return true
}

// sealInside is SQLite's before-commit step: the batch's events become lines in
// the transaction that brought them, so order and content are fixed with it.
func (s *Sealer) sealInside(tx *db.Tx, results []any) (func(), error) {
	staged := make([]*Staged, 0, len(results))
	for _, r := range results {
		if st, ok := r.(*Staged); ok && len(st.Records) > 0 {
			staged = append(staged, st)
		}
	}
	if len(staged) == 0 {
		return func() {}, nil
	}
	// Mostly the head is where this process left it; if another sealed since, or
	// another history was put in, the compare-and-swap says so.
	var lines []Line
	var next Head
	err := errMoved
	if s.head.Size > 0 {
		lines, next, err = s.seal(tx, s.head, staged)
	}
	if errors.Is(err, errMoved) {
		lines, next, err = s.sealOn(tx, staged)
	}
	if err != nil {
		return nil, err
	}
	return func() { s.sealed(lines, next); s.head = next }, nil
}

// sealOn seals on top of the head that the transaction finds.
func (s *Sealer) sealOn(tx *db.Tx, staged []*Staged) ([]Line, Head, error) {
	head, err := readHead(tx)
	if err != nil {
		return nil, head, err
	}
	return s.seal(tx, head, staged)
}

// sealed is told that a sealing transaction is committed.
func (s *Sealer) sealed(lines []Line, next Head) {
	s.tree.keep()
	s.index.keep()
	s.tail.add(lines, next)
}

// seal is the one step that fixes order and content: number, grow the tree,
// write, move the head. The head moves by compare-and-swap, so two sealers
// cannot fork the log.
func (s *Sealer) seal(tx *db.Tx, head Head, staged []*Staged) ([]Line, Head, error) {
	rows, next, err := s.number(head, staged)
	if err != nil {
		return nil, head, err
	}
	packed := s.packer.rows(rows)
	defer drain(packed)
	full, root, err := s.tree.grow(tx, head, rows)
	if err != nil {
		return nil, head, err
	}
	next.Root = root
	if err := moveHead(tx, head, next); err != nil {
		return nil, head, err
	}
	if err := errors.Join(insertRows(tx, s.write.Engine(), rows, packed), insertTiles(tx, full)); err != nil {
		return nil, head, err
	}
	if err := s.index.grow(tx, head, rows); err != nil {
		return nil, head, err
	}
	if err := s.ridealong(tx); err != nil {
		return nil, head, err
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		lines[i] = Line{r.seq, r.rec.Event, r.rec.Subject, r.rec.Target, r.line}
	}
	return lines, next, nil
}

func (s *Sealer) ridealong(tx *db.Tx) error {
	s.mu.Lock()
	fn := s.onSeal
	s.mu.Unlock()
	if fn == nil {
		return nil
	}
	return fn(tx)
}

// Quiet says within a transaction whether the log has no line newer than since,
// and none on its way.
func Quiet(tx *db.Tx, since time.Time) (quiet bool, err error) {
	var n int
	err = tx.QueryRow(selectQuiet, since.UnixMicro()).Scan(&n)
	return n == 1, err
}

// Head reads where the log stands.
func (s *Sealer) Head(ctx context.Context) (Head, error) {
	h, err := scanHead(s.read.QueryRow(ctx, selectHead))
	if err != nil {
		return h, fmt.Errorf("read the log's head: %w", err)
	}
	return h, nil
}
