// Package proof holds the words of the provable log: leaf and tree hashes as in
// RFC 6962, tiles and bundles (c2sp.org/tlog-tiles), the signed checkpoint
// (c2sp.org/tlog-checkpoint) and the proof file (c2sp.org/tlog-proof). The
// writer and the judge share these and nothing else.
//
// It does no input or output, and it takes nothing on trust: what it parses is
// exactly what it would write, so two texts never mean the same. What a
// signature is worth, where the key came from, it leaves to its caller.
package proof

import (
	"crypto/sha256"
	"errors"
	"math"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of the tree.
type Hash = tlog.Hash

// short is the longest line that Leaf hashes without allocating.
const short = 2048

// Leaf is the leaf hash of a line without its newline.
func Leaf(line []byte) Hash {
	var room [short]byte
	return sha256.Sum256(append(append(room[:0], 0), line...))
}

// node is the hash over two neighbours.
func node(left, right *Hash) Hash {
	var both [1 + 2*tlog.HashSize]byte
	both[0] = 1
	copy(both[1:], left[:])
	copy(both[1+tlog.HashSize:], right[:])
	return sha256.Sum256(both[:])
}

var (
	errProof = errors.New("the proof does not lead to the checkpoint's root")
	errOrder = errors.New("the checkpoint to go on from is larger than the new one")
	errRange = errors.New("a size beyond what a tree can have")
)

// Inclusion checks that the tree of the given size and root holds the leaf at
// index.
func Inclusion(index, size uint64, leaf Hash, hashes []Hash, root Hash) error {
	if index >= size || size > math.MaxInt64 {
		return errRange
	}
	if tlog.CheckRecord(hashes, int64(size), root, int64(index), leaf) != nil {
		return errProof
	}
	return nil
}

// Consistency checks that the tree of checkpoint next begins with the whole
// tree of checkpoint old. The empty tree is the beginning of every tree.
func Consistency(old, next Checkpoint, hashes []Hash) error {
	switch {
	case next.Size > math.MaxInt64:
		return errRange
	case old.Size > next.Size:
		return errOrder
	case old.Size == 0 || old.Size == next.Size:
		if len(hashes) > 0 || old.Size > 0 && old.Root != next.Root {
			return errProof
		}
		return nil
	}
	if tlog.CheckTree(hashes, int64(next.Size), next.Root, int64(old.Size), old.Root) != nil {
		return errProof
	}
	return nil
}
