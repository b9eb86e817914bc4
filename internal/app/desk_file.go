package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"coffer/internal/seclog"
	"coffer/internal/seclog/file"
)

// takeOver does what serve would, for the time of one commit, if nobody serves:
// it sees that the log is what was signed, and release writes what is sealed
// into the file, signs it, and gives everything back.
func (d *Desk) takeOver(ctx context.Context) (release func() error, err error) {
	a := d.app
	lock, err := d.lock(ctx)
	if err != nil || lock == nil {
		return func() error { return nil }, err
	}
	signs, err := d.signing(ctx)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	follower, _, err := file.Open(ctx, file.Config{
		Dir: a.Data, Sealer: a.sealer, Reader: a.read, Writer: a.write, Shut: a.log.Shut, Altered: a.altered, Guest: true,
	})
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return func() error {
		over, cancel := context.WithCancel(context.WithoutCancel(ctx))
		cancel() // it writes what there is and ends
		err := follower.Run(over)
		if err == nil && signs {
			err = a.sealer.Sign(context.WithoutCancel(ctx))
		}
		return errors.Join(err, lock.Unlock())
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

// command is what a command writes behind its process's number in serve.lock.
const command = " (a command)"

// lock takes serve.lock, or none where somebody serves. Another command has it
// for moments only, so that one is waited for.
func (d *Desk) lock(ctx context.Context) (*flock.Flock, error) {
	if _, err := os.Stat(d.app.Data); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a database elsewhere, and no file here
	}
	path := filepath.Join(d.app.Data, "serve.lock")
	for end := time.Now().Add(seclog.Deadline); ; {
		lock := flock.New(path, flock.SetPermissions(0o640))
		got, err := lock.TryLock()
		if err != nil {
			return nil, err
		}
		if got {
			return lock, os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+command+"\n"), 0o640)
		}
		raw, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(raw), command) || time.Now().After(end) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
