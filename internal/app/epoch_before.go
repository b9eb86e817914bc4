package app

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/db"
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

// owner refuses a role that could not finish what it begins.
func (e *epoch) owner(ctx context.Context) error {
	if e.read.Engine() != db.Postgres {
		return nil
	}
	var role string
	var may bool
	if err := e.read.QueryRow(ctx, db.SelectRewrite).Scan(&role, &may); err != nil || may {
		return err
	}
	return refused("the role %s adds to the log and may change nothing in it, so it cannot begin a new epoch. Nothing was changed.\n"+
		"Run this as the owner of the tables, who also runs coffer migrate: give the owner's URL with --database, or with --database-file.", role)
}

// gather collects what the log's key signed: the checkpoint beside the file,
// the newest in the database, the kept ones, and those that stand in the log.
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
	local, err := readSmall(e.checkpointPath())
	if err == nil {
		e.take(v, local)
	}
	if err := e.gatherLines(ctx, v); err != nil {
		return err
	}
	slices.SortStableFunc(e.signed, func(a, b point) int { return cmp.Compare(a.Size, b.Size) })
	return nil
}

// gatherLines collects from the log's own lines, in the database and in the
// files: a file may be right where the database is not.
func (e *epoch) gatherLines(ctx context.Context, v note.Verifier) error {
	lines, err := e.sealer.Points(ctx)
	if err != nil {
		return err
	}
	e.carried(v, bytes.NewReader(bytes.Join(lines, []byte("\n"))))
	paths, err := e.segments()
	if err != nil {
		return err
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		e.carried(v, f)
		_ = f.Close() // it was only read
	}
	return nil
}

func (e *epoch) carried(v note.Verifier, lines io.Reader) {
	notes, _ := proof.Carried(lines) // what cannot be read is compared later, and told then
	for _, signed := range notes {
		e.take(v, signed)
	}
}

// take adds a checkpoint that the log's key signed; another one says nothing.
func (e *epoch) take(v note.Verifier, signed []byte) {
	c, _, err := proof.Open(signed, v)
	if err != nil || c.Origin != e.Former || c.Size == 0 {
		return
	}
	if e.taken[c] {
		return
	}
	e.taken[c] = true
	e.signed = append(e.signed, point{c, signed})
}
