package factor

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"coffer/internal/fault"
	"coffer/internal/secret"
)

const (
	// MinLength is the fewest characters a password may have, whatever the setting.
	MinLength = 8
	// MaxBytes is the most bytes: far more than 128 characters of any script
	// need, and little enough that nobody can keep a processor busy with one.
	MaxBytes = 1024
)

// product is a word that no password of this site should lean on.
const product = "coffer"

// shortWord is what is too short for a word of the site to be looked for: half
// of all passwords hold it by chance.
const shortWord = 4

// Policy is what a new password must be. It asks for length and that nobody
// would guess it; it asks for no mixture of characters and forbids none but
// control characters (NIST SP 800-63B-4, 3.1.1.2; ASVS 5.0, 6.2).
type Policy struct {
	// Min is the fewest characters (code points); less than MinLength counts as that.
	Min int
	// Words are what this site is called: see SiteWords.
	Words []string
	// Breached reports whether a password is known from a breach; nil, and nobody
	// knows of any.
	Breached func(password string) (is bool, err error)
}

// SiteWords are the words of a host's name on which no password should lean: the
// name itself and its parts, but for the last, which thousands share.
func SiteWords(host string) []string {
	parts := strings.Split(host, ".")
	words := []string{host}
	for _, part := range parts[:len(parts)-1] {
		if utf8.RuneCountInString(part) >= shortWord {
			words = append(words, part)
		}
	}
	return words
}

// Check says what is wrong with a new password for that username, or gives no
// field. Of several faults it names the first: the others depend on it.
func (p Policy) Check(username string, password secret.Text) (wrong []fault.Field) {
	rule, text := p.check(username, password.Reveal())
	if rule == "" {
		return nil
	}
	return []fault.Field{{Name: "password", Rule: rule, Text: text}}
}

func (p Policy) check(username, password string) (rule, text string) {
	switch shortest := p.Least(); {
	case password == "":
		return "required", "Please choose a password."
	case len(password) > MaxBytes:
		return "too_long", fmt.Sprintf("That is over %d bytes, which is more than we can take. Any shorter one is kept whole.", MaxBytes)
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return "characters", "There is a character in it that a keyboard does not make. Please type it anew."
	case utf8.RuneCountInString(norm.NFC.String(password)) < shortest:
		return "too_short", fmt.Sprintf("Please use %d characters or more. A few words in a row are easy to remember.", shortest)
	case isCommon(password):
		return "common", "This is among the passwords that are tried first everywhere. Please choose another."
	case p.leansOn(username, password):
		return "like_name", "This is too close to your username. Please choose something that has nothing to do with it."
	case p.leansOn(product, password) || slices.ContainsFunc(p.Words, func(word string) bool { return p.leansOn(word, password) }):
		return "like_name", "This is too close to the name of this site. Please choose something else."
	}
	return p.checkBreached(password)
}

// checkBreached comes last: it is the only rule that reads a file. Where it
// cannot, nothing is let through unchecked; whoever reads the file tells the
// operator.
func (p Policy) checkBreached(password string) (rule, text string) {
	if p.Breached == nil {
		return "", ""
	}
	switch is, err := p.Breached(password); {
	case err != nil:
		return "unchecked", "Whether this password is known from a breach cannot be seen at the moment. Please try again later."
	case is:
		return "breached", "This password is in a list of stolen ones, which are tried everywhere. Please choose one that you use nowhere else, and change it wherever you did."
	}
	return "", ""
}

// Least is the fewest characters that a password may have.
func (p Policy) Least() int { return max(p.Min, MinLength) }

// leansOn tells that the password is little more than the word: take the word
// out, and what is left would be no password by itself. A long phrase may
// therefore mention a short name.
func (p Policy) leansOn(word, password string) (leans bool) {
	word, password = look(plain(word)), plain(norm.NFC.String(password))
	seen := look(password)
	rest := ""
	for word != "" {
		at := strings.Index(seen, word)
		if at < 0 {
			break
		}
		leans = true
		rest += password[:at]
		seen, password = seen[at+len(word):], password[at+len(word):]
	}
	rest += password
	return leans && (utf8.RuneCountInString(rest) < p.Least() || isCommon(rest))
}

// plain is the text without case and separators: cof_fer and Coffer are one word.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("._- ", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// look puts letters for the digits and signs that stand in for them, byte for
// byte, so that a place in the result is the same place in s.
func look(s string) string {
	const signs, letters = "01!i|34@5$789", "olllleaasstbg"
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(signs, r); i >= 0 {
			return rune(letters[i])
		}
		return r
	}, s)
}
