package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

// beats lets so much time pass, with nothing in the log but its heartbeats and
// the ends of days.
func beats(h *house.House, n int, every time.Duration) {
	h.Helper()
	for range n {
		h.Pass(every)
		h.Tick(app.Pulse)
		h.Lines(1 << 40) // sealed, before the next
	}
	for _, l := range h.Rest() {
		if l.Event != "log_heartbeat" && l.Event != "log_rotated" {
			h.Fatalf("line %d is %s, want heartbeats and rotations only", l.Seq, l.Event)
		}
	}
}

func deskOf(h *house.House) *app.Desk {
	h.Helper()
	d, err := app.OpenDesk(context.Background(), h.Setup.Config, h.Setup.Options)
	if err != nil {
		h.Fatalf("OpenDesk() = %v", err)
	}
	h.Cleanup(func() { _ = d.Close() })
	return d
}

// TestRetention holds what retention removes, and when it must not: inside the
// time that lines are kept, while the hashes still need the lines, after a jump
// of the clock, and more than a day at once.
func TestRetention(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 64+96+96, 15*time.Minute) // to the third midnight
		if got := h.Lines(0); len(got) < 256 {
			h.Fatalf("%d lines, want a full tile", len(got))
		}
		h.Tick(app.Retention)
		h.Wrote() // the first day ended two days ago, to the minute
		beats(h, 2, 15*time.Minute)
		h.Tick(time.Second) // the clock moved by days, and no time passed
		step := h.Wrote("sys_clock_step")[0].Seq
		h.Tick(app.Retention)
		h.Wrote()
		d := deskOf(h)
		if p, err := d.Prune(context.Background()); err != nil || p.Lines > 0 || !strings.Contains(p.Why, fmt.Sprint("coffer log acknowledge ", step)) {
			h.Errorf("Prune() = %+v, %v, want nothing until the clock's jump is acknowledged", p, err)
		}
		for _, again := range []bool{false, true} {
			if what, seen, err := d.Acknowledge(context.Background(), step); err != nil || what != "sys_clock_step" || seen != again {
				h.Errorf("Acknowledge() = %s, %v, %v, want sys_clock_step, %v", what, seen, err, again)
			}
		}
		h.Wrote(fmt.Sprintf("alert_acknowledged actor=%s target=line:%d data.event=sys_clock_step", app.Origin().Actor, step))
		for _, seq := range []uint64{0, step + 1000} {
			if _, _, err := d.Acknowledge(context.Background(), seq); err == nil {
				h.Errorf("line %d was acknowledged; it waits for nobody, or is none", seq)
			}
		}
		wait := h.Lines(0)
		p, err := d.Prunable(context.Background())
		if err != nil || p.First != 0 || wait[p.Last].Event != "log_rotated" || wait[p.Last+1].Datetime[:10] != "2026-03-03" {
			h.Fatalf("Prunable() = %+v, %v, want the first day", p, err)
		}
		h.Tick(app.Retention)
		h.Wrote(fmt.Sprintf("log_pruned level=WARNING actor=system:retention subject= target=segment:000000000000 data.before=%s", p.Before))
		left(h, p.Last+1)
		h.Tick(app.Retention)
		beats(h, 2*92, 15*time.Minute) // to the fifth day
		h.Tick(time.Second)
		step = h.Wrote("sys_clock_step")[0].Seq
		if _, _, err := d.Acknowledge(context.Background(), step); err != nil {
			h.Fatal(err)
		}
		h.Wrote("alert_acknowledged")
		if p, err = d.Prune(context.Background()); err != nil || p.First != h.Lines(0)[0].Seq-p.Lines {
			h.Errorf("Prune() = %+v, %v, want the second day", p, err)
		}
		h.Wrote("log_pruned actor=" + app.Origin().Actor)
		left(h, p.Last+1)
		h.Tick(app.Retention)
		h.Wrote() // a day is gone today already
		provable(h, p.Last+1)
	}, func(s *house.Setup) { s.Retention = "2d" })
}

// TestRetentionChanged holds that another retention is told once, and so is the
// way back.
func TestRetentionChanged(t *testing.T) {
	house.Both(t, func(h *house.House) {
		for _, c := range []struct{ set, from, to string }{
			{"400D", "", ""}, {"90d", "400d", "90d"}, {"090d", "", ""}, {"never", "90d", "off"}, {"off", "", ""}, {"", "off", "400d"},
		} {
			h.Stop()
			h.Setup.Retention = c.set
			h.Start()
			want := []string{"sys_startup"}
			if c.to != "" {
				want = append(want, "sys_config_changed level=WARNING target=setting:retention data.from="+c.from+" data.to="+c.to)
			}
			h.Wrote(want...)
		}
	})
}

