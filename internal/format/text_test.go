package format

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// names knows two people.
func names(id string) string {
	return map[string]string{"u_7f3kaaaaaaaaaaaaaaaaaaaaaa": "alice", "u_9zztbbbbbbbbbbbbbbbbbbbbbb": "bob"}[id]
}

// real gives the golden line ids of the length that they have in use.
func real(s sample) sample {
	for short, long := range map[string]string{
		"u_7f3k": "u_7f3kaaaaaaaaaaaaaaaaaaaaaa", "u_9zzt": "u_9zztbbbbbbbbbbbbbbbbbbbbbb", "c_q2x4": "c_q2x4cccccccccccccccccccccc",
	} {
		for _, member := range []*string{&s.l.Actor, &s.l.Subject} {
			*member = strings.ReplaceAll(*member, short, long)
		}
		s.l.Data = bytes.ReplaceAll(s.l.Data, []byte(short), []byte(long))
	}
	return s
}

func writeText(t testing.TB, f Format, s sample) string {
	t.Helper()
	out, err := f.Append(nil, s.l, s.line)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// columns is a usual terminal's width.
const columns = 160

func TestText(t *testing.T) {
	tests := map[string]string{
		"authn_login_fail":           "    41 2026-11-24 16:51:27Z WARNING  authn_login_fail           -                203.0.113.9   Sign-in refused: the password did not match  of alice u_7f3kaa…\n",
		"sensitive_read-number":      "    41 2026-11-24 16:51:27Z INFO     sensitive_read             alice u_7f3kaa…  203.0.113.9   Card viewed: the whole number  card:c_q2x4cc…\n",
		"malicious_direct_reference": "    41 2026-11-24 16:51:27Z CRITICAL malicious_direct_reference alice u_7f3kaa…  203.0.113.9   Somebody tried to reach anothe…  of bob u_9zztbb…  card:c_q2x4cc…\n",
		"authz_fail":                 "    41 2026-11-24 16:51:27Z WARNING  authz_fail                 -                203.0.113.9   Access refused: not signed in  route:/create_credit_card\n",
		"log_heartbeat":              "    41 2026-11-24 16:51:27Z INFO     log_heartbeat              system:sealer    -             Nothing to report  log:security.log\n",
	}
	for name, want := range tests {
		if got := writeText(t, Text(names, false, columns), real(goldenLine(t, name))); got != want {
			t.Errorf("text of %s =\n%swant\n%s", name, got, want)
		}
	}
}

// TestTextWhole: what is read by a program, or kept in a file, is not cut.
func TestTextWhole(t *testing.T) {
	tests := map[string]string{
		"authn_login_fail":           "    41 2026-11-24 16:51:27Z WARNING  authn_login_fail           -                203.0.113.9   Sign-in refused: the password did not match  of alice u_7f3kaaaaaaaaaaaaaaaaaaaaaa\n",
		"malicious_direct_reference": "    41 2026-11-24 16:51:27Z CRITICAL malicious_direct_reference alice u_7f3kaaaaaaaaaaaaaaaaaaaaaa 203.0.113.9   Somebody tried to reach another person's card  of bob u_9zztbbbbbbbbbbbbbbbbbbbbbb  card:c_q2x4cccccccccccccccccccccc\n",
	}
	for name, want := range tests {
		if got := writeText(t, Text(names, false, 0), real(goldenLine(t, name))); got != want {
			t.Errorf("text of %s =\n%swant\n%s", name, got, want)
		}
	}
	for _, s := range golden(t) {
		if got := writeText(t, Text(names, false, 0), real(s)); strings.Contains(got, "…") || !strings.Contains(got, s.l.Description) {
			t.Errorf("text of %s is cut: %s", s.name, got)
		}
	}
}

// TestTextNarrow: on a narrow terminal it is the sentence that gives way.
func TestTextNarrow(t *testing.T) {
	got := writeText(t, Text(names, false, 137), real(goldenLine(t, "authn_login_fail")))
	if want := "    41 2026-11-24 16:51:27Z WARNING  authn_login_fail           -                203.0.113.9   Sign-in refused: the …  of alice u_7f3kaa…\n"; got != want {
		t.Errorf("text =\n%swant\n%s", got, want)
	}
}

// TestTextFits: no golden line is wider than it may be, whoever it names.
func TestTextFits(t *testing.T) {
	for _, s := range golden(t) {
		got := writeText(t, Text(names, false, columns), real(s))
		if width := utf8.RuneCountInString(got) - 1; width > columns {
			t.Errorf("text of %s has %d columns, at most %d:\n%s", s.name, width, columns, got)
		}
		if !strings.Contains(got, " "+s.l.Event+" ") || !strings.Contains(got, s.l.Level) {
			t.Errorf("text of %s lacks its name or level: %s", s.name, got)
		}
	}
}

// TestTextColour: the colours say nothing that the words do not.
func TestTextColour(t *testing.T) {
	paints := map[string]string{"INFO": "\x1b[2mINFO\x1b[0m", "WARNING": "\x1b[33mWARNING\x1b[0m", "CRITICAL": "\x1b[1;31mCRITICAL\x1b[0m"}
	for _, s := range golden(t) {
		painted, bare := writeText(t, Text(names, true, columns), real(s)), writeText(t, Text(names, false, columns), real(s))
		if !strings.Contains(painted, paints[s.l.Level]) {
			t.Errorf("text of %s = %q, want its level painted", s.name, painted)
		}
		if s.l.Actor != "" && !strings.Contains(painted, "\x1b[1m") {
			t.Errorf("text of %s = %q, want its actor in bold", s.name, painted)
		}
		for _, code := range []string{"\x1b[2m", "\x1b[33m", "\x1b[1;31m", "\x1b[1m", "\x1b[0m"} {
			painted = strings.ReplaceAll(painted, code, "")
		}
		if painted != bare {
			t.Errorf("without its colours, text of %s = %q, want %q", s.name, painted, bare)
		}
	}
}

func TestTextHostile(t *testing.T) {
	for _, h := range hostile {
		checkText(t, h)
	}
}

// checkText: one line, and nothing in it acts on the terminal, be it from the
// line or from the name of a person.
func checkText(t testing.TB, h string) {
	t.Helper()
	for _, f := range []Format{Text(nil, false, columns), Text(func(string) string { return h }, false, columns), Text(func(string) string { return h }, false, 0)} {
		got, ends := strings.CutSuffix(writeText(t, f, forged(h)), "\n")
		if !ends || !utf8.ValidString(got) {
			t.Errorf("text of %q = %q, want one line of UTF-8", h, got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("text of %q = %q: %U acts on the terminal", h, got, r)
			}
		}
	}
}
