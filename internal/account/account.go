// Package account is the people: how they sign up, come in, go out, prove
// themselves again, report what they did not do, and leave for good. Every way
// through it leaves its event; where a stranger must not learn something, the
// answer says less than the event. It stores no password and knows no cookie
// and no page.
package account

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"coffer/internal/cache"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/seclog"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// How a person proved who they are, in the log's words.
const (
	byPassword = "password"
	bySignUp   = "signup"
	byPasskey  = "passkey"
	byRecovery = "recovery"
	byCode     = "code"
)

// Steps at which a factor can be refused, in the log's words.
const (
	atLogin   = "login"
	atEnrol   = "enrol"
	atRecover = "recover"
)

// Config is what New needs.
type Config struct {
	Log    *seclog.Log
	Read   *db.Reader
	Hasher *factor.Hasher
	Policy factor.Policy
	Limits *limit.Limits
	// Factors keep what is beside the password, and Passkeys asks for some of it.
	Factors  *factor.Keys
	Passkeys *factor.Passkeys
	// Required are the roles that must hold a second factor.
	Required []string
	// MAC makes pseudonyms: a keyed hash, under a key of its own for each label.
	MAC func(label string, data []byte) []byte
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Service is the people's front. Its methods take who asks from where out of
// the context's event.Origin.
type Service struct {
	Config
	// uses says for which ended session and address group the use was recorded
	// within the last minute.
	uses *limit.Buckets
	// live remembers sessions between requests, where it may: see Follow.
	live     cache.Cache[[32]byte, session.Session]
	remember bool
	// held remembers what people hold beside their password, likewise.
	held cache.Cache[string, factor.Held]
	// touching holds the sessions whose last use is being written.
	touching inFlight
}

// New makes the service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{Config: c, uses: limit.NewBuckets(1, session.SeenEvery, 1)}
	s.live.Size, s.held.Size = rememberedSessions, rememberedSessions
	return s
}

// Entry is what a person has in hand after coming in: the session, and the
// token that the browser keeps.
type Entry struct {
	Token   secret.Text
	Session session.Session
	// Unfamiliar says what is new about it; see strange.
	Unfamiliar string
}

// person is an account as it is stored.
type person struct{ id, username, role string }

// limited counts one more against the address's limit.
func (s *Service) limited(ctx context.Context, n limit.Name, account string) error {
	origin, _ := event.From(ctx)                // without an origin nothing will be written
	from, _ := netip.ParseAddr(origin.SourceIP) // none: all of those share one limit
	if allowed, retry := s.Limits.AllowAddress(n, from); !allowed {
		return s.Limits.Refused(n, account, retry)
	}
	return nil
}

// enter issues a full session within tx.
func enter(ctx context.Context, tx *db.Tx, p person, method string) (Entry, []event.Event, error) {
	if err := barDisabled(tx, p.id); err != nil {
		return Entry{}, nil, err
	}
	origin, _ := event.From(ctx)
	token, s, events, err := session.Issue(tx, session.Entry{
		Account: p.id, Level: session.Full, Method: method,
		SourceIP: origin.SourceIP, UserAgent: origin.UserAgent,
	})
	if err != nil {
		return Entry{}, nil, err
	}
	s.Username, s.Role = p.username, p.role
	unfamiliar, err := strange(tx, p.id, origin)
	return Entry{Token: token, Session: s, Unfamiliar: unfamiliar}, events, err
}

// cannot is the answer when the database could not be read.
func cannot(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok || err == nil {
		return err
	}
	return fault.Wrap(fault.Unavailable, seclog.Sorry, err)
}
