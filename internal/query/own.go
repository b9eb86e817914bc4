package query

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

const selectOwn = `SELECT line FROM event WHERE seq = $1`

// Own gives the line of this number to its person: whom it concerns, or who did
// it and succeeded. To anybody else it is as if there were none, whether there
// is one or not. The line is exact, so that it can be proved: what Entry leaves
// out of another person who acted, their random id and their session's hash,
// stands in it.
func (r *Reader) Own(ctx context.Context, person string, seq uint64) (e Entry, line []byte, err error) {
	err = r.db.QueryRow(ctx, selectOwn, int64(seq)).Scan((*seal.Text)(&line))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Entry{}, nil, unreadable(err)
	}
	if err == nil {
		if e, err = read(line, person); err != nil {
			return Entry{}, nil, err
		}
	}
	if !e.theirs(person) {
		return Entry{}, nil, fault.New(fault.NotFound, "There is no such line of yours.",
			event.AuthzFailed{Reason: "not_found", Resource: "line:" + strconv.FormatUint(seq, 10)})
	}
	return e, line, nil
}
