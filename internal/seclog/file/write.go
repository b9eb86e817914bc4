package file

import (
	"context"
	"fmt"

	"coffer/internal/seclog/seal"
)

// write appends lines up to the end of a segment, then syncs once.
func (f *Follower) write(ctx context.Context, lines []seal.Line) error {
	for len(lines) > 0 {
		n, ends := untilRotation(lines)
		if err := f.append(lines[:n]); err != nil {
			return err
		}
		if ends {
			if err := f.rotate(ctx); err != nil {
				return err
			}
		}
		lines = lines[n:]
	}
	return nil
}

func (f *Follower) append(lines []seal.Line) error {
	buf := joined(lines)
	if _, err := f.f.Write(buf); err != nil {
		return err
	}
	if err := synced(f.f.Sync()); err != nil {
		return err
	}
	_, _ = f.sum.Write(buf) // it cannot fail
	f.unread = true
	f.next += uint64(len(lines))
	f.size += int64(len(buf))
	f.mark.set(f.segment, f.size, f.next, f.running)
	return f.remember()
}

// synced marks a sync that failed.
func synced(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSync, err)
	}
	return nil
}
