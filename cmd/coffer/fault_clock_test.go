package main

import (
	"fmt"
	"strings"
	"testing"

	"coffer/internal/event"
)

// TestAcknowledge holds what the two commands say about a clock that jumped,
// beside a running serve and without one.
func TestAcknowledge(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data", dir)
	ledger := openLedger(t, dir, "")
	h := newHolder(t)
	h.signUp(t, p.url)
	crashed := func() event.Line { // a line that waits for somebody
		p.kill()
		p = start(t, nil, "--data", dir)
		lines := ledger.settled()
		return lines[len(lines)-2]
	}
	for _, running := range []bool{true, false} {
		line := crashed()
		if line.Event != "sys_crash" {
			t.Fatalf("before the start stands %s, want sys_crash", line.Event)
		}
		if !running {
			p.stop()
		}
		for _, want := range []string{"is acknowledged.", "was acknowledged before."} {
			out, told, code := coffer(t, dir, "log", "acknowledge", fmt.Sprint(line.Seq))
			if code != exitDone || out != fmt.Sprintf("Line %d (sys_crash) %s\n", line.Seq, want) {
				t.Errorf("log acknowledge = %d, %q, %s, want %q", code, out, told, want)
			}
		}
		lines := ledger.settled() // the files hold it, whoever wrote them
		if last := lines[len(lines)-1]; last.Event != "alert_acknowledged" || last.Target() != fmt.Sprint("line:", line.Seq) {
			t.Errorf("the newest line is %s %s, want the acknowledgement", last.Event, last.Target())
		}
		out, told, code := coffer(t, dir, "log", "prune", "--dry-run")
		if code != exitNo || out != "" || !strings.HasPrefix(told, "Nothing is removed: no whole segment of the log is older than ") {
			t.Errorf("log prune --dry-run = %d, %q, %q, want no", code, out, told)
		}
		if _, told, code := coffer(t, dir, "log", "prune", "--retention", "soon"); code != exitFailed || !strings.Contains(told, "--retention") {
			t.Errorf("log prune --retention soon = %d, %q, want the setting named", code, told)
		}
		for _, seq := range []string{"0", "100000", "x"} {
			if _, told, code := coffer(t, dir, "log", "acknowledge", seq); code != exitFailed || told == "" {
				t.Errorf("log acknowledge %s = %d, %q, want a failure that is told", seq, code, told)
			}
		}
		if !running {
			p = start(t, nil, "--data", dir)
		}
	}
	p.stop()
}
