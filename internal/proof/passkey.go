package proof

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
)

// The algorithms of passkeys, by COSE's numbers.
const (
	es256 = -7
	eddsa = -8
	rs256 = -257
)

// RSA keys outside these bounds are not looked at: below, they prove little;
// above, a log full of them would take for ever.
const (
	leastRSA, mostRSA = 2048, 8192
	exponentRSA       = 65537
)

// verifier checks the signatures of a public key; nil if the key is of a kind
// that this program does not check. A key must be spelt as it would be written,
// so that two programs read the same one.
func verifier(algorithm int, der []byte) (verify func(message, signature []byte) bool) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil
	}
	if again, err := x509.MarshalPKIXPublicKey(key); err != nil || !bytes.Equal(again, der) {
		return nil
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if algorithm == es256 && k.Curve == elliptic.P256() {
			return func(message, signature []byte) bool {
				sum := sha256.Sum256(message)
				return ecdsa.VerifyASN1(k, sum[:], signature)
			}
		}
	case ed25519.PublicKey:
		if algorithm == eddsa {
			return func(message, signature []byte) bool { return ed25519.Verify(k, message, signature) }
		}
	case *rsa.PublicKey:
		if size := k.N.BitLen(); algorithm == rs256 && size >= leastRSA && size <= mostRSA && k.E == exponentRSA {
			return func(message, signature []byte) bool {
				sum := sha256.Sum256(message)
				return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
			}
		}
	}
	return nil
}
