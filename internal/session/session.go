// Package session holds who is signed in: a random id and a random token that
// only the browser has, stored as its hash. Sessions end by logout, by rest, by
// age, beyond ten at a time, and when a token turns up that was replaced. It
// works on the transaction it is given and returns the events; it commits
// nothing and knows neither cookies nor passwords.
//
// Unsolved: whoever copies the newest token out of a browser is that browser
// until the session ends.
package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"coffer/internal/secret"
)

// The lives of a session (ASVS 5.0, 7.3 and 7.4).
const (
	Idle     = 30 * time.Minute
	Absolute = 12 * time.Hour
	// Grace is how long a replaced token still serves the requests that were
	// under way with it. It can neither renew nor step up.
	Grace = 30 * time.Second
	// StepUp is how long a proof of the person lasts.
	StepUp = 5 * time.Minute
	// Kept is how long an ended session is remembered.
	Kept = 30 * 24 * time.Hour
	// SeenEvery is how often the last use is written.
	SeenEvery = time.Minute
	// Most is how many sessions a person may have.
	Most = 10
)

// HalfLife is how long a sign-in may take from the first factor to the second.
const HalfLife = 10 * time.Minute

// The levels of a session, which are those of its tokens. Only Full lets
// anybody in; the others lead to the step that is outstanding.
const (
	// Full may do all that its person may.
	Full = "full"
	// Half had the right password, and the second factor is outstanding.
	Half = "password"
	// Recovered had a recovery code and set a new password; a second factor of
	// another kind is outstanding.
	Recovered = "recovered"
)

// How a person last proved who they are: see Session.Proof.
const (
	BySignIn   = "signin"
	ByPassword = "password"
	ByTOTP     = "totp"
	ByRecovery = "recovery"
	ByPasskey  = "passkey"
)

// Reasons for which a session ended.
const (
	Logout  = "logout"
	IdleEnd = "idle"
	AgeEnd  = "absolute"
	CapEnd  = "cap"
	Reuse   = "reuse"
	Asked   = "ended" // by the person, from another session
)

// State is what a token is worth.
type State int

// The states. Only Live lets anybody in.
const (
	Unknown State = iota // no such token, or no longer remembered
	Live
	Ended   // the session is over; Session.Reason says why
	Expired // over by rest or age, and nobody has written that down yet
	Reused  // replaced longer ago than Grace: two hold tokens of one session
)

// Session is one sign-in.
type Session struct {
	ID, Account, Username, Role, Level string
	Created, Seen, Stepped             time.Time
	// Proof is with what Stepped was reached: by signing in, or by which factor.
	Proof string
	// After is where a sign-in leads once it is whole.
	After string
	// Hash stands for the session in the log.
	Hash string
	// Rotated says that the token presented was replaced and is in its grace.
	Rotated bool
	// Reason is why the session ended, or is about to.
	Reason string

	token []byte // hash of the token presented
}

// SteppedUp tells that the person proved themselves within the last minutes. A
// replaced token never counts: what was proved since is not its bearer's.
func (s Session) SteppedUp(now time.Time) (stepped bool) {
	return !s.Rotated && now.Sub(s.Stepped) < StepUp
}

// Whole reports that no step of the sign-in is outstanding.
func (s Session) Whole() (whole bool) { return s.Level == Full }

// Stale tells that the last use should be written again.
func (s Session) Stale(now time.Time) (stale bool) { return now.Sub(s.Seen) >= SeenEvery }

// over says whether the session is past its rest or age at now, and which.
func over(created, seen, now time.Time) (reason string) {
	switch {
	case now.Sub(created) >= Absolute:
		return AgeEnd
	case now.Sub(seen) >= Idle:
		return IdleEnd
	}
	return ""
}

const tokenBytes = 32

// tokenLen is the length of a token as text.
var tokenLen = base64.RawURLEncoding.EncodedLen(tokenBytes)

// newToken makes a token and the hash under which it is stored. A plain hash
// is enough: there is nothing to guess in 256 random bits.
func newToken() (token secret.Text, hash []byte) {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	token = secret.New(base64.RawURLEncoding.EncodeToString(b[:]))
	return token, hashToken(token)
}

func hashToken(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// hashID is how the log names a session, so that reading the log gives nobody
// an id.
func hashID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// micro and at are the database's times.
func micro(t time.Time) int64 { return t.UnixMicro() }

func at(us int64) time.Time { return time.UnixMicro(us).UTC() }
