package file

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Look is how often the finished segments are looked at.
const Look = time.Second

// keeper looks after the finished segments. One that looks otherwise than it
// was left is compared with the database, and set aside and written again if it
// differs; one that is gone is written again; one that was pruned is removed.
// It works beside the follower, which a large comparison must not hold up.
type keeper struct {
	Config
	id string

	mu      sync.Mutex
	kept    map[uint64]*finished // by the number of the first line
	touched int                  // by somebody else, and right, since that was last told
}

// finished is a segment that got its last line.
type finished struct {
	first, last uint64
	looks       lasting // as it was when its content was right; zero is not known
	told        bool    // that it was altered; it is not whole again yet
}

// lasting is the part of an appearance that outlives a restart: a device has
// another number then.
type lasting struct{ inode, size, changed int64 }

func lastingly(info os.FileInfo) lasting {
	a := look(info)
	return lasting{int64(a.inode), a.size, a.changed.UnixNano()} // as the database has it; nobody counts with it
}

// add takes over a segment from the follower.
func (k *keeper) add(first, last uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[first] = &finished{first: first, last: last}
}

// start looks until ctx ends. end waits for the end; failed gives what nobody
// may go on after, a sync that failed.
func (k *keeper) start(ctx context.Context) (end func(), failed <-chan error) {
	ctx, cancel := context.WithCancel(ctx)
	failure := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(Look)
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := k.lookAll(ctx); errors.Is(err, ErrSync) {
				failure <- err
				return
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return func() { cancel(); running.Wait() }, failure
}

// lookAll looks at every finished segment once. What cannot be done now is
// tried again; only a failed sync is returned.
func (k *keeper) lookAll(ctx context.Context) error {
	if err := k.tidy(ctx); errors.Is(err, ErrSync) {
		return err
	} else if err != nil {
		return nil // the database does not answer, and the follower says so
	}
	defer k.tellTouched()
	for _, s := range k.all() {
		err := k.look(ctx, s)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrSync) {
			return err
		}
		if err != nil {
			slog.Error("a finished segment of the log cannot be looked after", "segment", s.first, "err", err)
		}
	}
	return nil
}

// tellTouched tells once of what may be every segment, as after a restore.
func (k *keeper) tellTouched() {
	if k.touched > 0 {
		slog.Warn("finished segments of the log were touched by somebody else; their content is right", "segments", k.touched)
	}
	k.touched = 0
}

// tidy removes the segments that retention has ended.
func (k *keeper) tidy(ctx context.Context) error {
	pruned, err := k.pruned(ctx)
	if err != nil {
		return err
	}
	for _, s := range k.all() {
		if s.last >= pruned {
			break
		}
		if err := k.drop(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) all() []*finished {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]*finished, 0, len(k.kept))
	for _, s := range k.kept {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *finished) int { return int(int64(a.first - b.first)) })
	return out
}

func (k *keeper) path(s *finished) string { return filepath.Join(k.Dir, segmentName(s.first)) }

// drop removes a segment that retention has ended.
func (k *keeper) drop(ctx context.Context, s *finished) error {
	if err := k.Disk.Remove(k.path(s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := synced(k.Disk.SyncDir(k.Dir)); err != nil {
		return err
	}
	k.mu.Lock()
	delete(k.kept, s.first)
	k.mu.Unlock()
	return k.forget(ctx, s.last+1)
}

// look compares a segment's appearance, and its content where that differs.
func (k *keeper) look(ctx context.Context, s *finished) error {
	info, err := k.Disk.Lstat(k.path(s))
	if errors.Is(err, fs.ErrNotExist) {
		return k.replace(ctx, s, false)
	}
	if err != nil || lastingly(info) == s.looks {
		return err
	}
	if !info.Mode().IsRegular() {
		return k.replace(ctx, s, true)
	}
	same, after, err := k.same(ctx, s)
	switch {
	case err != nil:
		return err
	case !same:
		return k.replace(ctx, s, true)
	case s.looks != lasting{}:
		k.touched++
	}
	return k.right(ctx, s, after)
}

// right notes what a segment looks like whose content is right.
func (k *keeper) right(ctx context.Context, s *finished, looks lasting) error {
	s.looks, s.told = looks, false
	return k.store(ctx, s)
}
