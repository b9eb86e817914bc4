package proof_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"coffer/internal/proof"
)

//go:embed testdata/signed.json
var vectors []byte

// vector is an assertion that another program made, and the passkey.
type vector struct {
	Name      string `json:"name"`
	Algorithm int    `json:"algorithm"`
	PublicKey string `json:"public_key"`
	RP        string `json:"rp"`
	Origin    string `json:"origin"`

	Kind      string          `json:"kind"`
	Target    string          `json:"target"`
	Person    string          `json:"person"`
	Text      string          `json:"text"`
	Challenge string          `json:"challenge"`
	Signed    proof.Assertion `json:"signed"`

	ClientData        string `json:"client_data"`
	AuthenticatorData string `json:"authenticator_data"`
	Signature         string `json:"signature"`
}

func (v vector) passkey() proof.Passkey {
	return proof.Passkey{Credential: v.Signed.Credential, Algorithm: v.Algorithm, PublicKey: v.PublicKey, RP: v.RP, Origin: v.Origin}
}

// load gives the vectors of the standard, and those of operations.
func load(tb testing.TB) (w3c, own []vector) {
	tb.Helper()
	var all struct {
		W3C []vector `json:"w3c"`
		Own []vector `json:"own"`
	}
	if err := json.Unmarshal(vectors, &all); err != nil {
		tb.Fatal(err)
	}
	if len(all.W3C) != 3 || len(all.Own) != 3 {
		tb.Fatalf("%d and %d vectors", len(all.W3C), len(all.Own))
	}
	return all.W3C, all.Own
}

// TestOperation holds the text, its hash and each kind of signature to values
// that another program made.
func TestOperation(t *testing.T) {
	_, own := load(t)
	for _, v := range own {
		if got := string(proof.Operation(v.Signed.Nonce, v.Kind, v.Target, v.Person)); got != v.Text {
			t.Errorf("%s: Operation() = %q, want %q", v.Name, got, v.Text)
		}
		if got := proof.Challenge(v.Signed.Nonce, v.Kind, v.Target, v.Person); got != v.Challenge {
			t.Errorf("%s: Challenge() = %s, want %s", v.Name, got, v.Challenge)
		}
		if m := v.passkey().Fits(v.Signed, v.Kind, v.Target, v.Person); m != (proof.Misfit{}) {
			t.Errorf("%s: Fits() = %+v", v.Name, m)
		}
	}
}

// TestMisfits changes one thing each time.
func TestMisfits(t *testing.T) {
	_, own := load(t)
	text := func(s string) string {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	recoded := func(s *string, from, to string) {
		*s = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(text(*s), from, to, 1)))
	}
	flags := func(v *vector, to byte) {
		b := []byte(text(v.Signed.AuthenticatorData))
		b[32] = to
		v.Signed.AuthenticatorData = base64.RawURLEncoding.EncodeToString(b)
	}
	for name, c := range map[string]struct {
		what string
		do   func(v *vector)
	}{
		"kind":             {"moved", func(v *vector) { v.Kind += "s" }},
		"target":           {"moved", func(v *vector) { v.Target += "x" }},
		"person":           {"moved", func(v *vector) { v.Person += "x" }},
		"nonce":            {"moved", func(v *vector) { v.Signed.Nonce = strings.Repeat("A", 43) }},
		"short nonce":      {"unreadable", func(v *vector) { v.Signed.Nonce = strings.Repeat("A", 20) }},
		"padding":          {"unreadable", func(v *vector) { v.Signed.Signature += "=" }},
		"line break":       {"unreadable", func(v *vector) { v.Signed.Signature += "\n" }},
		"no client data":   {"unreadable", func(v *vector) { v.Signed.ClientData = "" }},
		"null":             {"unreadable", func(v *vector) { v.Signed.ClientData = "bnVsbA" }},
		"short data":       {"unreadable", func(v *vector) { v.Signed.AuthenticatorData = v.Signed.AuthenticatorData[:48] }},
		"type":             {"moved", func(v *vector) { recoded(&v.Signed.ClientData, ".get", ".create") }},
		"another spelling": {"moved", func(v *vector) { recoded(&v.Signed.ClientData, `"type"`, `"Type"`) }},
		"framed":           {"foreign", func(v *vector) { recoded(&v.Signed.ClientData, "false", "true") }},
		"origin":           {"foreign", func(v *vector) { v.Origin += "1" }},
		"party":            {"foreign", func(v *vector) { v.RP = "local" }},
		"untouched":        {"unattended", func(v *vector) { flags(v, 1<<2) }},
		"unverified":       {"unattended", func(v *vector) { flags(v, 1<<0|1<<6) }},
		"other flags":      {"forged", func(v *vector) { flags(v, 1<<0|1<<2|1<<3) }},
		"client data":      {"forged", func(v *vector) { recoded(&v.Signed.ClientData, "}", " }") }},
		"signature":        {"forged", func(v *vector) { v.Signed.Signature = "AAAA" + v.Signed.Signature[4:] }},
		"no signature":     {"forged", func(v *vector) { v.Signed.Signature = "" }},
		"credential":       {"forged", func(v *vector) { v.Signed.Credential += "AAAA" }},
	} {
		for _, v := range own {
			k := v.passkey()
			c.do(&v)
			k.Origin, k.RP = v.Origin, v.RP
			if m := k.Fits(v.Signed, v.Kind, v.Target, v.Person); m.What != c.what || m.Why == "" {
				t.Errorf("%s of %s: Fits() = %+v, want %s", name, v.Name, m, c.what)
			}
		}
	}
}

