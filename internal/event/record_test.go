package event

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	maker  = Maker{Node: "a1", Version: "1.0.0"}
	staged = time.Date(2026, 11, 24, 16, 51, 27, 123456000, time.UTC)
)

// visitor is a request by somebody who is not signed in.
func visitor(method, uri string) Origin {
	return Origin{
		SourceIP: "203.0.113.9", PeerIP: "10.0.0.2", UserAgent: "Mozilla/5.0 (X11; Linux x86_64)",
		Method: method, URI: uri, RequestID: "r_5mq7",
	}
}

// person is a request by the signed-in u_7f3k.
func person(method, uri string) Origin {
	o := visitor(method, uri)
	o.Actor, o.Session = somebody, theSession
	return o
}

// write makes the line of e and reads it back.
func write(t *testing.T, o Origin, e Event) (raw string, l Line) {
	t.Helper()
	r, err := maker.Record(o, staged, e)
	if err != nil {
		t.Fatalf("Record(%#v): %v", e, err)
	}
	b := r.Line(7, r.At)
	if len(b) > MaxLine {
		t.Errorf("line of %d bytes, want at most %d", len(b), MaxLine)
	}
	l, err = Parse(b)
	if err != nil {
		t.Fatalf("Parse(%s): %v", b, err)
	}
	columns := Record{At: r.At, Rest: r.Rest, Event: l.Event, Level: l.Level, Outcome: l.Outcome, Actor: l.Actor, Subject: l.Subject, SourceIP: l.SourceIP, Session: l.Session, Target: l.Target()}
	if !reflect.DeepEqual(r, columns) {
		t.Errorf("columns %+v do not say what the line says: %s", r, b)
	}
	return string(b), l
}

func TestWhoActsAndWhoIsConcerned(t *testing.T) {
	cli := system("cli")
	for _, c := range []struct {
		name           string
		origin         Origin
		event          Event
		actor, subject string
	}{
		{"a sign-up: the new id", visitor("POST", "/signup"), UserCreated{Account: "u_new"}, "u_new", "u_new"},
		{"the command line", cli, UserCreated{Account: "u_new"}, "system:cli", "u_new"},
		{"a sign-in", visitor("POST", "/login"), LoginSucceeded{Account: "u_a"}, "u_a", "u_a"},
		{"what was typed is no actor", visitor("POST", "/login"), LoginFailed{Account: "u_a"}, "", "u_a"},
		{"an unknown name", visitor("POST", "/login"), LoginFailed{Typed: "ab"}, "", ""},
		{"nor is who else is signed in", person("POST", "/login"), LoginFailed{Typed: "ab"}, "", ""},
		{"a dead session proves nobody", person("GET", "/"), SessionUsedAfterEnd{Account: "u_a"}, "", "u_a"},
		{"the actor's own account", person("POST", "/signup"), Extraneous{Form: "/signup"}, somebody, somebody},
		{"nobody's", visitor("POST", "/signup"), Extraneous{Form: "/signup"}, "", ""},
		{"the system has no account", cli, LogHeartbeat{}, "system:cli", ""},
		{"another person's card", person("GET", cardPath), DirectReference{Owner: "u_b", Card: "c_b"}, somebody, "u_b"},
		{"a card that does not exist", person("GET", cardPath), AuthzFailed{Reason: "not_found", Resource: "card:c_x"}, somebody, ""},
		{"another role's page", person("GET", "/people"), AuthzFailed{Reason: "role", Resource: "route:/people"}, somebody, somebody},
		{"a limit on a person", person("POST", cardPath), RateLimited{Limit: "reveal"}, somebody, somebody},
		{"the sweep", system("sessions"), SessionExpired{Account: "u_a", Reason: "idle"}, "system:sessions", "u_a"},
	} {
		if _, l := write(t, c.origin, c.event); l.Actor != c.actor || l.Subject != c.subject {
			t.Errorf("%s: actor %q, subject %q, want %q, %q", c.name, l.Actor, l.Subject, c.actor, c.subject)
		}
	}
}

func TestSessionOfTheEventWins(t *testing.T) {
	if _, l := write(t, person("POST", "/login"), SessionCreated{Account: somebody, Session: "new"}); l.Session != "new" {
		t.Errorf("session = %q, want new", l.Session)
	}
	if _, l := write(t, person("GET", cardPath), CardViewed{Owner: somebody, Card: oneCard}); l.Session != theSession {
		t.Errorf("session = %q, want the origin's", l.Session)
	}
}

const forged = "x\n{\"seq\":1,\"event\":\"authn_login_success\"}"

