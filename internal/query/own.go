package query

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// selectOwn has the same rule as selectActivity, for one line.
const selectOwn = `SELECT line FROM event WHERE seq = $1
	AND (subject = $2 AND subject <> '' OR actor = $2 AND actor <> '' AND outcome = 'success')`

// Own gives the line of this number to its person: whom it concerns, or who did
// it and succeeded. To anybody else it is as if there were none, whether there
// is one or not. The line is exact, so that it can be proved: what Entry leaves
// out of another person who acted, their random id and their session's hash,
// stands in it.
func (r *Reader) Own(ctx context.Context, person string, seq uint64) (e Entry, line []byte, err error) {
	err = r.db.QueryRow(ctx, selectOwn, int64(seq), person).Scan(&line)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return e, nil, fault.New(fault.NotFound, "There is no such line of yours.",
			event.AuthzFailed{Reason: "not_found", Resource: "line:" + strconv.FormatUint(seq, 10)})
	case err != nil:
		return e, nil, unreadable(err)
	}
	e, err = read(line, person)
	return e, line, err
}
