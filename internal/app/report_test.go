package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

const reportTo = "/csp-report"

// older and newer are a violation as browsers write it: CSP 2 and 3.
func older(page, directive, blocked string) string {
	raw, _ := json.Marshal(map[string]any{"csp-report": map[string]any{
		"document-uri": page, "referrer": "http://coffer.test/?q=a-secret", "violated-directive": directive, "effective-directive": directive,
		"original-policy": "default-src 'none'", "disposition": "enforce", "blocked-uri": blocked, "line-number": 7, "column-number": 3,
		"source-file": page + "?token=a-secret", "status-code": 200, "script-sample": "steal('a-secret')",
	}})
	return string(raw)
}

func newer(directive, blocked string) map[string]any {
	return map[string]any{"type": "csp-violation", "age": 10, "url": "http://coffer.test/", "user_agent": "x", "body": map[string]any{
		"documentURL": "http://coffer.test/login?next=a-secret", "effectiveDirective": directive, "blockedURL": blocked,
		"disposition": "enforce", "sample": "a-secret", "statusCode": 200, "sourceFile": nil, "lineNumber": nil,
	}}
}

func array(reports ...map[string]any) string {
	raw, _ := json.Marshal(reports)
	return string(raw)
}

func report(b *house.Browser, kind, body string) *house.Answer {
	return b.Do(house.Request{Method: "POST", Path: reportTo, Type: kind, Body: body})
}

// TestReports holds what becomes of a report: words and addresses, and nothing
// of what stood in the page.
func TestReports(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Secret("a-secret")
		alice := h.Person("alice", home)
		const wrote = "malicious_csp_violation level=WARNING outcome=failure actor= subject= session= source_ip=" + home + " request_uri=" + reportTo
		for _, c := range []struct{ kind, body, want string }{
			{
				"application/csp-report", older("http://coffer.test/view_credit_card/c_1", "script-src-elem", "inline"),
				" target=route:/view_credit_card/c_1 data.directive=script-src-elem data.blocked=inline data.source=http://coffer.test data.line=7",
			},
			{
				"application/csp-report; charset=utf-8", older("http://coffer.test/card/4242424242424242", "img-src", "https://user:a-secret@evil.example:8443/a-secret?a-secret#a-secret"),
				" target=route:/card/{id} data.directive=img-src data.blocked=https://evil.example",
			},
			{"application/json", older("about:blank", "<script>", "javascript:a-secret"), " target=route:/ data.directive=other data.blocked=javascript:"},
			{"application/csp-report", older("::", "style-src 'self' a-secret", "not an address a-secret"), " target=route:/ data.directive=style-src data.blocked=other"},
			{
				"application/csp-report", older("http://coffer.test/reset/abc", "connect-src", "wss://4242424242424242.evil.example/"),
				" target=route:/reset/{token} data.directive=connect-src data.blocked=wss://{id}.evil.example",
			},
			{"application/csp-report", `{"csp-report":{}}`, " target=route:/ data.directive=other"},
			{"application/reports+json", array(newer("style-src-attr", "inline")), " target=route:/login data.directive=style-src-attr data.blocked=inline"},
			{"application/json", array(newer("default-src", "data")), " target=route:/login data.directive=default-src data.blocked=data"},
		} {
			a := report(alice, c.kind, c.body).Is(204).Has("Set-Cookie", "")
			if a.Body != "" {
				t.Errorf("the answer is %q, want none", a.Body)
			}
			a.Wrote(wrote + c.want)
		}
	})
}

// TestManyReports holds that one post writes so many lines and no more, and that
// what is no report of the policy writes none of its own.
func TestManyReports(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Browser(home)
		many := slices.Repeat([]map[string]any{newer("img-src", "http://a.b")}, 25)
		want := slices.Repeat([]string{"malicious_csp_violation data.more="}, 20)
		want[19] = "malicious_csp_violation data.more=5"
		report(b, "application/reports+json", array(many...)).Is(204).Wrote(want...)

		other := newer("img-src", "x")
		other["type"] = "deprecation"
		b.Address = office
		report(b, "application/reports+json", array(other, newer("img-src", "blob"), other)).Is(204).Wrote("malicious_csp_violation data.blocked=blob")
		for _, body := range []string{"", "x", "[]", "{}", "null", "17", `{"csp-report":7}`, array(other), `[{"type":"csp-violation","body":[]}]`, `[` + strings.Repeat(`[`, 9000)} {
			lines := report(b, "application/csp-report", body).Is(422, "no report of the content policy").Wrote("input_validation_fail reason= actor= target=route:" + reportTo)
			if got := fieldRules(lines[0].Data); got != "body:json" {
				t.Errorf("%.20s breaks %s, want body:json", body, got)
			}
		}
	})
}

// TestReportFlood holds that whoever posts reports without end fills neither
// the log nor the server: sums, then the limit on all requests.
func TestReportFlood(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "request=15/min" })
	b := h.Browser(home)
	one := older("http://coffer.test/", "script-src", "inline")
	for range 60 {
		report(b, "application/csp-report", one).Is(204)
		h.Rest()
	}
	report(b, "application/csp-report", one).Is(429, "Too many requests").Wrote("excess_rate_limit_exceeded actor= target=limit:request")
	h.Pass(time.Minute)
	h.Tick(time.Minute)
	h.Wrote("log_events_aggregated target=event:malicious_csp_violation data.address=" + home + " data.count=40")
}