// left demands that the log begins with this line: in the database, in the
// files, and with every tile.
func left(h *house.House, first uint64) {
	h.Helper()
	if got := h.Lines(0)[0].Seq; got != first {
		h.Errorf("the log begins with line %d, want %d", got, first)
	}
	var tiles int
	if err := h.Reader().QueryRow(context.Background(), `SELECT COUNT(*) FROM tile WHERE level = 0 AND n = 0`).Scan(&tiles); err != nil || tiles != 1 {
		h.Errorf("%d first tiles, %v, want it kept", tiles, err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the files are looked at each second
		names, err := filepath.Glob(filepath.Join(h.Dir(), "security-*.log"))
		if err != nil {
			h.Fatal(err)
		}
		if len(names) > 0 && filepath.Base(names[0]) == fmt.Sprintf("security-%012d.log", first) {
			return
		}
		if time.Now().After(end) {
			h.Fatalf("the files are %v, want the first to begin with line %d", names, first)
		}
	}
}

// provable demands that what is left can be proved, and that a restart goes on
// from there.
func provable(h *house.House, first uint64) {
	h.Helper()
	h.Stop()
	verify := exec.Command("go", "run", "coffer/cmd/coffer-verify", "--json", "--key", filepath.Join(h.Dir(), "log.pub"), h.Dir())
	if out, err := verify.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(`"pruned":[`)) {
		h.Errorf("coffer-verify = %v, want the log to be consistent, and to be told what was pruned:\n%s", err, out)
	}
	h.Start()
	h.Wrote("sys_startup")
	d := deskOf(h)
	for _, seq := range []uint64{first, first + 1, uint64(len(h.Lines(0))) + first - 2} {
		if _, err := d.Sealer.Proof(context.Background(), seq); err != nil {
			h.Errorf("Proof(%d) = %v", seq, err)
		}
	}
}

// TestRetentionNeedsFullTiles holds that lines stay whose hashes are not stored.
func TestRetentionNeedsFullTiles(t *testing.T) {
	h := house.Open(t, db.SQLite, func(s *house.Setup) { s.Retention = "1d" })
	beats(h, 60, time.Hour)
	h.Tick(app.Retention)
	h.Wrote()
	p, err := deskOf(h).Prunable(context.Background())
	if err != nil || p.Lines > 0 || !strings.Contains(p.Why, "is not full yet") {
		t.Errorf("Prunable() = %+v, %v, want to be told of the tile", p, err)
	}
}

// TestRetentionOff holds that nothing goes where nothing should.
func TestRetentionOff(t *testing.T) {
	for _, off := range []string{"off", "0", "never", ""} {
		h := house.Open(t, db.SQLite, func(s *house.Setup) { s.Retention = off })
		beats(h, 300, time.Hour)
		h.Tick(app.Retention)
		h.Wrote()
	}
}

// TestRetentionAfterCrash holds that a removal that was announced and broken off
// is finished by the next one, and no other begun.
func TestRetentionAfterCrash(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 300, 15*time.Minute)
		p, err := deskOf(h).Prunable(context.Background())
		if err != nil || p.Lines == 0 {
			h.Fatalf("Prunable() = %+v, %v", p, err)
		}
		d := deskOf(h)
		if err := d.Record(context.Background(), p.LogPruned); err != nil { // and here it ended
			h.Fatal(err)
		}
		h.Wrote("log_pruned")
		for end := time.Now().Add(10 * time.Second); h.Lines(0)[0].Seq == 0; time.Sleep(20 * time.Millisecond) { // until it is signed
			h.Tick(app.Retention)
			if time.Now().After(end) {
				h.Fatal("the removal is not finished")
			}
		}
		h.Wrote()
		left(h, p.Last+1)
	}, func(s *house.Setup) { s.Retention = "1d" })
}

// TestRetentionForgets holds that the index forgets a block whose lines are all
// removed, an address among its names, and keeps what is left.
func TestRetentionForgets(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		for i := range seal.Block {
			if i%100 == 99 {
				h.Pass(2 * time.Second) // as many pages as an address may ask for
			}
			alice.Get(path).Is(200).Wrote("sensitive_read")
		}
		count := func(name string, block int) (n int) {
			h.Helper()
			if err := h.Reader().QueryRow(context.Background(), `SELECT COUNT(*) FROM mention WHERE name = $1 AND block = $2`, name, block).Scan(&n); err != nil {
				h.Fatal(err)
			}
			return n
		}
		if count(home, 0) != 1 || count("sensitive_read", 0) != 1 {
			h.Fatalf("%s is not mentioned in the first block", home)
		}
		beats(h, 2, 20*time.Hour) // past midnight
		h.Tick(time.Minute)       // the session's end
		h.Rest()
		beats(h, seal.Block, 10*time.Minute)
		h.Tick(app.Retention)
		h.Wrote("log_pruned")
		if count(home, 0) != 0 || count("sensitive_read", 0) != 0 {
			h.Errorf("after retention the first block still mentions %s", home)
		}
		if count("log_heartbeat", 1) != 1 {
			h.Error("after retention the second block is gone from the index too")
		}
	}, func(s *house.Setup) { s.Retention = "1d" })
}
