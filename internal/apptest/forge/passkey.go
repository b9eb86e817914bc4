package forge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
	"sync"
)

// passkey is an authenticator and the browser before it, with nobody to touch it.
type passkey struct {
	person, factor string
	algorithm      int
	public         any
	sign           func(message []byte) []byte
}

func (k *passkey) credential() string {
	id := sum("credential " + k.person + k.factor)
	return encoded(id[:20])
}

// The sites of the stories: that of the log, and one that pretends to be it.
const (
	rp, origin           = "coffer.example", "https://coffer.example"
	otherRP, otherOrigin = "coffer.invalid", "https://coffer.invalid"
)

func sum(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// p256 is a passkey as most are.
func p256(person, factor string) *passkey { return curved(person, factor, elliptic.P256(), -7) }

func curved(person, factor string, curve elliptic.Curve, algorithm int) *passkey {
	seed := make([]byte, (curve.Params().BitSize+7)/8) // a number below any curve's order
	word := sum("obviously not a real key: " + person + factor)
	copy(seed[1:], word[1:])
	key := must(ecdsa.ParseRawPrivateKey(curve, seed))
	return &passkey{person, factor, algorithm, key.Public(), func(m []byte) []byte {
		digest := sha256.Sum256(m)
		return must(ecdsa.SignASN1(rand.Reader, key, digest[:]))
	}}
}

func edwards(person, factor string) *passkey {
	key := Key(person + factor)
	return &passkey{person, factor, -8, key.Public(), func(m []byte) []byte { return ed25519.Sign(key, m) }}
}

// rsaKey is obviously not a real key: its primes are two of Mersenne's, as in the
// test vectors of Web Authentication.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	one := big.NewInt(1)
	less := func(n *big.Int) *big.Int { return new(big.Int).Sub(n, one) }
	p, q := less(new(big.Int).Lsh(one, 1279)), less(new(big.Int).Lsh(one, 2203))
	d := new(big.Int).ModInverse(big.NewInt(65537), new(big.Int).Mul(less(p), less(q)))
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
	key.Precompute()
	return key
})

func rsaed(person, factor string) *passkey {
	return &passkey{person, factor, -257, rsaKey().Public(), func(m []byte) []byte {
		digest := sha256.Sum256(m)
		return must(rsa.SignPKCS1v15(rand.Reader, rsaKey(), crypto.SHA256, digest[:]))
	}}
}

// asked is one request to sign an operation, and what the authenticator does.
type asked struct {
	kind, target, person, nonce string // what is signed
	what, origin, rp            string
	cross                       bool
	flags                       byte
}

// ask has an operation signed, with whatever is changed about it; word makes the
// nonce.
func (k *passkey) ask(kind, target, word string, change ...func(*asked)) string {
	nonce := sum("nonce " + word)
	a := asked{
		kind: kind, target: target, person: k.person, nonce: encoded(nonce[:]),
		what: "webauthn.get", origin: origin, rp: rp, flags: 1<<0 | 1<<2,
	}
	for _, do := range change {
		do(&a)
	}
	challenge := sum("coffer/operation/v1\n" + a.nonce + "\n" + a.kind + "\n" + a.target + "\n" + a.person + "\n")
	client := fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%t}`, a.what, encoded(challenge[:]), a.origin, a.cross)
	party, digest := sum(a.rp), sha256.Sum256(client)
	auth := binary.BigEndian.AppendUint32(append(party[:], a.flags), 7)
	signature := k.sign(append(auth[:len(auth):len(auth)], digest[:]...))
	return fmt.Sprintf(`{"credential":%q,"nonce":%q,"client_data":%q,"authenticator_data":%q,"signature":%q}`,
		k.credential(), a.nonce, encoded(client), encoded(auth), encoded(signature))
}

// enrolment is the data with which the log learns a passkey.
func (k *passkey) enrolment(signed string) string {
	return fmt.Sprintf(`{"target":"passkey:%s","credential":%q,"algorithm":%d,"public_key":%q,"rp":%q,"origin":%q,"signed":%s}`,
		k.factor, k.credential(), k.algorithm, encoded(must(x509.MarshalPKIXPublicKey(k.public))), rp, origin, signed)
}
