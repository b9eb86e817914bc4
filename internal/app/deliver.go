package app

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/event"
)

// finishTime is what the last lines of a run may take on their way.
const finishTime = 2 * time.Second

// lateDelivery is how long a delivery may fail before that shows.
const lateDelivery = time.Minute

// openDeliveries makes a delivery of each target. One that has no position yet
// begins with the first line of this run.
func (a *App) openDeliveries(context.Context) error {
	if len(a.targets) == 0 {
		return nil
	}
	id, err := readSmall(filepath.Join(a.Data, "directory.id"))
	if err != nil {
		return fmt.Errorf("read which data directory this is: %w", err)
	}
	for _, t := range a.targets {
		d := deliver.New(deliver.Config{
			Target: t, Sealer: a.sealer, Reader: a.read, Log: a.log, Now: a.Now, Pace: a.Pace,
			Holder: strings.TrimSpace(string(id)), From: a.from,
		})
		a.deliveries = append(a.deliveries, d)
		a.tasks = append(a.tasks, d.Run)
	}
	return nil
}

// finishDeliveries sends the last lines of this run, as far as that goes fast.
func (a *App) finishDeliveries(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	errs := make([]error, len(a.deliveries))
	var all sync.WaitGroup
	for i, d := range a.deliveries {
		all.Go(func() { errs[i] = d.Finish(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// deliveriesChanged compares where the log goes with the last start: turning a
// delivery off is something to know of.
func (a *App) deliveriesChanged(tx *db.Tx) (out []event.Event, err error) {
	now := map[string]string{"syslog": "none", "otlp": "none", "webhook": "none"}
	for _, t := range a.targets {
		now[t.Name] = t.Receiver
	}
	for _, name := range []string{"syslog", "otlp", "webhook"} {
		before := "none"
		err := tx.QueryRow(selectSetting, name).Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if now[name] == before {
			continue
		}
		if _, err := tx.Exec(upsertSetting, name, now[name]); err != nil {
			return nil, err
		}
		out = append(out, event.ConfigChanged{Setting: name, From: before, To: now[name]})
	}
	return out, nil
}

// deliveryWarnings are what an operator should know of the deliveries.
func (a *App) deliveryWarnings() (out []string) {
	for _, t := range a.targets {
		if t.Clear {
			out = append(out, fmt.Sprintf("--%s sends the log over the network in clear; use %s", t.Name, map[bool]string{true: "tls://", false: "https://"}[t.Name == "syslog"]))
		}
		if t.Unsigned {
			out = append(out, "the webhook's requests are not signed: its receiver cannot tell Coffer from others; set --webhook-secret-file")
		}
	}
	return out
}

// late says what is behind while requests are still served: a sentence each.
func (a *App) late(ctx context.Context) (out []string) {
	if behind := a.sealer.Behind(); behind > unsignedTime {
		out = append(out, fmt.Sprintf("the log has not been signed for %d s", int(behind.Seconds())))
	}
	out = append(out, a.check.lateCheck(ctx)...)
	out = append(out, a.lateWitnesses()...)
	out = append(out, a.tlsTroubles()...)
	for _, d := range a.deliveries {
		s := d.Status()
		if since := a.Now().Sub(s.Failing); !s.Failing.IsZero() && since > lateDelivery {
			out = append(out, fmt.Sprintf("delivery %s to %s has failed for %d s, at line %d: %s", s.Name, s.Receiver, int(since.Seconds()), s.Next, s.Error))
		}
	}
	return out
}

// counted is standard output with a count of the lines it took.
type counted struct {
	io.Writer
	lines atomic.Uint64
}

// Write counts what was written whole: a part of it is written again.
func (c *counted) Write(b []byte) (n int, err error) {
	if n, err = c.Writer.Write(b); err == nil {
		c.lines.Add(uint64(bytes.Count(b, []byte("\n"))))
	}
	return n, err
}
