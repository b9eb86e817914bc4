package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"coffer/internal/apptest/forge"
)

// forgeLog writes a log such as Coffer writes, for the judge to judge. It is a
// process of its own, since it holds all of it in memory.
func forgeLog(dir string, lines int) error {
	return forge.Make(forge.Plan{Lines: lines, End: time.Now().Add(-time.Minute)}).Copy().Write(dir, nil, "")
}

// verify has a log judged, a good one, and looks at how long that takes.
func (m *measurement) verify() ([]figure, error) {
	judge, err := filepath.Abs(filepath.Join(filepath.Dir(m.binary), "coffer-verify"))
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(m.dir, "verify")
	defer os.RemoveAll(dir)
	if out, err := exec.Command(self, "forge", dir, fmt.Sprint(m.lines)).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("forge a log: %w: %s", err, out)
	}
	var rates, peaks []float64
	var times []time.Duration
	for range m.rounds {
		rate, peak, took, err := m.judge(judge, dir)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "    %-28s %10.0f lines/s  %.0f MB\n", "verify", rate, peak)
		rates, peaks, times = append(rates, rate), append(peaks, peak), append(times, took)
	}
	of := fmt.Sprintf("%d lines", m.lines)
	return []figure{
		atLeast("verify", "lines/s", median(rates), 1_000_000).with("%s; %.2f µs of a core each", of, middle(times).Seconds()*1e6/float64(m.lines)),
		atMost("verify, most memory", "MB", median(peaks), 200).with("%s", of),
	}, nil
}

// judge runs coffer-verify once, and tells the processor time that it took, too.
// Anything but its consent fails: it is quick to refuse.
func (m *measurement) judge(judge, dir string) (rate, peak float64, used time.Duration, err error) {
	p := exec.Command(judge, "--json", "--key", filepath.Join(dir, "log.pub"), dir)
	began := time.Now()
	out, err := p.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("coffer-verify: %w: %s", err, out)
	}
	if said := fmt.Appendf(nil, `"lines":%d,`, m.lines); !bytes.Contains(out, said) {
		return 0, 0, 0, fmt.Errorf("coffer-verify did not see %d lines: %s", m.lines, out)
	}
	peak, _ = peakOf(p)
	return float64(m.lines) / took.Seconds(), peak, p.ProcessState.UserTime() + p.ProcessState.SystemTime(), nil
}
