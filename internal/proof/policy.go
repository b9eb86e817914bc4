package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Policy is a c2sp.org/tlog-policy: which logs, which witnesses, and how many
// of them make a quorum. (The parser of formats is for logs that ask
// witnesses: it wants a URL of each and leaves the logs out.)
type Policy struct {
	Logs      []Key
	Witnesses []note.Verifier
	quorum    *group
}

// group is a witness, or so many of its members.
type group struct {
	witness note.Verifier
	need    int
	members []*group
	used    bool
}

// ParsePolicy reads a policy file.
func ParsePolicy(text string) (*Policy, error) {
	p := &Policy{}
	names := map[string]*group{}
	keys := map[string]bool{}
	done := false
	for i, line := range strings.Split(text, "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf("line %d: a control character", i+1)
		}
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if fields[0] == "quorum" && done {
			return nil, fmt.Errorf("line %d: a second quorum", i+1)
		}
		done = done || fields[0] == "quorum"
		if err := p.line(fields, names, keys); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if !done {
		return nil, errors.New("no line says what the quorum is")
	}
	return p, nil
}

var errFields = errors.New("too few or too many words")

// line takes in one line of a policy.
func (p *Policy) line(fields []string, names map[string]*group, keys map[string]bool) (err error) {
	switch kind, n := fields[0], len(fields); {
	case kind == "log" && (n == 2 || n == 3):
		return p.log(fields[1], keys)
	case kind == "witness" && (n == 3 || n == 4):
		return p.witness(fields[1], fields[2], names, keys)
	case kind == "group" && n >= 4:
		return define(fields[1], fields[2], fields[3:], names)
	case kind == "quorum" && n == 2:
		if fields[1] == "none" {
			return nil
		}
		if p.quorum = names[fields[1]]; p.quorum == nil {
			return fmt.Errorf("no witness or group is called %q", Escape(fields[1]))
		}
		return nil
	case slices.Contains([]string{"log", "witness", "group", "quorum"}, kind):
		return errFields
	}
	return fmt.Errorf("%q is no word of a policy", Escape(fields[0]))
}

// once refuses a key that another line of the kind has. The byte before it
// says how it signs, and does not make it another key.
func once(kind, vkey string, keys map[string]bool) error {
	parts := strings.SplitN(vkey, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) < 2 {
		return errors.New("not a public key")
	}
	key := kind + string(raw[1:])
	if keys[key] {
		return errors.New("a key that another line has")
	}
	keys[key] = true
	return nil
}

func (p *Policy) log(vkey string, keys map[string]bool) error {
	k, err := ParseKeys(vkey, true)
	if err == nil {
		err = once("log", vkey, keys)
	}
	p.Logs = append(p.Logs, k...)
	return err
}

func (p *Policy) witness(name, vkey string, names map[string]*group, keys map[string]bool) error {
	v, err := cosignature.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return fmt.Errorf("the key of witness %q: %w", Escape(name), err)
	}
	if err := once("witness", vkey, keys); err != nil {
		return err
	}
	p.Witnesses = append(p.Witnesses, v)
	return put(name, &group{witness: v, need: 1}, names)
}

func put(name string, g *group, names map[string]*group) error {
	if name == "none" || names[name] != nil {
		return fmt.Errorf("the name %q is taken", Escape(name))
	}
	names[name] = g
	return nil
}

// define takes in a group. Each name is a member once, so that no witness
// counts twice.
func define(name, need string, members []string, names map[string]*group) error {
	g := &group{need: len(members)}
	switch n, err := strconv.ParseUint(need, 10, 16); {
	case need == "any":
		g.need = 1
	case need == "all":
	case err != nil || n < 1 || int(n) > len(members):
		return fmt.Errorf("%q of %d members is no quorum", Escape(need), len(members))
	default:
		g.need = int(n)
	}
	for _, m := range members {
		member := names[m]
		if member == nil || member.used {
			return fmt.Errorf("member %q is unknown or used before", Escape(m))
		}
		member.used = true
		g.members = append(g.members, member)
	}
	return put(name, g, names)
}

// met reports whether those who signed are enough.
func (g *group) met(signed func(note.Verifier) bool) (enough bool) {
	if g == nil {
		return true
	}
	if g.witness != nil {
		return signed(g.witness)
	}
	have := 0
	for _, m := range g.members {
		if m.met(signed) {
			have++
		}
	}
	return have >= g.need
}

// cosigned is what a policy's witnesses say to a checkpoint.
type cosigned struct {
	have   int
	met    bool
	newest time.Time
	untrue []string // witnesses whose name stands under it, and not their signature
}

// weigh checks the cosignatures of a checkpoint, each by itself.
func (p *Policy) weigh(signed []byte) (c cosigned) {
	by := map[note.Verifier]bool{}
	for _, w := range p.Witnesses {
		n, err := note.Open(signed, note.VerifierList(w))
		if err != nil {
			if _, invalid := errors.AsType[*note.InvalidSignatureError](err); invalid {
				c.untrue = append(c.untrue, w.Name())
			}
			continue
		}
		by[w] = true
		c.have++
		if at, err := cosignature.CoSigV1Timestamp(n.Sigs[0]); err == nil && at.After(c.newest) {
			c.newest = at
		}
	}
	c.met = p.quorum.met(func(v note.Verifier) bool { return by[v] })
	return c
}
