package holder

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"coffer/internal/factor"
	"coffer/internal/secret"
	"coffer/internal/web"
)

func hostileHeld(codes int) factor.Held {
	key := factor.Listed{ID: "f_1", Name: hostile, Created: noon}
	used := key
	used.ID, used.Used = "f_2", noon
	return factor.Held{App: &used, Passkeys: []factor.Listed{key, used}, Codes: codes, Set: "f_3", Made: noon, Given: true}
}

// factorGallery is every page of second factors, bare and with all there is.
func factorGallery() map[string]templ.Component {
	full, out := web.Shell{Person: hostile, Version: hostile}, web.Shell{Version: hostile}
	codes := []secret.Text{secret.New("0123AB-CDEFGH-JKMNPQ-RSTVWX"), secret.New("ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ")}
	both := Codes{App: true, Recovery: true, At: "/confirm?next=%2F"}
	recovery := both
	recovery.ByRecovery = true
	on := Signing{On: true, Else: "/confirm?next=%2F"}
	faults := append(hostileFaults(), web.Faults{{Name: "code", Rule: "wrong", Text: hostile}}...)
	op := factor.Operation{Kind: hostile, Target: hostile}
	security := SecurityView{Shell: full, Set: noon, Signing: on, Passkeys: true, Device: hostile, Held: hostileHeld(factor.SetSize)}
	low := security
	low.Held, low.Signing, low.SteppedUp = hostileHeld(0), Signing{}, true
	first := SecurityView{Shell: full, Set: noon, Passkeys: true}
	face := web.Face{ID: "c_1", Label: hostile, Brand: hostile, Last4: hostile, Holder: hostile, Expiry: hostile}
	rows := append(hostileRows(), web.Row{Seq: 3, At: noon, Says: hostile, Mark: web.Signed}, web.Row{Seq: 2, At: noon, Mark: web.NotSigned})
	card := CardView{Shell: full, Signing: on, Second: true, Face: face, Added: noon, History: rows}
	shown := card
	shown.Number, shown.Signature = secret.New("4242424242424242"), true
	return map[string]templ.Component{
		"login passkeys": LoginView{Shell: out, Passkeys: true, Next: hostile, Refusal: hostile}.Page(),
		"verify bare":    VerifyView{}.Page(),
		"verify":         VerifyView{Shell: out, Passkey: true, Codes: both, Refusal: hostile}.Page(),
		"verify faults":  VerifyView{Shell: out, Recovered: true, Codes: recovery, Faults: faults}.Page(),
		"confirm second": ConfirmView{Shell: full, Next: hostile, Second: true, Codes: both, Operation: op, Doing: hostile}.Page(),
		"confirm code":   ConfirmView{Shell: full, Next: hostile, Second: true, Codes: recovery, Refusal: hostile, Faults: faults}.Page(),
		"confirm none":   ConfirmView{Shell: full, Second: true}.Page(),
		"confirm only":   ConfirmView{Shell: full, Second: true, Operation: op, Doing: hostile}.Page(),
		"app bare":       TOTPView{}.Page(),
		"app": TOTPView{
			Shell: full, Signing: on, Secret: secret.New(hostile), Link: secret.New("otpauth://totp/Coffer:alice?secret=ABCD"), Code: secret.New("M0 0h1v1h-1z"), Size: 1,
			Refusal: hostile, Faults: faults,
		}.Page(),
		"app held":   TOTPView{Shell: full, Held: true, Since: noon}.Page(),
		"codes bare": CodesView{}.Page(), "codes": CodesView{Shell: full, Codes: codes, At: noon, Site: hostile}.Page(),
		"recover bare": RecoverView{}.Page(),
		"recover":      RecoverView{Shell: out, Username: hostile, Refusal: hostile, Faults: faults}.Page(),
		"required":     RequiredView{Shell: full, Passkeys: true, Device: hostile}.Page(), "required bare": RequiredView{}.Page(),
		"security factors": security.Page(), "security low": low.Page(), "security first": first.Page(),
		"card signed": card.Page(), "card shown signed": shown.Page(),
		"cards offer": CardsView{Shell: full, NoCodes: true}.Page(),
	}
}

// Whoever holds a passkey signs for each operation; no other form says so.
func TestFormsNameWhatIsSigned(t *testing.T) {
	pages := gallery()
	for page, wants := range map[string][]string{
		"card signed": {`data-sign-kind="sensitive_read" data-sign-target="card:c_1"`},
		"app":         {`data-sign-kind="authn_factor_enrolled" data-sign-target="totp"`},
		"security factors": {
			`data-sign-kind="authn_factor_removed" data-sign-target="passkey:f_1"`, `data-sign-kind="authn_factor_removed" data-sign-target="totp:f_2"`,
			`data-sign-kind="authn_factor_enrolled" data-sign-target="recovery"`, `data-sign-kind="authn_factor_enrolled" data-sign-target="passkey"`,
			`data-sign-kind="authn_password_change" data-sign-target="account:"`,
		},
	} {
		html := render(t, pages[page])
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
	}
	for _, page := range []string{"card", "security", "security low", "security first"} {
		if strings.Contains(render(t, pages[page]), "data-sign-kind") {
			t.Errorf("%s asks for a passkey that nobody holds, or that is not needed", page)
		}
	}
}

// A code's field has its own keyboard, and never a button that would hide it.
func TestCodeFields(t *testing.T) {
	pages := gallery()
	for page, want := range map[string]string{"verify": `inputmode="numeric"`, "verify faults": `autocapitalize="characters"`, "recover": `autocapitalize="characters"`} {
		html := render(t, pages[page])
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", page, want)
		}
		if strings.Contains(html, `data-peek="code"`) {
			t.Errorf("%s hides a code", page)
		}
	}
	if html := render(t, pages["verify"]); !strings.Contains(html, `autocomplete="one-time-code"`) || !strings.Contains(html, "by=recovery") {
		t.Error("the second step lacks the field for one-time codes, or the way to the other")
	}
}
