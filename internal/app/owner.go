package app

import (
	"context"

	"coffer/internal/db"
)

// Separate makes, on PostgreSQL, a role for the application that cannot change
// or remove what the log has, once the schema is up to date.
func Separate(ctx context.Context, c Config, role string) (db.Separation, error) {
	s, err := c.read()
	if err != nil {
		return db.Separation{}, err
	}
	if s.db.Engine() != db.Postgres {
		return db.Separation{}, wrong("as-owner", "true", "SQLite has no roles; this is for a database given with --database")
	}
	return db.Separate(ctx, s.db, role, s.keep)
}
