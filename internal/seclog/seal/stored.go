package seal

import (
	"context"
	"database/sql"
	"errors"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
)

const (
	selectStored    = `SELECT root, hashes FROM tile WHERE level = $1 AND n = $2`
	selectAnnounced = `SELECT line FROM event WHERE event = 'log_pruned' AND ` + Asked + ` ORDER BY seq DESC LIMIT 1`
)

// stored is a tile as it stands in the database.
type stored struct {
	n      uint64
	hashes []byte
	want   proof.Hash // what it has to stand for, by the tile above it
	sure   bool       // want is what the tile above says
	unread bool       // its hashes are not known
	bad    bool
}

// tile reads a full tile and holds it against the one above it.
func (r *Round) tile(ctx context.Context, level int, n uint64) (t *stored, err error) {
	if t := r.above[level]; t != nil && t.n == n {
		return t, nil
	}
	var above *stored
	if up := n / proof.Width; level+1 < len(r.above) && (up+1)<<(8*(level+2)) <= r.end {
		if above, err = r.tile(ctx, level+1, up); err != nil {
			return nil, err
		}
	}
	t = &stored{n: n}
	root, err := t.read(ctx, r.s.read, level)
	if err != nil {
		return nil, err
	}
	if len(root) == len(t.want) {
		t.want = proof.Hash(root)
	}
	if above != nil && !above.bad {
		t.want, t.sure = above.leaf(n%proof.Width), true
	}
	t.unread = len(t.hashes) != proof.Width*len(t.want)
	t.bad = t.unread || string(root) != string(t.want[:]) || (proof.Tile{Hashes: t.hashes}).Root() != t.want
	if t.bad {
		r.add(Tiles, n<<(8*(level+1)), 1<<(8*(level+1)))
	}
	r.above[level] = t
	return t, nil
}

func (t *stored) read(ctx context.Context, from *db.Reader, level int) (root []byte, err error) {
	rows, err := from.Query(ctx, selectStored, level, t.n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&root, &t.hashes)
	}
	return root, errors.Join(err, rows.Err())
}

// known reports whether the tile's hashes can be believed, line by line.
func (t *stored) known(leaves []proof.Hash) (yes bool) {
	return !t.bad && !t.unread && len(t.hashes) >= len(leaves)*len(proof.Hash{})
}

func (t *stored) leaf(i uint64) (h proof.Hash) {
	return proof.Hash(t.hashes[i*uint64(len(h)) : (i+1)*uint64(len(h))])
}

// subtreeOf is the hash over the leaves of a full tile.
func subtreeOf(leaves []proof.Hash) proof.Hash {
	hashes := make([]byte, 0, len(leaves)*len(proof.Hash{}))
	for _, h := range leaves {
		hashes = append(hashes, h[:]...)
	}
	return proof.Tile{Hashes: hashes}.Root()
}

// removed reads how far retention has removed lines: to its mark, and not beyond
// what a line has announced. Anybody can move a mark.
func (r *Round) removed(ctx context.Context) error {
	var mark uint64
	if err := r.s.read.QueryRow(ctx, selectPruned).Scan(&mark); err != nil {
		return err
	}
	var raw Text
	err := r.s.read.QueryRow(ctx, selectAnnounced).Scan(&raw)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	r.pruned = 0
	if line, err := event.Parse(raw); err == nil {
		if e, err := line.Decode(); err == nil {
			said, _ := e.(event.LogPruned)
			r.pruned = min(mark, said.Last+1)
		}
	}
	return nil
}

// Sealed reports whether a line is the one that was sealed under that number, by
// the tree's hashes: how the file can be right where the database is not.
func (s *Sealer) Sealed(ctx context.Context, seq uint64, line []byte) (yes bool, err error) {
	t := &stored{n: seq / proof.Width}
	if _, err := t.read(ctx, s.read, 0); err != nil {
		return false, err
	}
	if len(t.hashes) == 0 {
		var size uint64
		if size, t.hashes, err = s.openHashes(ctx); err != nil || size/proof.Width != t.n {
			return false, err
		}
	}
	at := seq % proof.Width
	return uint64(len(t.hashes)) >= (at+1)*uint64(len(t.want)) && t.leaf(at) == proof.Leaf(line), nil
}
