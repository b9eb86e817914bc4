package web

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

const aLine = `{"seq":41,"datetime":"2026-11-24T16:51:27.123456Z","level":"WARNING","event":"authn_login_fail","outcome":"failure","reason":"wrong_password","description":"Sign-in refused","actor":"","subject":"u_7f3k","source_ip":"203.0.113.9","peer_ip":"10.0.0.2","useragent":"a <b> \"c\"","request_method":"POST","request_uri":"/login","request_id":"r_1","session":"","appid":"coffer","node":"a1","version":"1.0.0","data":{"target":"account:u_7f3k","attempt":3},"schema":1}`

// The order of a line's members is the wire's and is fixed.
var wire = []string{
	"seq", "datetime", "level", "event", "outcome", "reason", "description", "actor", "subject", "source_ip", "peer_ip",
	"useragent", "request_method", "request_uri", "request_id", "session", "appid", "node", "version", "data", "schema",
}

func TestExplainKeepsTheLine(t *testing.T) {
	e := Explain([]byte(aLine))
	var names []string
	for _, m := range e.Line {
		names = append(names, m.Name)
	}
	if !slices.Equal(names, wire) {
		t.Errorf("members = %v, want %v", names, wire)
	}
	var b bytes.Buffer
	if err := e.whole().Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	shown := strings.NewReplacer("<i>", "", "</i>", "", "<wbr/>", "", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(b.String())
	if shown != aLine {
		t.Errorf("the line as shown = %s, want %s", shown, aLine)
	}
	if strings.Contains(b.String(), "<b>") {
		t.Error("a visitor's text stands unescaped in the page")
	}
}

func TestExplainAnswersEveryMember(t *testing.T) {
	e := Explain([]byte(aLine))
	if len(e.Questions) != len(questions) {
		t.Errorf("questions = %d, want %d", len(e.Questions), len(questions))
	}
	explained := 0
	for _, q := range e.Questions {
		for _, m := range q.Members {
			explained++
			if m.Means == "" {
				t.Errorf("%s is not explained", m.Name)
			}
		}
	}
	if explained != len(wire) {
		t.Errorf("%d members are explained, want %d", explained, len(wire))
	}
}

// An empty actor is explained as such: nobody is proven.
func TestExplainTellsEmptyFromFull(t *testing.T) {
	full := strings.Replace(aLine, `"actor":""`, `"actor":"u_1"`, 1)
	find := func(e Explained) string {
		for _, m := range e.Line {
			if m.Name == "actor" {
				return m.Means
			}
		}
		return ""
	}
	if a, b := find(Explain([]byte(aLine))), find(Explain([]byte(full))); a == b {
		t.Errorf("actor empty and full are both explained as %q", a)
	}
}

func TestExplainOfNonsense(t *testing.T) {
	for _, s := range []string{"", "null", "[]", "{", `{"seq":`, `{"seq":1,`, "\xff"} {
		if e := Explain([]byte(s)); len(e.Line)+len(e.Questions) != 0 {
			t.Errorf("Explain(%q) = %v, want nothing", s, e)
		}
	}
}
