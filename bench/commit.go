package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// A line of a benchmark's output: BenchmarkCommit/writers=64-2  1234  5678 ns/op  90 commits/s  12 p99-ms
var benchmarkLine = regexp.MustCompile(`(?m)^BenchmarkCommit/writers=(\d+)\S*\s.*?([\d.e+]+) commits/s\s+([\d.]+) p99-ms`)

// commits measures a change with its sealed event, in process, beside raw
// synced inserts by one writer.
func (m *measurement) commits() ([]figure, error) {
	for range rounds {
		raw, err := rawInserts(filepath.Join(m.dir, "raw.db"), window)
		if err != nil {
			return nil, err
		}
		m.keep("raw insert", raw)
		if err := m.goBenchmark(); err != nil {
			return nil, err
		}
	}
	return []figure{
		m.against("commit, 1 writer", "commit 1", "raw insert", 0.75),
		m.against("commit, 64 writers", "commit 64", "raw insert", 8),
		atMost("commit, 64 writers, p99", "ms", median(each(m.results["commit 64"], func(r result) float64 { return r.p99 })), 20),
	}, nil
}

func (m *measurement) goBenchmark() error {
	dir, err := filepath.Abs(m.dir)
	if err != nil {
		return err
	}
	test := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkCommit$", "-benchtime", "2s", "./internal/seclog")
	test.Env = append(os.Environ(), "TMPDIR="+dir) // on the disk that the raw inserts are on
	out, err := test.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test -bench: %w\n%s", err, out)
	}
	found := benchmarkLine.FindAllStringSubmatch(string(out), -1)
	if len(found) == 0 {
		return fmt.Errorf("no BenchmarkCommit in\n%s", out)
	}
	for _, f := range found {
		rate, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return err
		}
		p99, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			return err
		}
		m.keep("commit "+f[1], result{rate: rate, p99: p99})
	}
	return nil
}

// rawInserts is one writer that inserts one row after another.
func rawInserts(file string, during time.Duration) (result, error) {
	db, err := bareDatabase(file)
	if err != nil {
		return result{}, err
	}
	defer db.Close()
	var took []time.Duration
	for end := time.Now().Add(during); time.Now().Before(end); {
		began := time.Now()
		if err := insertEvent(context.Background(), db); err != nil {
			return result{}, err
		}
		took = append(took, time.Since(began))
	}
	return summarize(took, during), nil
}
