package factor

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"coffer/internal/secret"
)

// BenchmarkBare is argon2id alone, one at a time on each processor: what the
// hasher is measured against.
func BenchmarkBare(b *testing.B) {
	share(b, runtime.GOMAXPROCS(0), func() {
		argon2.IDKey([]byte("correct horse battery"), make([]byte, saltLen), Default.Time, Default.Memory, Default.Threads, keyLen)
	})
}

// BenchmarkVerify64 is 64 people signing in without a pause.
func BenchmarkVerify64(b *testing.B) {
	h := hasher(b, Default)
	password := secret.New("correct horse battery")
	phc, err := h.Hash(b.Context(), password)
	if err != nil {
		b.Fatal(err)
	}
	share(b, 64, func() {
		if ok, err := h.Verify(b.Context(), phc, password); !ok || err != nil {
			b.Errorf("Verify = %v, %v, want a match", ok, err)
		}
	})
}

// share has as many workers share b.N turns and reports the rate and what the
// process took from the system for it.
func share(b *testing.B, workers int, fn func()) {
	turns := make(chan struct{})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range turns {
				fn()
			}
		})
	}
	b.ResetTimer()
	for range b.N {
		turns <- struct{}{}
	}
	close(turns)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hashes/s")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MB-sys")
}
