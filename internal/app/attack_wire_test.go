package app_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// These attacks need bytes that no browser sends, so they come over a real
// connection; TestOnTheWire holds what is refused before it is a request.

// exchange sends bytes and gives back what came, as it came.
func exchange(h *house.House, request string) (status int, head, body string) {
	h.Helper()
	c := dial(h)
	go func() { _, _ = io.WriteString(c, request) }() // the server may hang up before it has read all
	raw, _ := io.ReadAll(c)                           // a reset at the end takes nothing of what came
	head, body, _ = strings.Cut(string(raw), "\r\n\r\n")
	_, _ = fmt.Sscanf(head, "HTTP/1.1 %d", &status)
	return status, head, body
}

const (
	ourHost  = "Host: coffer.test\r\n"
	closing  = "Connection: close\r\n"
	formHead = "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://coffer.test\r\n"
)

// posting is a form on the wire.
func posting(path, host, more, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\n%s%s%s%sContent-Length: %d\r\n\r\n%s", path, host, closing, formHead, more, len(body), body)
}

func getting(path, host, more string) string {
	return "GET " + path + " HTTP/1.1\r\n" + host + closing + more + "\r\n"
}

// hosts are ways to say that we are somebody else.
var hosts = []struct{ says, target, host, more string }{
	{"another host", "", "Host: evil.example\r\n", ""},
	{"another port", "", "Host: coffer.test:1\r\n", ""},
	{"a dot behind", "", "Host: evil.example.\r\n", ""},
	{"an address", "", "Host: [::1]:80\r\n", ""},
	{"the whole address", "http://evil.example", "Host: evil.example\r\n", ""},
	{"the whole address, and ours beside it", "http://evil.example", ourHost, ""},
	{"another scheme", "https://evil.example", ourHost, ""},
	{"X-Forwarded-Host", "", ourHost, "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n"},
	{"Forwarded", "", ourHost, "Forwarded: host=evil.example;proto=https\r\n"},
	{"lesser known ones", "", ourHost, "X-Host: evil.example\r\nX-Forwarded-Server: evil.example\r\nX-HTTP-Host-Override: evil.example\r\nX-Forwarded-Prefix: //evil.example\r\n"},
	{"another path", "", ourHost, "X-Original-URL: /healthz?evil.example\r\nX-Rewrite-URL: /healthz\r\nX-Forwarded-Uri: /healthz\r\n"},
}

// TestHostTricks holds that no answer repeats whom a request takes us for: not in
// a redirect, a cookie or a page; and that another path is asked for in one place.
func TestHostTricks(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "request=off,lock=off,flood=off" })
	h.Person("alice", home)
	for _, c := range hosts {
		for _, ask := range []struct {
			request string
			status  int
			head    string
			wrote   []string
		}{
			{getting(c.target+"/login", c.host, c.more), 200, "", nil},
			{getting(c.target+"/activity", c.host, c.more), 303, "\r\nLocation: /login?next=%2Factivity\r\n", []string{"authz_fail reason=signed_out target=route:/activity source_ip=127.0.0.1"}},
			{getting(c.target+"/nowhere", c.host, c.more), 404, "", nil},
			{posting(c.target+"/login", c.host, c.more, "username=alice&password=guess"), 401, "", []string{"authn_login_fail subject=$alice request_uri=/login"}},
		} {
			status, head, body := exchange(h, ask.request)
			if status != ask.status || !strings.Contains(head+"\r\n", ask.head) {
				t.Errorf("%s: %.40q = %d, want %d with %q in\n%s", c.says, ask.request, status, ask.status, ask.head, head)
			}
			if text := strings.ToLower(head + body); strings.Contains(text, "evil.example") || strings.Contains(text, "domain=") || strings.Contains(text, "https://coffer") {
				t.Errorf("%s: %.40q is answered with the host that it made up", c.says, ask.request)
			}
			h.Wrote(ask.wrote...)
		}
	}
	for _, host := range []string{"Host: coffer.test@evil.example\r\n", "Host: coffer.test/../x\r\n", "Host: \"><script>\r\n", "Host: a b\r\n", "Host : coffer.test\r\n"} {
		if status, _, body := exchange(h, getting("/login", host, "")); status != 400 || strings.Contains(body, "evil") || strings.Contains(body, "script") {
			t.Errorf("%q = %d, want 400", host, status)
		}
	}
	h.Wrote()
}

const splitter = "%0d%0aX-Evil:%20yes%0d%0a%0d%0a%3Cscript%3E"

