package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"coffer/internal/seclog/file"
)

// takeOver does what serve would, for the time of one commit, if nobody serves:
// it sees that the log is what was signed, and release writes what is sealed
// into the file, signs it, and gives everything back.
func (d *Desk) takeOver(ctx context.Context) (release func() error, err error) {
	a := d.app
	unlock, err := d.lock(ctx)
	if err != nil || unlock == nil {
		return func() error { return nil }, err
	}
	// Somebody may have served until now, whose lines no memory here has.
	err = a.sealer.Refresh(ctx)
	signs := false
	if err == nil {
		signs, err = d.signing(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	follower, _, err := file.Open(ctx, file.Config{
		Dir: a.Data, Sealer: a.sealer, Reader: a.read, Writer: a.write, Shut: a.log.Shut, Altered: a.altered, Guest: true,
	})
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return func() error {
		over, cancel := context.WithCancel(context.WithoutCancel(ctx))
		cancel() // it writes what there is and ends
		err := follower.Run(over)
		if err == nil && signs {
			err = a.sealer.Sign(context.WithoutCancel(ctx))
		}
		return errors.Join(err, unlock())
	}, nil
}

// signing makes ready to sign, where the keys are. Nothing is added to a log
// that is not what was signed: that would hide where the signed one ended.
func (d *Desk) signing(ctx context.Context) (signs bool, err error) {
	a := d.app
	seen, err := a.keysSeen(ctx)
	if err != nil || len(seen) == 0 {
		return false, err // never served: there is nothing signed
	}
	if _, err := os.Stat(filepath.Join(a.Data, "keys")); errors.Is(err, fs.ErrNotExist) {
		return false, nil // the servers are elsewhere, and they sign
	}
	for _, step := range []func(context.Context) error{a.openKeys, a.recoverLog, a.openSigner} {
		if err := step(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// lock takes serve.lock, or gives no way to unlock it where somebody serves.
func (d *Desk) lock(ctx context.Context) (unlock func() error, err error) {
	dir := d.app.Data
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a database elsewhere, and no file here
	}
	pass, err := turn(ctx, dir)
	if err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, serveLock), flock.SetPermissions(0o640))
	got, err := lock.TryLock()
	if err != nil || !got {
		return nil, errors.Join(err, pass())
	}
	if err := os.WriteFile(lock.Path(), fmt.Appendf(nil, "%d (a command)\n", os.Getpid()), 0o640); err != nil {
		return nil, errors.Join(err, lock.Unlock(), pass())
	}
	return func() error { return errors.Join(lock.Unlock(), pass()) }, nil
}

// The locks of the data directory.
const serveLock, turnLock = "serve.lock", "command.lock"

// mostTurn is how long somebody waits for their turn at most: a command has it
// for as long as it takes to write a line and to sign it.
const mostTurn = 20 * time.Second

// turn waits for command.lock, which whoever takes serve.lock holds meanwhile,
// and a command for as long as it has both. So serve.lock is never found taken
// by another command, and what is written in it, which may be old, need not be
// believed. A turn that does not come within mostTurn is done without.
func turn(ctx context.Context, dir string) (pass func() error, err error) {
	lock := flock.New(filepath.Join(dir, turnLock), flock.SetPermissions(0o640))
	wait, cancel := context.WithTimeout(ctx, mostTurn)
	defer cancel()
	_, err = lock.TryLockContext(wait, 10*time.Millisecond)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return lock.Unlock, err
}

// AtWork reports whether a Coffer, or a command, writes in this data directory.
// It leaves nothing there, for the directory may be a copy.
func AtWork(dir string) (yes bool) {
	for _, name := range []string{turnLock, serveLock} {
		lock := flock.New(filepath.Join(dir, name), flock.SetFlag(os.O_RDONLY))
		got, err := lock.TryRLock()
		defer func() { _ = lock.Unlock() }() // closing a lock's file cannot matter
		if err == nil && !got {
			return true
		}
	}
	return false
}
