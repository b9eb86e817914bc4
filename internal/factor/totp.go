package factor

import (
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"coffer/internal/db"
	"coffer/internal/secret"
)

// The parameters of the codes: those that every authenticator app knows
// (RFC 6238 with its default step, 160 bits of secret as RFC 4226, 4 advises).
const (
	totpDigits = 6
	totpStep   = 30 * time.Second
	totpBytes  = 20
)

// Result is what became of something that proves a person once.
type Result int

// The results.
const (
	Wrong  Result = iota
	Passed        // and is used up
	Spent         // it was right, and had served before
)

// NewSecret makes the secret of an authenticator app, as its person types it.
func NewSecret() secret.Text {
	var b [totpBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return secret.New(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// AppLink is what the app reads from the picture: whose secret it is, and where.
func AppLink(issuer, username string, key secret.Text) secret.Text {
	q := url.Values{"secret": {key.Reveal()}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(username)
	return secret.New("otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20"))
}

// CodeStep gives the step of time whose code this is, at most one away from now
// (RFC 6238, 5.2); 0 is none.
func CodeStep(key secret.Text, code string, now time.Time) (step int64) {
	at := now.Unix() / int64(totpStep/time.Second)
	for _, s := range []int64{at, at - 1, at + 1} {
		// The library compares in constant time.
		ok, err := hotp.ValidateCustom(code, uint64(s), key.Reveal(), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return s
		}
	}
	return 0
}

// IsCode reports that what was typed is meant as a code of an app rather than
// as a recovery code, and gives its digits.
func IsCode(typed string) (digits string, is bool) {
	digits = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed)
	for _, r := range digits {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	return digits, len(digits) == totpDigits
}

const (
	sqlApp = `SELECT id, body, counter FROM credential WHERE account = $1 AND kind = 'totp'`

	sqlUseApp = `UPDATE credential SET counter = $1, used = $2 WHERE id = $3 AND counter < $1`
)

// UseCode judges a code and uses it up, within the transaction of its effect: of
// many that bring one code at once, one passes. A step that is older than the
// newest that served is as good as used.
func (k *Keys) UseCode(tx *db.Tx, account, digits string) (Result, error) {
	id, sealed, counter, err := app(tx, account)
	if err != nil || id == "" {
		return Wrong, err
	}
	key, err := k.Open(sealed, appRef(account, id))
	if err != nil {
		return Wrong, err
	}
	step := CodeStep(key, digits, tx.Now)
	if step == 0 {
		return Wrong, nil
	}
	if step <= counter {
		return Spent, nil
	}
	changed, err := tx.Exec(sqlUseApp, step, tx.Now.UnixMicro(), id)
	if err == nil && changed == 0 {
		return Spent, nil
	}
	return Passed, err
}

func app(tx *db.Tx, account string) (id, sealed string, counter int64, err error) {
	rows, err := tx.Query(sqlApp, account)
	if err != nil {
		return "", "", 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&id, &sealed, &counter); err != nil {
			return "", "", 0, err
		}
	}
	return id, sealed, counter, rows.Err()
}

// appRef binds a sealed secret to the row that it stands in.
func appRef(account, id string) string { return "totp/" + account + "/" + id }

// EnrolApp stores an app whose first code was right; step is that code's, which
// serves no second time. A second app of one account is refused by the caller.
func (k *Keys) EnrolApp(tx *db.Tx, account, id string, key secret.Text, step int64) error {
	sealed, err := k.Seal(key, appRef(account, id))
	if err != nil {
		return err
	}
	now := tx.Now.UnixMicro()
	_, err = tx.Exec(sqlEnrol, id, account, TOTP, sealed, "", "", step, now)
	return err
}
