package vault

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

const (
	logFile     = "log.pem"
	nextLogFile = "log.pem.next"
)

// NextLogKey makes the key that will sign the log from its next epoch on, beside
// the present one. One that an interrupted attempt left is made anew, unless the
// database knows it: seen is what it remembers.
func NextLogKey(dir string, seen map[string]string) (Key, crypto.Signer, error) {
	path := filepath.Join(dir, nextLogFile)
	if key, signer, err := readNext(path); err == nil && seen[key.Name] == key.Fingerprint {
		return key, signer, nil
	}
	data, err := makeLogKey()
	if err == nil {
		err = renameio.WriteFile(path, data, 0o600)
	}
	if err = errors.Join(err, syncDir(dir)); err != nil {
		return Key{}, nil, fmt.Errorf("make %s: %w", path, err)
	}
	return readNext(path)
}

// AdoptLogKey puts the next key in the place of the log's present one, if there
// is a next one and the database knows it. The present one signs nothing any
// more, and is gone: what it signed is checked by its public half.
func AdoptLogKey(dir string, seen map[string]string) error {
	path := filepath.Join(dir, nextLogFile)
	key, _, err := readNext(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || seen[key.Name] != key.Fingerprint {
		return err
	}
	return errors.Join(os.Rename(path, filepath.Join(dir, logFile)), syncDir(dir))
}

func readNext(path string) (Key, crypto.Signer, error) {
	if _, err := os.Stat(path); err != nil {
		return Key{}, nil, err
	}
	data, err := readPrivate(path)
	if err != nil {
		return Key{}, nil, err
	}
	var v Vault
	if v.readLogKey(data) != nil {
		return Key{}, nil, fmt.Errorf("%s is garbled or cut short", path)
	}
	return v.keys[0], v.signer, nil
}
