package vault

import (
	"encoding/base64"
	"fmt"

	"coffer/internal/secret"
)

// Seal encrypts plain under the vault keyset for the record that ref names, as
// text for a column. It is for what belongs to no owner's card: the secrets of
// authenticator apps.
func (v *Vault) Seal(plain secret.Text, ref string) (sealed string, err error) {
	b, err := v.wrap.Encrypt([]byte(plain.Reveal()), []byte("sealed/"+ref))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(b), nil
}

// Open decrypts what was sealed for the record that ref names, and for no other.
func (v *Vault) Open(sealed, ref string) (plain secret.Text, err error) {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return secret.Text{}, errOpen
	}
	if b, err = v.wrap.Decrypt(b, []byte("sealed/"+ref)); err != nil {
		return secret.Text{}, errOpen
	}
	return secret.New(string(b)), nil
}
