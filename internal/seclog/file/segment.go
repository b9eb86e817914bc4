package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"coffer/internal/seclog/seal"
)

// rotated is the event of a segment's last line.
const rotated = "log_rotated"

func untilRotation(lines []seal.Line) (n int, ends bool) {
	for i, l := range lines {
		if l.Event == rotated {
			return i + 1, true
		}
	}
	return len(lines), false
}

// rotate gives the finished segment its name and begins the next. Only when
// both are durable does the mark move on: a mark on a segment that is not there
// would lead to the file of the one before.
func (f *Follower) rotate(ctx context.Context) error {
	if err := f.finish(ctx); err != nil {
		return err
	}
	if err := f.create(); err != nil {
		return err
	}
	f.mark.set(f.segment, 0, f.next, f.running)
	return nil
}

// finish closes a segment whose last line is written: renamed, unless a run
// before this one did that already, and then read-only. In the other order a
// crash between the two would leave an active file that nobody can append to.
func (f *Follower) finish(ctx context.Context) error {
	if f.active() {
		if err := f.evict(ctx, segmentName(f.segment)); err != nil {
			return err
		}
		if err := f.Disk.Rename(f.f.Name(), filepath.Join(f.Dir, segmentName(f.segment))); err != nil {
			return err
		}
	}
	if err := f.f.Chmod(0o440); err != nil {
		return err
	}
	f.detach()
	f.keeper.add(f.segment, f.next-1)
	f.segment, f.size = f.next, 0
	return synced(f.Disk.SyncDir(f.Dir))
}

const segmentFormat = "security-%012d.log"

func segmentName(first uint64) string { return fmt.Sprintf(segmentFormat, first) }

// create makes an empty active segment, and its name durable. The mode is set
// outright: whoever ships the log elsewhere reads it by its group.
func (f *Follower) create() error {
	file, err := f.Disk.Open(filepath.Join(f.Dir, Name), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	f.f = file
	f.sum.Reset()
	if err := file.Chmod(0o640); err != nil {
		return err
	}
	return errors.Join(synced(f.Disk.SyncDir(f.Dir)), f.remember())
}
