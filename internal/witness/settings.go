package witness

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// Witness is one that is asked: a server with its name and keys.
type Witness struct {
	// Name is its keys'.
	Name string
	// URL is what add-checkpoint is appended to.
	URL string
	// Keys check its cosignatures; one who signs in two ways has two.
	Keys []note.Verifier
}

// Receiver is the scheme, host and port: the rest of an address may be secret.
func (w Witness) Receiver() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Clear reports whether its address crosses a network unencrypted. Nobody can
// forge a cosignature there; who listens learns how fast the log grows.
func (w Witness) Clear() (clear bool) {
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err != nil || !ip.IsLoopback()
}

// Set is who is asked, and how many of them are enough.
type Set struct {
	Witnesses []Witness
	// Policy says what is enough; nil, and one is.
	Policy *proof.Policy
	// Quorum is the name of the group that the policy's quorum is, if it is not
	// a single witness.
	Quorum string
	// Rules is the policy's text as far as it says what is enough, for a process
	// that was not given it; empty without a quorum.
	Rules string
	// Mute are witnesses of the policy of whom no address is known.
	Mute []string
}

// What an entry must be.
var (
	errPair = errors.New("give a verifier key and a URL for each witness, as in witness.example.org/w1+2f1b6a3c+BAbc… https://witness.example.org")
	errKey  = errors.New("it is no verifier key: give name+id+key as the witness's operator shows it, with an Ed25519 or ML-DSA-44 key")
	// ErrPrivate is a key that nobody but the witness should have.
	ErrPrivate = errors.New("that is a private key, which belongs to the witness alone: make it a new one, and give the verifier key that goes with that")

	errURL = errors.New("give an http:// or https:// URL without a user, a query or a password in it: what add-checkpoint is appended to")
)

// ParseList reads pairs of verifier key and URL, separated by commas or lines.
func ParseList(text string) (all []Witness, err error) {
	if strings.Contains(text, "PRIVATE+KEY+") {
		return nil, ErrPrivate
	}
	entries := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
	for _, entry := range entries {
		words := strings.Fields(entry)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return nil, fmt.Errorf("%q: %w", short(entry), errPair)
		}
		if all, err = with(all, words[0], words[1]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// with adds a witness, or a second key to one that is there.
func with(all []Witness, vkey, address string) ([]Witness, error) {
	v, err := Key(vkey)
	if err != nil {
		return nil, fmt.Errorf("witness %q: %w", short(vkey), err)
	}
	to, err := prefix(address)
	if err != nil {
		return nil, fmt.Errorf("the URL of witness %q: %w", v.Name(), err)
	}
	for i, w := range all {
		if w.Name != v.Name() {
			continue
		}
		if w.URL != to {
			return nil, fmt.Errorf("witness %q stands there twice, with two URLs; give one", w.Name)
		}
		if !slices.ContainsFunc(w.Keys, func(k note.Verifier) bool { return id(k) == id(v) }) {
			all[i].Keys = append(all[i].Keys, v)
		}
		return all, nil
	}
	return append(all, Witness{v.Name(), to, []note.Verifier{v}}), nil
}

// short is a setting that is told back, not longer than a line.
func short(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func prefix(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errURL
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Key reads a witness's verifier key. Its id must be the key's own, so that a
// slip in copying does not wait until the first signature to show.
func Key(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errKey
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) < 2 {
		return nil, errKey
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	if n, err := strconv.ParseUint(parts[1], 16, 32); err != nil || uint32(n) != binary.BigEndian.Uint32(sum[:]) {
		return nil, fmt.Errorf("its id %q is not that of its name and key: one of the three was copied wrongly", short(parts[1]))
	}
	switch raw[0] {
	case 1, 4, 6: // Ed25519, the same for cosignatures, ML-DSA-44
	default:
		return nil, fmt.Errorf("a key of type %d is not supported; it must be one of Ed25519 (1, 4) or ML-DSA-44 (6)", raw[0])
	}
	v, err := cosignature.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return nil, errKey
	}
	return v, nil
}

// id names a key: its owner may have several.
func id(v note.Verifier) string { return fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()) }

// WithPolicy adds a policy's witnesses to those of the list, and what is
// enough. Addresses stand in either place.
func WithPolicy(list []Witness, text string) (s Set, err error) {
	s.Witnesses = list
	if s.Policy, err = proof.ParsePolicy(text); err != nil {
		return s, err
	}
	for line := range strings.Lines(text) {
		switch words := strings.Fields(line); {
		case len(words) == 4 && words[0] == "witness":
			if s.Witnesses, err = with(s.Witnesses, words[2], words[3]); err != nil {
				return s, err
			}
		case len(words) == 2 && words[0] == "quorum":
			s.Quorum = words[1]
		}
	}
	return s, s.settle(text)
}

// settle finds who of the policy cannot be asked, and whether the others can be
// enough.
func (s *Set) settle(text string) error {
	asked := map[string]bool{}
	for _, w := range s.Witnesses {
		for _, k := range w.Keys {
			asked[id(k)] = true
		}
	}
	for _, v := range s.Policy.Witnesses {
		if !asked[id(v)] {
			s.Mute = append(s.Mute, v.Name())
		}
	}
	if !s.Policy.HasQuorum() {
		s.Policy, s.Quorum = nil, ""
		return nil
	}
	s.Rules = rules(text)
	if !s.Policy.Reached(func(v note.Verifier) bool { return asked[id(v)] }) {
		return fmt.Errorf("the quorum cannot be reached: give the URLs of more witnesses, in their lines or with --witness (none is known of %s)", strings.Join(s.Mute, ", "))
	}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) >= 3 && words[0] == "witness" && words[1] == s.Quorum {
			s.Quorum = "" // a witness, who has a name
		}
	}
	return nil
}

// enough reports whether the keys that signed a checkpoint are enough.
func (s Set) enough(signed map[string]bool) (enough bool) {
	if s.Policy == nil {
		return len(signed) > 0
	}
	return s.Policy.Reached(func(v note.Verifier) bool { return signed[id(v)] })
}
