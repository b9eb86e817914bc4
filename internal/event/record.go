package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schema is the version of the line's form.
const Schema = 1

// MaxLine is the longest a line can be, in bytes.
const MaxLine = 16 << 10

const (
	appID = "coffer"
	// head is what Line puts before Rest, at its longest: a 20-digit seq and
	// the datetime.
	head = len(`{"seq":,"datetime":"",`) + 20 + len(stampLayout)
)

// Record is an event made ready to be numbered: everything but seq and datetime.
type Record struct {
	// At is the time of staging, in microseconds UTC.
	At int64
	// The columns by which lines are found; each equals the line's member.
	Event, Level, Outcome, Actor, Subject, SourceIP, Session, Target string
	// Rest is the line from "level" to the closing brace.
	Rest []byte
}

// Maker makes records; it knows what is the same in every line of a process.
type Maker struct{ Node, Version string }

// Record makes e, which o caused, ready for the log. Nothing that a visitor
// sent can make it fail: text is cleaned and lists are cut. It refuses only
// what the vocabulary does not hold, which is a programmer's mistake.
func (m Maker) Record(o Origin, at time.Time, e Event) (Record, error) {
	k := e.Kind()
	members, known := layouts[k]
	if !known {
		return Record{}, fmt.Errorf("event %s is not in the vocabulary", k.Name)
	}
	if k.fill != nil {
		e = k.fill(e)
	}
	a := e.about()
	says, err := k.sentence(a.Reason)
	if err != nil {
		return Record{}, err
	}
	r := m.columns(o, k, a)
	r.At = at.UTC().UnixMicro()
	r.Rest = m.rest(r, o, says+a.Detail, a.Reason)
	r.Rest = appendData(append(r.Rest, `,"data":`...), r.Target, e, members)
	r.Rest = append(strconv.AppendInt(append(r.Rest, `,"schema":`...), Schema, 10), '}')
	if len(r.Rest)+head > MaxLine {
		return Record{}, fmt.Errorf("event %s is too long: %d bytes", k.Name, len(r.Rest))
	}
	return r, nil
}

// sentence is what the description says, by the reason.
func (k *Kind) sentence(reason string) (says string, err error) {
	if reason == "" {
		return k.Says, nil
	}
	says, known := k.Reasons[reason]
	if !known {
		return "", fmt.Errorf("event %s has no reason %q", k.Name, word(reason))
	}
	return says, nil
}

func (m Maker) columns(o Origin, k *Kind, a About) Record {
	actor, target, session := actorOf(o, a), a.Target, a.Session
	if target == nodeTarget {
		target += m.Node
	}
	if session == "" {
		session = o.Session
	}
	return Record{
		Event: k.Name, Level: string(k.Level), Outcome: string(k.Outcome),
		Actor: word(actor), Subject: word(subjectOf(actor, a)),
		SourceIP: word(o.SourceIP), Session: word(session), Target: word(target),
	}
}

const systemActor = "system:"

func actorOf(o Origin, a About) string {
	switch {
	case a.Actor == Nobody:
		return ""
	case a.Actor == "", strings.HasPrefix(o.Actor, systemActor):
		return o.Actor
	}
	return a.Actor
}

// subjectOf is the account concerned: the actor's own unless the event says
// otherwise. The system has no account.
func subjectOf(actor string, a About) string {
	switch {
	case a.Subject == Nobody:
		return ""
	case a.Subject != "":
		return a.Subject
	case strings.HasPrefix(actor, systemActor):
		return ""
	}
	return actor
}

// rest writes the members from level to version, in the order of the line.
func (m Maker) rest(r Record, o Origin, description, reason string) []byte {
	b := make([]byte, 0, 768+len(o.UserAgent)+len(o.URI))
	b = append(b, `"level":`...)
	b = appendString(b, r.Level)
	b = appendMember(b, "event", r.Event)
	b = appendMember(b, "outcome", r.Outcome)
	b = appendMember(b, "reason", reason)
	b = appendMember(b, "description", CleanText(description, maxText))
	b = appendMember(b, "actor", r.Actor)
	b = appendMember(b, "subject", r.Subject)
	b = appendMember(b, "source_ip", r.SourceIP)
	b = appendMember(b, "peer_ip", word(o.PeerIP))
	b = appendMember(b, "useragent", CleanText(o.UserAgent, maxText))
	b = appendMember(b, "request_method", CleanText(o.Method, maxMethod))
	b = appendMember(b, "request_uri", CleanPath(o.URI))
	b = appendMember(b, "request_id", word(o.RequestID))
	b = appendMember(b, "session", r.Session)
	b = appendMember(b, "appid", appID)
	b = appendMember(b, "node", word(m.Node))
	return appendMember(b, "version", word(m.Version))
}

func appendMember(b []byte, name, clean string) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendString(b, clean)
}

// Line is the record's line under its number and time, without a newline. The
// time is given again because the log's never runs backwards, and a record's
// own may.
func (r Record) Line(seq uint64, at int64) []byte {
	b := make([]byte, 0, head+len(r.Rest))
	b = strconv.AppendUint(append(b, `{"seq":`...), seq, 10)
	b = append(b, `,"datetime":"`...)
	b = time.UnixMicro(at).UTC().AppendFormat(b, stampLayout)
	return append(append(b, `",`...), r.Rest...)
}
