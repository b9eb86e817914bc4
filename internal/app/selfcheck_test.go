package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/event"
)

// filled adds lines to the log until it has some thousands: two full tiles a
// block, several blocks, and an open end that the server itself sealed.
func filled(h *house.House) (size uint64) {
	h.Helper()
	d := desk(h)
	for range 7 {
		events := make([]event.Event, 500)
		for i := range events {
			events[i] = event.LogRead{Tool: "query", Format: "csv", Length: i}
		}
		if err := d.Record(context.Background(), events...); err != nil {
			h.Fatal(err)
		}
	}
	if got := len(h.Rest()); got != 3500 {
		h.Fatalf("%d lines, want 3500", got)
	}
	h.Person("alice", home)
	size = uint64(len(h.Lines(0)))
	comes(h, "the signature and the file", func() bool {
		_, c, _, err := d.Sealer.Checkpoint(context.Background())
		return err == nil && c.Size == size && strings.Contains(fileOf(h, "security.log"), fmt.Sprintf(`{"seq":%d,`, size-1))
	})
	return size
}

// looks has the log looked through once; the clock moves on to when that is due.
func looks(h *house.House) {
	h.Helper()
	h.Pass(app.NextRound)
	for h.Due() {
		h.Tick(app.Selfcheck)
	}
}

// wrote holds what was written since, but for the ends of days. An asterisk at
// the end stands for anything.
func wrote(h *house.House, what string, want ...string) {
	h.Helper()
	var got []string
	for _, l := range h.Rest() {
		if l.Event != "log_rotated" {
			got = append(got, strings.Join([]string{l.Event, l.Reason, l.Target()}, " "))
		}
	}
	slices.Sort(got) // while the clock stands still, commits have no order
	slices.Sort(want)
	same := slices.EqualFunc(got, want, func(got, want string) bool {
		begin, any := strings.CutSuffix(want, "*")
		return got == want || any && strings.HasPrefix(got, begin)
	})
	if !same {
		h.Errorf("%s: the check wrote %q, want %q", what, got, want)
	}
}

// unguarded takes the triggers away that keep the log's tables, as the owner of
// the database can.
func unguarded(h *house.House) {
	h.Helper()
	e := h.Reader().Engine()
	if e == db.Postgres {
		for _, table := range []string{"event", "tile", "mention"} {
			outside(h, e, `ALTER TABLE `+table+` DISABLE TRIGGER USER`)
		}
		return
	}
	for _, name := range []string{"event_update", "event_delete", "tile_update", "tile_delete", "mention_update", "mention_delete"} {
		outside(h, e, `DROP TRIGGER `+name)
	}
}

// tampering is a change past Coffer: to the rows of a table for which where
// holds, which are kept to be put back.
type tampering struct {
	name, table, where, change string
	want                       []string
}

// do makes the change and gives the way back.
func (x tampering) do(h *house.House) (undo func()) {
	h.Helper()
	e := h.Reader().Engine()
	outside(h, e, `CREATE TABLE kept AS SELECT * FROM `+x.table+` WHERE `+x.where)
	outside(h, e, x.change)
	return func() {
		h.Helper()
		outside(h, e, `DELETE FROM `+x.table+` WHERE `+x.where)
		outside(h, e, `INSERT INTO `+x.table+` SELECT * FROM kept`)
		outside(h, e, `DROP TABLE kept`)
	}
}

// byCommand holds that a command finds the same, and the gravest first.
func (x tampering) byCommand(h *house.House, d *app.Desk) {
	h.Helper()
	c, err := d.Check(context.Background(), func(uint64, uint64) {})
	if err != nil || len(c.Findings) == 0 {
		h.Errorf("%s: Check() = %+v, %v, want a finding", x.name, c, err)
		return
	}
	got := fmt.Sprintf("log_verify_fail %s line:%s", c.Findings[0].Reason, c.Findings[0].Line)
	if got != x.want[0] {
		h.Errorf("%s: Check() finds %q first, want %q", x.name, got, x.want[0])
	}
}

const aLine = `SELECT line FROM event WHERE seq = 100`

