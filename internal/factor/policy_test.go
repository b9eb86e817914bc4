package factor

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"coffer/internal/secret"
)

func TestPolicy(t *testing.T) {
	for _, c := range []struct{ username, password, want string }{
		{"alice", "", "required"},
		{"alice", "1234567", "too_short"},
		{"alice", "zq7#kp!", "too_short"},
		{"alice", "zq7#kp!w", ""},
		{"alice", "hunter-gatherer", ""},
		{"alice", "\u00e9\u00e8\u00ea\u00eb\u00e0\u00e2\u00e4", "too_short"},        // seven characters, fourteen bytes
		{"alice", "e\u0301e\u0300e\u0302e\u0308a\u0300a\u0302a\u0308", "too_short"}, // the same, decomposed
		{"alice", "\u65e5\u672c\u8a9e\u306e\u5408\u8a00\u8449\u3067", ""},           // eight of another script
		{"alice", "🦀🐢🦊🐙🦉🐝🐳🦔", ""},                                                   // eight of another plane
		{"alice", "        ", ""},                                                   // no composition rules, spaces count
		{"alice", strings.Repeat("long and kept whole ", 20), ""},                   // 400 characters
		{"alice", strings.Repeat("\u65e5\u672c", 64), ""},                           // 128 characters of three bytes
		{"alice", strings.Repeat("y", MaxBytes), ""},
		{"alice", strings.Repeat("y", MaxBytes+1), "too_long"},
		{"alice", "abc\x00defgh", "characters"},
		{"alice", "abcdefgh\n", "characters"},
		{"alice", "abcdefgh\xff", "characters"},
		{"alice", "password", "common"},
		{"alice", "PassWord", "common"},
		{"alice", "password1", "common"},
		{"alice", "12345678", "common"},
		{"alice", "qwertyuiop", "common"},
		{"quindlet", "quindlet", "like_name"},
		{"quindlet", "QUINDLET", "like_name"},
		{"quindlet", "quindlet1", "like_name"},
		{"quindlet", "2024quindlet!", "like_name"},
		{"quindlet", "qu1nd!3t", "like_name"},
		{"quindlet", "quindletquindlet", "like_name"},
		{"quin.dle", "quindlet_99", "like_name"},
		{"quindlet", "quindlet-password", "like_name"}, // what is left is common
		{"alice", "alice12345678", "like_name"},
		{"bob", "bobsleigh rides at dawn", ""}, // a long phrase may hold a short name
		{"bob", "bob-1234", "like_name"},
		{"...", "a.quite.usable.one", ""},
		{"alice", "coffer2024", "like_name"},
		{"alice", "C0FFER!!", "like_name"},
		{"alice", "my coffer", "like_name"},
		{"alice", "the dragon sleeps on her coffer", ""},
	} {
		wrong := Policy{}.Check(c.username, secret.New(c.password))
		got, text := "", ""
		if len(wrong) == 1 {
			got, text = wrong[0].Rule, wrong[0].Text
		}
		if got != c.want || len(wrong) > 1 {
			t.Errorf("Check(%q, %q) = %v, want %q", c.username, c.password, wrong, c.want)
		}
		if got != "" && (wrong[0].Name != "password" || len(text) < 20 || c.want != "common" && len(c.password) > 2 && strings.Contains(text, c.password)) {
			t.Errorf("Check(%q, %q) says %+v, want a helpful sentence for the password field that does not repeat it", c.username, c.password, wrong[0])
		}
	}
}

func TestPolicySettingOnlyRaises(t *testing.T) {
	for least, want := range map[int]string{0: "", 4: "", 8: "", 15: "too_short"} {
		wrong := Policy{Min: least}.Check("alice", secret.New("zq7#kp!w"))
		got := ""
		if len(wrong) > 0 {
			got = wrong[0].Rule
		}
		if got != want {
			t.Errorf("Policy{%d}.Check of eight characters = %q, want %q", least, got, want)
		}
	}
}

// site is the host of the policies here.
var site = SiteWords("cards.kestrel.example")

// TestPolicyWords holds that the site's own name is no password, nor a part of
// one that is little else.
func TestPolicyWords(t *testing.T) {
	p := Policy{Words: site}
	for password, want := range map[string]string{
		"cards.kestrel.example": "like_name",
		"CardsKestrelExample1":  "like_name",
		"kestrel2026":           "like_name",
		"k3str3l!!":             "like_name",
		"kestrel-kestrel":       "like_name",
		"cards cards":           "like_name",
		"a kestrel over Ghent":  "",
		"example-of-one":        "", // the last part says nothing
		"tulip-lantern":         "",
	} {
		wrong := p.Check("alice", secret.New(password))
		got := ""
		if len(wrong) > 0 {
			got = wrong[0].Rule
		}
		if got != want {
			t.Errorf("Check(%q) = %q, want %q", password, got, want)
		}
	}
	for host, want := range map[string]string{"localhost": "localhost", "www.kestrel.example": "www.kestrel.example kestrel", "10.0.0.7": "10.0.0.7"} {
		if got := strings.Join(SiteWords(host), " "); got != want {
			t.Errorf("SiteWords(%q) = %q, want %q", host, got, want)
		}
	}
}

// TestPolicyAsksTheList holds that a list of stolen passwords is asked about what
// every other rule lets through, and that nothing passes unasked.
func TestPolicyAsksTheList(t *testing.T) {
	var asked []string
	p := Policy{Breached: func(password string) (bool, error) {
		if asked = append(asked, password); password == "broken-list-here" {
			return false, errors.New("read error")
		}
		return password == "tulip-lantern", nil
	}}
	for _, c := range []struct{ password, want string }{
		{"short", "too_short"},
		{"password", "common"},
		{"alice-alice", "like_name"},
		{"tulip-lantern", "breached"},
		{"heron-lantern", ""},
		{"broken-list-here", "unchecked"},
	} {
		wrong := p.Check("alice", secret.New(c.password))
		got := ""
		if len(wrong) > 0 {
			got = wrong[0].Rule
		}
		if got != c.want {
			t.Errorf("Check(%q) = %q, want %q", c.password, got, c.want)
		}
	}
	if want := []string{"tulip-lantern", "heron-lantern", "broken-list-here"}; !slices.Equal(asked, want) {
		t.Errorf("the list was asked about %q, want %q", asked, want)
	}
}
