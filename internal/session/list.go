package session

import (
	"context"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

// remembered is how many of a person's ended sessions EndOne knows from ids
// that never were: more than a list on a page that was left open can hold.
const remembered = 100

// ErrNone says that the person has no session of that hash, and never lately had.
var ErrNone = fault.New(fault.NotFound, "You have no such session.")

// Listed is a session as its person sees it.
type Listed struct {
	// Hash names the session on the page and in its address, as in the log: the
	// id itself leaves the database nowhere.
	Hash string
	// Created is when it began and Seen its last use, to the minute.
	Created, Seen time.Time
	// SourceIP and UserAgent are those of the sign-in.
	SourceIP, UserAgent string
}

// List gives the person's live sessions, the one last used first.
func List(ctx context.Context, r *db.Reader, account string, now time.Time) (list []Listed, err error) {
	rows, err := r.Query(ctx, sqlOpen, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Listed
		var id string
		var created, seen int64
		if err := rows.Scan(&id, &created, &seen, &l.SourceIP, &l.UserAgent); err != nil {
			return nil, err
		}
		l.Hash, l.Created, l.Seen = hashID(id), at(created), at(seen)
		if over(l.Created, l.Seen, now) == "" {
			list = append(list, l)
		}
	}
	return list, rows.Err()
}

// EndOne ends the person's session of that hash. No events and no error mean
// that it had ended before; ErrNone, that they have none of that hash.
func EndOne(tx *db.Tx, account, hash string) ([]event.Event, error) {
	open, err := ids(tx, sqlOthers, account, "")
	if err != nil {
		return nil, err
	}
	if id := of(open, hash); id != "" {
		return endAsked(tx, account, id)
	}
	ended, err := ids(tx, sqlLately, account, remembered)
	if err == nil && of(ended, hash) == "" {
		err = ErrNone
	}
	return nil, err
}

// EndOthers ends all of the person's sessions but s, which asked for it.
func EndOthers(tx *db.Tx, s Session) ([]event.Event, error) {
	others, err := ids(tx, sqlOthers, s.Account, s.ID)
	if err != nil {
		return nil, err
	}
	return endAsked(tx, s.Account, others...)
}

// of is the id with that hash, or empty.
func of(ids []string, hash string) string {
	for _, id := range ids {
		if hashID(id) == hash {
			return id
		}
	}
	return ""
}

func endAsked(tx *db.Tx, account string, ids ...string) (events []event.Event, err error) {
	for _, id := range ids {
		ended, err := End(tx, id, Asked)
		if err != nil {
			return nil, err
		}
		if ended {
			events = append(events, event.SessionExpired{Account: account, Session: hashID(id), Reason: Asked})
		}
	}
	return events, nil
}
