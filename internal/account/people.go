package account

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/session"
)

// The states of an account.
const (
	// Active is the state of whoever can sign in.
	Active = "active"
	// Invited is that of whoever has not set a password yet.
	Invited = "invited"
	// Disabled is that of whoever may not sign in.
	Disabled = "disabled"
)

// Person is an account as those see it who look after people: no password, no
// card, and of factors only whether there is one.
type Person struct {
	ID, Username, Role string
	Created            time.Time
	// LastLogin is zero until the first; LastSeen is the last use of a session,
	// to the minute.
	LastLogin, LastSeen time.Time
	// Since is when they were disabled, or zero.
	Since time.Time
	// Password and SecondFactor say whether they have one; recovery codes alone
	// are no second factor.
	Password, SecondFactor bool
}

// State is what they can do now, in a word.
func (p Person) State() string {
	switch {
	case !p.Since.IsZero():
		return Disabled
	case !p.Password && !p.SecondFactor:
		return Invited
	}
	return Active
}

// Statements for both engines. An exclamation mark is in no name, so it escapes.
const (
	sqlPeople = `SELECT a.id, a.username, a.role, a.created, COALESCE(a.last_login, 0), COALESCE(a.disabled, 0),
COALESCE((SELECT MAX(s.seen) FROM session s WHERE s.account = a.id), 0),
(SELECT COUNT(*) FROM credential c WHERE c.account = a.id AND c.kind = 'password'),
(SELECT COUNT(*) FROM credential c WHERE c.account = a.id AND c.kind IN ('totp', 'passkey'))
FROM account a WHERE a.username_key > $1 AND a.username_key LIKE $2 ESCAPE '!'
ORDER BY a.username_key LIMIT $3`

	sqlPerson = `SELECT a.id, a.username, a.role, a.created, COALESCE(a.last_login, 0), COALESCE(a.disabled, 0),
COALESCE((SELECT MAX(s.seen) FROM session s WHERE s.account = a.id), 0),
(SELECT COUNT(*) FROM credential c WHERE c.account = a.id AND c.kind = 'password'),
(SELECT COUNT(*) FROM credential c WHERE c.account = a.id AND c.kind IN ('totp', 'passkey'))
FROM account a WHERE a.id = $1`
)

func scanPerson(row interface{ Scan(to ...any) error }) (p Person, err error) {
	var created, login, disabled, seen int64
	var passwords, factors int
	err = row.Scan(&p.ID, &p.Username, &p.Role, &created, &login, &disabled, &seen, &passwords, &factors)
	p.Created, p.LastLogin, p.Since = instant(created), instant(login), instant(disabled)
	p.LastSeen = instant(max(seen, login))
	p.Password, p.SecondFactor = passwords > 0, factors > 0
	return p, err
}

// instant is a time of the database; 0 is none.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// People lists everyone, by name.
func People(ctx context.Context, r *db.Reader) (all []Person, err error) {
	return people(ctx, r, "", "", math.MaxInt32)
}

// people lists those whose names come after a name and hold what was asked for.
func people(ctx context.Context, r *db.Reader, after, part string, most int) (all []Person, err error) {
	like := "%" + strings.NewReplacer("_", "!_", "%", "!%", "!", "!!").Replace(strings.ToLower(part)) + "%"
	rows, err := r.Query(ctx, sqlPeople, strings.ToLower(after), like, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPerson(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// Found is a page of people.
type Found struct {
	People []Person
	// More says that there are others after the last.
	More bool
}

// Search lists people by name, most at a time: those whose names hold part, from
// the first after the name given on.
func (s *Service) Search(ctx context.Context, part, after string, most int) (Found, error) {
	if strings.ContainsFunc(part+after, foreign) {
		return Found{}, nil // nobody can have such a name
	}
	all, err := people(ctx, s.Read, after, part, most+1)
	if err != nil || len(all) <= most {
		return Found{People: all}, cannot(err)
	}
	return Found{People: all[:most], More: true}, nil
}

// Standing is a person with what is under way.
type Standing struct {
	Person
	// Sessions are open now; Locks keep somebody from trying their password.
	Sessions, Locks int
}

// Look finds a person by their id.
func (s *Service) Look(ctx context.Context, id string) (p Standing, err error) {
	p.Person, err = scanPerson(s.Read.QueryRow(ctx, sqlPerson, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Standing{}, noSuchPerson(id)
	}
	if err != nil {
		return Standing{}, cannot(err)
	}
	open, err := session.List(ctx, s.Read, id, s.Now())
	if err != nil {
		return Standing{}, cannot(err)
	}
	p.Sessions = len(open)
	p.Locks, err = limit.Held(ctx, s.Read, id, s.Now())
	return p, cannot(err)
}

func noSuchPerson(id string) *fault.Error {
	return fault.New(fault.NotFound, "There is nobody of this id.", event.AuthzFailed{Reason: "not_found", Resource: "account:" + id})
}
