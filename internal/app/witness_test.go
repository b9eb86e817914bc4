package app_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/apptest/notary"
	"coffer/internal/db"
	"coffer/internal/witness"
)

// prompt is a pace for tests: what takes seconds takes milliseconds.
var prompt = witness.Pace{
	Timeout: 500 * time.Millisecond, Every: time.Millisecond, Slow: 100 * time.Millisecond, First: 5 * time.Millisecond, Longest: 20 * time.Millisecond,
	Late: 5 * time.Minute, Look: 10 * time.Millisecond, Start: 2 * time.Second,
}

// witnessed is a house whose log these witnesses sign, as they are from the
// first start on; policy says how many are enough, if anything.
func witnessed(t *testing.T, e db.Engine, policy string, all ...*notary.Notary) *house.House {
	t.Helper()
	dir, file, ca := t.TempDir(), filepath.Join(t.TempDir(), "policy"), filepath.Join(t.TempDir(), "ca.pem")
	var pairs, names []string
	var roots []byte
	for _, n := range all {
		pairs, names = append(pairs, n.Pair()), append(names, n.Name)
		roots = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.Certificate().Raw})
	}
	for path, text := range map[string]string{file: policy, ca: string(roots)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := db.Config{}
	if e == db.Postgres {
		c.Postgres = apptest.Postgres(t)
	}
	h := house.On(t, dir, c, func(s *house.Setup) {
		s.Witness, s.DeliveryCaFile, s.WitnessPace = app.List(strings.Join(pairs, "\n")), ca, prompt
		s.PublicLog, s.MetricsListen = true, "127.0.0.1:0"
		if policy != "" {
			s.WitnessPolicy = file
		}
	})
	h.Wrote(append(house.FirstStart(false), "sys_config_changed target=setting:witness data.from=none data.to="+strings.Join(names, ","))...)
	for _, n := range all {
		n.Know(t, logKey(h))
	}
	return h
}

func logKey(h *house.House) string {
	h.Helper()
	keys := h.Keys()
	return keys[len(keys)-1]
}

// come waits for events and states them, in whatever order the witnesses
// answered; each is described by its event, reason and what it is of.
func come(h *house.House, want ...string) {
	h.Helper()
	var got []string
	comes(h, fmt.Sprint(want), func() bool {
		for _, l := range h.Rest() {
			of := member(l.Data, "witness")
			if monitor, is := strings.CutPrefix(l.Target(), "monitor:witness:"); is {
				of = monitor
			}
			got = append(got, strings.Join(strings.Fields(l.Event+" "+l.Reason+" "+of), " "))
			if of != "" && (l.Actor != "system:witness" || l.Subject != "") {
				h.Errorf("%s is of the actor %q and the subject %q, want of system:witness and nobody", l.Event, l.Actor, l.Subject)
			}
		}
		return len(got) >= len(want)
	})
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		h.Errorf("events:\n got %q\nwant %q", got, want)
	}
}

// bears reports whether a signed checkpoint has the signatures of all these.
func bears(t *testing.T, signed string, all ...*notary.Notary) (yes bool) {
	t.Helper()
	for _, n := range all {
		v, err := witness.Key(n.VKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil {
			return false
		}
	}
	return true
}

// comes waits for something that no channel tells of.
func comes(h *house.House, what string, is func() bool) {
	h.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("%s does not come", what)
		}
	}
}

func fileOf(h *house.House, name string) string {
	raw, err := os.ReadFile(filepath.Join(h.Dir(), name))
	if err != nil {
		return ""
	}
	return string(raw)
}

