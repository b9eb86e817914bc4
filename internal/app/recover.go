package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// What a person can do about a log that is not what was signed. The commands
// are those for the data in use, to be copied as they stand.
const (
	before = `Nothing was changed.
First keep a copy of the whole data directory and of the database as they are, and run coffer-verify on it: it says what can be known.
`
	afterRollback = `If a newer copy of the database exists, put it back and start again.
If there is none, or the reason is known (a restored backup, say), go on from the lines at hand with:
  %s
`
	afterTampering = `If a copy of the database from before the change exists, put it back and start again.
If there is none, this compares the database with security.log, says which lines are others than were signed, and goes on from them only if you then say so:
  %s
`
	afterwards = `The log then goes on under a new name and key, and every verification reports the break.`
	asOwner    = `
It must connect as the owner of the tables, who also runs coffer migrate.`
)

func (a *App) rolledBack(why string, args ...any) error {
	return refused("ROLLBACK: "+why+"\n%s", append(args, a.after(afterRollback))...)
}

func (a *App) tampered(why string, args ...any) error {
	return refused("TAMPERED: "+why+"\n%s", append(args, a.after(afterTampering))...)
}

func (a *App) after(what string) string {
	said := before + fmt.Sprintf(what, "coffer log new-epoch"+a.place()+` --reason "…"`) + afterwards
	if a.db.Engine() == db.Postgres {
		said += asOwner
	}
	return said
}

// recoverLog compares what was signed with what is there, before a line is
// written: the checkpoint in the data directory and the one in the database
// against the database's head, and the head against its own lines and tiles.
// What it cannot see is a line changed inside a full tile: for that, verify.
func (a *App) recoverLog(ctx context.Context) error {
	// The checkpoints are read before the head: other nodes may be at work, and
	// what was signed by then is in a head that is read later.
	local, err := os.ReadFile(a.checkpointPath())
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
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
	if head.Origin != "" && c.Origin != head.Origin {
		return a.tampered("%s is of the log %s, and the database is of %s.", where, c.Origin, head.Origin)
	}
	if c.Size > head.Size {
		return a.rolledBack("%s covers %d lines, and the database has %d: it is an older copy, or lines were removed from its end.", where, c.Size, head.Size)
	}
	root, err := a.sealer.RootAt(ctx, c.Size)
	if err != nil && !errors.Is(err, seal.ErrNoTile) {
		return err
	}
	if err != nil || root != c.Root {
		return a.tampered("%s covers the first %d lines, and the database's are not the ones that were signed (%s).", where, c.Size, reasonOf(err))
	}
	return nil
}