// TestResponseSplitting holds that nothing in a request becomes a header or a
// second answer, nor a second line of the log.
func TestResponseSplitting(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "not_found=off" })
	h.Person("alice", home)
	const signedOut, unknown = "authz_fail reason=signed_out", "authn_login_fail reason=unknown_name"
	for _, c := range []struct {
		says, request string
		status        int
		wrote         []string
	}{
		{"in a path that is not there", getting("/activity"+splitter, ourHost, ""), 404, nil},
		{"in an id", getting("/view_credit_card/"+splitter, ourHost, ""), 303, []string{signedOut + " target=card:{id} request_uri=/view_credit_card/{id}"}},
		{"in the id of a form", posting("/view_credit_card/c"+splitter+"/reveal", ourHost, "", ""), 303, []string{signedOut}},
		{"in a query", getting("/activity?before="+splitter, ourHost, ""), 303, []string{signedOut}},
		{"in the next page", getting("/login?next=/activity"+splitter, ourHost, ""), 200, nil},
		{"in the form's next page", posting("/login", ourHost, "", "username=alice&password=guess&next=/activity"+splitter), 401, []string{"authn_login_fail subject=$alice"}},
		{"in the next page of who gets in", posting("/login", ourHost, "", "username=alice&password="+house.Password+"&next=/activity"+splitter), 303, []string{"authn_login_successafterfail", "session_created"}},
		{"in a name", posting("/login", ourHost, "", "username=alice"+splitter+"&password=x"), 401, []string{unknown + " target=account:unknown"}},
		{"in a new name", posting("/signup", ourHost, "", "username=alice"+splitter+"&password="+house.Password), 422, []string{"input_validation_fail"}},
		{"in a field's name", posting("/login", ourHost, "", splitter+"=x"), 400, []string{"malicious_extraneous"}},
		{"in the session's cookie", getting("/activity", ourHost, "Cookie: coffer="+splitter+"\r\n"), 303, []string{signedOut}},
		{"in the device's cookie", posting("/login", ourHost, "Cookie: coffer_device="+splitter+"\r\n", "username=alice&password=guess"), 401, []string{"authn_login_fail"}},
		{"in the visit's cookie", getting("/", ourHost, "Cookie: coffer_visit="+splitter+"\r\n"), 200, nil},
		{"in what the browser says it is", getting("/activity", ourHost, "User-Agent: x"+splitter+"\r\n"), 303, []string{signedOut}},
		{"a line folded into a header", getting("/activity", ourHost, "User-Agent: x\r\n X-Evil: yes\r\n"), 303, []string{signedOut}},
		{"a bare CR in a header", getting("/activity", ourHost, "User-Agent: x\rX-Evil: yes\r\n"), 400, nil},
		{"a bare CR in the path", getting("/activity\rX-Evil:yes", ourHost, ""), 400, nil},
		{"a bare LF in the path", getting("/activity\nX-Evil: yes", ourHost, ""), 400, nil},
	} {
		status, head, body := exchange(h, c.request)
		if status != c.status {
			t.Errorf("%s: %d, want %d", c.says, status, c.status)
		}
		if strings.Contains(head, "\r\nX-Evil") || strings.Count(head+body, "HTTP/1.1 ") > 1 || strings.Contains(body, "<script>") && !strings.Contains(body, "<script src=") {
			t.Errorf("%s: the answer was split:\n%s", c.says, head)
		}
		h.Wrote(c.wrote...)
	}
}

// TestTooMuch holds what too many of everything bring: a refusal, at once, with
// one event at most, and never a word of what was sent.
func TestTooMuch(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "not_found=off" })
	h.Person("alice", home)
	pairs := func(n int, format, between string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+between, i)
		}
		return strings.TrimSuffix(b.String(), between)
	}
	const signedOut = "authz_fail reason=signed_out"
	for _, c := range []struct {
		says, request string
		status        int
		wrote         []string
	}{
		{"many fields", posting("/login", ourHost, "", pairs(999, "evil%d=1", "&")), 400, []string{"malicious_extraneous data.unknown=999 data.repeated=0"}},
		{"one field many times", posting("/login", ourHost, "", pairs(900, "username=evil%d", "&")), 400, []string{"malicious_extraneous data.unknown=0 data.repeated=1"}},
		{"more fields than anybody counts", posting("/login", ourHost, "", pairs(12_000, "%x", "&")), 400, []string{"malicious_extraneous level=CRITICAL data.unknown=12000 data.repeated=0"}},
		{"nothing but separators", posting("/login", ourHost, "", strings.Repeat("&", 64<<10)), 400, []string{"malicious_extraneous data.unknown=65537"}},
		{"a long field", posting("/login", ourHost, "", "username="+strings.Repeat("evil", 16_000)), 401, []string{"authn_login_fail reason=unknown_name"}},
		{"a byte too many", posting("/login", ourHost, "", "username="+strings.Repeat("e", 64<<10-8)), 413, []string{"input_validation_fail reason=too_large"}},
		{"many headers", getting("/login", ourHost, pairs(3000, "X-Evil-%d: evil", "\r\n")+"\r\n"), 431, nil},
		{"a header many times", getting("/activity", ourHost, strings.Repeat("X-Forwarded-For: 1.1.1.1\r\n", 500)), 303, []string{signedOut + " source_ip=127.0.0.1"}},
		{"many cookies", getting("/activity", ourHost, "Cookie: "+pairs(1000, "evil%d=1", "; ")+"\r\n"), 303, []string{signedOut}},
		{"the session's cookie many times", getting("/activity", ourHost, "Cookie: "+strings.TrimSuffix(strings.Repeat("coffer=evil; ", 900), "; ")+"\r\n"), 303, []string{signedOut}},
		{"a long path", getting("/"+strings.Repeat("evil/", 3000), ourHost, ""), 404, nil},
		{"a long id", getting("/view_credit_card/"+strings.Repeat("evil", 3000), ourHost, ""), 303, []string{signedOut + " target=card:{id}"}},
		{"a long query", getting("/login?next=/"+strings.Repeat("evil", 3000), ourHost, ""), 200, nil},
		{"many parameters", getting("/login?"+pairs(2000, "e%d=1", "&"), ourHost, ""), 200, nil},
		{"a longer line than that", getting("/"+strings.Repeat("evil/", 8000), ourHost, ""), 431, nil},
	} {
		began := time.Now()
		status, _, body := exchange(h, c.request)
		if status != c.status {
			t.Errorf("%s: %d, want %d", c.says, status, c.status)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: answered after %v", c.says, took)
		}
		if repeated := strings.Count(body, "evil"); repeated > 64 || repeated > 0 && c.status >= 400 && c.status != 401 {
			t.Errorf("%s: the answer repeats what was sent %d times", c.says, repeated)
		}
		h.Wrote(c.wrote...)
	}
}
