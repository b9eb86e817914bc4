package file

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// same reads a segment beside the database, at no more than half of the time
// there is. after is what it looked like before it was read, so that a change
// meanwhile is one more to look at.
func (k *keeper) same(ctx context.Context, s *finished) (same bool, after lasting, err error) {
	f, err := k.Disk.Open(k.path(s), os.O_RDONLY, 0)
	if err != nil {
		return false, after, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, after, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, info.Size()), stretch)
	err = k.each(ctx, s, func(lines []seal.Line) (goOn bool, err error) {
		n, _, err := match(in, lines, k.sealed(ctx), io.Discard)
		same = n == len(lines)
		return same, err
	})
	if err != nil || !same {
		return false, after, err
	}
	_, err = in.ReadByte()
	return errors.Is(err, io.EOF), lastingly(info), ignoreEnd(err)
}

// each gives a segment's lines portion by portion.
func (k *keeper) each(ctx context.Context, s *finished, fn func([]seal.Line) (goOn bool, err error)) error {
	for seq := s.first; seq <= s.last; {
		began := time.Now()
		lines, err := k.Sealer.Lines(ctx, seq, int(min(portion, s.last+1-seq)))
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return io.ErrUnexpectedEOF
		}
		seq += uint64(len(lines))
		if goOn, err := fn(lines); err != nil || !goOn {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Since(began)):
		}
	}
	return nil
}

// replace keeps aside what is there, if something is, says so, and writes the
// segment again.
func (k *keeper) replace(ctx context.Context, s *finished, there bool) error {
	if pruned, err := k.pruned(ctx); err != nil || s.last < pruned {
		return err // it is gone because it was pruned, a moment ago
	}
	kept := ""
	if there {
		kept = aside(segmentName(s.first))
		if err := k.away(k.path(s), filepath.Join(k.Dir, kept)); err != nil {
			return err
		}
	}
	if !s.told || there {
		s.told = true
		slog.Error("a finished segment of the log was altered from outside; it is written again from the database", "kept", kept, "segment", s.first)
		if k.Altered != nil {
			k.Altered(ctx, event.LogFileAltered{Segment: s.first, Offset: s.looks.size, Kept: kept})
		}
	}
	looks, err := k.write(ctx, s)
	if err != nil {
		return err
	}
	return k.right(ctx, s, looks)
}

// write makes the file under another name, so that it is there whole or not.
func (k *keeper) write(ctx context.Context, s *finished) (looks lasting, err error) {
	part := filepath.Join(k.Dir, "."+segmentName(s.first)+".part")
	f, err := k.Disk.Open(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return looks, err
	}
	defer f.Close()
	err = k.each(ctx, s, func(lines []seal.Line) (bool, error) {
		_, err := f.Write(joined(lines))
		return true, err
	})
	if err == nil {
		err = synced(f.Sync())
	}
	if err == nil {
		err = f.Chmod(0o440)
	}
	if err == nil {
		err = k.Disk.Rename(part, k.path(s))
	}
	if err != nil {
		return looks, err
	}
	info, err := f.Stat()
	if err != nil {
		return looks, err
	}
	return lastingly(info), synced(k.Disk.SyncDir(k.Dir))
}

// joined are the lines as they stand in the file.
func joined(lines []seal.Line) []byte {
	size := 0
	for _, l := range lines {
		size += len(l.Text) + 1
	}
	buf := make([]byte, 0, size)
	for _, l := range lines {
		buf = append(append(buf, l.Text...), '\n')
	}
	return buf
}
