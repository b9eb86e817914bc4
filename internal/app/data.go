package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"coffer/internal/db"
	"coffer/internal/fault"
	"coffer/internal/proof"
	"coffer/internal/vault"
)

// openData makes the data directory and takes it for this process alone.
func (a *App) openData(ctx context.Context) error {
	if err := os.MkdirAll(a.Data, 0o750); err != nil {
		return a.unwritable(err)
	}
	pass, err := turn(ctx, a.Data) // a command may have the lock for a moment
	if err != nil {
		return a.unwritable(err)
	}
	defer func() { _ = pass() }() // closing a lock's file cannot matter
	path := filepath.Join(a.Data, serveLock)
	a.lock = flock.New(path, flock.SetPermissions(0o640))
	got, err := a.lock.TryLock()
	if err != nil {
		a.lock = nil
		return a.unwritable(err)
	}
	if !got {
		a.lock = nil
		raw, _ := readSmall(path) // without it the process stays unnamed
		return refused("another coffer serves %s already (process %s); stop it first, or give this one its own --data",
			a.Data, orUnknown(strings.TrimSpace(string(raw))))
	}
	return os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o640)
}

// explained adds to a refused file of the data directory what to do about it.
func (a *App) explained(err error) error {
	p, ok := errors.AsType[*fs.PathError](err)
	if !ok || !errors.Is(p, fs.ErrPermission) || !strings.HasPrefix(p.Path, filepath.Clean(a.Data)) {
		return err
	}
	return a.unwritable(fmt.Errorf("%s: %w", p.Path, p.Err))
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// unwritable says what to type, for the everyday mistake of a directory that
// belongs to somebody else.
func (a *App) unwritable(err error) error {
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrExist) && !strings.Contains(err.Error(), "read-only") {
		return wrong("data", a.Data, "%v", err)
	}
	dir, _ := filepath.Abs(a.Data)
	give := fmt.Sprintf("chown -R %d:%d %s", os.Getuid(), os.Getgid(), dir)
	if _, missing := os.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
		give = fmt.Sprintf("mkdir -p %s && %s", dir, give)
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return wrong("data", a.Data, "it cannot be written (%v); give it to this user with: %s (in a container, or run it with --user as the directory's owner)", err, give)
}

// openDatabase brings the schema up and opens the database.
func (a *App) openDatabase(ctx context.Context) error {
	_, _, err := db.Migrate(ctx, a.db)
	if errors.Is(err, db.ErrNewer) {
		return refused("the database was written by a newer Coffer: %v; run that version, or restore the copy made before the upgrade", err)
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Err != nil {
		return a.unusable(f.Err)
	}
	if err != nil {
		return fmt.Errorf("bring the schema up: %w (where this user may not, run coffer migrate as one who may)", err)
	}
	a.read, a.write, err = db.Open(ctx, a.db)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Err != nil {
		return a.unusable(f.Err)
	}
	return err
}

// unusable says which database it is that cannot be opened, and for a file that
// is somebody else's, more than SQLite does.
func (a *App) unusable(err error) error {
	if a.db.Engine() != db.SQLite {
		return fmt.Errorf("the database of --database cannot be used: %w", err)
	}
	f, denied := os.OpenFile(a.db.File, os.O_RDWR, 0)
	if errors.Is(denied, fs.ErrPermission) {
		return denied
	}
	if denied == nil {
		denied = f.Close()
	}
	return errors.Join(fmt.Errorf("%s cannot be used: %w", a.db.File, err), denied)
}

const selectKeys = `SELECT name, fingerprint FROM key_seen`

// openKeys makes the installation's keys if the database has never seen any,
// and otherwise demands the very ones it knows: a fresh key over old
// ciphertext would be a silent loss.
func (a *App) openKeys(ctx context.Context) error {
	seen, err := a.keysSeen(ctx)
	if err != nil {
		return err
	}
	dir := filepath.Join(a.Data, "keys")
	if len(seen) == 0 {
		// What an interrupted first start has made already is kept.
		if a.keys, err = vault.Create(dir); err != nil {
			return fmt.Errorf("make the keys in %s: %w", dir, err)
		}
		return nil
	}
	if err := vault.AdoptLogKey(dir, seen); err != nil { // a new epoch that was interrupted
		return err
	}
	if a.keys, err = vault.Load(dir); err != nil {
		return refused("the keys in %s cannot be used: %v; if they are gone, put back the copy of keys/ that belongs to this database", dir, err)
	}
	return a.sameKeys(seen)
}

// sameKeys demands that the keys are the ones the database knows.
func (a *App) sameKeys(seen map[string]string) error {
	if err := a.keys.Check(seen); err != nil {
		return refused("the keys in %s are not the ones this database was written with: %v; put back the copy of keys/ that belongs to it", filepath.Join(a.Data, "keys"), err)
	}
	return nil
}

func (a *App) keysSeen(ctx context.Context) (map[string]string, error) {
	rows, err := a.read.Query(ctx, selectKeys)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	seen := map[string]string{}
	for rows.Next() {
		var name, fingerprint string
		if err := rows.Scan(&name, &fingerprint); err != nil {
			return nil, err
		}
		seen[name] = fingerprint
	}
	return seen, rows.Err()
}

// mostSmall is how long a checkpoint, a list of keys or a name may be.
const mostSmall = 1 << 20

// errNoFile is something else in the place of such a file. To read a pipe would
// wait for whoever writes into it, and for nothing else.
var errNoFile = errors.New("it is no ordinary file of at most 1 MiB")

// readSmall reads a small file of the data directory.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostSmall {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errNoFile}
	}
	return proof.ReadFile(path)
}
