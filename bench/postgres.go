package main

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"coffer/internal/apptest"
)

// postgres measures on PostgreSQL what must hold there too: on the server in
// TEST_POSTGRES, or one that it starts itself, which syncs. Where there is
// neither, that is said, and no target counts as missed.
func (m *measurement) postgres() (figures []figure, err error) {
	at := os.Getenv("TEST_POSTGRES")
	if at == "" {
		server, err := startPostgres()
		if err != nil {
			fmt.Fprintln(os.Stderr, "   ", err)
			return []figure{{name: "PostgreSQL", measured: "no PostgreSQL here"}}, nil
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		at = server.URL
	}
	synced, err := syncs(at)
	if err != nil {
		return nil, err
	}
	suffix := ", PostgreSQL"
	if !synced {
		suffix += " (fsync=off)"
	}
	if err := m.commits(at, suffix); err != nil {
		return nil, err
	}
	load, err := m.loadPostgres(at)
	return append([]figure{
		m.against("commit, PostgreSQL, 1 writer", "commit 1"+suffix, raw+suffix, 0),
		m.against("commit, PostgreSQL, 64 writers", "commit 64"+suffix, rawAgain+suffix, 0),
	}, load...), err
}

// startPostgres starts a server that syncs, on a disk and not in memory.
func startPostgres() (*apptest.Server, error) {
	if _, set := os.LookupEnv("TMPDIR"); !set {
		if _, err := os.Stat("/var/tmp"); err == nil {
			if err := os.Setenv("TMPDIR", "/var/tmp"); err != nil {
				return nil, err
			}
			defer os.Unsetenv("TMPDIR")
		}
	}
	return apptest.StartPostgres("fsync=on", "full_page_writes=on", "autovacuum=on")
}

func syncs(at string) (synced bool, err error) {
	db, err := sql.Open("pgx", at)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var fsync, commit string
	err = db.QueryRow("SELECT current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit)
	return fsync == "on" && commit != "off", err
}

// ownSchema makes a schema and gives the URL that leads to it; where there is
// no PostgreSQL, it does nothing.
func ownSchema(at string) (own string, drop func(), err error) {
	if at == "" {
		return "", func() {}, nil
	}
	u, err := url.Parse(at)
	if err != nil {
		return "", nil, errors.New("TEST_POSTGRES is no URL")
	}
	db, err := sql.Open("pgx", at)
	if err != nil {
		return "", nil, err
	}
	name := "bench_" + strings.ToLower(rand.Text())
	if _, err := db.Exec("CREATE SCHEMA " + name); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), func() {
		_, err := db.Exec("DROP SCHEMA " + name + " CASCADE")
		if err = errors.Join(err, db.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "   ", err)
		}
	}, nil
}
