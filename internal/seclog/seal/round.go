package seal

import (
	"context"
	"database/sql"
	"errors"
	"hash/maphash"

	"coffer/internal/proof"
)

// The words for what a round finds: reasons of log_verify_fail.
const (
	Edited  = "database_edited"
	Missing = "database_missing"
	Added   = "database_added"
	Column  = "column"
	Tiles   = "tile"
	Index   = "index"
	Root    = "root"
)

const (
	// SQLite keeps whatever somebody put into a column. Numbers of the range are
	// numbers; anything else is read as it is, and is what the line does not say.
	selectRows   = `SELECT CAST(seq AS BIGINT), at, event, target, line FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`
	selectBeyond = `SELECT CAST(MIN(seq) AS BIGINT) FROM event WHERE seq < 0 OR seq >= (SELECT size FROM head WHERE id = 1)`
)

// Finding is something in the database that is not as it was sealed: from line
// First on, Lines of them, or among them; 0 is where no line can be named.
type Finding struct {
	Why          string
	First, Lines uint64
}

// Round looks through the whole log in the database, a block at a time: each
// line against the tree's hashes, each column against the line, the tiles
// against those above them, the index against the lines, and the tree against
// the root that was signed. It reads, in short statements, and changes nothing.
//
// Who has it begin decides how fast it goes. What is sealed after it began is
// for the next one. It cannot tell a log that was rebuilt with its key: for
// that, judge it from elsewhere.
type Round struct {
	s      *Sealer
	begun  bool
	next   uint64 // the first line that was not looked at
	end    uint64 // how many lines there were when it began
	pruned uint64 // the first line that retention has left, as far as is known
	lines  uint64
	above  [8]*stored // the tile of each level that was read last
	index  sums
	found  []Finding
	broken bool // the tree's root cannot be right any more
}

// Round begins one.
func (s *Sealer) Round() *Round { return &Round{s: s, index: sums{seed: maphash.MakeSeed()}} }

// Lines is how many lines were compared so far.
func (r *Round) Lines() uint64 { return r.lines }

// Size is how many lines the log has, as far as the round looked.
func (r *Round) Size() uint64 { return max(r.next, r.end) }

// Step looks at the next portion, some hundred lines, and says what is wrong in
// it. After an error, which may be another time's, it is called again: then it
// may find the same a second time.
func (r *Round) Step(ctx context.Context) (found []Finding, done bool, err error) {
	switch {
	case !r.begun:
		err = r.begin(ctx)
	case r.next < r.end:
		err = r.block(ctx)
	case !r.index.done:
		err = r.readIndex(ctx)
	default:
		err = r.top(ctx)
		done = err == nil
	}
	found, r.found = r.found, nil
	return found, done, err
}

func (r *Round) begin(ctx context.Context) error {
	head, err := r.s.Head(ctx)
	if err != nil {
		return err
	}
	r.end, r.begun = head.Size, true
	r.index.size(head.Size / Block)
	return nil
}

// add notes a finding; neighbours are one.
func (r *Round) add(why string, first, lines uint64) {
	if why == Edited || why == Missing || why == Tiles {
		r.broken = true
	}
	if n := len(r.found) - 1; n >= 0 && why != Tiles && r.found[n].Why == why && r.found[n].First+r.found[n].Lines == first {
		r.found[n].Lines += lines
		return
	}
	r.found = append(r.found, Finding{why, first, lines})
}

// block looks at the next Block of lines, or at the open end of the log, as far
// as that is by now.
func (r *Round) block(ctx context.Context) (err error) {
	from, to := r.next, r.next+Block
	size, open := to, []byte(nil)
	if to > r.end {
		if size, open, err = r.s.openHashes(ctx); err != nil {
			return err
		}
		to = max(from, min(to, size))
	}
	var tiles []*stored
	for n := from / proof.Width; n*proof.Width < to; n++ {
		t := &stored{n: n, hashes: open, unread: open == nil}
		if (n+1)*proof.Width <= size {
			if t, err = r.tile(ctx, 0, n); err != nil {
				return err
			}
		}
		tiles = append(tiles, t)
	}
	b, err := r.read(ctx, from, to)
	if err != nil {
		return err
	}
	r.judge(b, tiles)
	if r.next += Block; r.next > r.end {
		r.next, r.end = to, to
	}
	return nil
}

// top holds the tree against the roots that were signed, once all below is known.
func (r *Round) top(ctx context.Context) error {
	head, err := r.s.Head(ctx)
	if err != nil {
		return err
	}
	right, err := r.leads(ctx, head.Size, head.Root)
	if err != nil {
		return err
	}
	if _, c, _, err := r.s.Checkpoint(ctx); err == nil && right {
		if right, err = r.leads(ctx, c.Size, c.Root); err != nil {
			return err
		}
	} else if errors.Is(err, ErrGarbled) {
		right = false
	} else if err != nil && !errors.Is(err, ErrUnsigned) {
		return err
	}
	var beyond sql.NullInt64
	if err := r.s.read.QueryRow(ctx, selectBeyond).Scan(&beyond); err != nil {
		return err
	}
	if !right && !r.broken {
		r.add(Root, 0, 0)
	}
	switch {
	case beyond.Valid && beyond.Int64 < 0:
		r.add(Added, 0, 0) // under a number that no line can have
	case beyond.Valid:
		r.add(Added, uint64(beyond.Int64), 1)
	}
	return nil
}

// leads reports whether the first size lines have this root.
func (r *Round) leads(ctx context.Context, size uint64, root proof.Hash) (right bool, err error) {
	got, err := r.s.RootAt(ctx, size)
	if errors.Is(err, ErrNoTile) {
		return false, nil
	}
	return got == root, err
}
