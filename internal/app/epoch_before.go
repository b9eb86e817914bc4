package app

import (
	"context"
	"os"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// knownKeys loads the keys, and makes none.
func (e *epoch) knownKeys(ctx context.Context) error {
	seen, err := e.keysSeen(ctx)
	if err != nil {
		return err
	}
	if len(seen) == 0 {
		return refused("this database was never served: there is no log to go on from")
	}
	return e.openKeys(ctx)
}

// alone refuses while another node seals. The data directory is taken already.
func (e *epoch) alone(ctx context.Context) error {
	alive, err := e.sealer.LeaseAlive(ctx)
	if err == nil && alive {
		return refused("another coffer serves this database; stop all of them first")
	}
	return err
}

// gather collects what the log's key signed: the checkpoint beside the file,
// the newest in the database, and the kept ones.
func (e *epoch) gather(ctx context.Context) error {
	head, err := e.sealer.Head(ctx)
	if err != nil {
		return err
	}
	e.Former = head.Origin
	v, vkey, err := e.verifier(head.Origin)
	if err != nil {
		return err
	}
	if err := e.writePublic(vkey); err != nil { // whoever verifies needs the old key as well
		return err
	}
	kept, err := e.sealer.Kept(ctx)
	if err != nil {
		return err
	}
	for _, k := range kept {
		e.take(v, k.Signed)
	}
	stored, _, _, err := e.sealer.Checkpoint(ctx)
	if err == nil {
		e.take(v, stored)
	}
	local, err := os.ReadFile(e.checkpointPath())
	if err == nil {
		e.take(v, local)
	}
	return nil
}

// take adds a checkpoint that the log's key signed; another one says nothing.
func (e *epoch) take(v note.Verifier, signed []byte) {
	c, _, err := proof.Open(signed, v)
	if err != nil || c.Origin != e.Former {
		return
	}
	e.signed, e.notes = append(e.signed, c), append(e.notes, signed)
}