// tamperings are what a check must find, in a log of so many lines.
func tamperings(size uint64) []tampering {
	last := size - 1
	one := func(why string, seq uint64) string { return fmt.Sprint("log_verify_fail ", why, " line:", seq) }
	return []tampering{
		{
			"a line", "event", `seq = 300`, `UPDATE event SET line = (` + aLine + `) WHERE seq = 300`,
			[]string{one("database_edited", 300)},
		},
		{
			"two lines, one after the other", "event", `seq IN (301, 302)`, `UPDATE event SET line = (` + aLine + `) WHERE seq IN (301, 302)`,
			[]string{one("database_edited", 301)},
		},
		{
			"the newest line", "event", fmt.Sprint(`seq = `, last), fmt.Sprint(`UPDATE event SET line = (`+aLine+`) WHERE seq = `, last),
			[]string{one("database_edited", last)},
		},
		{
			"a column", "event", `seq = 700`, `UPDATE event SET target = 'u_other' WHERE seq = 700`,
			[]string{one("column", 700)},
		},
		{"a line is deleted", "event", `seq = 1023`, `DELETE FROM event WHERE seq = 1023`, []string{one("database_missing", 1023)}},
		{
			"a line is added", "event", `seq >= 900000`,
			`INSERT INTO event SELECT seq + 900000, at, event, target, commit_id, line FROM event WHERE seq = 7`,
			[]string{one("database_added", 900007)},
		},
		{
			"a tile", "tile", `level = 0 AND n = 4`, `UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND n = 5) WHERE level = 0 AND n = 4`,
			[]string{one("tile", 1024)},
		},
		{
			"a tile and what it stands for", "tile", `level = 0 AND n = 4`,
			`UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND n = 5), root = (SELECT root FROM tile WHERE level = 0 AND n = 5) WHERE level = 0 AND n = 4`,
			[]string{one("database_edited", 1024)},
		},
		{"a tile is deleted", "tile", `level = 0 AND n = 6`, `DELETE FROM tile WHERE level = 0 AND n = 6`, []string{one("tile", 1536)}},
		{
			"the index", "mention", `name = 'log_read' AND block = 1`,
			`UPDATE mention SET lines = (SELECT lines FROM mention WHERE name = 'log_opened') WHERE name = 'log_read' AND block = 1`,
			[]string{one("index", 1024)},
		},
		{"a name leaves the index", "mention", `name = 'log_opened'`, `DELETE FROM mention WHERE name = 'log_opened'`, []string{one("index", 0)}},
		{
			"a name comes into the index", "mention", `name = 'u_other'`,
			`INSERT INTO mention SELECT 'u_other', block, lines FROM mention WHERE name = 'log_read' AND block = 2`,
			[]string{one("index", 2048)},
		},
		{
			"columns of nine lines", "event", `seq IN (10, 12, 14, 16, 18, 20, 22, 24, 26)`,
			`UPDATE event SET
				at = CASE WHEN seq < 14 THEN at + 1 ELSE at END, event = CASE WHEN seq IN (14, 16) THEN 'log_opened' ELSE event END,
				target = CASE WHEN seq > 16 THEN 'card:c_1' ELSE target END
			WHERE seq IN (10, 12, 14, 16, 18, 20, 22, 24, 26)`,
			[]string{one("column", 10), one("column", 12), one("column", 14), one("column", 16), one("column", 18), "log_verify_fail more checkpoint:*"},
		},
	}
}

// TestSelfcheck holds that a running server finds what was changed in its
// database past it, names the line, tells it once, and says when all is well.
func TestSelfcheck(t *testing.T) {
	house.Both(t, func(h *house.House) {
		size := filled(h)
		h.Tick(app.Selfcheck)
		h.Wrote() // not yet
		h.Pass(app.FirstRound)
		for h.Due() {
			h.Tick(app.Selfcheck)
		}
		h.Wrote(fmt.Sprintf("log_verified actor=system:verify subject= target=log:security.log data.lines=%d data.size=%d", size, size))
		h.Tick(app.Selfcheck)
		h.Wrote() // a day's rest
		unguarded(h)
		d := desk(h)
		for _, x := range tamperings(uint64(len(h.Lines(0)))) {
			undo := x.do(h)
			x.byCommand(h, d)
			looks(h)
			looks(h) // and tells nothing twice
			undo()
			wrote(h, x.name, x.want...)
			h.Browser(home).Get("/readyz").Is(200, "degraded").Wrote()
			looks(h)
			wrote(h, x.name, "log_verified  log:security.log")
			h.Browser(home).Get("/readyz").Is(200, "ok").Wrote()
		}
	})
}

// TestSelfcheckSigned holds that a checkpoint which is not the log's own is
// found, and that the figures and reasons for whoever watches say so.
func TestSelfcheckSigned(t *testing.T) {
	house.Both(t, func(h *house.House) {
		figure := func(name, want string) {
			h.Helper()
			if text := page(h, "/metrics"); !strings.Contains(text, "\ncoffer_"+name+" "+want+"\n") {
				h.Errorf("the metrics lack %s %s", name, want)
			}
		}
		filled(h)
		h.Pass(time.Hour)
		figure("log_verified_age_seconds", "3600")
		outside(h, h.Reader().Engine(), `UPDATE head SET checkpoint = REPLACE(checkpoint, 'coffer.invalid/', 'other.invalid/')`)
		looks(h)
		wrote(h, "another checkpoint", "log_verify_fail root checkpoint:*")
		figure("log_verify_failures", "1")
		if text := page(h, "/readyz"); !strings.HasPrefix(text, "degraded\nthe log in the database is not what was sealed (1 findings)") {
			h.Errorf("/readyz says %q", text)
		}
		d := desk(h)
		comes(h, "another signature", func() bool {
			_, c, _, err := d.Sealer.Checkpoint(context.Background())
			return err == nil && strings.HasPrefix(c.Origin, "coffer.invalid/")
		})
		looks(h)
		wrote(h, "the log's own", "log_verified  log:security.log")
		figure("log_verify_failures", "0")
		figure("log_verified_age_seconds", "0")
		h.Pass(49 * time.Hour)
		if text := page(h, "/readyz"); text != "degraded\nthe log has not been verified for 49 h\n" {
			h.Errorf("/readyz says %q", text)
		}
		h.StopWriting("log_rotated", "sys_shutdown")
		h.Start()
		h.Wrote("sys_startup")
		if text := page(h, "/readyz"); text != "ok\n" { // it has five minutes to begin
			h.Errorf("/readyz says %q after a start", text)
		}
		figure("log_verified_age_seconds", fmt.Sprint(49*3600))
	}, func(s *house.Setup) { s.MetricsListen = "127.0.0.1:0" })
}

