package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// recoverLog compares what was signed with what is there, before a line is
// written: the checkpoint in the data directory and the one in the database
// against the database's head, and the head against its own lines and tiles.
// What it cannot see is a line changed inside a full tile: for that, verify.
func (a *App) recoverLog(ctx context.Context) error {
	// The checkpoints are read before the head: other nodes may be at work, and
	// what was signed by then is in a head that is read later.
	local, err := readSmall(a.checkpointPath())
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing && !errors.Is(err, errNoFile) {
		return err
	}
	stored, _, _, unread := a.sealer.Checkpoint(ctx)
	head, err := a.sealer.Head(ctx)
	if err != nil {
		return err
	}
	if err := a.complete(ctx, head); err != nil {
		return err
	}
	root, err := a.sealer.RootAt(ctx, head.Size)
	if err != nil && !errors.Is(err, seal.ErrNoTile) {
		return err
	}
	if err != nil || root != head.Root {
		return a.tampered("the lines in the database do not lead to the root that stands in the log's head (%s).", reasonOf(err))
	}
	former, err := a.former(ctx)
	if err != nil {
		return err
	}
	if c, err := proof.Peek(local); err == nil && c.Origin == former && former != head.Origin {
		// A new epoch was begun, and interrupted before it had put this aside.
		missing = true
		if err := a.retire(); err != nil {
			return err
		}
	}
	garbled := false
	if _, err := proof.Peek(local); err != nil {
		garbled = !missing
	} else if !missing {
		if err := a.compareWith(ctx, head, local, a.checkpointPath()); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(unread, seal.ErrUnsigned):
		stored = nil
	case errors.Is(unread, seal.ErrGarbled):
		return a.tampered("%v.", unread)
	case unread != nil:
		return unread
	default:
		if err := a.compareWith(ctx, head, stored, "the database's newest checkpoint"); err != nil {
			return err
		}
	}
	if garbled {
		return a.garbled(head, stored)
	}
	return nil
}

const selectEpoch = `SELECT line FROM event WHERE event = 'log_epoch_started' AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`

// former is the name that the log had before its newest epoch; of the first
// one there is none.
func (a *App) former(ctx context.Context) (origin string, err error) {
	var raw seal.Text
	err = a.read.QueryRow(ctx, selectEpoch).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	line, err := event.Parse(raw)
	if err != nil {
		return "", a.tampered("the line that began the log's newest epoch cannot be read (%v).", err)
	}
	e, err := line.Decode()
	began, ok := e.(event.LogEpochStarted)
	if err != nil || !ok {
		return "", err
	}
	return began.Former, nil
}

func reasonOf(err error) string {
	if err == nil {
		return "they lead to another"
	}
	return err.Error()
}

// compareWith compares the database with a checkpoint; where says which.
func (a *App) compareWith(ctx context.Context, head seal.Head, signed []byte, where string) error {
	c, err := proof.Peek(signed)
	if err != nil {
		return err // whoever read it has looked
	}
	v, _, err := a.verifier(c.Origin)
	if err != nil {
		return a.tampered("%s names the log %q, which no key can have.", where, c.Origin)
	}
	if _, _, err := proof.Open(signed, v); err != nil {
		return a.tampered("%s is not signed by this installation's log key: it was changed, or it is another log's.", where)
	}
	m, err := a.misfit(ctx, head, c, where)
	switch {
	case err != nil || m == nil:
		return err
	case m.Behind:
		return a.rolledBack("%s", m.Why)
	}
	return a.tampered("%s", m.Why)
}

// Misfit is how the database disagrees with a checkpoint that the log's key
// signed.
type Misfit struct {
	// Behind says that it has fewer lines, not others.
	Behind bool
	// Why says it in a sentence.
	Why string
}

// misfit compares the database with what is signed; nil is no misfit.
func (a *App) misfit(ctx context.Context, head seal.Head, c proof.Checkpoint, where string) (*Misfit, error) {
	if head.Origin != "" && c.Origin != head.Origin {
		return &Misfit{Why: fmt.Sprintf("%s is of the log %s, and the database is of %s.", where, c.Origin, head.Origin)}, nil
	}
	if c.Size > head.Size {
		return &Misfit{Behind: true, Why: fmt.Sprintf(
			"%s covers %d lines, and the database has %d: it is an older copy, or lines were removed from its end.", where, c.Size, head.Size)}, nil
	}
	root, err := a.sealer.RootAt(ctx, c.Size)
	if err != nil && !errors.Is(err, seal.ErrNoTile) {
		return nil, err
	}
	if err != nil || root != c.Root {
		return &Misfit{Why: fmt.Sprintf(
			"%s covers the first %d lines, and the database's are not the ones that were signed (%s).", where, c.Size, reasonOf(err))}, nil
	}
	return nil, nil
}
