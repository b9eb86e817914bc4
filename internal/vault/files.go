package vault

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"coffer/internal/secret"
)

const (
	pemLog       = "PRIVATE KEY" // PKCS #8
	pemPseudonym = "COFFER PSEUDONYM KEY"
	pseudonymLen = 32
)

var errGarbled = errors.New("garbled")

// file is one file of the directory: how it is made and how it is read.
type file struct {
	name string
	make func() ([]byte, error)
	read func(*Vault, []byte) error
}

var files = []file{
	{"vault.json", makeKeyset, (*Vault).readKeyset},
	{logFile, makeLogKey, (*Vault).readLogKey},
	{"pseudonym.pem", makePseudonym, (*Vault).readPseudonym},
}

// Create makes the keys that dir lacks, on disk before it returns, and loads
// them all. It is for a database that remembers no key. A first start that was
// killed half-way is completed by the next, and several nodes may start on one
// directory at once.
func Create(dir string) (*Vault, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // it may have been there, wider
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	defer lock.Close()
	for _, f := range files {
		// One at a time and each whole: a kill in between leaves no half key.
		if err := f.createIn(dir); err != nil {
			return nil, fmt.Errorf("make %s: %w", filepath.Join(dir, f.name), err)
		}
	}
	if err := errors.Join(syncDir(dir), syncDir(filepath.Dir(dir))); err != nil {
		return nil, err
	}
	return Load(dir)
}

func (f file) createIn(dir string) error {
	path := filepath.Join(dir, f.name)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err // nil: a key that is there is never replaced
	}
	data, err := f.make()
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o600)
}

// syncDir makes the names in dir durable: a file's own sync covers its content.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Load reads the keys. An error names the file and what to do.
func Load(dir string) (*Vault, error) {
	v := &Vault{dir: dir}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s can be changed by others (mode %04o): chmod 700 %s", dir, info.Mode().Perm(), dir)
	}
	for _, f := range files {
		data, err := readPrivate(filepath.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		// The reader's own words are left out: they can quote what they read.
		if f.read(v, data) != nil {
			return nil, fmt.Errorf("%s is garbled or cut short", filepath.Join(dir, f.name))
		}
	}
	return v, nil
}

// readPrivate reads a file that only its owner may read: a key that others can
// read is not a secret any more, and going on would say that it is.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing", path)
	}
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): chmod 600 %s", path, mode, path)
	}
	return os.ReadFile(path)
}

// makeKeyset makes Tink's own form, which holds several keys once it is rotated.
func makeKeyset() ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
	return b.Bytes(), err
}

func (v *Vault) readKeyset(data []byte) error {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return err
	}
	// Every key of the keyset is named, the retired ones too: what they sealed
	// still needs them.
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return err
		}
		k, ok := e.Key().(*aesgcm.Key)
		if !ok {
			return errGarbled
		}
		raw := k.KeyBytes().Data(insecuresecretdataaccess.Token{})
		v.keys = append(v.keys, describe(UseVault, fmt.Sprintf("%08x", e.KeyID()), raw))
	}
	v.wrap, err = aead.New(h)
	return err
}

func makeLogKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: pemLog, Bytes: der}), err
}

func (v *Vault) readLogKey(data []byte) error {
	der, err := decode(data, pemLog)
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return errGarbled
	}
	v.signer = key
	v.keys = append(v.keys, describe(UseLog, "", key.Seed()))
	return nil
}

func makePseudonym() ([]byte, error) {
	key := make([]byte, pseudonymLen)
	_, err := rand.Read(key)
	return pem.EncodeToMemory(&pem.Block{Type: pemPseudonym, Bytes: key}), err
}

func (v *Vault) readPseudonym(data []byte) error {
	key, err := decode(data, pemPseudonym)
	if err != nil || len(key) != pseudonymLen {
		return errGarbled
	}
	v.pseudonym = secret.NewBytes(key)
	v.keys = append(v.keys, describe(UsePseudonym, "", key))
	return nil
}

// decode reads the one block of the given type; anything after it is an error.
func decode(data []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errGarbled
	}
	return block.Bytes, nil
}
