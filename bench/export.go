package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// export writes the log to a file with the command that people use, and tells
// how large database and log are together. The first run of a command writes
// security.log, as serve would have; it does not count.
func (m *measurement) export(dir string) (rate float64, used time.Duration, bytes float64, err error) {
	if _, _, err := m.logQuery(dir, "--limit", "1"); err != nil {
		return 0, 0, 0, err
	}
	if bytes, err = sizeOf(dir); err != nil {
		return 0, 0, 0, err
	}
	var rates []float64
	var times []time.Duration
	for range m.rounds {
		began := time.Now()
		written, used, err := m.logQuery(dir)
		if err != nil {
			return 0, 0, 0, err
		}
		rates, times = append(rates, float64(m.events)/time.Since(began).Seconds()), append(times, used)
		fmt.Fprintf(os.Stderr, "    %-28s %10.0f lines/s  %.0f MB\n", "whole log as jsonl", rates[len(rates)-1], written/1e6)
		if written < 300*float64(m.events) {
			return 0, 0, 0, fmt.Errorf("the whole log came to %.0f bytes for %d lines", written, m.events)
		}
	}
	return median(rates), middle(times), bytes, nil
}

func (m *measurement) logQuery(dir string, args ...string) (written float64, used time.Duration, err error) {
	path, err := filepath.Abs(m.binary)
	if err != nil {
		return 0, 0, err
	}
	out, err := os.Create(filepath.Join(m.dir, "export.jsonl"))
	if err != nil {
		return 0, 0, err
	}
	defer out.Close()
	var said strings.Builder
	p := exec.Command(path, append([]string{"log", "query", "--data", dir, "--format", "jsonl"}, args...)...)
	p.Env, p.Stdout, p.Stderr = append(os.Environ(), "COFFER_DATABASE=", "COFFER_DATABASE_FILE="), out, &said
	if err := p.Run(); err != nil {
		return 0, 0, fmt.Errorf("coffer log query: %w: %s", err, said.String())
	}
	info, err := out.Stat()
	if err != nil {
		return 0, 0, err
	}
	return float64(info.Size()), p.ProcessState.UserTime() + p.ProcessState.SystemTime(), nil
}

// sizeOf is the size of all files in a directory.
func sizeOf(dir string) (bytes float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += float64(info.Size())
		}
		return err
	})
	return bytes, err
}
