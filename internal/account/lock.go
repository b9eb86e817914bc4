package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// What is said to whoever is locked out, whether or not anybody has the name.
const (
	lockedHere    = "Too many wrong passwords for this name came from here, one after another. It cannot be signed in to from here for a while, not with the right one either."
	lockedAbroad  = "Too many wrong passwords for this name came from devices that were never signed in with it. Sign in on a device where you did before; or ask whoever runs this server to unlock the name."
	lockedSession = "Too many wrong passwords, one after another. For a while none is taken in this session; signing in anew may be quicker."
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails: without chance the program ends
	return b
}

// lockName is by what a name's failures are counted: known or not, the same for
// ever, and turned around by nobody who has only the database.
func (s *Service) lockName(name string) []byte {
	key := nameKey(name)
	if key == "" { // a space begins no name that anybody can have
		key = " " + strings.ToLower(norm.NFC.String(name))
	}
	return s.MAC("throttle-name", []byte(key))
}

// try is who tries what, for the locks. A device counts by itself where the
// account came in before; all else counts by address.
func (s *Service) try(ctx context.Context, username string, who known, cookie secret.Text) limit.Try {
	origin, _ := event.From(ctx) // without an origin nothing will be written
	t := limit.Try{Name: s.lockName(username), Client: limit.Address(origin.SourceIP), Account: who.id}
	d := readDevice(cookie)
	if s.familiar(d, who.id) {
		t.Client = limit.Device(hex.EncodeToString(s.MAC("throttle-device", []byte(d.id))[:16]))
	}
	// Made for every name, so that time does not tell which are had.
	if typed := s.pseudonym(username, s.Now()); who.id == "" {
		t.Typed = typed
	}
	return t
}

// barred is the answer to whoever meets a lock.
func barred(b limit.Bar, text string) *fault.Error {
	f := fault.New(fault.TooMany, text)
	f.Recorded, f.Retry, f.Unsure = true, (b.Wait + time.Second - 1).Truncate(time.Second), b.Endless
	return f
}

func barredLogin(b limit.Bar) *fault.Error {
	if b.Endless {
		return barred(b, lockedAbroad)
	}
	return barred(b, lockedHere)
}

// inSession is a password that is asked for again in a live session. It counts
// by the session: whoever stole it gains nothing by changing addresses, and
// strangers elsewhere cannot keep its person from confirming.
func (s *Service) inSession(who session.Session) limit.Try {
	return limit.Try{Name: s.lockName(who.Username), Client: limit.Session(who.Hash), Account: who.Account}
}

// Unlock lifts every lock of a person's name, within the transaction of its
// events.
func Unlock(tx *db.Tx, username string) (locks int, events []event.Event, err error) {
	id, err := holderOf(tx, username)
	if err != nil {
		return 0, nil, err
	}
	if events, err = limit.Unlock(tx, id); err != nil {
		return 0, nil, err
	}
	if len(events) == 0 {
		return 0, nil, fault.New(fault.Conflict, "Nothing is locked for this name.")
	}
	return len(events), events, nil
}

// SweepLocks ends the locks that are over and forgets old failures, a portion
// of each; more is true while there may be others.
func (s *Service) SweepLocks(ctx context.Context) (more bool, err error) {
	due, err := s.Limits.Due(ctx, s.Read, s.Now())
	if err == nil && due.Locks {
		err = s.endLocks(ctx, due)
	}
	if err == nil && due.Counts {
		err = s.Log.Touch(ctx, "throttle.forget", due.Forget)
	}
	return due.Locks || due.Counts, cannot(err)
}

func (s *Service) endLocks(ctx context.Context, due limit.Due) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := due.EndLocks(tx)
		if err == nil && len(events) == 0 {
			err = errNothing // a visitor or another node was faster
		}
		return events, err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
