package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/session"
)

// visit is how many events a person's visit makes. They are committed together,
// which is quicker; the next visit is somebody else's.
const visit = 10

// live fills the log up with people who come in and look at their cards.
func (f *town) live(j *journal) error {
	left := f.lines - int(f.made.Load())
	return together((left+visit-1)/visit, func(n int) error {
		person := rand.IntN(f.amount.people)
		events := f.visit(person)[:min(visit, left-n*visit)]
		err := j.commit(f.origin(person), events...)
		f.made.Add(int64(len(events)))
		return err
	})
}

// visit is a sign-in and looks at cards, each at first masked and then at its
// number; now and then the password was wrong at first.
func (f *town) visit(person int) []event.Event {
	who := f.people[person]
	events := []event.Event{event.LoginSucceeded{Account: who, Session: f.origin(person).Session, Method: "password"}}
	if rand.IntN(4) == 0 {
		events = []event.Event{event.LoginFailed{Account: who, Reason: "wrong_password", Attempt: 1}, events[0]}
	}
	for len(events) < visit {
		seen := f.look(person)
		shown := seen
		shown.Part = "number"
		events = append(events, seen, shown)
	}
	return events[:visit]
}

// look is a look at one of a person's cards.
func (f *town) look(person int) event.CardViewed {
	return event.CardViewed{Owner: f.people[person], Card: f.card(person), Last4: "4242", Part: "masked"}
}

// card is any of a person's cards.
func (f *town) card(person int) string { return string(f.cards[person*f.each+rand.IntN(f.each)][:]) }

// origin is a person at a browser, with an address that few others have.
func (f *town) origin(person int) event.Origin {
	o := viewer
	o.Actor, o.Session = f.people[person], fmt.Sprintf("%016x", rand.Uint64())
	o.SourceIP = fmt.Sprintf("198.51.%d.%d", person/250%250, person%250)
	o.PeerIP = o.SourceIP
	return o
}

// enter gives everybody a session, as a sign-in does, but for the hash. Nothing
// may serve the directory meanwhile.
func (f *town) enter() error {
	j, err := openJournal(f.dir, "", time.Now)
	if err != nil {
		return err
	}
	f.cookies = make([]string, f.amount.people)
	err = together(f.amount.people, func(i int) error {
		o := f.origin(i)
		return j.log.Commit(event.With(context.Background(), o), func(tx *db.Tx) ([]event.Event, error) {
			token, _, events, err := session.Issue(tx, session.Entry{
				Account: f.people[i], Level: session.Full, Method: "password", SourceIP: o.SourceIP, UserAgent: o.UserAgent,
			})
			f.cookies[i] = "coffer=" + token.Reveal()
			return events, err
		})
	})
	if ended := j.close(); err == nil {
		err = ended
	}
	return err
}
