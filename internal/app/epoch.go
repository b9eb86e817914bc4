package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
	"coffer/internal/vault"
)

// rebaseTime is what writing the tree of a large log again may take.
const rebaseTime = time.Hour

const (
	deleteKey   = `DELETE FROM key_seen WHERE name = $1`
	selectEpoch = `SELECT line FROM event WHERE event = 'log_epoch_started' AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`
)

// Epoch is what became of a log that goes on under a new name and key.
type Epoch struct {
	event.LogEpochStarted
	// Lines is how many the log has at its beginning.
	Lines uint64
	// Kept are the files of what no longer counts.
	Kept []string
}

// epoch is one in the making.
type epoch struct {
	*App
	Epoch
	signed []proof.Checkpoint // what the log's key signed so far
	notes  [][]byte           // the same, as notes
	good   int                // the largest that the lines lead to; -1 is none
	key    vault.Key
}

// NewEpoch goes on from the lines at hand, whatever was signed before: under a
// new name and key, with tree and numbers unbroken, and with a line that says
// so. It refuses while anybody serves.
func NewEpoch(ctx context.Context, c Config, o Options, reason string) (_ Epoch, err error) {
	s, err := c.read()
	if err != nil {
		return Epoch{}, err
	}
	if strings.TrimSpace(reason) == "" {
		return Epoch{}, wrong("reason", reason, "say why the log goes on from other lines than were signed; it stands in the log for ever")
	}
	e := &epoch{App: &App{settings: s, Options: o.filled(), started: time.Now()}}
	e.settings.db.Now = o.Now
	e.Why = event.Text(reason)
	defer func() { err = errors.Join(err, e.close()) }()
	desk := &Desk{app: e.App}
	for _, step := range []func(context.Context) error{
		desk.found, e.openData, desk.current, desk.open, e.knownKeys, e.openLog, e.alone,
		e.gather, e.rebase, e.setAside, e.commit, e.settle,
	} {
		if err := step(event.With(ctx, Origin())); err != nil {
			return e.Epoch, e.explained(err)
		}
	}
	return e.Epoch, nil
}

// rebase makes the tree what the lines are, and finds the last good checkpoint.
func (e *epoch) rebase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rebaseTime)
	defer cancel()
	head, good, err := e.sealer.Rebase(ctx, e.signed)
	e.good = good
	if err != nil {
		return refused("the log cannot go on: %v; put back a copy of the database that has them", err)
	}
	e.Lines = head.Size
	for _, c := range e.signed {
		e.Lost = max(e.Lost, c.Size-min(c.Size, head.Size))
	}
	if good >= 0 {
		c := e.signed[good]
		e.Size, e.Root, e.Signature = c.Size, c.Root.String(), proof.Signature(e.notes[good])
	}
	return nil
}

// commit makes key and name known and writes the line that says so.
func (e *epoch) commit(ctx context.Context) error {
	if err := e.nextKey(ctx); err != nil {
		return err
	}
	follower, err := e.openFile(ctx)
	if err != nil {
		return err
	}
	last, signed := e.lastGood()
	err = e.log.Commit(ctx, func(tx *db.Tx) (out []event.Event, err error) {
		out = append(out, e.findings...)
		if err := errors.Join(e.swapKey(tx), seal.Rename(tx, e.Origin, last, signed)); err != nil {
			return nil, err
		}
		return append(out, e.LogEpochStarted, event.KeyCreated{Key: e.key.Name, Use: string(e.key.Use)}), nil
	})
	if err != nil {
		return err
	}
	over, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel() // the follower writes what there is and ends
	return errors.Join(e.sealer.Drain(ctx), follower.Run(over))
}

// lastGood is the checkpoint that the new epoch cites, if there is one.
func (e *epoch) lastGood() (c proof.Checkpoint, signed []byte) {
	if e.good < 0 {
		return c, nil
	}
	return e.signed[e.good], e.notes[e.good]
}

func (e *epoch) openFile(ctx context.Context) (*file.Follower, error) {
	f, _, err := file.Open(ctx, file.Config{
		Dir: e.Data, Sealer: e.sealer, Reader: e.read, Writer: e.write, Shut: e.log.Shut, Altered: e.altered, Guest: true,
	})
	return f, err
}

func (e *epoch) nextKey(ctx context.Context) error {
	seen, err := e.keysSeen(ctx)
	if err != nil {
		return err
	}
	key, signer, err := vault.NextLogKey(filepath.Join(e.Data, "keys"), seen)
	if err != nil {
		return err
	}
	e.key, e.Origin = key, newOrigin()
	e.Key, err = proof.VerifierKey(e.Origin, signer.Public().(ed25519.PublicKey))
	return err
}

// swapKey lets the database know the new key in the old one's place.
func (e *epoch) swapKey(tx *db.Tx) error {
	for _, k := range e.keys.Keys() {
		if k.Use != vault.UseLog {
			continue
		}
		if _, err := tx.Exec(deleteKey, k.Name); err != nil {
			return err
		}
	}
	_, err := tx.Exec(insertKey, e.key.Name, e.key.Fingerprint, tx.Now.UnixMicro())
	return err
}

// settle puts the new key in its place and signs the log under its new name.
func (e *epoch) settle(ctx context.Context) error {
	if err := e.openKeys(ctx); err != nil {
		return err
	}
	if err := e.retire(); err != nil {
		return err
	}
	return errors.Join(e.openSigner(ctx), e.sealer.Sign(ctx), e.sealer.Release(ctx))
}

// retire keeps the newest checkpoint of the epoch before aside.
func (a *App) retire() error {
	signed, err := os.ReadFile(a.checkpointPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	size := uint64(0) // of one that is garbled
	if c, err := proof.Peek(signed); err == nil {
		size = c.Size
	}
	return os.Rename(a.checkpointPath(), filepath.Join(a.Data, fmt.Sprintf("checkpoint-%012d.lost", size)))
}
