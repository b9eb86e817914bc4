package query_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"coffer/internal/query"
)

func TestParse(t *testing.T) {
	w := func(field, value string) query.Word { return query.Word{Field: field, Value: value} }
	not := func(w query.Word) query.Word { w.Not = true; return w }
	for _, c := range []struct {
		q    string
		want []query.Word
	}{
		{"", nil},
		{" \t\n ", nil},
		{"event:authn_login_fail actor:alice -ip:10.0.0.0/8 level:WARNING", []query.Word{
			w("event", "authn_login_fail"), w("actor", "alice"), not(w("ip", "10.0.0.0/8")), w("level", "WARNING"),
		}},
		{"event:AUTHN_*", []query.Word{w("event", "authn_*")}},
		{"level:>=warning level:info", []query.Word{w("level", ">=WARNING"), w("level", "INFO")}},
		{"outcome:Failure reason:idle", []query.Word{w("outcome", "failure"), w("reason", "idle")}},
		{"card:c_1 target:card:c_1 session:9c request:r_1 node:a1", []query.Word{
			w("card", "c_1"), w("target", "card:c_1"), w("session", "9c"), w("request", "r_1"), w("node", "a1"),
		}},
		{"seq:7 seq:100..200 seq:5.. seq:..9 seq:0..9 seq:4..4", []query.Word{
			w("seq", "7"), w("seq", "100..200"), w("seq", "5.."), w("seq", "..9"), w("seq", "..9"), w("seq", "4"),
		}},
		{"ip:203.0.113.9 ip:10.1.2.3/8 ip:2001:DB8::1 ip:2001:db8::1/32 ip:::ffff:10.0.0.1 ip:10.0.0.1/32 ip:::ffff:10.0.0.0/104", []query.Word{
			w("ip", "203.0.113.9"), w("ip", "10.0.0.0/8"), w("ip", "2001:db8::1"), w("ip", "2001:db8::/32"), w("ip", "10.0.0.1"), w("ip", "10.0.0.1"), w("ip", "10.0.0.0/8"),
		}},
		{"since:2026-11-24 until:2026-11-24T16:51:27+01:00", []query.Word{w("since", "2026-11-24"), w("until", "2026-11-24T15:51:27Z")}},
		{"since:24H until:7d", []query.Word{w("since", "24h"), w("until", "7d")}},
		{`wrong "a b" "it's \"so\" \\" -"x y" -never`, []query.Word{
			w("", "wrong"), w("", "a b"), w("", `it's "so" \`), not(w("", "x y")), not(w("", "never")),
		}},
		{`"event:x" "-y" a"b`, []query.Word{w("", "event:x"), w("", "-y"), w("", `a"b`)}},
		{`actor:"" -session:""`, []query.Word{w("actor", ""), not(w("session", ""))}},
		{`actor:"ada lovelace"`, []query.Word{w("actor", "ada lovelace")}},
		{"10:30", []query.Word{w("", "10:30")}},
		{"event:authn_login_fail,AUTHN_LOGIN_SUCCESS,session_* -level:info,warning", []query.Word{
			w("event", "authn_login_fail"), w("event", "authn_login_success"), w("event", "session_*"), not(w("level", "INFO")), not(w("level", "WARNING")),
		}},
		{"ip:10.0.0.1,192.0.2.0/24 seq:1..2,7 reason:idle,cap outcome:failure,success card:c_1,c_2 request:r_1,r_2", []query.Word{
			w("ip", "10.0.0.1"), w("ip", "192.0.2.0/24"), w("seq", "1..2"), w("seq", "7"), w("reason", "idle"), w("reason", "cap"),
			w("outcome", "failure"), w("outcome", "success"), w("card", "c_1"), w("card", "c_2"), w("request", "r_1"), w("request", "r_2"),
		}},
		{`actor:alice,"bob, jr",""`, []query.Word{w("actor", "alice"), w("actor", "bob, jr"), w("actor", "")}},
		{`a,b "c,d" node:"a,1"`, []query.Word{w("", "a,b"), w("", "c,d"), w("node", "a,1")}},
	} {
		f, err := query.Parse(c.q)
		if err != nil {
			t.Errorf("Parse(%q) = %v", c.q, err)
			continue
		}
		if got := placeless(f); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Parse(%q) = %+v, want %+v", c.q, got, c.want)
		}
		again(t, f)
	}
}

// placeless leaves out where the words stood.
func placeless(f query.Filter) []query.Word {
	words := slices.Clone(f.Words)
	for i := range words {
		words[i].At = 0
	}
	return words
}

// again demands that a filter's text means the filter.
func again(t *testing.T, f query.Filter) {
	t.Helper()
	g, err := query.Parse(f.String())
	if err != nil || !slices.Equal(placeless(g), placeless(f)) || g.String() != f.String() {
		t.Errorf("Parse(%q) = %+v, %v, want %+v", f.String(), placeless(g), err, placeless(f))
	}
}

// TestParseSaysWhatIsWrong holds the word, the place and what would be right.
func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ q, want string }{
		{"evnt:authn_login_fail", `query, column 1, "evnt:authn_login_fail": there is no field "evnt"; did you mean event:?`},
		{"level:INFO  evnet:x", `query, column 13, "evnet:x": there is no field "evnet"; did you mean event:?`},
		{"é actr:x", `query, column 3, "actr:x": there is no field "actr"; did you mean actor:?`},
		{"colour:red", `query, column 1, "colour:red": there is no field "colour"; the fields are actor, card, event, ip, level, node, outcome, reason, request, seq, session, since, subject, target, until (quotes make it a word to look for)`},
		{"event:authn_login_fial", `query, column 1, "event:authn_login_fial": there is no event "authn_login_fial"; did you mean authn_login_fail?`},
		{"event:teleported", `query, column 1, "event:teleported": there is no event "teleported"; docs/EVENTS.md lists them, and a * ends the beginning of a name, as in authn_*`},
		{"event:zz*", `query, column 1, "event:zz*": no event's name begins with "zz"`},
		{"event:*", `query, column 1, "event:*": no event's name begins with ""`},
		{"event:", `query, column 1, "event:": event: lacks its value, as in event:authn_login_fail`},
		{`event:""`, `query, column 1, "event:\"\"": event: lacks its value, as in event:authn_login_fail`},
		{"level:LOUD", `query, column 1, "level:LOUD": level: is INFO, WARNING or CRITICAL, and with >= before it that one and what is above`},
		{"outcome:maybe", `query, column 1, "outcome:maybe": outcome: is success or failure`},
		{"reason:wrong_pasword", `query, column 1, "reason:wrong_pasword": there is no reason "wrong_pasword"; did you mean wrong_password?`},
		{"ip:10.0.0.0/33", `query, column 1, "ip:10.0.0.0/33": ip: takes an address or a network, as in 203.0.113.9, 10.0.0.0/8 or 2001:db8::/32`},
		{"ip:fe80::1%eth0", `query, column 1, "ip:fe80::1%eth0": ip: takes an address or a network, as in 203.0.113.9, 10.0.0.0/8 or 2001:db8::/32`},
		{"seq:-1", `query, column 1, "seq:-1": seq: takes a number or a range, as in 100, 100..200, 100.. or ..200`},
		{"seq:..", `query, column 1, "seq:..": seq: takes a number or a range, as in 100, 100..200, 100.. or ..200`},
		{"seq:9..3", `query, column 1, "seq:9..3": the range ends before it begins`},
		{"seq:9223372036854775808", `query, column 1, "seq:9223372036854775808": seq: takes a number or a range, as in 100, 100..200, 100.. or ..200`},
		{"since:yesterday", `query, column 1, "since:yesterday": a time is a date (2026-11-24), an instant (2026-11-24T16:51:27Z) or how long ago (90m, 24h, 7d); all are UTC`},
		{"since:1h since:2h", `query, column 10, "since:2h": since: stands once in a query`},
		{"-until:1h", `query, column 1, "-until:1h": until: cannot be turned around`},
		{"event:authn_login_fail,authn_login_sucess", `query, column 1, "event:authn_login_fail,authn_login_sucess": there is no event "authn_login_sucess"; did you mean authn_login_success?`},
		{"event:authn_login_fail, session_created", `query, column 1, "event:authn_login_fail,": a value of the list is missing; a list has commas and no spaces, as in event:A,B`},
		{"level:,", `query, column 1, "level:,": a value of the list is missing; a list has commas and no spaces, as in level:A,B`},
		{"since:1h,2h", `query, column 1, "since:1h,2h": since: takes one value, as in since:24h`},
		{`"a",b`, `query, column 1, "\"a\",b": after the closing quote a space must follow`},
		{"a seq:" + strings.Repeat("1,", 63) + "1", `query, column 3, "seq:` + strings.Repeat("1,", 28) + `": a query has at most 64 words`},
		{`"open`, `query, column 1, "\"open": the closing quote is missing`},
		{`"a"b`, `query, column 1, "\"a\"b": after the closing quote a space must follow`},
		{`"a\n"`, `query, column 1, "\"a\\n\"": inside quotes, \ stands only before " and \`},
		{`""`, `query, column 1, "\"\"": there is nothing to look for`},
		{"a -", `query, column 3, "-": there is nothing to look for`},
		{"node:" + strings.Repeat("x", 129), `query, column 1, "node:` + strings.Repeat("x", 55) + `": nothing of more than 128 bytes stands there`},
		{strings.Repeat("x", 129), `query, column 1, "` + strings.Repeat("x", 60) + `": a word has at most 128 bytes`},
		{strings.Repeat("a ", 65), `query, column 129, "a": a query has at most 64 words`},
		{"nod:\x1b[2J\u202e", "query, column 1, \"nod:\ufffd[2J\ufffd\": there is no field \"nod\"; did you mean node:?"},
	} {
		_, err := query.Parse(c.q)
		if _, is := errors.AsType[*query.Error](err); !is || err.Error() != c.want {
			t.Errorf("Parse(%q) says\n%v, want\n%s", c.q, err, c.want)
		}
	}
	if _, err := query.Parse(strings.Repeat("a ", 3000)); err == nil || !strings.Contains(err.Error(), "at most 4096 bytes") {
		t.Errorf("Parse of a long query = %v, want that it is too long", err)
	}
}

// TestRoundTrip prints what random words parse to, and parses that.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{`"`, `\`, "-", ":", " ", "a", "é", "event:", "seq:", "ip:", "actor:", "level:", "since:", "*", "authn_", "..", "1", "10.0.0.0/8", "INFO", ">=", ",", "2026-11-24", "24h", "\u00a0"}
	good := 0
	for range 200_000 {
		var b strings.Builder
		for range rnd.IntN(8) {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		if f, err := query.Parse(b.String()); err == nil {
			good++
			again(t, f)
		}
	}
	if good < 20_000 {
		t.Errorf("%d of the random queries were good, want thousands", good)
	}
}

func FuzzParse(f *testing.F) {
	for _, q := range []string{"", "event:authn_* -ip:10.0.0.0/8", `a "b \" c" -d`, "since:24h seq:1..2", `actor:""`, "level:>=WARNING"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		parsed, err := query.Parse(q)
		if err != nil {
			if _, is := errors.AsType[*query.Error](err); !is {
				t.Errorf("Parse(%q) = %v, want a *query.Error", q, err)
			}
			return
		}
		again(t, parsed)
		if len(parsed.Fields()) > len(parsed.Words) {
			t.Errorf("Fields(%q) = %v, want at most one a word", q, parsed.Fields())
		}
	})
}

func TestFields(t *testing.T) {
	f, err := query.Parse("b ip:10.0.0.1 actor:alice -ip:10.0.0.2 a")
	if want := []string{"actor", "ip", "text"}; err != nil || !slices.Equal(f.Fields(), want) {
		t.Errorf("Fields() = %v, %v, want %v", f.Fields(), err, want)
	}
	if f, want := f.With("since", "24h"); want != "" || f.Words[len(f.Words)-1].String() != "since:24h" {
		t.Errorf("With(since, 24h) = %v, %q", f, want)
	}
	if _, want := f.With("since", "never"); !strings.Contains(want, "how long ago") {
		t.Errorf("With(since, never) wants %q", want)
	}
}
