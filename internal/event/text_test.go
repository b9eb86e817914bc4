package event

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	long := strings.Repeat("a", 10<<10)
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"},
		{"empty", "", ""},
		{"quotes are for the encoder", `a"b\c`, `a"b\c`},
		{"markup shows as it is", "<script>&", "<script>&"},
		{"another script", "Grüße 日本", "Grüße 日本"},
		{"newlines", "a\r\nb", "a\uFFFD\uFFFDb"},
		{"NUL, escape, delete", "\x00\x1b[2J\x7f", "\uFFFD\uFFFD[2J\uFFFD"},
		{"C1 control", "a\u0085b\u009b", "a\uFFFDb\uFFFD"},
		{"line and paragraph separators", "a\u2028b\u2029", "a\uFFFDb\uFFFD"},
		{"bidirectional overrides", "\u202Egpj\u202C\u2066x\u2069", "\uFFFDgpj\uFFFD\uFFFDx\uFFFD"},
		{"bidirectional marks", "\u200Ea\u200Fb\u061C", "\uFFFDa\uFFFDb\uFFFD"},
		{"zero width, byte order mark", "a\u200Bb\uFEFF", "a\uFFFDb\uFFFD"},
		{"tag characters", "a\U000E0041", "a\uFFFD"},
		{"broken UTF-8", "a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{"surrogate in UTF-8", "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"long", long, long[:256]},
		{"cut between characters", strings.Repeat("é", 200), strings.Repeat("é", 128)},
		{"no half character", "x" + strings.Repeat("é", 200), "x" + strings.Repeat("é", 127)},
		{"what replaces counts too", strings.Repeat("\n", 256), strings.Repeat("\uFFFD", 85)},
	} {
		if got := CleanText(c.in, 256); got != c.want {
			t.Errorf("%s: CleanText(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
	if got := CleanText("abc", 0); got != "" {
		t.Errorf("CleanText(abc, 0) = %q, want nothing", got)
	}
}

func TestCleanPath(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a page", "/login", "/login"},
		{"the root", "/", "/"},
		{"none", "", ""},
		{"no path", "*", "{id}"},
		{"the query goes", "/login?next=/x&password=hunter2", "/login"},
		{"the fragment goes", "/login#hunter2", "/login"},
		{"an id of ours", "/view_credit_card/c_q2x4k7ztbwa3m5npr6ysdehjg", "/view_credit_card/c_q2x4k7ztbwa3m5npr6ysdehjg"},
		{"seven digits", "/activity/1234567", "/activity/1234567"},
		{"eight digits", "/activity/12345678", "/activity/{id}"},
		{"eight digits among letters", "/x/ab12345678cd", "/x/{id}"},
		{"a card number", "/view_credit_card/4242424242424242", "/view_credit_card/{id}"},
		{"a card number with dashes", "/view_credit_card/4242-4242-4242-4242", "/view_credit_card/{id}"},
		{"a card number with underscores", "/4242_4242_4242_4242/delete", "/{id}/delete"},
		{"a card number with spaces", "/view_credit_card/4242 4242", "/view_credit_card/{id}"},
		{"eleven digits, parted", "/x/1234567-8901", "/x/1234567-8901"},
		{"forty", "/" + strings.Repeat("a", 40), "/" + strings.Repeat("a", 40)},
		{"forty-one", "/" + strings.Repeat("a", 41), "/{id}"},
		{"a point", "/../etc/passwd", "/{id}/etc/passwd"},
		{"an address", "/people/jo@example.org", "/people/{id}"},
		{"another script", "/日本", "/{id}"},
		{"a line of a log", "/x\n{\"seq\":1}", "/{id}"},
		{"escapes that stayed", "/%2e%2e", "/{id}"},
		{"a reset token", "/reset/k3jd8s", "/reset/{token}"},
		{"a reset without", "/reset/", "/reset/"},
		{"a pattern", "/view_credit_card/{id}/reveal", "/view_credit_card/{id}/reveal"},
		{"slashes", "//a///b/", "//a///b/"},
		{"long", strings.Repeat("/abcdefghijklmno", 20), strings.Repeat("/abcdefghijklmno", 16)},
	} {
		if got := CleanPath(c.in); got != c.want {
			t.Errorf("%s: CleanPath(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

// TestIDsStayInPaths: a page's path in the log leads to its thing.
func TestIDsStayInPaths(t *testing.T) {
	seen := map[string]bool{}
	for range 20000 {
		id := NewID("c_")
		if path := "/view_credit_card/" + id; CleanPath(path) != path || !plain(id) {
			t.Fatalf("CleanPath(%s) = %s, want it unchanged", path, CleanPath(path))
		}
		if seen[id] || len(id) < len("c_")+26 {
			t.Fatalf("NewID() = %s: twice, or under 128 bits", id)
		}
		seen[id] = true
	}
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"", "abc", "\u202Ex", "a\xffb", "x\n{\"seq\":1}", "é日\U0001F600"} {
		f.Add(s, 256)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, min(limit, 1<<12))
		got := CleanText(s, limit)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsFunc(got, harmful) {
			t.Errorf("CleanText(%q, %d) = %q", s, limit, got)
		}
		if again := CleanText(got, limit); again != got {
			t.Errorf("CleanText(%q) = %q, want it unchanged the second time", got, again)
		}
	})
}

// harmful is named here by ranges, not by what the code uses.
func harmful(r rune) (yes bool) {
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 || r == 0x200E || r == 0x200F || r == 0x061C || r == 0xFEFF
}

func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{"", "/", "/login?x=1", "/4242424242424242", "/reset/abc", "//a//", "/{id}/{token}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanPath(s)
		if len(got) > 256 || strings.ContainsFunc(got, outsidePath) {
			t.Errorf("CleanPath(%q) = %q", s, got)
		}
		if again := CleanPath(got); again != got {
			t.Errorf("CleanPath(%q) = %q, want it unchanged the second time", got, again)
		}
		row := 0
		for _, c := range got {
			if row++; c < '0' || c > '9' {
				row = 0
			}
			if row >= 8 {
				t.Fatalf("CleanPath(%q) = %q: 8 digits in a row", s, got)
			}
		}
	})
}

func outsidePath(r rune) (yes bool) {
	return !strings.ContainsRune("/{}_-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r)
}
