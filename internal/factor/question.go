package factor

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"coffer/internal/secret"
)

// QuestionAge is how long a passkey may take to answer.
const QuestionAge = 5 * time.Minute

// What a question is for: an answer to one is none to another.
const (
	ForLogin   = "login"
	ForEnrol   = "enrol"
	ForConfirm = "confirm"
)

// Question is what a passkey was asked. The browser keeps it in a cookie, under
// a keyed hash, so that whoever only asks costs no row; the nonce of one that
// was answered is kept (Spend), so that no answer serves twice.
type Question struct {
	For       string    `json:"for"`
	Nonce     string    `json:"nonce"`
	Challenge string    `json:"challenge"`
	Account   string    `json:"account,omitempty"`
	Session   string    `json:"session,omitempty"`
	Operation Operation `json:"operation"`
	Until     int64     `json:"until"`
}

// NewNonce is 128 random bits as base64url.
func NewNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return b64(b[:])
}

// Over reports that the question is too old to be answered.
func (q Question) Over(now time.Time) (over bool) { return now.UnixMicro() >= q.Until }

// Ends is when it is.
func (q Question) Ends() time.Time { return time.UnixMicro(q.Until).UTC() }

// SealQuestion gives the question as the browser keeps it.
func (k *Keys) SealQuestion(q Question) secret.Text {
	b, _ := json.Marshal(q) // strings and a number
	return secret.New(b64(b) + "." + b64(k.MAC("passkey-question", b)))
}

// OpenQuestion reads what SealQuestion gave; anything else is no question.
func (k *Keys) OpenQuestion(sealed secret.Text) (q Question, ok bool) {
	body, mac, _ := strings.Cut(sealed.Reveal(), ".")
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	sum, bad := base64.RawURLEncoding.Strict().DecodeString(mac)
	if err != nil || bad != nil || !hmac.Equal(sum, k.MAC("passkey-question", b)) {
		return Question{}, false
	}
	return q, json.Unmarshal(b, &q) == nil
}
