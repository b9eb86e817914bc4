package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/a-h/templ"
)

// Member is one member of a line: its name, its value as it stands in the file,
// and what it is for.
type Member struct{ Name, Value, Means string }

// Question groups the members that answer it.
type Question struct {
	Asks    string
	Members []Member
}

// Explained is a line of the log, read member by member.
type Explained struct {
	// Line is the line as it stands in the file, split for the eye.
	Line      []Member
	Questions []Question
}

// whole writes the line as it stands in the file; by hand, since a template
// would add space between its parts.
func (e Explained) whole() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b bytes.Buffer
		for i, m := range e.Line {
			before := ",<wbr/>" // a line too long for the page breaks between members
			if i == 0 {
				before = "{"
			}
			b.WriteString(before + "<i>" + templ.EscapeString(`"`+m.Name+`":`) + "</i>" + templ.EscapeString(m.Value))
		}
		b.WriteString("}")
		_, err := b.WriteTo(w)
		return err
	})
}

// questions are the order in which a line is read. The names are the wire's.
var questions = []struct {
	asks  string
	names []string
}{
	{"Where in the log", []string{"seq"}},
	{"When", []string{"datetime"}},
	{"What happened", []string{"level", "event", "outcome", "reason", "description"}},
	{"Who", []string{"actor", "subject"}},
	{"From where", []string{"source_ip", "peer_ip", "useragent", "session"}},
	{"Which request", []string{"request_method", "request_uri", "request_id"}},
	{"Written by", []string{"appid", "node", "version"}},
	{"Details", []string{"data", "schema"}},
}

// means says of each member what it is for; the first text is for a member that
// holds something, the second for an empty one.
var means = map[string][2]string{
	"seq":            {"Its number. The next line has the next one; a gap would show."},
	"datetime":       {"UTC, to the microsecond. Time in the log never runs backwards."},
	"level":          {"INFO was allowed, WARNING was refused or unusual, CRITICAL needs a person."},
	"event":          {"One word out of a fixed list that other tools know too."},
	"outcome":        {"Success or failure. A refusal is a failure."},
	"reason":         {"Why it was refused.", "Why, where there is more than one possibility."},
	"description":    {"The same in words."},
	"actor":          {"Who is proven to act: a random id, never a name.", "Who is proven to act. Nobody was signed in, so it is empty; a typed name is no proof."},
	"subject":        {"Whose account it concerns: a random id, never a name.", "Whose account it concerns: no account."},
	"source_ip":      {"The visitor’s address, as the connection or a trusted proxy gave it."},
	"peer_ip":        {"The machine that connected: the visitor’s own, or a proxy’s."},
	"useragent":      {"What the browser says it is, cut at 256 bytes.", "What the browser says it is: nothing."},
	"session":        {"A hash of the session’s id. It cannot be used to sign in.", "A hash of the session’s id, once there is one."},
	"request_method": {"Method"},
	"request_uri":    {"and path, without its query: that is where secrets hide."},
	"request_id":     {"The number an error page shows you. It finds this line again."},
	"appid":          {"This program,"},
	"node":           {"on this machine,"},
	"version":        {"in this version."},
	"data":           {"What was touched, and what else the event tells. Never a card number, a password or a code."},
	"schema":         {"The shape of this line. A name once released keeps its meaning."},
}

// Explain reads a line member by member, in the file's own order and spelling.
// What is no such line gives nothing, so the page leaves the panel out.
func Explain(line []byte) Explained {
	members := split(line)
	by := make(map[string]Member, len(members))
	for _, m := range members {
		by[m.Name] = m
	}
	e := Explained{Line: members}
	for _, q := range questions {
		one := Question{Asks: q.asks}
		for _, name := range q.names {
			if m, ok := by[name]; ok {
				one.Members = append(one.Members, m)
			}
		}
		if len(one.Members) > 0 {
			e.Questions = append(e.Questions, one)
		}
	}
	return e
}

// Members are the members of a JSON object, in its own order and spelling.
func Members(object []byte) []Member { return split(object) }

// split cuts a JSON object into its members without changing a byte of a value.
func split(line []byte) []Member {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var members []Member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil
		}
		word, _ := name.(string) // a member's name is always a string
		text := means[word][0]
		if string(raw) == `""` && means[word][1] != "" {
			text = means[word][1]
		}
		members = append(members, Member{word, string(raw), text})
	}
	return members
}
