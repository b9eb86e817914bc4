package event

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	l, err := Parse([]byte(golden(t, "authn_login_fail")))
	if err != nil {
		t.Fatal(err)
	}
	if l.Seq != 41 || l.Datetime != "2026-11-24T16:51:27.123456Z" || l.Event != "authn_login_fail" || l.Reason != "wrong_password" ||
		l.SourceIP != "203.0.113.9" || l.PeerIP != "10.0.0.2" || l.RequestURI != "/login" || l.Node != "a1" || l.Schema != 1 ||
		string(l.Data) != `{"target":"account:u_7f3k","attempt":3}` {
		t.Errorf("Parse() = %+v", l)
	}
	if got := l.Target(); got != "account:u_7f3k" {
		t.Errorf("Target() = %q, want account:u_7f3k", got)
	}
}

// TestParseAgreesWithJSON: any JSON reader sees in a line what Parse sees, and
// a Line marshals into the line.
func TestParseAgreesWithJSON(t *testing.T) {
	for _, s := range samples() {
		line := golden(t, s.file)
		agree(t, []byte(line))
	}
}

func agree(t *testing.T, line []byte) {
	t.Helper()
	l, err := Parse(line)
	if err != nil {
		t.Errorf("Parse(%s): %v", line, err)
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	var byJSON Line
	if err := json.Unmarshal(line, &byJSON); err != nil {
		t.Errorf("Unmarshal(%s): %v", line, err)
	}
	byJSON.Data, l.Data = nil, nil
	if got := strings.TrimSuffix(b.String(), "\n"); got != string(line) {
		t.Errorf("marshalled again:\n got %s\nwant %s", got, line)
	}
	if got, want := toJSON(t, byJSON), toJSON(t, l); got != want {
		t.Errorf("encoding/json reads %s, Parse %s", got, want)
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestParseIsStrict changes one thing in a good line.
func TestParseIsStrict(t *testing.T) {
	line := golden(t, "authn_login_fail")
	for _, c := range []struct{ name, old, new string }{
		{"a space", `,"level"`, `, "level"`},
		{"a newline at the end", `"schema":1}`, "\"schema\":1}\n"},
		{"more after the end", `"schema":1}`, `"schema":1}{}`},
		{"a byte order mark", `{"seq"`, "\ufeff{\"seq\""},
		{"a missing member", `"actor":"",`, ``},
		{"a member twice", `"actor":"",`, `"actor":"","actor":"u_9zzt",`},
		{"an unknown member", `"actor":"",`, `"actor":"","user":"x",`},
		{"another order", `"actor":"","subject":"u_7f3k"`, `"subject":"u_7f3k","actor":""`},
		{"another case", `"actor"`, `"Actor"`},
		{"null", `"actor":""`, `"actor":null`},
		{"a number for a text", `"actor":""`, `"actor":1`},
		{"an escaped letter", `"node":"a1"`, `"node":"\u0061\u0031"`},
		{"an escaped slash", `"request_uri":"/login"`, `"request_uri":"\/login"`},
		{"a control character", `"node":"a1"`, "\"node\":\"a\x011\""},
		{"a bidirectional override", `"node":"a1"`, "\"node\":\"a\u202e1\""},
		{"broken UTF-8", `"node":"a1"`, "\"node\":\"a\xff1\""},
		{"a text without end", `"schema":1}`, `"schema":"1`},
		{"a leading zero", `"seq":41`, `"seq":041`},
		{"a negative number", `"seq":41`, `"seq":-41`},
		{"a fraction", `"seq":41`, `"seq":41.0`},
		{"too large a number", `"seq":41`, `"seq":18446744073709551616`},
		{"a time with a comma", `27.123456Z`, `27,123456Z`},
		{"a time in milliseconds", `27.123456Z`, `27.123Z`},
		{"a time elsewhere", `27.123456Z`, `27.123456+01:00`},
		{"no such day", `2026-11-24`, `2026-11-31`},
		{"another schema", `"schema":1`, `"schema":2`},
		{"data that is no object", `"data":{"target":"account:u_7f3k","attempt":3}`, `"data":[]`},
		{"data with a space", `"attempt":3`, `"attempt": 3`},
		{"data without a target", `{"target":"account:u_7f3k","attempt":3}`, `{"attempt":3}`},
		{"broken data", `"attempt":3`, `"attempt":`},
		{"data and more", `"attempt":3}`, `"attempt":3},"more":{}`},
		{"too long", `"useragent":"`, `"useragent":"` + strings.Repeat("a", MaxLine)},
	} {
		changed := strings.Replace(line, c.old, c.new, 1)
		if changed == line {
			t.Fatalf("%s: nothing changed", c.name)
		}
		if l, err := Parse([]byte(changed)); err == nil {
			t.Errorf("%s: Parse() = %+v, want an error", c.name, l)
		}
	}
	for cut := range line {
		if l, err := Parse([]byte(line[:cut])); err == nil {
			t.Fatalf("Parse(the first %d bytes) = %+v, want an error", cut, l)
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for _, c := range []struct{ name, event, data string }{
		{"an unknown event", "authn_magic", `{"target":"account:u_7f3k"}`},
		{"an unknown member", "authn_login_fail", `{"target":"account:u_7f3k","attempt":3,"password":"x"}`},
		{"another type", "authn_login_fail", `{"target":"account:u_7f3k","attempt":"3"}`},
		{"no data", "authn_login_fail", ``},
		{"no target", "authn_login_fail", `{"attempt":3}`},
		{"a member twice", "authn_login_fail", `{"target":"account:u_7f3k","attempt":3,"attempt":4}`},
		{"the target twice", "authn_login_fail", `{"target":"account:u_7f3k","target":"account:u_9zzt","attempt":3}`},
		{"another case", "authn_login_fail", `{"target":"account:u_7f3k","Attempt":3}`},
		{"another order", "authn_signup_fail", `{"method":"password","target":"account:u_7f3k"}`},
		{"another spelling", "user_created", `{"target":"account:u_7f3k","role":"\u0061dmin"}`},
		{"a missing member", "authn_login_successafterfail", `{"target":"account:u_7f3k","method":"password"}`},
		{"an empty member", "authn_login_fail", `{"target":"account:u_7f3k","typed":"","attempt":3}`},
		{"an unknown member in a list", "input_validation_fail", `{"target":"route:/x","fields":[{"field":"a","value":"b"}]}`},
	} {
		if e, err := (Line{Event: c.event, Data: json.RawMessage(c.data)}).Decode(); err == nil {
			t.Errorf("%s: Decode() = %#v, want an error", c.name, e)
		}
	}
}

// FuzzParse: what is accepted is JSON that reads the same, one line long, and
// what is decoded is written again the same.
func FuzzParse(f *testing.F) {
	for _, s := range samples() {
		f.Add([]byte(golden(f, s.file)))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := Parse(line)
		if err != nil {
			return
		}
		agree(t, line)
		if bytes.ContainsAny(line, "\n\r\x00") {
			t.Errorf("Parse(%q) accepts more than a line", line)
		}
		if e, err := l.Decode(); err == nil && e.Kind().Name != l.Event {
			t.Errorf("Decode(%s) = %#v", line, e)
		}
	})
}
