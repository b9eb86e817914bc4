package factor

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/secret"
)

// Recovery codes: ten in a set, of 24 letters and digits each, in which none
// looks like another. That is 120 bits, so a keyed hash keeps them (ASVS 5.0,
// 6.5.2 asks for a slow one below 112).
const (
	SetSize    = 10
	codeLetter = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength = 24
	codeGroup  = 6
)

// NewCodes makes the codes of a set, as their person keeps them.
func NewCodes() []secret.Text {
	codes := make([]secret.Text, SetSize)
	for i := range codes {
		codes[i] = newCode()
	}
	return codes
}

func newCode() secret.Text {
	var random [codeLength]byte
	_, _ = rand.Read(random[:]) // never fails
	var b strings.Builder
	for i, r := range random {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeLetter[r%byte(len(codeLetter))]) // 32 letters: no code is likelier than another
	}
	return secret.New(b.String())
}

// plainCode is a code however it was typed: in either case, with or without
// hyphens, and with the letters that look like digits.
func plainCode(typed secret.Text) (code string, ok bool) {
	if typed.Len() > 4*codeLength {
		return "", false
	}
	code = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed.Reveal()))
	return code, len(code) == codeLength && strings.Trim(code, codeLetter) == ""
}

func (k *Keys) codeHandle(account, code string) string {
	return hex.EncodeToString(k.MAC("recovery-code", []byte(account+"\x00"+code)))
}

const (
	sqlUseCode = `UPDATE credential SET used = $1 WHERE account = $2 AND kind = 'recovery' AND handle = $3 AND used IS NULL`

	sqlCode = `SELECT COUNT(*) FROM credential WHERE account = $1 AND kind = 'recovery' AND handle = $2`

	sqlCodesLeft = `SELECT MAX(body), COUNT(*) - COUNT(used) FROM credential WHERE account = $1 AND kind = 'recovery'`
)

// UseRecovery judges a recovery code and uses it up, within the transaction of
// its effect. Of the one that passed it gives the set and how many are left.
func (k *Keys) UseRecovery(tx *db.Tx, account string, typed secret.Text) (r Result, set string, left int, err error) {
	code, ok := plainCode(typed)
	if !ok {
		code = "" // no code's hash: the work is the same
	}
	handle := k.codeHandle(account, code)
	used, err := tx.Exec(sqlUseCode, tx.Now.UnixMicro(), account, handle)
	if err != nil {
		return Wrong, "", 0, err
	}
	if used == 1 {
		err = tx.QueryRow(sqlCodesLeft, account).Scan(&set, &left)
		return Passed, set, left, err
	}
	var n int
	if err = tx.QueryRow(sqlCode, account, handle).Scan(&n); err == nil && n > 0 {
		return Spent, "", 0, nil
	}
	return Wrong, "", 0, err
}

// ReplaceCodes stores a set of codes in place of the one before it.
func (k *Keys) ReplaceCodes(tx *db.Tx, account, set string, codes []secret.Text) error {
	if _, err := tx.Exec(sqlRemoveKind, account, Recovery); err != nil {
		return err
	}
	for _, c := range codes {
		code, _ := plainCode(c) // of our own making
		if _, err := tx.Exec(sqlEnrol, event.NewID("f_"), account, Recovery, set, "", k.codeHandle(account, code), 0, tx.Now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}
