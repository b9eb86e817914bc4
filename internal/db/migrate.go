package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
)

// ErrNewer says that the schema is from a newer version of the program, which
// this one must not touch.
var ErrNewer = errors.New("the database's schema is newer than this program")

// schema holds the migrations. A name that ends in an engine's is that
// engine's only; all others are one text for both.
//
//go:embed migrations/*.sql
var schema embed.FS

// Migrate brings the schema up, forwards only, under a lock, and tells which
// version it was and is. A SQLite file that holds a schema and must move is
// copied beside first, as FILE.before-<version>.
func Migrate(ctx context.Context, c Config) (from, to int64, err error) {
	if c.Engine() == SQLite {
		return migrateSQLite(ctx, c)
	}
	from, to, err = Pending(ctx, c)
	if err != nil || from == to {
		return from, to, err
	}
	return migratePostgres(ctx, c)
}

// Pending tells the schema's version and the one that this program wants,
// without changing anything, or ErrNewer.
func Pending(ctx context.Context, c Config) (from, to int64, err error) {
	if c.Engine() == SQLite {
		if _, err := os.Stat(c.File); errors.Is(err, fs.ErrNotExist) {
			last, err := latest(SQLite)
			return 0, last, err
		}
	}
	pool, err := migrationPool(c)
	if err != nil {
		return 0, 0, err
	}
	defer pool.Close()
	return versions(ctx, c.Engine(), pool)
}

func migrateSQLite(ctx context.Context, c Config) (from, to int64, err error) {
	// The lock is a file of its own: closing the database's file a second time
	// in this process would drop SQLite's locks on it.
	lock := flock.New(c.File + ".lock")
	if err := lock.Lock(); err != nil {
		return 0, 0, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	// Asked under the lock: a new file's change to WAL, unlike all else in
	// SQLite, does not wait for whoever looks at the file meanwhile.
	if from, to, err = Pending(ctx, c); err != nil || from == to {
		return from, to, err
	}
	if err := private(c.File); err != nil {
		return 0, 0, err
	}
	pool, err := migrationPool(c)
	if err != nil {
		return 0, 0, err
	}
	defer pool.Close()
	if from, to, err = versions(ctx, SQLite, pool); err != nil || from == to {
		return from, to, err
	}
	if from > 0 {
		if err := keepCopy(ctx, pool, fmt.Sprintf("%s.before-%d", c.File, from)); err != nil {
			return from, from, err
		}
	}
	return from, to, up(ctx, SQLite, pool)
}

// private makes the file before SQLite would make it readable for others.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// keepCopy writes the database, with what is still in its journal, to a file
// that is there whole or not at all.
func keepCopy(ctx context.Context, pool *sql.DB, to string) error {
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := private(part); err != nil {
		return err
	}
	if _, err := pool.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return fmt.Errorf("copy to %s: %w", part, err)
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return syncFile(filepath.Dir(to))
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// migrationPool is a pool that may write, apart from the Writer's.
func migrationPool(c Config) (*sql.DB, error) {
	if c.Engine() == Postgres {
		return postgresPool(c, 2, nil)
	}
	from, err := newFileConnector(c.File, false)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(from)
	pool.SetMaxOpenConns(1)
	return pool, nil
}

// sources are the names of an engine's migrations, in order.
func sources(e Engine) (mine, others []string, err error) {
	names, err := fs.Glob(schema, "migrations/*.sql")
	for _, n := range names {
		n = filepath.Base(n)
		switch own := strings.HasSuffix(n, "_"+string(e)+".sql"); {
		case !own && (strings.HasSuffix(n, "_sqlite.sql") || strings.HasSuffix(n, "_postgres.sql")):
			others = append(others, n)
		default:
			mine = append(mine, n)
		}
	}
	return mine, others, err
}

// latest is the version this program wants.
func latest(e Engine) (int64, error) {
	mine, _, err := sources(e)
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(mine[len(mine)-1])
}

// versions reads the schema's version without making goose's table, so that
// asking changes nothing.
func versions(ctx context.Context, e Engine, pool *sql.DB) (from, to int64, err error) {
	if to, err = latest(e); err != nil {
		return 0, 0, err
	}
	there := "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'"
	if e == Postgres {
		there = "SELECT count(*) FROM pg_tables WHERE tablename = 'goose_db_version' AND schemaname = current_schema()"
	}
	var n int
	if err := pool.QueryRowContext(ctx, there).Scan(&n); err != nil {
		return 0, 0, classify(err)
	}
	if n == 0 {
		return 0, to, nil
	}
	err = pool.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&from)
	if err == nil && from > to {
		err = fmt.Errorf("%w: %d, and the newest known is %d", ErrNewer, from, to)
	}
	return from, to, classify(err)
}

func up(ctx context.Context, e Engine, pool *sql.DB) error {
	_, others, err := sources(e)
	if err != nil {
		return err
	}
	files, err := fs.Sub(schema, "migrations")
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if e == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, pool, files, goose.WithExcludeNames(others), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return classify(err)
}
