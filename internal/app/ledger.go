package app

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// logKeys reads the public keys that have signed the log, one a line, where
// they lie for whoever copies the data directory.
func (a *App) logKeys() (string, error) {
	raw, err := readSmall(filepath.Join(a.Data, "log.pub"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // nothing is signed yet
	}
	return string(raw), err
}
