// Package query reads the sealed log. For the people it is about: a person's
// activity, a card's history, the line that a visit made, each as an entry and
// as a sentence. These show nobody what concerns others only: a failed attempt
// on somebody's card stands in the owner's history and not in the history of
// whoever tried, whom it would tell that the card exists. For auditors: a
// language of words (Parse), pages, streams and counts of all that matches it
// (Search, Each, Count); who may ask is judged by the caller. It changes
// nothing but its own sums of the log. Unsolved: what no index finds in a long
// log is looked for line by line.
package query

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

// Entry is one sealed line as the person it concerns may see it.
type Entry struct {
	Seq                             uint64
	At                              time.Time
	Event, Level, Outcome, Reason   string
	Description                     string
	Actor, Subject, Session, Target string
	SourceIP, UserAgent             string
	Data                            json.RawMessage
	// What is the typed event, or nil if this Coffer does not know it.
	What event.Event
	// Own says that the person did it, and Other that another person did, of
	// whom neither id nor session is told.
	Own, Other bool
}

// Reader reads what is sealed.
type Reader struct {
	// Now is the clock by which "24h ago" is meant; nil is time.Now.
	Now func() time.Time

	// Newest is where the newest lines are had without a query, if that is set.
	Newest Newest

	// Odd gives a line that cannot be taken apart to whoever asks, whatever for;
	// without it, that is an error.
	Odd bool

	db *db.Reader
	// cards remembers histories between requests, where it may: see Follow.
	cards    histories
	remember bool
}

// New makes a reader.
func New(r *db.Reader) *Reader {
	return &Reader{db: r, cards: histories{Size: historiesSize}}
}

func (r *Reader) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// Activity reads a person's history, newest first: what concerns their account,
// and their own successes. With card, only what touched that card. It reads at
// most limit entries before the line numbered before, 0 meaning from the
// newest; more says that there are older ones.
func (r *Reader) Activity(ctx context.Context, person, card string, before uint64, limit int) (entries []Entry, more bool, err error) {
	if person == "" {
		return nil, false, nil // the empty subject is nobody's, not somebody's
	}
	if before == 0 || before > math.MaxInt64 {
		before = math.MaxInt64
	}
	entries, err = r.find(ctx, person, card, before, limit+1)
	if err != nil || len(entries) <= limit {
		return entries, false, err
	}
	return entries[:limit], true, nil
}

// VisitLine reads the first line of a commit for the visitor who caused it and
// alone knows its random id; none is nil. Numbered says that seq is known.
func (r *Reader) VisitLine(ctx context.Context, commit string, seq uint64, numbered bool) ([]byte, error) {
	var found string
	var line []byte
	var err error
	switch {
	case numbered:
		err = r.db.QueryRow(ctx, selectNumbered, int64(seq)).Scan(&found, (*seal.Text)(&line))
	case r.db.Engine() == db.Postgres:
		err = r.db.QueryRow(ctx, selectCommit, commit).Scan(&found, (*seal.Text)(&line))
	default:
		return nil, nil // SQLite numbers in the commit: a visit without a number is made up
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && subtle.ConstantTimeCompare([]byte(found), []byte(commit)) == 0:
		return nil, nil
	case err != nil:
		return nil, unreadable(err)
	}
	return line, nil
}

// read makes an entry of a line, for person's eyes.
func read(line []byte, person string) (Entry, error) {
	l, err := event.Parse(line)
	if err != nil {
		return Entry{}, fmt.Errorf("a sealed line does not read: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, l.Datetime)
	if err != nil {
		return Entry{}, fmt.Errorf("a sealed line has no time: %w", err)
	}
	e := Entry{
		Seq: l.Seq, At: at, Event: l.Event, Level: l.Level, Outcome: l.Outcome, Reason: l.Reason,
		Description: l.Description, Actor: l.Actor, Subject: l.Subject, Session: l.Session, Target: l.Target(),
		SourceIP: l.SourceIP, UserAgent: l.UserAgent, Data: l.Data, Own: l.Actor == person,
	}
	if e.What, err = l.Decode(); err != nil {
		e.What = nil // written by a newer Coffer: its description still reads
	}
	if !e.Own && l.Actor != "" && !strings.HasPrefix(l.Actor, "system:") {
		e.Actor, e.Session, e.Other = "", "", true
	}
	return e, nil
}

func unreadable(err error) error {
	return fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
}