// TestStandard holds the checks to the test vectors of Web Authentication, whose
// challenges are no operations, and whose users were not verified.
func TestStandard(t *testing.T) {
	w3c, _ := load(t)
	for _, v := range w3c {
		decoded := func(s string) []byte { b, _ := base64.RawURLEncoding.DecodeString(s); return b }
		client, auth, signature := decoded(v.ClientData), decoded(v.AuthenticatorData), decoded(v.Signature)
		if !proof.Verifies(v.Algorithm, decoded(v.PublicKey), client, auth, signature) {
			t.Errorf("%s does not verify", v.Name)
		}
		for _, other := range [][3][]byte{{append(client, ' '), auth, signature}, {client, append(auth, 0), signature}, {client, auth, signature[1:]}, {client, auth, append(signature, 0)}} {
			if proof.Verifies(v.Algorithm, decoded(v.PublicKey), other[0], other[1], other[2]) {
				t.Errorf("%s verifies though it was changed", v.Name)
			}
		}
		for _, algorithm := range []int{-7, -8, -257, -35, 0} {
			if algorithm != v.Algorithm && proof.Verifies(algorithm, decoded(v.PublicKey), client, auth, signature) {
				t.Errorf("%s verifies as %d", v.Name, algorithm)
			}
		}
	}
}

// TestPublicKeys refuses keys that prove little, that would take for ever, or that
// another program might read otherwise.
func TestPublicKeys(t *testing.T) {
	der := func(key any) []byte {
		b, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) *ecdsa.PublicKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return &k.PublicKey
	}
	modulus := func(bits, exponent int) *rsa.PublicKey {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: exponent}
	}
	p256, ed := der(curve(elliptic.P256())), der(public)
	for name, c := range map[string]struct {
		algorithm int
		der       []byte
		want      bool
	}{
		"P-256": {-7, p256, true}, "Ed25519": {-8, ed, true},
		"RSA, 2048 bits": {-257, der(modulus(2048, 65537)), true}, "RSA, 8192 bits": {-257, der(modulus(8192, 65537)), true},
		"RSA, 2047 bits": {-257, der(modulus(2047, 65537)), false}, "RSA, 8193 bits": {-257, der(modulus(8193, 65537)), false},
		"RSA, exponent 3":  {-257, der(modulus(2048, 3)), false},
		"P-384":            {-7, der(curve(elliptic.P384())), false},
		"P-256 as Ed25519": {-8, p256, false}, "Ed25519 as P-256": {-7, ed, false},
		"more": {-7, append(bytes.Clone(p256), 0), false}, "less": {-7, p256[:len(p256)-1], false},
		"a point beside the curve": {-7, append(bytes.Clone(p256[:len(p256)-1]), p256[len(p256)-1]^1), false},
		"nothing":                  {-7, nil, false},
	} {
		if got := proof.Known(c.algorithm, c.der); got != c.want {
			t.Errorf("%s is known: %t", name, got)
		}
	}
}

// FuzzFits gives it whatever a log may hold: it never fails, and is content with
// nothing but what was signed.
func FuzzFits(f *testing.F) {
	w3c, own := load(f)
	for _, v := range own {
		s := v.Signed
		f.Add(v.Algorithm, v.PublicKey, s.Nonce, s.ClientData, s.AuthenticatorData, s.Signature)
	}
	for _, v := range w3c {
		f.Add(v.Algorithm, v.PublicKey, "", v.ClientData, v.AuthenticatorData, v.Signature)
	}
	f.Fuzz(func(t *testing.T, algorithm int, key, nonce, client, auth, signature string) {
		k := proof.Passkey{Algorithm: algorithm, PublicKey: key, RP: "localhost", Origin: "http://localhost:8880"}
		a := proof.Assertion{Nonce: nonce, ClientData: client, AuthenticatorData: auth, Signature: signature}
		for _, v := range own {
			if m := k.Fits(a, v.Kind, v.Target, v.Person); m == (proof.Misfit{}) && key == v.PublicKey && (client != v.Signed.ClientData || auth != v.Signed.AuthenticatorData) {
				t.Fatalf("a signature over something else fits: %+v", a)
			}
		}
	})
}
