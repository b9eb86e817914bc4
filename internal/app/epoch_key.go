package app

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/vault"
)

const deleteKey = `DELETE FROM key_seen WHERE name = $1`

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
	err := e.read.QueryRow(ctx, selectSetting, "witness").Scan(&e.Witnesses)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if e.Witnesses == "none" {
		e.Witnesses = ""
	}
	return errors.Join(err, e.openSigner(ctx), e.sealer.Sign(ctx), e.sealer.Release(ctx))
}

// retire keeps the newest checkpoint of the epoch before aside, or what stands
// in its place.
func (a *App) retire() error {
	signed, err := readSmall(a.checkpointPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil && !errors.Is(err, errNoFile) {
		return err
	}
	name := "garbled-" + a.Now().UTC().Format("20060102T150405.000000")
	if c, err := proof.Peek(signed); err == nil {
		name = fmt.Sprintf("%012d", c.Size)
	}
	return os.Rename(a.checkpointPath(), filepath.Join(a.Data, "checkpoint-"+name+".lost"))
}
