package proof

import (
	"context"
	"slices"
	"time"
)

// Case is what the judge is given: readers, and what to hold them against.
type Case struct {
	// Parts are the lines, in order.
	Parts []Part
	// Tiles are the hash tiles, if they are at hand.
	Tiles *Tiles
	// Own is the log's own newest checkpoint, if it has one.
	Own *Signed
	// Against are checkpoints that were kept elsewhere, or seen by others.
	Against []Signed
	Keys    []Key
	// NoKey is why the keys that lie beside the log could not be read.
	NoKey  error
	Policy *Policy
	// From is how many lines were judged before and are not read again; the
	// tiles give their hashes.
	From          uint64
	AllowUnsigned bool
	// HashesOnly says that no line is expected: only whether the log has grown
	// out of what it was.
	HashesOnly bool
	// Begin is when somebody who comes back first looked at the log, if that is
	// known.
	Begin   time.Time
	Require Require
	Now     time.Time
	// Seen, if set, is told how many lines have been judged, as they are.
	Seen func(lines uint64)
}

// Tiles are a log's hash tiles.
type Tiles struct {
	// Name is what people call their place.
	Name string
	// Read gives a tile; an error says that it is not there.
	Read func(level int, n uint64, width int) ([]byte, error)
	// At is the checkpoint that lies with them.
	At Signed
	// Whole says that every tile of the checkpoint's tree must be there.
	Whole bool
}

// Require is what a verdict must rest on, beyond being consistent.
type Require struct {
	Anchored  bool
	Witnessed bool
	// Fresh is the greatest age; 0 means any.
	Fresh time.Duration
	// Signed says that whoever held a passkey signed with it, each time, and that
	// each signature could be checked.
	Signed bool
}

// trial is one case while it is judged.
type trial struct {
	Case
	ctx   context.Context
	r     *Report
	own   judged
	fixed []judged // the checkpoints whose size is known from the start, smallest first
	due   int      // the first of them that has not been reached
	fits  []judged // those that fit

	tree  peaks
	trail *trail
	blind bool // hashes of lines before are not known, so that no root can be
	tiles tileTrial

	now, prev *chunk // the chunk at hand, and the one before it
	at        uint64 // the next line's number
	begun     bool
	rotatedAt uint64 // the number after the last line that ends a segment
	stopped   bool   // something was found after which nothing can be judged
	cut       bool   // the last file ends inside a line
	tail      []byte // what stands after its last line break
	newest    string // the time that the last line tells
	onset     string // the time of the first line after what is known to be signed

	still   bool   // all that is there was judged before
	fit     uint64 // lines that fit some checkpoint, whoever signed it
	pruned  []Pruned
	missing []Span
	strange uint64            // checkpoints in the log by a key that is not known
	keyed   uint64            // lines that a key from elsewhere signed
	looked  uint64            // lines from the beginning whose form was looked at
	used    map[uint32]bool   // the keys that signed something
	vouched map[string]uint64 // by name of a log, how many lines its key signed
	people  *people           // who holds which passkey
	claims  []claim           // signatures of persons in the chunk at hand
}

func newTrial(ctx context.Context, c Case) *trial {
	return &trial{
		Case: c, ctx: ctx, r: &Report{Anchors: []string{}}, trail: &trail{},
		used: map[uint32]bool{}, vouched: map[string]uint64{}, people: newPeople(),
	}
}

// Judge reads a log to its end, or to the first line that cannot be right, and
// says what it is worth. It never fails: what could not be read or finished is
// part of the verdict, and never a good one.
func Judge(ctx context.Context, c Case) *Report {
	t := newTrial(ctx, c)
	t.keys()
	t.summon()
	t.resume()
	t.hear()
	t.conclude()
	return t.r
}

// keys are those that were given, and those of the policy's logs.
func (t *trial) keys() {
	t.Keys = slices.Clone(t.Keys)
	if t.Policy != nil {
		t.Keys = append(t.Keys, t.Policy.Logs...)
	}
	t.Keys = distinct(t.Keys)
}

// judge weighs a checkpoint, and remembers whose key did sign one.
func (t *trial) judge(s Signed) (j judged) {
	j = judge(s, t.Keys)
	if j.standing == proven {
		t.used[j.key.KeyHash()] = true
	}
	return j
}

// summon weighs the signatures of all checkpoints whose size is known.
func (t *trial) summon() {
	if t.Own != nil {
		t.own = t.judge(*t.Own)
		t.own.role = own
		t.sworn()
	}
	for _, s := range t.Against {
		j := t.judge(s)
		if j.standing == unreadable {
			t.r.find(Finding{
				Verdict: Incomplete, What: "checkpoint", Sentence: j.label() + " cannot be read as a checkpoint",
				Next: "Give the file as it was saved; nothing was compared with it.",
			})
			continue
		}
		if j.standing == forged || j.standing == renamed {
			t.r.find(Finding{
				Verdict: Diverged, What: "checkpoint", Sentence: j.label() + " bears a signature that is not the log's",
				Detail: "its text was changed after it was signed, or somebody made it up",
				Next:   "Find out where this checkpoint came from, and compare with another copy of it.",
			})
			continue
		}
		t.fixed = append(t.fixed, j)
	}
	t.tiles.summon(t)
	slices.SortStableFunc(t.fixed, func(a, b judged) int {
		return int(min(max(int64(a.Size)-int64(b.Size), -1), 1))
	})
}

// sworn says what is wrong with the signature of the log's own checkpoint. It
// is compared with the lines only where it is right, or there is no key.
func (t *trial) sworn() {
	label, next := t.own.label(), "Compare with a copy of the checkpoint from another place, and find out who could write here."
	bad := func(v Verdict, sentence, detail, next string) {
		t.r.find(Finding{Verdict: v, What: "checkpoint", Sentence: sentence, Detail: detail, Next: next})
	}
	switch t.own.standing {
	case unreadable:
		detail := "it is empty, cut off, or no signed checkpoint at all"
		if t.Own.Err != nil {
			detail = Because(t.Own.Err)
		}
		bad(Incomplete, label+" cannot be read", detail, next)
	case forged:
		bad(Tampered, label+" was changed after it was signed", "it bears the log's signature, and the signature does not fit the text", next)
	case usurped:
		bad(Tampered, label+" was not signed by the log's key", "it names this log, and another key signed it: somebody else's, or the key that you gave is not this log's", next)
	case renamed:
		bad(Tampered, label+" is of another log", "the key signed it under a name that is not the key's", next)
	case strange:
		bad(Incomplete, label+" was not signed by the key you gave", "it names another log: it was replaced, a new epoch began under another key, or the key is of another log",
			"Ask for the log's public key again, by another way; after a new epoch give one key for each with --key.")
	case unjudged:
		detail := ""
		if t.NoKey != nil {
			detail = "log.pub lies beside the log, and cannot be read: " + Because(t.NoKey)
		}
		bad(Incomplete, "there is no public key to judge the signature by", detail, "Give the log's public key with --key.")
		t.fixed = append(t.fixed, t.own)
	case proven:
		t.fixed = append(t.fixed, t.own)
	}
}

// label is what a person calls a checkpoint.
func (j judged) label() string { return "the checkpoint " + Escape(j.Name) }
