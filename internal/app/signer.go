package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

const (
	checkpointFile = "checkpoint"
	publicFile     = "log.pub"
	// unsignedTime is how long signing may fail before that shows.
	unsignedTime = 5 * time.Second
)

// newOrigin is a name for a log that has none: no domain of anybody's, since
// .invalid belongs to nobody.
func newOrigin() string { return "coffer.invalid/" + event.NewID("") }

// logKey is the log's private key.
func (a *App) logKey() (ed25519.PrivateKey, error) {
	key, ok := a.keys.LogSigner().(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the log's key is a %T, not one of Ed25519", a.keys.LogSigner())
	}
	return key, nil
}

// verifier checks what the log's key signed under a name.
func (a *App) verifier(name string) (v note.Verifier, vkey string, err error) {
	key, err := a.logKey()
	if err != nil {
		return nil, "", err
	}
	vkey, err = proof.VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", err
	}
	v, err = note.NewVerifier(vkey)
	return v, vkey, err
}

// openSigner lets the sealer sign, and says in log.pub by which key.
func (a *App) openSigner(ctx context.Context) error {
	head, err := a.sealer.Head(ctx)
	if err != nil {
		return err
	}
	_, vkey, err := a.verifier(head.Origin)
	if err != nil {
		return err
	}
	if err := a.writePublic(vkey); err != nil {
		return err
	}
	key, err := a.logKey()
	if err != nil {
		return err
	}
	signer, err := proof.NewSigner(head.Origin, key)
	if err != nil {
		return err
	}
	if id, err := readSmall(filepath.Join(a.Data, "directory.id")); err == nil {
		a.sealer.LeaseAs(strings.TrimSpace(string(id)))
	}
	if _, err := os.Stat(a.checkpointPath()); errors.Is(err, fs.ErrNotExist) && head.Size > 0 && a.from > 0 {
		slog.Warn("the newest checkpoint was missing from the data directory; it is written again", "file", a.checkpointPath())
	}
	return a.sealer.SetSigner(ctx, seal.Signing{Key: signer, Publish: a.publish, Now: a.Now})
}

func (a *App) checkpointPath() string { return filepath.Join(a.Data, checkpointFile) }

// publish puts the newest checkpoint beside the log's file.
func (a *App) publish(signed []byte) error {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	return renameio.WriteFile(a.checkpointPath(), signed, 0o644)
}

// writePublic makes vkey the newest line of log.pub. The lines before are those
// of the epochs before, and stay.
func (a *App) writePublic(vkey string) error {
	path := filepath.Join(a.Data, publicFile)
	before, err := readSmall(path)
	if errors.Is(err, errNoFile) {
		return a.noKeys(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var after bytes.Buffer
	for line := range strings.Lines(string(before)) {
		if line = strings.TrimSpace(line); line != "" && line != vkey {
			fmt.Fprintln(&after, line)
		}
	}
	fmt.Fprintln(&after, vkey)
	if bytes.Equal(before, after.Bytes()) {
		return nil
	}
	return renameio.WriteFile(path, after.Bytes(), 0o644)
}

func reportSigning(err error) {
	switch {
	case errors.Is(err, seal.ErrRoot):
		slog.Error("the log is not signed any more: its database was changed past Coffer; stop it, keep a copy of everything, and run coffer-verify", "err", err)
	case err != nil:
		slog.Error("signing waits; lines are sealed, and signed later", "err", err)
	default:
		slog.Info("signing goes on")
	}
}
