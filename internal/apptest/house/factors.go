package house

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"coffer/internal/event"
)

var (
	typedSecret = regexp.MustCompile(`secret=([A-Z2-7]{32})`)
	oneCode     = regexp.MustCompile(`<code[^>]*>((?:[0-9A-Z]{6}-){3}[0-9A-Z]{6})</code>`)
)

// App is an authenticator app that holds one secret.
type App struct {
	h      *House
	secret string
}

// App scans the picture of the page that adds an app.
func (b *Browser) App() App {
	b.h.Helper()
	page := b.Get("/settings/totp").Is(http.StatusOK, "<h1>Authenticator app</h1>")
	page.Wrote()
	found := typedSecret.FindStringSubmatch(page.Body)
	if found == nil {
		b.h.Fatalf("no secret on the page: %s", page.main())
	}
	b.h.Secret(found[1])
	return App{b.h, found[1]}
}

// Code is what the app shows so much later, or earlier.
func (a App) Code(later time.Duration) string {
	code, err := totp.GenerateCode(a.secret, a.h.Now().Add(later))
	if err != nil {
		a.h.Fatal(err)
	}
	return code
}

// Wrong is a code of six digits that the app does not show now.
func (a App) Wrong() string {
	for n := 0; ; n++ {
		code := strconv.Itoa(100000 + n)
		if code != a.Code(0) && code != a.Code(-30*time.Second) && code != a.Code(30*time.Second) {
			return code
		}
	}
}

// AddApp adds an app to the person of the browser.
func (b *Browser) AddApp() App {
	b.h.Helper()
	app := b.App()
	b.Post("/settings/totp", "code", app.Code(0)).To("/settings/security").
		Wrote("authn_factor_enrolled level=INFO data.signed=none data.target=*")
	return app
}

// Codes makes a set of recovery codes.
func (b *Browser) Codes() []string {
	b.h.Helper()
	page := b.Post("/settings/recovery_codes").Is(http.StatusOK, "<h1>Recovery codes</h1>").Has("Cache-Control", "no-store")
	page.Wrote("authn_factor_enrolled data.target=*")
	var codes []string
	for _, m := range oneCode.FindAllStringSubmatch(page.Body, -1) {
		codes = append(codes, m[1])
		b.h.Secret(m[1])
	}
	if len(codes) != 10 {
		b.h.Fatalf("%d codes, want ten", len(codes))
	}
	return codes
}

// Passkey is one in a device of the person, bound to the house's address.
type Passkey struct {
	h      *House
	rp     virtualwebauthn.RelyingParty
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

// JSON posts what a page's script would.
func (b *Browser) JSON(path, body string) *Answer {
	b.h.Helper()
	return b.Do(Request{Method: http.MethodPost, Path: path, Body: body, Type: "application/json"})
}

// NewPasskey is a device that has made no passkey yet, of this kind of key.
func (h *House) NewPasskey(kind virtualwebauthn.KeyType) *Passkey {
	p := &Passkey{h: h, rp: virtualwebauthn.RelyingParty{Name: "Coffer", ID: "coffer.test", Origin: h.Setup.URL}}
	p.device, p.key = virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(kind)
	for kind == virtualwebauthn.KeyTypeEC2 && len(p.key.Key.AttestationData()) != wholeEC2 {
		p.key = virtualwebauthn.NewCredential(kind)
	}
	return p
}

// wholeEC2 is how long a COSE key on P-256 is, whose coordinates are of 32 bytes
// each (RFC 9053, 7.1.1). The library leaves out a zero in front, as no device does.
const wholeEC2 = 77

// Visit has the device see the house at the address that it has now.
func (p *Passkey) Visit() { p.rp.Origin = p.h.Setup.URL }

// Make answers the question for a new passkey.
func (p *Passkey) Make(options string) string {
	p.h.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		p.h.Fatalf("options %s: %v", options, err)
	}
	p.device.Options.UserHandle = []byte(o.UserID)
	p.device.AddCredential(p.key)
	return virtualwebauthn.CreateAttestationResponse(p.rp, p.device, p.key, *o)
}

// Sign answers a question.
func (p *Passkey) Sign(options string) string {
	p.h.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		p.h.Fatalf("options %s: %v", options, err)
	}
	p.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(p.rp, p.device, p.key, *o)
}

// AddPasskey adds one to the person of the browser.
func (b *Browser) AddPasskey() *Passkey {
	b.h.Helper()
	p := b.h.NewPasskey(virtualwebauthn.KeyTypeEC2)
	ask := b.JSON("/settings/passkeys/begin", "").Is(http.StatusOK, `"publicKey"`)
	ask.Wrote()
	b.JSON("/settings/passkeys/finish", p.Make(ask.Body)).Is(http.StatusOK, `"next":"/settings/security"`).
		Wrote("authn_factor_enrolled data.target=* data.credential=* data.algorithm=-7 data.public_key=* data.rp=coffer.test data.origin=" + b.h.Setup.URL + " data.signed=none")
	return p
}

// Approve has the passkey sign one operation in the browser's session.
func (b *Browser) Approve(p *Passkey, kind, target string) []event.Line {
	b.h.Helper()
	op, _ := json.Marshal(map[string]string{"kind": kind, "target": target}) // two texts
	ask := b.JSON("/confirm/passkey/begin", string(op)).Is(http.StatusOK, `"publicKey"`)
	ask.Wrote()
	return b.JSON("/confirm/passkey/finish", p.Sign(ask.Body)).Is(http.StatusOK).
		Wrote("authn_stepup_success data.method=passkey", "session_renewed")
}

// PasskeyIn signs in with the passkey.
func (b *Browser) PasskeyIn(p *Passkey) *Answer {
	b.h.Helper()
	ask := b.JSON("/login/passkey/begin", "").Is(http.StatusOK, `"publicKey"`)
	ask.Wrote()
	return b.JSON("/login/passkey/finish", p.Sign(ask.Body))
}