// hostile is what a visitor may send in any place.
var hostile = []string{
	forged, "\r\n", "\x00", "\u202Egpj.exe", "\u2028\u2029", "\xff\xfe", "\u0085", `"`, `\`, `","actor":"u_admin`, `\u0000`, "</script>",
	strings.Repeat("A", 10<<10), strings.Repeat("\"", 10<<10), strings.Repeat("\\", 10<<10), strings.Repeat("\n", 10<<10), strings.Repeat("日", 10<<10),
}

// TestHostileText puts each into every place of the origin and every text of
// every event. The line must stay one line, whole, short and clean (write
// parses it strictly), and nothing may become an actor.
func TestHostileText(t *testing.T) {
	for _, bad := range hostile {
		o := Origin{Actor: bad, SourceIP: bad, PeerIP: bad, UserAgent: bad, Method: bad, URI: "/" + bad, RequestID: bad, Session: bad}
		for _, k := range All {
			raw, l := write(t, o, filled(k, bad))
			if strings.ContainsFunc(raw, harmful) {
				t.Errorf("%s with %.40q: %q", k.Name, bad, raw)
			}
			if len(l.UserAgent) > 256 || len(l.RequestURI) > 256 || len(l.RequestMethod) > 16 || len(l.Actor) > 128 {
				t.Errorf("%s with %.40q: a member is too long: %s", k.Name, bad, raw)
			}
			if got := again(t, l); got != raw {
				t.Errorf("%s with %.40q written again:\n got %s\nwant %s", k.Name, bad, got, raw)
			}
		}
	}
}

// filled is an event with bad in every text and long lists of it; its reason
// stays within the list, as code alone sets it.
func filled(k *Kind, bad string) Event {
	v := reflect.New(reflect.TypeOf(k.New())).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			if v.Type().Field(i).Name != "Reason" {
				f.SetString(bad)
			}
		case []string:
			for range 500 {
				f.Set(reflect.Append(f, reflect.ValueOf(bad)))
			}
		case []FieldRule:
			for range 500 {
				f.Set(reflect.Append(f, reflect.ValueOf(FieldRule{bad, bad})))
			}
		case []Tally:
			for range 500 {
				f.Set(reflect.Append(f, reflect.ValueOf(Tally{bad, 1})))
			}
		}
	}
	return v.Interface().(Event)
}

func TestForgedLineInUserAgent(t *testing.T) {
	o := visitor("POST", "/login")
	o.UserAgent = forged
	raw, l := write(t, o, LoginFailed{Typed: "ab", Reason: "unknown_name"})
	if want := "x\uFFFD{\"seq\":1,\"event\":\"authn_login_success\"}"; l.UserAgent != want {
		t.Errorf("useragent = %q, want %q", l.UserAgent, want)
	}
	if strings.Count(raw, "\n") != 0 || !strings.Contains(raw, "\"useragent\":\"x\uFFFD{\\\"seq\\\":1,") {
		t.Errorf("line = %s", raw)
	}
}

// TestWhatWasAskedForIsNotRepeated: the id of a card that is none may be a
// card's number, pasted into the address.
func TestWhatWasAskedForIsNotRepeated(t *testing.T) {
	for _, id := range []string{"4242424242424242", "4242-4242-4242-4242", "4242 4242 4242 4242", "a:b", forged} {
		raw, l := write(t, person("GET", "/view_credit_card/"+id), AuthzFailed{Reason: "not_found", Resource: "card:" + id})
		if l.Target() != "card:{id}" || strings.Contains(raw, "4242") {
			t.Errorf("asked for %q: %s", id, raw)
		}
	}
}

// TestLongListsAreCut: the items that fit stand, the others are counted.
func TestLongListsAreCut(t *testing.T) {
	e := InputInvalid{Form: "/signup", Reason: "too_large", LeftOut: 5}
	for range 1000 {
		e.Fields = append(e.Fields, FieldRule{"username", "too_short"})
	}
	raw, l := write(t, visitor("POST", "/signup"), e)
	var data struct {
		Fields  []FieldRule
		LeftOut int `json:"left_out"`
	}
	if err := json.Unmarshal(l.Data, &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Fields) < 100 || len(data.Fields)+data.LeftOut != 1005 {
		t.Errorf("%d fields and %d left out, want many, and 1005 in all", len(data.Fields), data.LeftOut)
	}
	if got := again(t, l); got != raw {
		t.Errorf("written again:\n got %s\nwant %s", got, raw)
	}
}

func TestLineTakesItsNumberAndTime(t *testing.T) {
	r, err := maker.Record(system("sealer"), staged.In(time.FixedZone("", 3600)), LogHeartbeat{})
	if err != nil {
		t.Fatal(err)
	}
	if r.At != staged.UnixMicro() {
		t.Errorf("At = %d, want %d", r.At, staged.UnixMicro())
	}
	later := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC).UnixMicro()
	want := `{"seq":18446744073709551615,"datetime":"2027-01-02T03:04:05.000000Z","level":"INFO","event":"log_heartbeat",`
	if got := string(r.Line(1<<64-1, later)); !strings.HasPrefix(got, want) {
		t.Errorf("Line() = %s, want %s…", got, want)
	}
	first := r.Line(1, r.At)
	r.Line(2, later)
	if string(first) != string(r.Line(1, r.At)) {
		t.Error("a record's second line changed its first")
	}
}

// outsider is what no other package can make: an event outside the vocabulary.
type outsider struct{ Password string }

var unlisted = Kind{Name: "own_event", New: func() Event { return outsider{} }}

func (outsider) Kind() *Kind  { return &unlisted }
func (outsider) about() About { return About{} }

func TestOnlyTheVocabularyIsWritten(t *testing.T) {
	if r, err := maker.Record(system("test"), staged, outsider{"x"}); err == nil {
		t.Errorf("Record(an unlisted event) = %s, want an error", r.Rest)
	}
}

func BenchmarkRecord(b *testing.B) {
	o := person("GET", cardPath)
	var e Event = CardViewed{Owner: somebody, Card: oneCard, Last4: "4242", Part: "masked"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := maker.Record(o, staged, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	line := []byte(golden(b, "sensitive_read"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
