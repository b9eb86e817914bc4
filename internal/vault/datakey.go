package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"

	"coffer/internal/secret"
)

const (
	dataKeyLen = 32
	// sealedV1 begins what is sealed, so that a later form can be told apart.
	sealedV1 = 1
)

// DataKey is one owner's key, unwrapped: what seals that owner's secrets. It
// lives in memory only and never changes while its owner exists.
type DataKey struct {
	seal  cipher.AEAD
	print secret.Bytes
}

// Format keeps the key out of every verb.
func (DataKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[data key]") }

// NewDataKey makes a data key for owner: wrapped is for the database.
func (v *Vault) NewDataKey(owner string) (wrapped []byte, k *DataKey, err error) {
	root := make([]byte, dataKeyLen)
	if _, err := rand.Read(root); err != nil {
		return nil, nil, err
	}
	if wrapped, err = v.wrap.Encrypt(root, dataKeyRef(owner)); err != nil {
		return nil, nil, fmt.Errorf("wrap a data key: %w", err)
	}
	k, err = newDataKey(root)
	return wrapped, k, err
}

// DataKey unwraps what NewDataKey made for the same owner.
func (v *Vault) DataKey(wrapped []byte, owner string) (*DataKey, error) {
	root, err := v.wrap.Decrypt(wrapped, dataKeyRef(owner))
	if err != nil || len(root) != dataKeyLen {
		return nil, fmt.Errorf("unwrap the data key of %s: %w", owner, errOpen)
	}
	return newDataKey(root)
}

// dataKeyRef binds a wrapped key to its owner: put into another's row, it does
// not open.
func dataKeyRef(owner string) []byte { return []byte("data_key/" + owner) }

// newDataKey derives the two keys that are used; the root itself seals nothing.
func newDataKey(root []byte) (*DataKey, error) {
	block, err := aes.NewCipher(derive(root, "seal", 32))
	if err != nil {
		return nil, err
	}
	// A random 96-bit nonce is good for 2³² seals under one key; an owner makes
	// a few dozen.
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &DataKey{seal: seal, print: secret.NewBytes(derive(root, "card fingerprint", 32))}, nil
}

// Seal encrypts plain for the record that ref names.
func (k *DataKey) Seal(plain secret.Text, ref string) []byte {
	return k.seal.Seal([]byte{sealedV1}, nil, []byte(plain.Reveal()), []byte(ref))
}

// Open decrypts what was sealed for the record that ref names, and for no other.
func (k *DataKey) Open(sealed []byte, ref string) (secret.Text, error) {
	if len(sealed) == 0 || sealed[0] != sealedV1 {
		return secret.Text{}, errOpen
	}
	plain, err := k.seal.Open(nil, nil, sealed[1:], []byte(ref))
	if err != nil {
		return secret.Text{}, errOpen
	}
	return secret.New(string(plain)), nil
}

// Fingerprint finds an owner's equal secrets: a keyed hash over the whole of it
// (PCI DSS 3.5.1.1), under a key of that owner, so that equal secrets of two
// owners differ.
func (k *DataKey) Fingerprint(plain secret.Text) []byte {
	return sum(k.print.Reveal(), []byte(plain.Reveal()))
}
