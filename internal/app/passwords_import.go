package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/factor/breach"
	"coffer/internal/fault"
)

// PasswordLists is what new passwords are compared with.
type PasswordLists struct {
	// Common is how many passwords the built-in list holds.
	Common int
	// Own is the list that was imported; nil, and there is none.
	Own *breach.Info
}

// PasswordsInForce looks what new passwords are compared with where the settings
// say. It needs no database.
func PasswordsInForce(c Config) (lists PasswordLists, err error) {
	if lists.Common, err = factor.CommonPasswords(); err != nil {
		return lists, err
	}
	if _, err := os.Stat(c.Data); err != nil {
		return lists, wrong("data", c.Data, "there is no such directory (%v); name the one that coffer serve has", errors.Unwrap(err))
	}
	info, err := breachedList(c.Data).Info()
	if errors.Is(err, fs.ErrNotExist) {
		return lists, nil
	}
	lists.Own = &info
	return lists, err
}

// ListSource is a list of stolen passwords as the operator has it.
type ListSource struct {
	In   io.Reader
	Size int64 // 0 is unknown
	Form breach.Form
	// Progress is told how many percent are done.
	Progress func(percent int)
}

// ListImport is what came of importing one.
type ListImport struct {
	breach.Compiled
	// Known says that these passwords were in force already.
	Known bool
}

// ImportPasswords compiles a list and puts it in the place of the one before. It
// is in the log before it is in its place, and a running Coffer asks it from then
// on.
func (d *Desk) ImportPasswords(ctx context.Context, s ListSource) (done ListImport, err error) {
	data := d.app.Data
	if _, err := os.Stat(data); err != nil {
		return done, wrong("data", data, "there is no such directory (%v); import the list on each machine that runs coffer serve", errors.Unwrap(err))
	}
	lock := flock.New(filepath.Join(data, breachedLock), flock.SetPermissions(0o640))
	got, err := lock.TryLock()
	if err != nil {
		return done, d.explained(err)
	}
	if !got {
		return done, errors.New("another import is under way in this data directory; wait for it, or end it")
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	scratch := filepath.Join(data, "passwords.importing")
	if err := errors.Join(os.RemoveAll(scratch), os.Mkdir(scratch, 0o700)); err != nil { // one may have been killed
		return done, d.explained(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	list, err := breach.Compile(ctx, breach.Source{
		In: s.In, Size: s.Size, Form: s.Form, Scratch: scratch, Made: d.app.Now(), Progress: s.Progress,
	}, breachedList(data).Path)
	if err != nil {
		return done, d.explained(err)
	}
	defer func() { err = errors.Join(err, list.Discard()) }()
	done.Compiled = *list
	done.Known, err = d.announceList(ctx, list.Info)
	if err != nil {
		return done, err
	}
	if err := list.Replace(); err != nil {
		return done, fmt.Errorf("the log says that the new list is in force, and it could not be put into its place; the old one stays, which coffer serve writes into the log within a minute: %w", err)
	}
	return done, nil
}

// errKnown is a list that the log knows of.
var errKnown = fault.New(fault.Conflict, "The log knows this list.")

// announceList writes into the log that this list is in force from now on, if
// that is news.
func (d *Desk) announceList(ctx context.Context, info breach.Info) (known bool, err error) {
	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = d.Commit(wait, func(tx *db.Tx) ([]event.Event, error) {
		events, err := listChanged(tx, d.app.Data, info.String())
		if err == nil && len(events) == 0 {
			err = errKnown
		}
		return events, err
	})
	if errors.Is(err, errKnown) {
		return true, nil
	}
	return false, err
}
