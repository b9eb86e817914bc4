package factor

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"coffer/internal/db"
)

// The signatures that Coffer takes, by their COSE numbers: those that
// coffer-verify and every browser can check.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// errAnswer says that a passkey's answer does not fit its question. What exactly
// is for the operator.
var errAnswer = errors.New("the passkey's answer does not fit")

// Passkeys asks browsers for passkeys' signatures and judges the answers: the
// relying party of WebAuthn Level 3. User verification is always demanded, so
// that a passkey is two factors by itself.
type Passkeys struct {
	// RP is the host name that passkeys are bound to, and Origin the address from
	// which their signatures count.
	RP, Origin string

	lib *webauthn.WebAuthn
}

// NewPasskeys makes the relying party of an address, as the browser sees it.
func NewPasskeys(origin string) (*Passkeys, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	p := &Passkeys{RP: u.Hostname(), Origin: origin}
	if protocol.ValidateRPID(p.RP) != nil {
		return p, nil
	}
	p.lib, err = webauthn.New(&webauthn.Config{
		RPID: p.RP, RPDisplayName: "Coffer", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	return p, err
}

// Usable reports that the address can have passkeys: a bare number cannot.
// Whether the browser allows them there is the page's script to find out.
func (p *Passkeys) Usable() (usable bool) { return p.lib != nil }

// Owner is whose passkeys are asked for.
type Owner struct {
	ID, Name string
	held     []kept
}

// kept is a passkey as it is stored: what the library wants to have again, and
// where it was enrolled, which is where its signatures count in the log.
type kept struct {
	Credential webauthn.Credential `json:"credential"`
	RP         string              `json:"rp"`
	Origin     string              `json:"origin"`
}

// WebAuthnID is the account's random id: it names nobody.
func (o Owner) WebAuthnID() []byte { return []byte(o.ID) }

// WebAuthnName is what the authenticator shows.
func (o Owner) WebAuthnName() string { return o.Name }

// WebAuthnDisplayName is the same.
func (o Owner) WebAuthnDisplayName() string { return o.Name }

// WebAuthnCredentials are the passkeys that the owner holds.
func (o Owner) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, k := range o.held {
		all = append(all, k.Credential)
	}
	return all
}

// AskNew gives what a browser needs to make a passkey, and the challenge. Those
// that the owner has are named, so that no device makes a second.
func (p *Passkeys) AskNew(o Owner) (options any, challenge string, err error) {
	creation, s, err := p.lib.BeginRegistration(o,
		webauthn.WithCredentialParameters(algorithms), webauthn.WithExclusions(webauthn.Credentials(o.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("ask for a new passkey: %w", err)
	}
	return creation, s.Challenge, nil
}

// Ask gives what a browser needs to have a passkey sign. Without passkeys of the
// owner the person may choose any that they have here. An operation's hash is
// the challenge where there is one.
func (p *Passkeys) Ask(o Owner, operation string) (options any, challenge string, err error) {
	var opts []webauthn.LoginOption
	if operation != "" {
		sum := sha256.Sum256([]byte(operation))
		opts = append(opts, webauthn.WithChallenge(sum[:]))
	}
	ask, s, err := p.begin(o, opts)
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	return ask, s.Challenge, nil
}

func (p *Passkeys) begin(o Owner, opts []webauthn.LoginOption) (*protocol.CredentialAssertion, *webauthn.SessionData, error) {
	if len(o.held) == 0 {
		return p.lib.BeginDiscoverableLogin(opts...)
	}
	return p.lib.BeginLogin(o, opts...)
}

// Made is a passkey that was just made.
type Made struct {
	// Credential is its id, and Key its public key, both base64url.
	Credential, Key string
	Algorithm       int
	body            string
}

// TakeNew judges what a browser made of AskNew.
func (p *Passkeys) TakeNew(o Owner, challenge string, answer []byte) (Made, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Made{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	c, err := p.lib.CreateCredential(o, webauthn.SessionData{
		Challenge: challenge, RelyingPartyID: p.RP, UserID: o.WebAuthnID(),
		UserVerification: protocol.VerificationRequired, CredParams: algorithms,
	}, parsed)
	if err != nil {
		return Made{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	spki, algorithm, err := publicKey(c.PublicKey)
	if err != nil {
		return Made{}, err
	}
	body, err := json.Marshal(kept{*c, p.RP, p.Origin})
	return Made{Credential: b64(c.ID), Key: b64(spki), Algorithm: algorithm, body: string(body)}, err
}

// publicKey turns a COSE key into the form that everybody reads.
func publicKey(cose []byte) (spki []byte, algorithm int, err error) {
	parsed, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errAnswer, err)
	}
	switch k := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		key, err := k.ToECDSA()
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errAnswer, err)
		}
		spki, err = x509.MarshalPKIXPublicKey(key)
		return spki, int(k.Algorithm), err
	case webauthncose.OKPPublicKeyData:
		spki, err = x509.MarshalPKIXPublicKey(ed25519.PublicKey(k.XCoord))
		return spki, int(k.Algorithm), err
	case webauthncose.RSAPublicKeyData:
		key, err := rsaKey(k)
		if err != nil {
			return nil, 0, err
		}
		spki, err = x509.MarshalPKIXPublicKey(key)
		return spki, int(k.Algorithm), err
	}
	return nil, 0, fmt.Errorf("%w: a key of another kind", errAnswer)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

const (
	sqlPasskeys = `SELECT id, body, handle FROM credential WHERE account = $1 AND kind = 'passkey' ORDER BY created, id`

	sqlPasskeyOwner = `SELECT c.account, a.username FROM credential c JOIN account a ON a.id = c.account
WHERE c.handle = $1 AND c.kind = 'passkey'`

	sqlAddPasskey = `INSERT INTO credential (id, account, kind, body, name, handle, created)
VALUES ($1, $2, 'passkey', $3, $4, $5, $6) ON CONFLICT (handle) WHERE handle <> '' DO NOTHING`

	sqlUsePasskey = `UPDATE credential SET body = $1, used = $2 WHERE account = $3 AND kind = 'passkey' AND handle = $4`
)

// Add stores a passkey under a name; added is false if somebody has one of that
// id, which chance does not bring about.
func (m Made) Add(tx *db.Tx, account, id, name string) (added bool, err error) {
	n, err := tx.Exec(sqlAddPasskey, id, account, m.body, name, m.Credential, tx.Now.UnixMicro())
	return n == 1, err
}

// Use notes that the passkey served, within the transaction of its effect; held
// is false if it was removed meanwhile.
func (a Answer) Use(tx *db.Tx, account string) (held bool, err error) {
	n, err := tx.Exec(sqlUsePasskey, a.body, tx.Now.UnixMicro(), account, a.Signed.Credential)
	return n == 1, err
}
