package account_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
	"coffer/internal/vault"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// canary is a password that must turn up nowhere; wrong is one that is not it.
const (
	canary = "canary-7f3a-in-the-mine"
	wrong  = "canary-7f3a-in-the-mind"
)

// cheap keeps the tests quick.
var cheap = factor.Settings{Memory: 64, Time: 1, Threads: 1}

// house is the service on a database of its own, with a clock that the test moves.
type house struct {
	*account.Service
	*testing.T
	log *apptest.Log
	now time.Time
}

// onBoth runs fn on both engines, under the default limits but for changes.
func onBoth(t *testing.T, limits string, fn func(h *house)) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		h := &house{T: t, now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
		c.Now = func() time.Time { return h.now }
		h.log = apptest.OpenLog(t, c)
		h.Service = h.service(cheap, limits)
		fn(h)
	})
}

func (h *house) service(s factor.Settings, limits string) *account.Service {
	h.Helper()
	hasher, err := factor.NewHasher(s)
	if err != nil {
		h.Fatal(err)
	}
	table, err := limit.Parse(limits)
	if err != nil {
		h.Fatal(err)
	}
	counted := limit.New(table)
	counted.Now = func() time.Time { return h.now }
	return account.New(account.Config{
		Log: h.log.Log, Read: h.log.Read, Hasher: hasher, Limits: counted,
		MAC: mac, Now: func() time.Time { return h.now }, Factors: keys(h.T), Passkeys: relyingParty(h.T),
	})
}

// keys seal under a vault of their own.
func keys(tb testing.TB) *factor.Keys {
	tb.Helper()
	v, err := vault.Create(filepath.Join(tb.TempDir(), "keys"))
	if err != nil {
		tb.Fatal(err)
	}
	return &factor.Keys{Seal: v.Seal, Open: v.Open, MAC: mac}
}

func relyingParty(tb testing.TB) *factor.Passkeys {
	tb.Helper()
	p, err := factor.NewPasskeys("http://coffer.test")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func mac(label string, data []byte) []byte {
	m := hmac.New(sha256.New, []byte("key "+label))
	m.Write(data)
	return m.Sum(nil)
}

// from is a visitor's context.
func (h *house) from(ip string) context.Context {
	return event.With(h.Context(), event.Origin{SourceIP: ip, UserAgent: "Test/1", Method: "POST", URI: "/x", RequestID: "r_1"})
}

func (h *house) visitor() context.Context { return h.from("192.0.2.1") }

// as is the context of a signed-in person's request.
func (h *house) as(s session.Session) context.Context {
	o, _ := event.From(h.visitor())
	o.Actor, o.Session = s.Account, s.Hash
	return event.With(h.Context(), o)
}

// alice signs up and is done with her events.
func (h *house) alice() account.Entry {
	h.Helper()
	e, err := h.SignUp(h.visitor(), "Alice", secret.New(canary))
	if err != nil {
		h.Fatal(err)
	}
	h.log.Want("user_created", "session_created")
	return e
}

func (h *house) login(name, password string) (account.Entry, error) {
	return h.LogIn(h.visitor(), name, secret.New(password), secret.Text{}, "/")
}

// live demands that the token is good and gives its session.
func (h *house) live(token secret.Text) session.Session {
	h.Helper()
	s, alive, _, err := h.Identify(h.visitor(), token, true)
	if err != nil || !alive {
		h.Fatalf("Identify = %v, %v, want alive", alive, err)
	}
	return s
}

// gone demands that the token lets nobody in, and says whether that was recorded.
func (h *house) gone(ip string, token secret.Text, guarded bool) (recorded bool) {
	h.Helper()
	_, alive, recorded, err := h.Identify(h.from(ip), token, guarded)
	if err != nil || alive {
		h.Fatalf("Identify = %v, %v, want not alive", alive, err)
	}
	return recorded
}

// refused demands a fault of that kind and status.
func (h *house) refused(err error, kind fault.Kind, status int) *fault.Error {
	h.Helper()
	f := fault.As(err)
	if err == nil || f.Kind != kind || f.Status != status {
		h.Fatalf("error = %v (status %d), want %v with status %d", err, f.Status, kind, status)
	}
	return f
}

// carries demands that the fault brings these events to whoever answers.
func (h *house) carries(f *fault.Error, want ...event.Event) {
	h.Helper()
	if f.Recorded || !equal(f.Events, want) {
		h.Errorf("the fault carries %+v (recorded %v), want %+v", f.Events, f.Recorded, want)
	}
}

// wrote demands exactly these events in the log since the last look.
func (h *house) wrote(want ...event.Event) {
	h.Helper()
	var got []event.Event
	for _, l := range h.log.Lines() {
		e, err := l.Decode()
		if err != nil {
			h.Fatalf("Decode(%v) = %v", l, err)
		}
		got = append(got, e)
	}
	if !equal(got, want) {
		h.Errorf("events = %+v, want %+v", got, want)
	}
}

func (h *house) count(table string) (n int) {
	h.Helper()
	if err := h.log.Read.QueryRow(h.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

// text reads one text column of the only row.
func (h *house) text(q string) (s string) {
	h.Helper()
	if err := h.log.Read.QueryRow(h.Context(), q).Scan(&s); err != nil {
		h.Fatal(err)
	}
	return s
}

func (h *house) number(q string) (n int64) {
	h.Helper()
	if err := h.log.Read.QueryRow(h.Context(), q).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

// stored demands this many accounts, each with its credential, and sessions.
func (h *house) stored(accounts, sessions int) {
	h.Helper()
	if a, c, s := h.count("account"), h.count("credential"), h.count("session"); a != accounts || c != accounts || s != sessions {
		h.Errorf("%d accounts, %d credentials and %d sessions are stored, want %d, %d and %d", a, c, s, accounts, accounts, sessions)
	}
}

func equal(got, want []event.Event) bool {
	return len(got)+len(want) == 0 || reflect.DeepEqual(got, want)
}

func rules(fields []fault.Field) (out []string) {
	for _, f := range fields {
		out = append(out, f.Name+":"+f.Rule)
	}
	slices.Sort(out)
	return out
}
