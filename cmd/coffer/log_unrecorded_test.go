package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"coffer/internal/apptest"
)

// TestUnrecorded reads a stopped log that is not what was signed, as it stands:
// the forged line is shown, and one that does not read is no way to hide the others.
// While the log would take the line that says so, that is refused.
func TestUnrecorded(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			t.Setenv("COFFER_DATABASE", database)
			p := start(t, nil, "--data", dir)
			l := openLedger(t, dir, database)
			for _, served := range []bool{true, false} {
				if !served {
					p.stop()
				}
				size := len(l.settled())
				for _, command := range []string{"tail", "query"} {
					if code, out, said := typed(t, "log", command, "--data", dir, "--unrecorded"); code != exitRefused || out != "" || !strings.Contains(said, "--unrecorded is refused") {
						t.Errorf("served: %v: log %s --unrecorded = %d with %q and %q, want a refusal", served, command, code, out, said)
					}
				}
				if n := len(l.settled()); n != size {
					t.Errorf("a refusal has written %d lines", n-size)
				}
			}
			size := len(l.settled())
			l.do(unguard[engine]...)
			l.edit(4, `Coffer started`, `Coffer carted!`)
			l.edit(2, `{"seq":2,`, `{"seq":2;`)
			for _, c := range []struct {
				args []string
				want *regexp.Regexp
			}{
				{[]string{"query", "--format", "jsonl"}, regexp.MustCompile(fmt.Sprintf(`^(\{"seq":\d[,;].*\n){%d}$`, size))},
				{[]string{"query", "--format", "jsonl", "event:sys_startup"}, regexp.MustCompile(`^\{"seq":2;.*\n\{"seq":4,.*Coffer carted!.*\n$`)},
				{[]string{"tail"}, regexp.MustCompile(fmt.Sprintf(`^( +\d .*\n){%d}$`, size-1))},
			} {
				code, out, said := typed(t, append([]string{"log"}, append(c.args, "--data", dir, "--unrecorded")...)...)
				if code != exitDone || !c.want.MatchString(out) || !strings.HasPrefix(said, "Nobody will see in the log that it was read: it takes no line.\nTAMPERED: ") {
					t.Errorf("log %v = %d with\n%s%s\nwant %s and why", c.args, code, out, said, c.want)
				}
				if odd := strings.Contains(said, "line 2 in the database does not read: "); odd != (c.args[0] == "tail") {
					t.Errorf("log %v says %s; of the line that does not read: %v", c.args, said, odd)
				}
				if code, out, said := typed(t, append([]string{"log"}, append(c.args, "--data", dir)...)...); code != exitRefused || out != "" || !strings.Contains(said, "TAMPERED: ") {
					t.Errorf("log %v without --unrecorded = %d with %q and %q, want a refusal", c.args, code, out, said)
				}
			}
		})
	}
}
