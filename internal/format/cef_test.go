package format

import (
	"regexp"
	"strings"
	"testing"
)

// cefRecord is a record read back by the rules of CEF.
type cefRecord struct {
	header    []string
	extension map[string]string
}

var cefKey = regexp.MustCompile(`(?:^| )([A-Za-z0-9]+)=`)

// readCEF takes the header apart at pipes that are not escaped, and the
// extension at equals signs that are not.
func readCEF(t testing.TB, text string) cefRecord {
	t.Helper()
	body, ends := strings.CutSuffix(text, "\n")
	if !ends || strings.ContainsAny(body, "\r\n") {
		t.Fatalf("cef %q is not one line", text)
	}
	r := cefRecord{extension: map[string]string{}}
	for len(r.header) < 7 {
		end := unescaped(body, '|')
		if end < 0 {
			t.Fatalf("cef %q has %d fields before the extension, want 7", text, len(r.header))
		}
		r.header = append(r.header, strings.NewReplacer(`\\`, `\`, `\|`, `|`).Replace(body[:end]))
		body = body[end+1:]
	}
	for body != "" {
		key := cefKey.FindStringSubmatch(body)
		if key == nil || !strings.HasPrefix(body, key[0]) {
			t.Fatalf("cef %q: no key at %q", text, body)
		}
		body = body[len(key[0]):]
		end := len(body)
		if next := unescaped(body, '='); next >= 0 {
			end = strings.LastIndexByte(body[:next], ' ')
			if end < 0 {
				t.Fatalf("cef %q: an equals sign stands free in %q", text, body)
			}
		}
		if _, twice := r.extension[key[1]]; twice {
			t.Errorf("cef %q has %s twice", text, key[1])
		}
		r.extension[key[1]] = strings.NewReplacer(`\\`, `\`, `\=`, `=`, `\n`, "\n", `\r`, "\r").Replace(body[:end])
		body = body[end:]
	}
	return r
}

func unescaped(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

func TestCEF(t *testing.T) {
	for _, s := range golden(t) {
		r := readCEF(t, write(t, "cef", s))
		want := []string{"CEF:0", "Coffer", "coffer", "1.0.0", s.l.Event}
		for i, field := range want {
			if r.header[i] != field {
				t.Errorf("header %d of %s = %q, want %q", i, s.name, r.header[i], field)
			}
		}
		if r.header[5] == "" || !strings.Contains("2 5 9", r.header[6]) {
			t.Errorf("name and severity of %s = %q, %q", s.name, r.header[5], r.header[6])
		}
		for key, value := range map[string]string{
			"rt": "1795539087123", "externalId": "41", "outcome": s.l.Outcome, "reason": s.l.Reason, "msg": s.l.Description,
			"suid": s.l.Actor, "duid": s.l.Subject, "src": s.l.SourceIP, "requestMethod": s.l.RequestMethod, "request": s.l.RequestURI,
			"requestClientApplication": s.l.UserAgent, "dvchost": "a1", "cs1": s.l.Target(), "cs2": s.l.Session, "cs3": s.l.RequestID,
			"cs4": s.l.PeerIP, "cs5": s.l.Level, "cs6": string(s.l.Data),
		} {
			if r.extension[key] != value {
				t.Errorf("%s of %s = %q, want %q", key, s.name, r.extension[key], value)
			}
			label := r.extension[key+"Label"]
			if strings.HasPrefix(key, "cs") && (label == "") != (value == "") {
				t.Errorf("label of %s of %s = %q", key, s.name, label)
			}
		}
	}
}

// TestCEFAddress: CEF's src is IPv4; the other kind has a place of its own.
func TestCEFAddress(t *testing.T) {
	s := goldenLine(t, "authn_login_fail")
	s.l.SourceIP = "2001:db8:4::1f"
	r := readCEF(t, write(t, "cef", s))
	if _, there := r.extension["src"]; there || r.extension["c6a2"] != s.l.SourceIP || r.extension["c6a2Label"] != "Source IPv6 Address" {
		t.Errorf("cef of an IPv6 address = %v", r.extension)
	}
}

func TestCEFHostile(t *testing.T) {
	for _, h := range hostile {
		checkCEF(t, h)
	}
	s := goldenLine(t, "authn_login_fail")
	s.l.Version, s.l.UserAgent = `1|2\3=4`, `a|b\c=d`
	got := write(t, "cef", s)
	if !strings.HasPrefix(got, `CEF:0|Coffer|coffer|1\|2\\3=4|`) || !strings.Contains(got, ` requestClientApplication=a|b\\c\=d `) {
		t.Errorf("cef = %s", got)
	}
}

func checkCEF(t testing.TB, h string) {
	t.Helper()
	r := readCEF(t, write(t, "cef", forged(h)))
	lines := strings.NewReplacer("\n", "A", "\r", "B")
	// Line ends come back in the extension; all else as its clean form.
	var want strings.Builder
	for _, part := range regexp.MustCompile(`[\r\n]|[^\r\n]+`).FindAllString(h, -1) {
		if part != "\n" && part != "\r" {
			part = clean(part)
		}
		want.WriteString(part)
	}
	for _, key := range []string{"suid", "duid", "msg", "requestClientApplication"} {
		if got := r.extension[key]; got != want.String() {
			t.Errorf("%s of %q = %q, want %q", key, h, lines.Replace(got), lines.Replace(want.String()))
		}
	}
	if r.header[3] != clean(h) || r.header[4] != clean(h) {
		t.Errorf("header of %q = %q", h, r.header)
	}
	for key := range r.extension {
		if key == "CEF" || len(r.extension["cs1"]) > maxCustom {
			t.Errorf("cef of %q has %s, %d bytes", h, key, len(r.extension["cs1"]))
		}
	}
}