// TestVerdictLasts holds that what a check found is known until a check finds
// nothing, whoever made either: beyond a restart, and by a command too.
func TestVerdictLasts(t *testing.T) {
	house.Both(t, func(h *house.House) {
		ready := func(when, want string) {
			h.Helper()
			if text := page(h, "/readyz"); text != want {
				h.Errorf("/readyz says %q %s, want %q", text, when, want)
			}
		}
		const failed = "degraded\nthe log in the database is not what was sealed (1 findings): see log_verify_fail\n"
		command := func(findings int) {
			h.Helper()
			d := desk(h)
			c, err := d.Check(context.Background(), func(uint64, uint64) {})
			if err == nil {
				err = d.RecordCheck(context.Background(), c)
			}
			if err != nil || len(c.Findings) != findings {
				h.Fatalf("Check() = %+v, %v, want %d findings", c, err, findings)
			}
		}
		filled(h)
		unguarded(h)
		x := tampering{table: "event", where: `seq = 700`, change: `UPDATE event SET target = 'u_other' WHERE seq = 700`}
		undo := x.do(h)
		looks(h)
		wrote(h, "a column", "log_verify_fail column line:700")
		ready("after the check", failed)
		h.Stop()
		h.Start()
		h.Wrote("sys_startup")
		ready("after a restart", failed)
		if text := page(h, "/metrics"); !strings.Contains(text, "\ncoffer_log_verify_failures 1\n") {
			h.Error("the metrics lack the failure after a restart")
		}
		undo()
		ready("before the next check", failed)
		looks(h)
		wrote(h, "mended", "log_verified  log:security.log")
		ready("after it", "ok\n")

		undo = x.do(h)
		command(1)
		wrote(h, "a command", "log_verify_fail column line:700")
		ready("after a command's check", failed)
		looks(h)
		wrote(h, "the server", "log_verify_fail column line:700")
		undo()
		h.Pass(time.Minute)
		command(0)
		wrote(h, "a command, mended", "log_verified  log:security.log")
		ready("after a command found nothing", "ok\n")
		undo = x.do(h)
		looks(h)
		wrote(h, "the server, once more", "log_verify_fail column line:700")
		ready("then", failed)
		undo()
	}, func(s *house.Setup) { s.MetricsListen = "127.0.0.1:0" })
}

// TestSelfcheckRetention holds that what retention removed is not missing.
func TestSelfcheckRetention(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 300, 15*time.Minute)
		for end := time.Now().Add(10 * time.Second); h.Lines(0)[0].Seq == 0; time.Sleep(20 * time.Millisecond) { // until it is signed
			h.Tick(app.Retention)
			if time.Now().After(end) {
				h.Fatal("nothing was removed")
			}
		}
		h.Wrote("log_pruned")
		h.Stop()
		h.Start()
		h.Wrote("sys_startup")
		all := h.Lines(0)
		h.Pass(app.FirstRound)
		for h.Due() {
			h.Tick(app.Selfcheck)
		}
		h.Wrote(fmt.Sprintf("log_verified data.lines=%d data.size=%d", len(all), all[len(all)-1].Seq+1))
	}, func(s *house.Setup) { s.Retention = "1d" })
}

// TestFileOutlivesDatabase holds that a file which has what was sealed is not
// written again from a database that was changed: not by a start, and not at the
// end of a segment, when it is compared.
func TestFileOutlivesDatabase(t *testing.T) {
	house.Both(t, func(h *house.House) {
		size := filled(h)
		before := fileOf(h, "security.log")
		unguarded(h)
		full := tampering{table: "event", where: `seq = 300`, change: `UPDATE event SET line = (` + aLine + `) WHERE seq = 300`}
		undo := full.do(h)
		h.Stop()
		h.Start()
		h.Tick(time.Second)
		h.Wrote("sys_startup")
		h.Pass(24 * time.Hour)
		h.Browser(home).Post("/login", "username", "alice", "password", house.Password).Wrote("log_rotated", "authn_login_success", "session_created")
		comes(h, "the end of the segment", func() bool {
			return strings.Contains(fileOf(h, "security.log"), "authn_login_success")
		})
		h.Stop() // once all that is finished was compared
		undo()
		if after := fileOf(h, "security-000000000000.log"); !strings.HasPrefix(after, before) || strings.Count(before, "\n") != int(size) {
			h.Error("the file is not what it was before the database was changed")
		}
	})
}
