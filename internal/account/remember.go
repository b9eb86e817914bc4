package account

import (
	"context"
	"slices"
	"strings"

	"coffer/internal/seclog/seal"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// rememberedSessions bounds what is held in memory, some 500 bytes each.
const rememberedSessions = 4096

// Remember lets live sessions be held between requests. It may be called only
// where every change of this database passes Follow before anybody is answered:
// there a session that ended is forgotten before its end is acknowledged. What
// another process changed (the command line) is known a quarter of a second
// later; what a person has to be proven for asks the database again.
func (s *Service) Remember() { s.remember = true }

// Follow forgets all sessions when one of them, or a person, may have changed.
// No change is without its event, so the log is the one feed that misses none.
// No lines means that another process wrote.
func (s *Service) Follow(lines []seal.Line) {
	if lines == nil || slices.ContainsFunc(lines, func(l seal.Line) bool { return changesPeople(l.Event) }) {
		s.live.Clear()
		s.held.Clear()
	}
}

// endsNothing are events of strangers, who can cause them at will: refused
// sign-ins and the locks that come of them. No session ends with one.
var endsNothing = []string{"authn_login_fail", "authn_login_fail_max", "authn_login_lock", "authn_login_unlock"}

// changesPeople is true for every other event of sessions and accounts.
func changesPeople(name string) bool {
	return !slices.Contains(endsNothing, name) && (strings.HasPrefix(name, "session_") || strings.HasPrefix(name, "authn_") ||
		strings.HasPrefix(name, "user_") || strings.HasPrefix(name, "authz_change"))
}

// lookUp finds the session of a token, in memory or in the database.
func (s *Service) lookUp(ctx context.Context, token secret.Text) (session.Session, session.State, error) {
	if !s.remember {
		return session.Find(ctx, s.Read, token, s.Now())
	}
	key := session.Key(token)
	who, version, found := s.live.Get(key)
	if found {
		if state := who.Again(s.Now()); state == session.Live {
			return who, state, nil
		}
	}
	who, state, err := session.Find(ctx, s.Read, token, s.Now())
	if err == nil && state == session.Live && !who.Rotated {
		s.live.Put(version, key, who)
	}
	return who, state, err
}
