package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key is a public key of the log; its name is the log's origin.
type Key struct {
	note.Verifier
	// Elsewhere says that it did not lie beside the log: whoever can change
	// the log could not change it too.
	Elsewhere bool
}

// ParseKeys reads public keys, one a line, as log.pub holds them: one for each
// epoch. Empty lines and lines that begin with # say nothing.
func ParseKeys(text string, elsewhere bool) (keys []Key, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%q is not a public key of a log, which is one line like name+0123abcd+letters", Escape(line))
		}
		keys = append(keys, Key{v, elsewhere})
	}
	if len(keys) == 0 {
		return nil, errors.New("no public key in it")
	}
	return keys, nil
}

// distinct leaves one of each key: that from elsewhere, if one is. A note read
// with a key twice is refused.
func distinct(keys []Key) (one []Key) {
	for _, k := range keys {
		i := slices.IndexFunc(one, func(o Key) bool { return o.Name() == k.Name() && o.KeyHash() == k.KeyHash() })
		if i < 0 {
			one = append(one, k)
		} else if k.Elsewhere {
			one[i] = k
		}
	}
	return one
}

// Signed is a signed checkpoint and where it came from.
type Signed struct {
	// Name is what people call it: a file's name mostly.
	Name string
	Note []byte
	// Elsewhere says that it did not lie beside the log.
	Elsewhere bool
	// Err is why it could not be read, though it is there.
	Err error
}

// standing is what a checkpoint's signatures are worth.
type standing int

const (
	unreadable standing = iota // no checkpoint at all
	unjudged                   // there is no key to judge it by
	strange                    // signed under another name, by a key that is not known
	usurped                    // under a known name, by a key that is not known
	forged                     // a signature claims a known key, and is not its
	renamed                    // a known key signed it, for a log of another name
	proven                     // a known key signed it
)

// role is why a checkpoint is looked at.
type role int

const (
	against role = iota // it was kept elsewhere
	own                 // it is the log's newest
	tiled               // it lies with the hash tiles
)

// judged is a checkpoint with its standing, and the key that signed it.
type judged struct {
	Signed
	Checkpoint
	standing
	role
	key Key
	at  string // the time of the last line it covers, once that line was seen
}

// judge weighs the signatures of a checkpoint against the keys.
func judge(s Signed, keys []Key) (j judged) {
	j = judged{Signed: s}
	var err error
	if j.Checkpoint, err = Peek(s.Note); err != nil {
		return j
	}
	verifiers := make([]note.Verifier, len(keys))
	for i, k := range keys {
		verifiers[i] = k
	}
	_, n, err := Open(s.Note, verifiers...)
	if err == nil {
		return j.by(keys, n.Sigs)
	}
	named := slices.ContainsFunc(keys, func(k Key) bool { return k.Name() == j.Origin })
	switch _, unverified := errors.AsType[*note.UnverifiedNoteError](err); {
	case !unverified:
		if _, invalid := errors.AsType[*note.InvalidSignatureError](err); invalid {
			j.standing = forged
		}
	case len(keys) == 0:
		j.standing = unjudged
	case named:
		j.standing = usurped
	default:
		j.standing = strange
	}
	return j
}

// by finds who signed; a key is for the log of its own name and for no other.
// One that came from elsewhere counts before one that did not.
func (j judged) by(keys []Key, signatures []note.Signature) judged {
	j.standing = renamed
	for _, k := range keys {
		signed := slices.ContainsFunc(signatures, func(s note.Signature) bool {
			return s.Name == k.Name() && s.Hash == k.KeyHash()
		})
		if signed && k.Name() == j.Origin && (j.standing == renamed || k.Elsewhere) {
			j.standing, j.key = proven, k
		}
	}
	return j
}
