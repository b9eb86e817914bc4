package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/witness"
)

// witnessedFile is the newest checkpoint that enough witnesses signed. Under
// load the newest of all is always a moment younger than their signatures.
const witnessedFile = "checkpoint.witnessed"

// rulesSetting is the row that says which cosignatures are enough.
const rulesSetting = "witness-policy"

// List is a setting that may be given several times, its parts separated by
// commas or lines; it holds them separated by commas.
type List string

// UnmarshalText adds to what was given before.
func (l *List) UnmarshalText(text []byte) error {
	parts := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
	if *l != "" {
		parts = append([]string{string(*l)}, parts...)
	}
	*l = List(strings.Join(parts, ","))
	return nil
}

// witnesses reads who cosigns the log's checkpoints, and how many are enough.
func (c Config) witnesses() (s witness.Set, err error) {
	all, err := witness.ParseList(string(c.Witness))
	if err != nil {
		return s, wrong("witness", pairsShown(string(c.Witness)), "%v", err)
	}
	if c.WitnessPolicy == "" {
		return witness.Set{Witnesses: all}, nil
	}
	raw, err := os.ReadFile(c.WitnessPolicy)
	if err != nil {
		return s, wrong("witness-policy", c.WitnessPolicy, "it cannot be read (%v)", err)
	}
	if s, err = witness.WithPolicy(all, string(raw)); err != nil {
		return s, wrong("witness-policy", c.WitnessPolicy, "it is no policy as c2sp.org/tlog-policy has it: %v", err)
	}
	if len(s.Witnesses) == 0 {
		return s, wrong("witness-policy", c.WitnessPolicy, "it names no witness with a URL, and --witness none either")
	}
	return s, nil
}

// pairsShown is the setting as it is told back: its beginning, and nothing that
// may be a secret.
func pairsShown(pairs string) string {
	const most = 60
	if strings.Contains(pairs, "PRIVATE") || strings.Contains(pairs, "@") {
		return "…"
	}
	if r := []rune(pairs); len(r) > most {
		return string(r[:most]) + "…"
	}
	return pairs
}

// openWitnesses makes the circle of witnesses, before anything is written, and
// asks them whether what is there is what they signed. One that cannot be asked
// is no reason not to start: it would be an easy way to stop Coffer.
func (a *App) openWitnesses(ctx context.Context) error {
	if len(a.set.Witnesses) == 0 {
		return nil
	}
	roots, err := authorities(a.DeliveryCaFile)
	if err != nil {
		return err
	}
	a.circle = witness.New(witness.Config{
		Set: a.set, Sealer: a.sealer, Reader: a.read, Log: a.log, Roots: roots,
		Publish: a.publishWitnessed, Pace: a.WitnessPace, Now: a.Now,
	})
	found, mute, err := a.circle.Check(ctx)
	switch {
	case err != nil:
		return err
	case found != nil && found.Forked:
		return a.tampered("%s.%s", found.Sentence(), orTheWitness)
	case found != nil:
		return a.rolledBack("%s.%s", found.Sentence(), orTheWitness)
	}
	for _, m := range mute {
		slog.Warn("a witness could not be asked at the start whether the log is whole", "witness", m)
	}
	if a.set.Policy != nil {
		a.log.Witnessed = a.circle.Await
	}
	return nil
}

const orTheWitness = " (If that witness is not to be believed, take it off --witness and the policy, and say why in your records.)"

// startWitnesses has the circle run: what it waits for is signed by then.
func (a *App) startWitnesses(context.Context) error {
	if a.circle != nil {
		a.tasks = append(a.tasks, a.circle.Run)
	}
	return nil
}

// finishWitnesses has the last lines of this run cosigned, as far as that goes
// fast.
func (a *App) finishWitnesses(ctx context.Context) error {
	if a.circle == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	return a.circle.Finish(ctx)
}

// publishWitnessed puts cosigned checkpoints beside the log's file.
func (a *App) publishWitnessed(ctx context.Context, signed []byte, enough bool) error {
	if enough {
		if err := renameio.WriteFile(filepath.Join(a.Data, witnessedFile), signed, 0o644); err != nil {
			return err
		}
	}
	c, err := proof.Peek(signed)
	if err != nil {
		return err
	}
	a.publishing.Lock()
	defer a.publishing.Unlock()
	newest, n, _, err := a.sealer.Checkpoint(ctx)
	if err != nil || n.Size != c.Size {
		return err // the signer has published a newer one, or is about to
	}
	return renameio.WriteFile(a.checkpointPath(), newest, 0o644)
}

// witnessesChanged compares the witnesses with those of the last start: one
// that is not asked any more is something to know of. It also leaves in the
// database what is enough, for commands, which are seldom given the policy.
func (a *App) witnessesChanged(tx *db.Tx) ([]event.Event, error) {
	var rules string
	err := tx.QueryRow(selectSetting, rulesSetting).Scan(&rules)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err == nil && rules != a.set.Rules {
		_, err = tx.Exec(upsertSetting, rulesSetting, a.set.Rules)
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(a.set.Witnesses))
	for _, w := range a.set.Witnesses {
		names = append(names, w.Name)
	}
	now, before := cmp.Or(strings.Join(names, ","), "none"), "none"
	err = tx.QueryRow(selectSetting, "witness").Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if now == before {
		return nil, nil
	}
	if _, err := tx.Exec(upsertSetting, "witness", now); err != nil {
		return nil, err
	}
	return []event.Event{event.ConfigChanged{Setting: "witness", From: before, To: now}}, nil
}

// witnessWarnings are what an operator should know of the witnesses.
func (a *App) witnessWarnings() (out []string) {
	for _, w := range a.set.Witnesses {
		if w.Clear() {
			out = append(out, fmt.Sprintf("witness %s is asked over the network in clear: who listens learns how fast the log grows; use https://", w.Name))
		}
	}
	for _, name := range a.set.Mute {
		out = append(out, fmt.Sprintf("witness %s of the policy is not asked: no URL of it is known", name))
	}
	return out
}

// lags says how far the witnesses are behind.
func (a *App) lags() []witness.Lag {
	if a.circle == nil {
		return nil
	}
	return a.circle.Lags()
}

// lateWitnesses says what is wrong with the witnesses, a sentence each.
func (a *App) lateWitnesses() []string {
	if a.circle == nil {
		return nil
	}
	return a.circle.Late()
}
