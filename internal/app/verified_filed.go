package app

import (
	"bufio"
	"bytes"
	"io/fs"
	"slices"
	"strconv"

	"coffer/internal/proof"
)

// filedHashes are the leaves of the lines from number from up to, not including,
// to, as the log's files in a directory have them; fewer where those do not.
func filedHashes(dir fs.FS, from, to uint64) []proof.Hash {
	found, err := proof.Files(dir, ".")
	if err != nil {
		return nil
	}
	var parts [][]proof.Hash
	for _, p := range slices.Backward(found.Parts) {
		hashes, first := filedIn(p, from, to)
		if parts = append(parts, hashes); first <= from {
			break
		}
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

// filedIn are those of one file, and the number of its first line. Lines out of
// order end it: then the file is no witness.
func filedIn(p proof.Part, from, to uint64) (hashes []proof.Hash, first uint64) {
	in, err := p.Open()
	if err != nil {
		return nil, 0
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, proof.MaxLine), proof.MaxLine+1)
	next, begun := uint64(0), false
	for lines.Scan() {
		seq, ok := numbered(lines.Bytes())
		if !begun {
			first, next, begun = seq, seq, true
		}
		if !ok || seq != next || seq >= to {
			return hashes, first
		}
		if next++; seq >= from {
			hashes = append(hashes, proof.Leaf(lines.Bytes()))
		}
	}
	if !begun {
		return nil, to // an empty file, just begun
	}
	return hashes, first
}

// numbered reads the number that a line begins with.
func numbered(line []byte) (seq uint64, ok bool) {
	rest, found := bytes.CutPrefix(line, []byte(`{"seq":`))
	end := bytes.IndexByte(rest, ',')
	if !found || end < 0 {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(rest[:end]), 10, 64)
	return seq, err == nil
}
