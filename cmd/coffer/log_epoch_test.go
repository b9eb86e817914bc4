package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestNewEpochTells goes on from a line that somebody changed: not before it
// was said that this is meant, and then the report tells of it.
func TestNewEpochTells(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data", dir)
	newHolder(t).signUp(t, p.url)
	ledger := openLedger(t, dir, "")
	ledger.settled()
	p.stop()
	ledger.do(`DROP TRIGGER event_update`)
	ledger.edit(1, `"level":"INFO"`, `"level":"WARNING"`)
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{nil, exitRefused, []string{"line 1 of the database is not what was signed", "  coffer log new-epoch --data " + dir + " --accept-changed-lines --reason"}},
		{[]string{"--accept-changed-lines"}, exitDone, []string{
			"kept aside: " + dir + "/security-000000000000.log.replaced-", "The old key vouches for no line",
			"Lines that are others than were there before: 1 (1).", ".\nIts new key",
		}},
	} {
		var out, told bytes.Buffer
		if code := run(t.Context(), append([]string{"log", "new-epoch", "--data", dir, "--reason", "no backup has it"}, c.args...), streams{&out, &told}); code != c.code {
			t.Errorf("new-epoch %v = %d, want %d\n%s", c.args, code, c.code, told.String())
		}
		for _, w := range c.want {
			if !strings.Contains(told.String(), w) {
				t.Errorf("new-epoch %v says %s, want it to say %q", c.args, told.String(), w)
			}
		}
		if strings.Contains(told.String(), "not there any more") {
			t.Errorf("new-epoch %v says %s, and a line was changed, none lost", c.args, told.String())
		}
	}
}
