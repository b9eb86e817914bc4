package limit

import (
	"context"
	"time"

	"coffer/internal/db"
)

const sqlHeld = `SELECT COUNT(*) FROM throttle WHERE account = $1 AND until > $2`

// Held is how many locks keep somebody from trying an account's password now.
func Held(ctx context.Context, r *db.Reader, account string, now time.Time) (locks int, err error) {
	err = r.QueryRow(ctx, sqlHeld, account, now.UnixMicro()).Scan(&locks)
	return locks, err
}
