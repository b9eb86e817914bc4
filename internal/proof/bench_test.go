package proof_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// repeated is a log of any length that is nowhere whole: a block of lines over
// and over, each with its own number.
type repeated struct {
	tails [][]byte
	lines int
	next  int
	rest  []byte
	buf   []byte
}

// Read writes out lines as they are asked for.
func (r *repeated) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(r.rest) == 0 {
			if r.next == r.lines {
				return n, io.EOF
			}
			r.buf = append(fmt.Appendf(r.buf[:0], `{"seq":%d,`, r.next), r.tails[r.next%len(r.tails)]...)
			r.rest = append(r.buf, '\n')
			r.next++
		}
		m := copy(b[n:], r.rest)
		n, r.rest = n+m, r.rest[m:]
	}
	return n, nil
}

// long is the case of a repeated log.
func long(tb testing.TB, lines int) proof.Case {
	tb.Helper()
	l := forge.Make(forge.Plan{Lines: 5000, End: time.Now()})
	var tails [][]byte
	for _, line := range l.Lines {
		if !bytes.Contains(line, []byte(`"event":"log_`)) {
			tails = append(tails, line[bytes.IndexByte(line, ',')+1:])
		}
	}
	e := &proof.Edge{}
	for n := range lines {
		e.Append(append(fmt.Appendf(nil, `{"seq":%d,`, n), tails[n%len(tails)]...))
		e.Full()
	}
	signer, err := proof.NewSigner(forge.Origin, forge.Key("log"))
	if err != nil {
		tb.Fatal(err)
	}
	note, err := proof.Sign(proof.Checkpoint{Origin: forge.Origin, Size: e.Size(), Root: e.Root()}, signer)
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		tb.Fatal(err)
	}
	return proof.Case{
		Parts: []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(&repeated{tails: tails, lines: lines}), nil
		}}},
		Own: &proof.Signed{Name: "checkpoint", Note: note}, Keys: keys, Now: time.Now(),
	}
}

// TestConstantMemory judges a log of a hundred megabytes in less than half of it, which
// is what streams and their memory for the newest lines take, however long it is.
func TestConstantMemory(t *testing.T) {
	const lines, most = 200_000, 48 << 20
	c := long(t, lines)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	c.Seen = func(uint64) {
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapInuse)
	}
	if r := proof.Judge(context.Background(), c); r.Verdict != proof.Intact || r.Lines != lines {
		t.Fatalf("Judge() = %s", r.JSON())
	}
	if grown := peak - min(peak, before.HeapInuse); grown > most {
		t.Errorf("%d MB more in use while judging, want at most %d", grown>>20, most>>20)
	}
}

// BenchmarkJudge tells lines and bytes per second; the lines are made as they
// are read, which is part of what is measured.
func BenchmarkJudge(b *testing.B) {
	const lines = 200_000
	c := long(b, lines)
	b.SetBytes(int64(len(`{"seq":100000,`)+545) * lines)
	for b.Loop() {
		if r := proof.Judge(context.Background(), c); r.Verdict != proof.Intact {
			b.Fatalf("Judge() = %s", r.JSON())
		}
	}
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
