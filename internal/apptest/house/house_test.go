package house

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coffer/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// listener is a test that notes complaints instead of failing.
type listener struct {
	testing.TB
	said []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

// complains runs a house, spoils something, and demands that a complaint has
// these words; and that there is none where there are no words.
func complains(t *testing.T, about string, spoil func(h *House, b *Browser)) {
	t.Helper()
	t.Run(about, func(t *testing.T) {
		l := &listener{TB: t}
		h := Open(l, "sqlite")
		spoil(h, h.Person("alice", "192.0.2.1"))
		h.Stop()
		h.check()
		said := strings.Join(l.said, "\n")
		l.said = nil
		if about == "" && said != "" || !strings.Contains(said, about) {
			t.Errorf("the house says %q, want %q", said, about)
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestItComplains holds that the checks of every test object to what they are for.
func TestItComplains(t *testing.T) {
	get := func(path string) func(*House, *Browser) *Answer {
		return func(_ *House, b *Browser) *Answer { return b.Get(path) }
	}
	complains(t, "", func(h *House, b *Browser) { get("/")(h, b).Is(200, "alice").Wrote() })
	complains(t, "events = [authz_fail], want []", func(h *House, b *Browser) { get("/view_credit_card/1")(h, b).Is(404) })
	complains(t, "events = [], want [authz_fail]", func(h *House, b *Browser) { get("/")(h, b).Wrote("authz_fail") })
	complains(t, `reason = "not_found", want "role"`, func(h *House, b *Browser) { get("/view_credit_card/1")(h, b).Wrote("authz_fail reason=role") })
	complains(t, `data.target = "card:1", want ""`, func(h *House, b *Browser) { get("/view_credit_card/1")(h, b).Wrote("authz_fail data.target=") })
	complains(t, "= 200, want 404", func(h *House, b *Browser) { get("/")(h, b).Is(404).Wrote() })
	complains(t, `lacks "bob"`, func(h *House, b *Browser) { get("/")(h, b).Is(200, "bob").Wrote() })
	complains(t, `want 303 to "/x"`, func(h *House, b *Browser) { get("/login")(h, b).To("/x").Wrote() })
	complains(t, "left-over holds the secrets [tuli…]", func(h *House, _ *Browser) { write(t, filepath.Join(h.Dir(), "left-over"), "x"+Password) })
	complains(t, "left-over holds the secrets [4242…]", func(h *House, _ *Browser) {
		h.secretNumber("4242424242424242")
		write(t, filepath.Join(h.Dir(), "left-over"), "4242-4242-4242-4242")
	})
	complains(t, "operator's lines hold the secrets", func(h *House, _ *Browser) {
		h.Secret("only-in-this-test")
		slog.Debug("seen", "password", "only-in-this-test")
	})
	complains(t, "with the secrets [alic…] in it", func(h *House, b *Browser) { h.Secret("alice"); get("/")(h, b).Wrote() })
}

// TestItComparesTheFile holds that a file that is not the log is found.
func TestItComparesTheFile(t *testing.T) {
	for name, spoil := range map[string]func(string) string{
		"changed": func(s string) string { return strings.Replace(s, "INFO", "INF0", 1) },
		"cut":     func(s string) string { return s[:len(s)-1] },
		"longer":  func(s string) string { return s + "\n" },
	} {
		l := &listener{TB: t}
		h := Open(l, "sqlite")
		h.Stop()
		path := filepath.Join(h.Dir(), "security.log")
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, spoil(string(before)))
		h.check()
		if len(l.said) != 1 || !strings.Contains(l.said[0], "security.log has") {
			t.Errorf("%s: the house says %q, want that the file is not the log", name, l.said)
		}
		write(t, path, string(before))
		l.said = nil
	}
}
