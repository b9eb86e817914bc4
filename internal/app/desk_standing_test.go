package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/apptest/notary"
	"coffer/internal/db"
	"coffer/internal/event"
)

// untold opens a desk as a command does: it knows where the data is, and nothing
// of witnesses.
func untold(h *house.House) *app.Desk {
	h.Helper()
	c, o := h.Setup.Config, h.Setup.Options
	c.Witness, c.WitnessPolicy = "", ""
	d, err := app.OpenDesk(context.Background(), c, o)
	if err != nil {
		h.Fatalf("OpenDesk() = %v", err)
	}
	h.Cleanup(func() { _ = d.Close() })
	return d
}

// gets gives alice a role, and demands how far that is vouched for.
func gets(ctx context.Context, h *house.House, d *app.Desk, role string, want app.Standing, pending string) {
	h.Helper()
	got, err := d.SetRole(ctx, "alice", role)
	if err != nil || got.Standing != want || !strings.Contains(got.Pending(), pending) || (pending == "") != (got.Pending() == "") {
		h.Errorf("SetRole(%s) = %+v, %v, and says %q; want %+v, and %q", role, got, err, got.Pending(), want, pending)
	}
	h.Wrote("authz_change data.to=" + role)
}

// TestRoleWitnessed holds that a role given by a command, which was told of no
// witness, waits for the quorum of the server's policy; that it says so where
// that does not sign; and that it waits for nobody where nobody serves.
func TestRoleWitnessed(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			n := notary.New(t, "one.example/a", true)
			h := witnessed(t, e, "# enough\nwitness a "+n.VKey+" "+n.URL+"\nquorum a\n", n)
			come(h, "log_witnessed one.example/a")
			h.Person("alice", home)
			d, ctx := untold(h), context.Background()
			gets(ctx, h, d, "auditor", app.Standing{Signed: true, Quorum: true, Witnessed: true, Served: true}, "")
			if known := n.Size(h.Checkpoint().Origin); known < uint64(len(h.Lines(0))) {
				t.Errorf("the witness knows %d lines, want all %d", known, len(h.Lines(0)))
			}

			n.Misbehave(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
			var told []string
			d.Slow = func(what string) { told = append(told, what) }
			began := time.Now()
			gets(ctx, h, d, "holder", app.Standing{Signed: true, Quorum: true, Served: true}, "cosignatures are pending: too few witnesses")
			if took := time.Since(began); took < 2*time.Second || took > 8*time.Second || len(told) != 1 || !strings.Contains(told[0], "cosignatures") {
				t.Errorf("that took %v, and said %q; want about 4 s, and once what it waits for", took, told)
			}
			ended, end := context.WithCancel(ctx)
			d.Slow = func(string) { end() } // somebody does not want to wait
			gets(ended, h, d, "admin", app.Standing{Signed: true, Quorum: true, Served: true}, "cosignatures are pending")

			h.Stop()
			h.Rest()
			d.Slow = func(what string) { t.Errorf("%s, though nobody serves", what) }
			gets(ctx, h, d, "holder", app.Standing{Signed: true, Quorum: true}, "cosignatures are pending: nobody serves now")

			h.Setup.WitnessPolicy = "" // the witness is asked, and no number is enough
			h.Start()
			h.Rest()
			gets(ctx, h, d, "auditor", app.Standing{Signed: true, Served: true}, "")
			var rules string
			if err := h.Reader().QueryRow(ctx, `SELECT value FROM setting WHERE name = 'witness-policy'`).Scan(&rules); err != nil || rules != "" {
				t.Errorf("the rules left for commands are %q, %v, want none", rules, err)
			}
		})
	}
}

// TestPruneWitnessed holds that retention waits for the witnesses, that their
// absence does not keep lines for ever, and that this is told.
func TestPruneWitnessed(t *testing.T) {
	n := notary.New(t, "one.example/a", true)
	h := witnessed(t, db.SQLite, "witness a "+n.VKey+" "+n.URL+"\nquorum a\n", n)
	come(h, "log_witnessed one.example/a")
	for range 300 { // heartbeats, and hourly cosignatures, over some days
		h.Pass(15 * time.Minute)
		h.Tick(app.Pulse)
		h.Lines(1 << 40)
	}
	h.Rest()
	n.Misbehave(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	h.Setup.Retention = "1d"
	p, err := untold(h).Prune(context.Background())
	if want := (app.Standing{Signed: true, Quorum: true, Served: true}); err != nil || p.Lines == 0 || p.Standing != want {
		t.Errorf("Prune() = %+v, %v, want lines gone and %+v", p, err, want)
	}
	if !strings.Contains(strings.Join(apptest.Names(h.Rest()), " "), (event.LogPruned{}).Kind().Name) {
		t.Error("no line says what was removed")
	}
	left(h, p.Last+1)
}
