package forge

import (
	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/proof"
)

// prove makes the proof of one line against the newest checkpoint.
func (l *Log) prove(seq int) proof.ProofFile {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(places []int64) (hashes []tlog.Hash, err error) {
		for _, p := range places {
			hashes = append(hashes, stored[p])
		}
		return hashes, nil
	})
	for n, line := range l.Lines {
		stored = append(stored, must(tlog.StoredHashes(int64(n), line, read))...)
	}
	hashes := must(tlog.ProveRecord(int64(len(l.Lines)), int64(seq), read))
	return proof.ProofFile{Extra: l.Lines[seq], Index: uint64(seq), Hashes: hashes, Checkpoint: l.Head}
}
