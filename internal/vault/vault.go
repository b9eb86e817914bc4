// Package vault holds the installation's three keys and seals with them: the
// vault keyset wraps one data key per owner, an owner's data key seals that
// owner's secrets, each bound to the record it belongs to. The log's key and
// the pseudonym key live here too.
//
// It never overwrites a key, never makes one because one is missing, and shows
// none: nothing here prints. It does not wipe memory, and whoever reads keys/
// as the server's own user reads all; a passphrase over the keyset comes later.
package vault

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/tink"

	"coffer/internal/secret"
)

// Use is what a key is for.
type Use string

// The three uses; there are no other keys on disk.
const (
	UseVault     Use = "vault"     // wraps the owners' data keys
	UseLog       Use = "log"       // signs the log
	UsePseudonym Use = "pseudonym" // the parent of every HMAC that hides a name
)

// Key is what may be known of a key: the database keeps name and fingerprint.
type Key struct {
	// Name is use and id; a rotated keyset has one name per key in it.
	Name string
	Use  Use
	ID   string
	// Fingerprint tells two keys apart and tells nothing about either.
	Fingerprint string
}

// Vault is the loaded keys.
type Vault struct {
	dir       string
	wrap      tink.AEAD
	signer    crypto.Signer
	pseudonym secret.Bytes
	keys      []Key
	labels    sync.Map // label → secret.Bytes
}

// Format keeps the keys out of every verb: fmt does not ask a field that is
// not exported how it wants to be printed.
func (*Vault) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keys]") }

// Keys lists the keys, without their secrets.
func (v *Vault) Keys() []Key { return slices.Clone(v.keys) }

// LogSigner is the log's Ed25519 key.
func (v *Vault) LogSigner() crypto.Signer { return v.signer }

// Check compares the keys with the names and fingerprints that a database
// remembers. A missing or different key is an error that names it: going on
// with a fresh one would lose, in silence, all that the old one sealed.
func (v *Vault) Check(seen map[string]string) error {
	held := map[string]string{}
	for _, k := range v.keys {
		held[k.Name] = k.Fingerprint
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		switch print, ok := held[name]; {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("key %s is missing", name))
		case print != seen[name]:
			wrong = append(wrong, fmt.Sprintf("key %s is a different one (fingerprint %s, the database knows %s)", name, print, seen[name]))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(held))
	return fmt.Errorf("%s; %s holds %s",
		strings.Join(wrong, "; "), v.dir, strings.Join(names, ", "))
}

// MAC is HMAC-SHA256 under the pseudonym key's subkey for label. Labels are few
// and chosen by the code, never by a visitor: each stays in memory.
func (v *Vault) MAC(label string, data []byte) []byte {
	sub, ok := v.labels.Load(label)
	if !ok {
		sub, _ = v.labels.LoadOrStore(label, secret.NewBytes(derive(v.pseudonym.Reveal(), "mac/"+label, sha256.Size)))
	}
	return sum(sub.(secret.Bytes).Reveal(), data)
}

func sum(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// derive makes a key for one purpose, so that no key serves two.
func derive(key []byte, purpose string, n int) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, "coffer/v1/"+purpose, n)
	if err != nil {
		panic(err) // only a length beyond 8160 bytes, which no caller here asks for
	}
	return out
}

// describe names a key and fingerprints it by a derivation, which nobody can
// turn around.
func describe(use Use, id string, key []byte) Key {
	print := hex.EncodeToString(derive(key, "fingerprint/"+string(use), 16))
	if id == "" {
		id = print[:8]
	}
	return Key{Name: string(use) + "/" + id, Use: use, ID: id, Fingerprint: print}
}

var errOpen = errors.New("the sealed bytes do not open: altered, moved from another record, or of another key")
