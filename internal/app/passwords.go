package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/factor/breach"
)

// breachedFile is the compiled list of stolen passwords, in the data directory;
// whoever puts one there has breachedLock.
const breachedFile, breachedLock = "passwords.filter", "passwords.lock"

// breachedSetting is what the log calls the list. In the database it belongs to
// a data directory, since each node has its own.
const breachedSetting = "breached-passwords"

// noList is what the log says where there is none.
const noList = "none"

// mostLeast is the longest that a password can be demanded to be: what everybody
// can type.
const mostLeast = 64

// passwordMin reads how long a new password must be.
func (c Config) passwordMin() (least int, err error) {
	text := strings.TrimSpace(c.PasswordMin)
	if text == "" {
		return factor.MinLength, nil
	}
	least, err = strconv.Atoi(text)
	if err != nil || least < factor.MinLength || least > mostLeast {
		return 0, wrong("password-min", c.PasswordMin, "give a number of characters from %d to %d", factor.MinLength, mostLeast)
	}
	return least, nil
}

func breachedList(data string) breach.List {
	return breach.List{Path: filepath.Join(data, breachedFile)}
}

// passwordPolicy is what a new password must be.
func (a *App) passwordPolicy() factor.Policy {
	p := factor.Policy{Min: a.least, Breached: a.isBreached}
	if u, err := url.Parse(a.origin); err == nil {
		p.Words = factor.SiteWords(u.Hostname())
	}
	return p
}

// isBreached asks the list that is in force now. Why it cannot is for the
// operator: the visitor learns only that it is so.
func (a *App) isBreached(password string) (is bool, err error) {
	is, err = breachedList(a.Data).Has(password)
	if err != nil {
		slog.Error("a new password was refused, since the list of stolen ones cannot be read", "file", breachedList(a.Data).Path, "err", err)
	}
	return is, err
}

// listInForce names the list, for the log.
func listInForce(data string) (name string, err error) {
	info, err := breachedList(data).Info()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noList, nil
	case errors.Is(err, breach.ErrDamaged):
		return "damaged", nil
	case err != nil:
		return "", err
	}
	return info.String(), nil
}

// passwordsChanged compares what a password must be with the last start's.
func (a *App) passwordsChanged(tx *db.Tx) ([]event.Event, error) {
	out, err := settingChanged(tx, "password-min", "password-min", strconv.Itoa(factor.MinLength), strconv.Itoa(a.least))
	if err != nil {
		return nil, err
	}
	list, err := listInForce(a.Data)
	if err != nil {
		return nil, err
	}
	more, err := listChanged(tx, a.Data, list)
	return append(out, more...), err
}

// listChanged is the event of a list that is not the one the log knows of.
func listChanged(tx *db.Tx, data, now string) ([]event.Event, error) {
	row, err := listRow(data)
	if err != nil {
		return nil, err
	}
	return settingChanged(tx, row, breachedSetting, noList, now)
}

// listRow is where the database has the list that the log knows of.
func listRow(data string) (name string, err error) {
	id, err := readSmall(filepath.Join(data, "directory.id"))
	if err != nil {
		return "", fmt.Errorf("read which data directory this is: %w", err)
	}
	return breachedSetting + ":" + strings.TrimSpace(string(id)), nil
}

// settingChanged stores a setting's value and gives the event of the change, or
// neither where it is what it was. It starts as usual.
func settingChanged(tx *db.Tx, row, name, usual, now string) ([]event.Event, error) {
	before := usual
	err := tx.QueryRow(selectSetting, row).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if now == before {
		return nil, nil
	}
	if _, err := tx.Exec(upsertSetting, row, now); err != nil {
		return nil, err
	}
	return []event.Event{event.ConfigChanged{Setting: name, From: before, To: now}}, nil
}

// watchBreached writes into the log when another list is in force, which nobody
// imported: somebody removed the file, or put another one there.
func (a *App) watchBreached(ctx context.Context) (err error) {
	lock := flock.New(filepath.Join(a.Data, breachedLock), flock.SetPermissions(0o640))
	got, err := lock.TryLock()
	if err != nil || !got { // an import has announced its list, or soon will
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	now, err := listInForce(a.Data)
	if err != nil {
		return err
	}
	row, err := listRow(a.Data)
	if err != nil {
		return err
	}
	before := noList
	err = a.read.QueryRow(ctx, selectSetting, row).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err != nil || before == now {
		return err
	}
	return a.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) { return listChanged(tx, a.Data, now) })
}

// passwordWarnings are what an operator should know of the list.
func (a *App) passwordWarnings() []string {
	_, err := breachedList(a.Data).Info()
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return []string{fmt.Sprintf("no new password can be set: %s cannot be used: %v", breachedList(a.Data).Path, err)}
}
