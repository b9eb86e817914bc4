package session

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/secret"
)

// Find tells whose session the token is of and what it is worth at now. It is
// on the way of every request: one statement, and none for what cannot be a
// token. The answer of a token that was never issued and of one forgotten is
// the same.
func Find(ctx context.Context, r *db.Reader, token secret.Text, now time.Time) (Session, State, error) {
	if token.Len() != tokenLen {
		return Session{}, Unknown, nil
	}
	s := Session{token: hashToken(token)}
	var created, seen, stepped int64
	var rotated, ended sql.Null[int64]
	var reason sql.Null[string]
	err := r.QueryRow(ctx, sqlFind, s.token).Scan(&rotated, &s.ID, &s.Account, &s.Level,
		&created, &seen, &stepped, &s.Proof, &s.After, &ended, &reason, &s.Username, &s.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, Unknown, nil
	}
	if err != nil {
		return Session{}, Unknown, err
	}
	s.Created, s.Seen, s.Stepped = at(created), at(seen), at(stepped)
	s.Hash, s.Reason, s.Rotated = hashID(s.ID), reason.V, rotated.Valid
	if state := s.state(ended.Valid, rotated, now); state != Unknown {
		return s, state, nil
	}
	return Session{}, Unknown, nil
}

// Key is what a token may be remembered by: its hash, as in the table.
func Key(token secret.Text) (k [32]byte) { return [32]byte(hashToken(token)) }

// Again judges a session that was found before and did not change since.
func (s *Session) Again(now time.Time) State {
	return s.state(false, sql.Null[int64]{}, now)
}

// state judges what was found. The end comes first: it was recorded once. A
// reused token comes before rest and age: it is the graver finding.
func (s *Session) state(ended bool, rotated sql.Null[int64], now time.Time) State {
	if ended {
		return Ended
	}
	if rotated.Valid && now.Sub(at(rotated.V)) >= Grace {
		return Reused
	}
	if !s.Whole() && !rotated.Valid && now.Sub(s.Created) >= HalfLife {
		return Unknown // nobody was let in by it, so nobody's session ended
	}
	if s.Reason = over(s.Created, s.Seen, now); s.Reason != "" {
		return Expired
	}
	return Live
}