// TestWitnesses has two witnesses sign the log of a running vault: what is
// served and what lies in the data directory bears their signatures, and the
// hour's checkpoint is told of.
func TestWitnesses(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			all := []*notary.Notary{notary.New(t, "one.example/a", true), notary.New(t, "two.example/b", true)}
			h := witnessed(t, e, "", all...)
			come(h, "log_witnessed one.example/a", "log_witnessed two.example/b")
			b := h.Person("alice", home)
			size := len(h.Lines(0))
			comes(h, "both signatures", func() bool {
				return h.Checkpoint().Size >= uint64(size) && bears(t, fileOf(h, "checkpoint"), all...)
			})
			if served := b.Get("/log/checkpoint").Is(200).Body; !bears(t, served, all...) {
				t.Errorf("/log/checkpoint is\n%s\nwant both signatures", served)
			}
			comes(h, "the file", func() bool { return fileOf(h, "checkpoint.witnessed") == fileOf(h, "checkpoint") })
			h.Browser(home).Get("/readyz").Is(200, "ok")

			h.Stop()
			if last := fileOf(h, "checkpoint"); !bears(t, last, all...) || h.Checkpoint().Size != uint64(len(h.Lines(0))) {
				t.Errorf("the last checkpoint is\n%s\nwant it of %d lines with both signatures", last, len(h.Lines(0)))
			}
			all[1].Close()
			h.Start() // one who is gone is no reason not to
			h.Wrote("sys_startup")
			if !strings.Contains(house.Told(), "witness could not be asked at the start") {
				t.Error("the operator is not told that a witness could not be asked")
			}
			h.Stop()
			h.Setup.Witness, h.Setup.WitnessPolicy = "", ""
			h.Start()
			h.Wrote("sys_startup", "sys_config_changed target=setting:witness data.from=one.example/a,two.example/b data.to=none")
		})
	}
}

