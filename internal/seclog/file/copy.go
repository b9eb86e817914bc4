package file

import (
	"context"
	"io"
	"log/slog"
	"time"

	"coffer/internal/seclog/seal"
)

// Copy writes every line sealed from seq on to out as well, until ctx ends and
// the rest is written. It is not evidence: an out that blocks or fails holds up
// nobody else.
func Copy(ctx context.Context, s *seal.Sealer, seq uint64, out io.Writer) {
	work := context.WithoutCancel(ctx)
	for {
		more := s.More()
		next, err := copyFrom(work, s, seq, out)
		if err != nil {
			slog.Warn("the copy of the log is behind", "line", next, "err", err)
		}
		seq = next
		select {
		case <-ctx.Done():
			_, _ = copyFrom(work, s, seq, out) // the last lines; the file has them in any case
			return
		case <-more:
		case <-time.After(time.Second):
		}
	}
}

func copyFrom(ctx context.Context, s *seal.Sealer, seq uint64, out io.Writer) (uint64, error) {
	for {
		lines, err := s.Lines(ctx, seq, portion)
		if err != nil || len(lines) == 0 {
			return seq, err
		}
		var buf []byte
		for _, l := range lines {
			buf = append(append(buf, l.Text...), '\n')
		}
		if _, err := out.Write(buf); err != nil {
			return seq, err
		}
		seq = lines[len(lines)-1].Seq + 1
	}
}
