package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/limit"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
)

const (
	insertKey     = `INSERT INTO key_seen (name, fingerprint, created) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`
	selectSetting = `SELECT value FROM setting WHERE name = $1`
	upsertSetting = `INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string {
	return []string{
		selectKeys, insertKey, selectSetting, upsertSetting, selectAnchor, deleteKey, selectEpoch, forgetBeyond, forgetMark, forgetLooked,
		selectHeld, selectBegan, selectEnd, selectTiles, selectPruned, selectStep, updatePruned, deletePortion, selectForgotten, deleteForgotten, selectLevel, selectSeen, selectShort, selectNode,
	}
}

// writeStart opens the file and writes how this start came about, all in one
// commit: the first one of all, one after a crash, or an ordinary one.
func (a *App) writeStart(ctx context.Context) error {
	ctx = event.System(ctx, "serve")
	head, err := a.sealer.Head(ctx)
	if err != nil {
		return err
	}
	var unclean bool
	a.follower, unclean, err = file.Open(ctx, file.Config{
		Dir: a.Data, Sealer: a.sealer, Reader: a.read, Writer: a.write, Shut: a.log.Shut, Altered: a.altered, Disk: a.Disk,
	})
	if err != nil {
		return err
	}
	a.from = head.Size
	origin := newOrigin()
	err = a.log.Commit(ctx, func(tx *db.Tx) (out []event.Event, err error) {
		fresh, err := a.registerKeys(tx)
		if err = errors.Join(err, seal.Name(tx, origin), a.keepURL(tx)); err != nil {
			return nil, err
		}
		if len(fresh) > 0 {
			out = append([]event.Event{event.LogOpened{}}, fresh...)
		}
		if unclean {
			out = append(out, event.Crash{Reason: "unclean"})
		}
		out = append(out, a.findings...)
		out = append(out, event.Startup{Database: string(a.read.Engine()), URL: a.origin})
		changed, err := a.settingsChanged(tx)
		return append(out, changed...), err
	})
	if err != nil {
		return err
	}
	a.findings = nil
	// Two nodes that start on an empty database at once: the second must hold
	// the first one's keys, like any other.
	seen, err := a.keysSeen(ctx)
	if err != nil {
		return err
	}
	return a.sameKeys(seen)
}

// registerKeys makes the keys known to the database, where they are new to it.
func (a *App) registerKeys(tx *db.Tx) (out []event.Event, err error) {
	for _, k := range a.keys.Keys() {
		n, err := tx.Exec(insertKey, k.Name, k.Fingerprint, tx.Now.UnixMicro())
		if err != nil {
			return nil, err
		}
		if n == 1 {
			out = append(out, event.KeyCreated{Key: k.Name, Use: string(k.Use)})
		}
	}
	return out, nil
}

// settingsChanged compares the settings that matter to security with those of
// the last start.
func (a *App) settingsChanged(tx *db.Tx) (all []event.Event, err error) {
	for _, changed := range []func(*db.Tx) ([]event.Event, error){
		a.limitsChanged, a.deliveriesChanged, a.witnessesChanged, a.retentionChanged, a.demandChanged, a.passwordsChanged,
	} {
		events, err := changed(tx)
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
	}
	return all, nil
}

// demandChanged is settingChanged for whose accounts must hold a second factor.
func (a *App) demandChanged(tx *db.Tx) ([]event.Event, error) {
	return a.settingChanged(tx, "require-second-factor", "none", cmp.Or(strings.Join(a.settings.require, ","), "none"))
}

// limitsChanged compares the limits with those of the last start.
func (a *App) limitsChanged(tx *db.Tx) ([]event.Event, error) {
	now, before := a.settings.limits.String(), limit.Default().String()
	err := tx.QueryRow(selectSetting, "limits").Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if now == before {
		return nil, nil
	}
	if _, err := tx.Exec(upsertSetting, "limits", now); err != nil {
		return nil, err
	}
	from, to := limit.Differ(before, now)
	return []event.Event{event.ConfigChanged{Setting: "limits", From: from, To: to}}, nil
}

// settingChanged compares a setting with that of the last start.
func (a *App) settingChanged(tx *db.Tx, name, before, now string) ([]event.Event, error) {
	err := tx.QueryRow(selectSetting, name).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if now == before {
		return nil, nil
	}
	if _, err := tx.Exec(upsertSetting, name, now); err != nil {
		return nil, err
	}
	return []event.Event{event.ConfigChanged{Setting: name, From: before, To: now}}, nil
}

// altered keeps the finding until the log takes events again: the gate may be
// shut until the file is whole.
func (a *App) altered(_ context.Context, e event.LogFileAltered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findings = append(a.findings, e)
}

// writeFindings records what was found out about the file.
func (a *App) writeFindings(ctx context.Context) error {
	a.mu.Lock()
	found := a.findings
	a.findings = nil
	a.mu.Unlock()
	if len(found) == 0 {
		return nil
	}
	err := a.log.Record(ctx, found...)
	if err != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.findings = append(found, a.findings...)
	}
	return err
}

// writeStop writes the sums of the running minute and the stop itself.
func (a *App) writeStop(ctx context.Context) error {
	ctx = event.System(context.WithoutCancel(ctx), "serve")
	err := a.log.SumUp(ctx)
	return errors.Join(err, a.log.Record(ctx, event.Shutdown{Seconds: int64(time.Since(a.started).Seconds())}))
}
