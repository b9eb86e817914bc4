package factor_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"coffer/internal/factor"
	"coffer/internal/secret"
)

// rfc is the secret of RFC 6238, appendix B, for SHA-1, in base32.
const rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// TestCodeStep holds the codes of RFC 6238, appendix B (the last six of its
// eight digits), one step to either side and no further.
func TestCodeStep(t *testing.T) {
	key := secret.New(rfc)
	for _, c := range []struct {
		unix int64
		code string
	}{
		{59, "287082"},
		{1111111109, "081804"},
		{1111111111, "050471"},
		{1234567890, "005924"},
		{2000000000, "279037"},
		{20000000000, "353130"},
	} {
		step := c.unix / 30
		for off, want := range map[int64]int64{0: step, -30: step, 30: step, -60: 0, 60: 0} {
			if c.unix+off < 0 {
				continue
			}
			if got := factor.CodeStep(key, c.code, time.Unix(c.unix+off, 0)); got != want {
				t.Errorf("CodeStep(%s, at %d%+d) = %d, want %d", c.code, c.unix, off, got, want)
			}
		}
	}
	for _, code := range []string{"", "28708", "2870822", "28708a", "94287082"} {
		if got := factor.CodeStep(key, code, time.Unix(59, 0)); got != 0 {
			t.Errorf("CodeStep(%q) = %d, want none", code, got)
		}
	}
}

func TestIsCode(t *testing.T) {
	for typed, want := range map[string]string{"123456": "123456", "123 456": "123456", "123-456": "123456"} {
		if got, is := factor.IsCode(typed); !is || got != want {
			t.Errorf("IsCode(%q) = %q, %v, want %q", typed, got, is, want)
		}
	}
	for _, typed := range []string{"", "12345", "1234567", "ABCDEF", "12345६"} {
		if _, is := factor.IsCode(typed); is {
			t.Errorf("IsCode(%q), want none", typed)
		}
	}
}

// TestAppLink holds the form that apps read: issuer and name, and the secret.
func TestAppLink(t *testing.T) {
	key := factor.NewSecret()
	u, err := url.Parse(factor.AppLink("Coffer", "ada.l-1_", key).Reveal())
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Coffer:ada.l-1_" {
		t.Fatalf("AppLink = %v, %v", u, err)
	}
	for name, want := range map[string]string{"secret": key.Reveal(), "issuer": "Coffer", "algorithm": "SHA1", "digits": "6", "period": "30"} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(key.Reveal()) {
		t.Errorf("a secret of another form")
	}
	if factor.NewSecret().Reveal() == key.Reveal() {
		t.Error("two secrets are the same")
	}
}

// TestNewCodes holds the form of recovery codes: ten, all different, of letters
// and digits with hyphens between groups, and none with a letter that looks
// like a digit.
func TestNewCodes(t *testing.T) {
	form := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$`)
	seen := map[string]bool{}
	letters := ""
	for range 20 {
		codes := factor.NewCodes()
		if len(codes) != 10 {
			t.Fatalf("%d codes, want ten", len(codes))
		}
		for _, c := range codes {
			if !form.MatchString(c.Reveal()) {
				t.Errorf("a code of another form, of %d letters", c.Len())
			}
			seen[c.Reveal()] = true
			letters += c.Reveal()
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d codes differ, want 200", len(seen))
	}
	for _, l := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
		if !strings.ContainsRune(letters, l) {
			t.Errorf("no code has %c in it: they are not drawn from all letters", l)
		}
	}
}
