package proof_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// signing is the case of a log with so many signed lines.
func signing(tb testing.TB, lines, times int) proof.Case {
	tb.Helper()
	end := time.Date(2026, 11, 24, 16, 50, 0, 0, time.UTC)
	l := forge.Signing(forge.Plan{Lines: lines, End: end}, times)
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		tb.Fatal(err)
	}
	file := append(bytes.Join(l.Lines, []byte("\n")), '\n')
	return proof.Case{
		Parts: []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}},
		Own:   &proof.Signed{Name: "checkpoint", Note: l.Head}, Keys: keys, Now: end,
	}
}

// TestManySigned counts signatures across chunks.
func TestManySigned(t *testing.T) {
	r := proof.Judge(context.Background(), signing(t, 3000, 1200))
	if r.Exit != 0 || r.Signed.Count != 1200 || r.Signed.Bad+r.Signed.Unchecked+r.Signed.Stripped+r.Signed.Others != 0 {
		t.Errorf("%s", r.JSON())
	}
}

// BenchmarkSigned tells how many signatures are checked in a second.
func BenchmarkSigned(b *testing.B) {
	const times = 1200
	c := signing(b, 3000, times)
	for b.Loop() {
		if r := proof.Judge(context.Background(), c); r.Signed.Count != times {
			b.Fatalf("%s", r.JSON())
		}
	}
	b.ReportMetric(float64(times)*float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
}
