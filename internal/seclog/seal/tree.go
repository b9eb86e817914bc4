package seal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"coffer/internal/db"
	"coffer/internal/proof"
)

const (
	selectTile   = `SELECT hashes FROM tile WHERE level = $1 AND n = $2`
	selectLeaves = `SELECT seq, line FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`
	selectRoots  = `SELECT n, root FROM tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n`
	insertTile   = `INSERT INTO tile (level, n, root, hashes) VALUES ($1, $2, $3, $4)`
)

// ErrRoot is a tree that does not lead to the root that stands in the head:
// lines, tiles or head were changed past Coffer.
var ErrRoot = errors.New("the log's lines and tiles do not lead to the root in its head")

// tree is the right edge of the log's tree: as this process sealed it last, and
// as the running transaction would leave it. Only when that is committed do the
// two change places, so an attempt that fails or runs again leaves no trace.
// Whoever seals holds the write lock, so nobody else looks at it.
type tree struct {
	last, next  *proof.Edge
	root, grown proof.Hash
}

// grow adds the rows' lines to the tree that head stands for, and gives the
// tiles that they fill. Where another process sealed since, or another history
// was put in, the edge is read anew.
func (t *tree) grow(tx *db.Tx, head Head, rows []row) (full []proof.Tile, root proof.Hash, err error) {
	if t.last.Size() != head.Size || t.root != head.Root {
		e, err := edgeAt(tx.Query, head.Size)
		if err != nil {
			return nil, root, err
		}
		if e.Root() != head.Root {
			return nil, root, ErrRoot
		}
		t.last, t.root = e, head.Root
	}
	t.next.Set(t.last)
	for _, r := range rows {
		t.next.Append(r.line)
	}
	t.grown = t.next.Root()
	return t.next.Full(), t.grown, nil
}

// keep is told that the transaction for which the tree grew is committed.
func (t *tree) keep() {
	t.last, t.next, t.root = t.next, t.last, t.grown
}

func insertTiles(tx *db.Tx, full []proof.Tile) error {
	for _, t := range full {
		root := t.Root()
		if _, err := tx.Exec(insertTile, t.Level, t.N, root[:], t.Hashes); err != nil {
			return err
		}
	}
	return nil
}

// query reads rows: in a transaction, or through the reader.
type query func(q string, args ...any) (*sql.Rows, error)

func (s *Sealer) query(ctx context.Context) query {
	return func(q string, args ...any) (*sql.Rows, error) { return s.read.Query(ctx, q, args...) }
}

// edgeAt reads the edge of the tree of the first size lines.
func edgeAt(read query, size uint64) (*proof.Edge, error) {
	var open [][]byte
	for level := 0; size>>(8*level) > 0; level++ {
		nodes := size >> (8 * level)
		var hashes []byte
		if width := int(nodes % proof.Width); width > 0 {
			var err error
			if hashes, err = tileOf(read, level, nodes/proof.Width, width); err != nil {
				return nil, err
			}
		}
		open = append(open, hashes)
	}
	e, ok := proof.Grown(size, open)
	if !ok {
		return nil, fmt.Errorf("the tree of %d lines: %w", size, ErrNoTile)
	}
	return e, nil
}

// tileOf gives the first width hashes of a tile: of the full one, where it is
// stored, or else computed from what stands below it.
func tileOf(read query, level int, n uint64, width int) ([]byte, error) {
	full, err := one(read, selectTile, level, n)
	if err != nil {
		return nil, err
	}
	if len(full) >= width*len(proof.Hash{}) {
		return full[:width*len(proof.Hash{})], nil
	}
	from := n * proof.Width
	hashes := make([]byte, 0, width*len(proof.Hash{}))
	add := func(h []byte) { hashes = append(hashes, h...) }
	if level == 0 {
		err = eachLine(read, from, from+uint64(width), func(line []byte) { h := proof.Leaf(line); add(h[:]) })
	} else {
		err = each(read, from, add, selectRoots, level-1, from, from+uint64(width))
	}
	if err == nil && len(hashes) != width*len(proof.Hash{}) {
		err = fmt.Errorf("tile %d/%d of width %d: %w", level, n, width, ErrNoTile)
	}
	return hashes, err
}

// one reads a single value; none is nil.
func one(read query, q string, args ...any) (value []byte, err error) {
	rows, err := read(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&value)
	}
	return value, errors.Join(err, rows.Err())
}

// eachLine gives the lines from up to, not including, to; fn must not keep them.
func eachLine(read query, from, to uint64, fn func([]byte)) error {
	var line []byte
	unpacked := func(stored []byte) {
		line = Unpack(line[:0], stored)
		fn(line)
	}
	return each(read, from, unpacked, selectLeaves, from, to)
}

// each gives the values of rows that are numbered from the given number on. A
// gap in them is an error.
func each(read query, from uint64, fn func([]byte), q string, args ...any) error {
	rows, err := read(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var value sql.RawBytes
	for ; rows.Next(); from++ {
		var n uint64
		if err := rows.Scan(&n, &value); err != nil {
			return err
		}
		if n != from {
			return fmt.Errorf("the database lacks number %d of the log's lines or tiles: %w", from, ErrNoTile)
		}
		fn(value)
	}
	return rows.Err()
}
