package app

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// Space is what a disk has.
type Space struct{ Free, Total int64 }

// The reserve and the room below which a disk is low, on a disk of a gigabyte
// and more; on a smaller one they are a part of it. A journal grows by a few
// megabytes under load: with less than room, a commit may find none.
const (
	mostBallast = 32 << 20
	mostLow     = 64 << 20
	room        = 4 << 20
)

// ballast is what is set aside, and low what should be left beside it.
func (s Space) ballast() int64 { return min(mostBallast, s.Total/16) }
func (s Space) low() int64     { return min(mostLow, s.Total/8) }

var (
	errNoRoom = errors.New("the disk of the data directory is full")
	errLow    = errors.New("the disk of the data directory is nearly full; what is left is for records, so changes wait until there is room")
)

const selectShort = `SELECT event FROM event WHERE target = $1 AND event IN ('sys_disk_low', 'sys_disk_recovered') AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`

// measure asks the system.
func measure(dir string) (Space, error) {
	var fs syscall.Statfs_t
	err := syscall.Statfs(dir, &fs)
	return Space{Free: int64(fs.Bavail) * int64(fs.Bsize), Total: int64(fs.Blocks) * int64(fs.Bsize)}, err // of other types on other systems
}

// roomLeft tells whether there is room to write.
func (a *App) roomLeft() error {
	s, err := a.Space(a.Data)
	if err == nil && s.Free < min(room, s.Total/16) {
		err = errNoRoom
	}
	return err
}

// disk is what is known of the disk from one look to the next.
type disk struct {
	*App
	known bool // low is
	low   bool
	held  int64 // the ballast's size
}

// watchDisk sets a reserve aside while there is room. When room gets short, the
// reserve is given back for what must be recorded, and changes are refused; once
// there is room for it again, they are taken again. Both edges are events.
func (a *App) watchDisk() func(context.Context) error {
	d := &disk{App: a}
	return func(ctx context.Context) error {
		if err := d.learn(ctx); err != nil {
			return err
		}
		s, err := a.Space(a.Data)
		if err != nil {
			return err
		}
		switch {
		case !d.low && s.Free < s.low():
			d.shrink(s)
		case d.low && s.Free >= s.low()+s.ballast(), !d.low && d.held == 0 && s.Free >= s.low()+s.ballast():
			return d.grow(s)
		}
		return nil
	}
}

// learn finds out at the first look how it was left: an edge is told once.
func (d *disk) learn(ctx context.Context) error {
	if d.known {
		return nil
	}
	var last string
	err := d.read.QueryRow(ctx, selectShort, "node:"+d.node).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if info, err := os.Stat(d.ballastPath()); err == nil {
		d.held = info.Size()
	}
	if d.known, d.low = true, last == "sys_disk_low"; d.low {
		d.log.Spare(errLow)
	}
	return nil
}

func (a *App) ballastPath() string { return filepath.Join(a.Data, "ballast") }

// shrink gives the ballast back. From here on only what is recorded about
// refusals, sign-ins and the log itself takes room.
func (d *disk) shrink(s Space) {
	d.log.Spare(errLow)
	if err := os.Remove(d.ballastPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		slog.Error("the reserve cannot be given back", "err", err)
		d.held = 0
	}
	slog.Error("the disk is nearly full; changes are refused until there is room", "free", s.Free, "given_back", d.held)
	d.find(event.DiskLow{Free: s.Free, Reserve: d.held})
	d.low, d.held = true, 0
}

// grow sets the ballast aside, and takes changes again.
func (d *disk) grow(s Space) error {
	size := s.ballast()
	if err := setAside(d.ballastPath(), size); err != nil {
		return errors.Join(err, os.Remove(d.ballastPath()))
	}
	if d.held = size; !d.low {
		return nil
	}
	d.low = false
	d.log.Spare(nil)
	slog.Info("the disk has room again", "free", s.Free-size)
	d.find(event.DiskRecovered{Free: s.Free - size, Reserve: size})
	return nil
}

// find keeps an event until the log takes it.
func (a *App) find(e event.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findings = append(a.findings, e)
}

// setAside makes a file that takes up its size: on Linux by reserving it, else,
// and where a file system cannot, by bytes that no compression makes smaller.
func setAside(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if reserve(f, size) == nil {
		return nil
	}
	noise := rand.NewChaCha8([32]byte{}) // nobody's secret
	if _, err = io.CopyN(f, noise, size); err == nil {
		err = f.Sync()
	}
	return err
}