// TestWitnessRollback puts an older copy of database and directory under a
// newer log: nothing there knows, and the witness does.
func TestWitnessRollback(t *testing.T) {
	n := notary.New(t, "one.example/a", true)
	h := witnessed(t, db.SQLite, "", n)
	come(h, "log_witnessed one.example/a")
	h.Stop()
	remember(h)
	kept, checkpoint := uint64(len(h.Lines(0))), fileOf(h, "checkpoint")
	h.Start()
	h.Wrote("sys_startup")
	h.Person("alice", home)
	h.Stop()
	known := n.Size(h.Checkpoint().Origin)
	if known != uint64(len(h.Lines(0))) {
		t.Errorf("the witness knows %d lines after the stop, want all %d", known, len(h.Lines(0)))
	}
	back := func(name, text string) {
		if err := os.WriteFile(filepath.Join(h.Dir(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	restore(h)
	back("checkpoint", checkpoint)
	startRefused(h, "ROLLBACK: ", fmt.Sprintf("the witness one.example/a signed %d lines of this log, and %d are there", known, kept))

	if e, err := epoch(h, "the disk was restored"); err != nil || e.Witnesses != n.Name {
		t.Fatalf("new-epoch = %+v, %v, want to be told of the witness that does not know it", e, err)
	}
	h.Rewound(kept)
	h.Wrote("log_epoch_started level=CRITICAL", "crypt_key_created data.use=log")
	h.Start() // under a name that the witness does not know
	h.Wrote("sys_startup")
	n.Know(t, logKey(h))
	comes(h, "a signature", func() bool { return bears(t, fileOf(h, "checkpoint"), n) })
	comes(h, "the new epoch", func() bool { return n.Size(h.Checkpoint().Origin) == uint64(len(h.Lines(0))) })
}

// TestWitnessTrouble has each kind of trouble with witnesses at once: each is
// told after five minutes, and when it is over; a witness that knows another
// history is told of as critical at once.
func TestWitnessTrouble(t *testing.T) {
	reasons := []string{"unreachable", "timeout", "refused", "unknown_log", "untrue", "contradicts", "contradicts"}
	names := []string{"gone.example/a", "quiet.example/b", "tired.example/c", "strange.example/d", "false.example/e", "forked.example/f", "ahead.example/g"}
	code := func(n int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/x.tlog.size")
			w.WriteHeader(n)
			_, _ = io.WriteString(w, body)
		}
	}
	bad := []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		code(503, ""), code(404, ""), code(200, "— false.example/e AAAA\n"), code(422, ""), code(409, "1000000\n"),
	}
	all := make([]*notary.Notary, len(names))
	var hourly, off, on []string
	policy, group := "", "group most 2"
	for i, name := range names {
		all[i] = notary.New(t, name, true)
		policy += fmt.Sprintf("witness w%d %s\n", i, all[i].VKey)
		group += fmt.Sprintf(" w%d", i)
		hourly = append(hourly, "log_witnessed "+name)
		off = append(off, "sys_monitor_disabled "+reasons[i]+" "+name)
		on = append(on, "sys_monitor_enabled "+name)
	}
	h := witnessed(t, db.SQLite, policy+group+"\nquorum most\n", all...)
	come(h, hourly...)
	h.Browser(home).Get("/readyz").Is(200, "ok")
	for i, n := range all {
		n.Misbehave(bad[i])
	}
	h.Browser(home).Post("/signup", "username", "alice", "password", house.Password).Is(303)
	come(h, "user_created", "session_created", "log_verify_fail witness_forked forked.example/f", "log_verify_fail witness_ahead ahead.example/g")
	for _, n := range append(names, "") {
		comes(h, n+" behind", func() bool { return figure(h, `coffer_witness_lag_lines{witness="`+n+`"}`) != "0" })
	}
	if details := page(h, "/readyz"); !strings.Contains(details, "ROLLBACK: ") || strings.Contains(details, "too few") {
		t.Errorf("/readyz says %q, want who contradicts, and nobody late yet", details)
	}
	h.Pass(5*time.Minute + time.Second)
	come(h, append(off, "sys_monitor_disabled quorum most")...)
	h.Browser(home).Get("/readyz").Is(200, "degraded")
	details := page(h, "/readyz")
	for _, want := range []string{"ROLLBACK: the witness ahead.example/g signed 1000000 lines", "TAMPERED: the witness forked.example/f", "too few witnesses"} {
		if !strings.Contains(details, want) {
			t.Errorf("/readyz says %q, want it to say %q", details, want)
		}
	}
	h.Person("bob", home) // none of it holds anybody up
	for _, n := range all {
		n.Misbehave(nil)
	}
	come(h, append(on, "sys_monitor_enabled most")...)
	h.Browser(home).Get("/readyz").Is(200, "ok")
}

// TestWitnessCertificate holds that a witness whose certificate nobody vouches
// for is not asked, and that this is told.
func TestWitnessCertificate(t *testing.T) {
	n := notary.New(t, "one.example/a", true)
	h := witnessed(t, db.SQLite, "", n, notary.New(t, "two.example/b", true))
	come(h, "log_witnessed two.example/b", "log_witnessed one.example/a")
	h.Stop()
	h.Setup.DeliveryCaFile = ""
	h.Start()
	h.Wrote("sys_startup")
	comes(h, "who is late", func() bool {
		h.Pass(time.Minute)
		return strings.Contains(page(h, "/readyz"), "has not signed new lines")
	})
	come(h, "sys_monitor_disabled certificate one.example/a", "sys_monitor_disabled certificate two.example/b")
	if late := page(h, "/readyz"); !strings.Contains(late, "witness one.example/a has not signed new lines") {
		t.Errorf("/readyz says %q, want who is late", late)
	}
	if lag := figure(h, `coffer_witness_lag_lines{witness="one.example/a"}`); lag == "0" {
		t.Errorf("its lag is %s lines, want some", lag)
	}
}

// TestWitnessSettings holds that each wrong setting is told by name, with what
// would be right, and that no key that should be private is told back.
func TestWitnessSettings(t *testing.T) {
	n := notary.New(t, "one.example/a", false)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "policy")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		pairs, policy string
		want          []string
	}{
		{"nonsense", "", []string{`--witness is "nonsense"`, "give a verifier key and a URL"}},
		{n.VKey + " gopher://x", "", []string{"--witness is", "one.example/a", "give an http:// or https:// URL"}},
		{"PRIVATE+KEY+one.example/a+00000000+c2VjcmV0 https://one.example", "", []string{`--witness is "…"`, "private key"}},
		{"", "/nowhere/policy", []string{`--witness-policy is "/nowhere/policy"`, "cannot be read"}},
		{"", file("quorum none\n"), []string{"--witness-policy is", "no witness with a URL"}},
		{"", file("witness a " + n.VKey + "\nquorum a\n"), []string{"--witness-policy is", "cannot be reached", "--witness"}},
		{n.Pair(), file("quorum b\n"), []string{"--witness-policy is", "c2sp.org/tlog-policy", "line 1"}},
	} {
		_, _, err := app.Describe(app.Config{Listen: ":0", Data: "x", Witness: app.List(c.pairs), WitnessPolicy: c.policy}, func(string) string { return "" })
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "c2VjcmV0") {
				t.Errorf("%q with the policy %q = %v, want an error that says %q", c.pairs, c.policy, err, w)
			}
		}
	}
	var l app.List
	for _, pair := range []string{"a b", "c d\ne f\n"} {
		if err := l.UnmarshalText([]byte(pair)); err != nil {
			t.Fatal(err)
		}
	}
	if l != "a b,c d,e f" {
		t.Errorf("a setting given twice is %q, want all of both", l)
	}
}
