// Package forge makes logs that look as if Coffer had written them, and forges
// them in every way that a verifier must notice. Only tests use it: its keys
// are made of words that stand here for all to read. It needs no database, so
// a log of a hundred thousand lines is there in a second.
package forge

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/event"
	"coffer/internal/proof"
)

// The name of the forged log, and of the one that it is replaced by.
const (
	Origin      = "coffer.invalid/example-not-a-real-log"
	OtherOrigin = "coffer.invalid/another-example-log"
	span        = 60 * time.Hour // from the first line to the last
)

// Plan says what a log is to be.
type Plan struct {
	Lines int
	// End is the time of the last line.
	End time.Time
	// Fork is the first line that tells another story; 0 means none does.
	Fork int
	// Epoch is the line with which another name and key begin; 0 means none.
	Epoch int
	// Stop is how many of the lines are there yet; 0 means all.
	Stop int
	// Prune and Again are the lines that say that the first segments were removed,
	// as many as Gone, and then one more; 0 means none.
	Prune, Gone, Again int
}

// Log is a log: its lines, where its segments begin, and what was signed.
type Log struct {
	Lines  [][]byte
	Starts []int
	// Head is the newest signed checkpoint.
	Head []byte
	// Pub is the public key, one line for each epoch.
	Pub string

	plan   Plan
	edge   *proof.Edge
	signer note.Signer
	origin string
	maker  event.Maker
	length int // of the segment
	hour   int
	late   []byte // a checkpoint that was signed, and whose line is due
	lateAt int
	scenes []scene // what people do beside everyday life, one after the other
}

// Key is a private key that everybody can make: of a word, for tests.
func Key(word string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("obviously not a real key: " + word))
	return ed25519.NewKeyFromSeed(seed[:])
}

// must is for what cannot fail unless this program is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Make makes a log.
func Make(p Plan) *Log { return tell(p, nil) }

// tell makes a log in which people do these things, in this order.
func tell(p Plan, scenes []scene) *Log {
	l := &Log{
		scenes: scenes, plan: p, origin: Origin, signer: must(proof.NewSigner(Origin, Key("log"))), edge: &proof.Edge{},
		maker: event.Maker{Node: "a1", Version: "1.0.0"}, hour: -1, Starts: []int{0},
	}
	l.Pub = PublicKey(Origin, "log") + "\n"
	l.put(event.LogOpened{})
	stop := p.Lines
	if p.Stop > 0 {
		stop = p.Stop
	}
	for len(l.Lines) < stop {
		l.step()
	}
	l.Head = l.sign(l.edge)
	return l
}

// PublicKey is the text of a key that Key makes.
func PublicKey(origin, word string) string {
	return must(proof.VerifierKey(origin, Key(word).Public().(ed25519.PublicKey)))
}

func (l *Log) sign(e *proof.Edge) []byte {
	return must(proof.Sign(proof.Checkpoint{Origin: l.origin, Size: e.Size(), Root: e.Root()}, l.signer))
}

// time is when a line was written: they come evenly.
func (l *Log) time(seq int) time.Time {
	left := time.Duration(int64(span) / int64(l.plan.Lines) * int64(l.plan.Lines-1-seq))
	return l.plan.End.Add(-left).UTC().Truncate(time.Microsecond)
}

// segment is how long a segment may be: so that there are several.
func (l *Log) segment() int { return l.plan.Lines * 60 }

// step adds a line: whatever is due, else something of everyday life.
func (l *Log) step() {
	n := len(l.Lines)
	at := l.time(n)
	switch day := l.time(max(n-1, 0)).YearDay() != at.YearDay(); {
	case l.length > 0 && (day || l.length > l.segment()):
		why := "size"
		if day {
			why = "day"
		}
		first := l.Starts[len(l.Starts)-1]
		l.put(event.LogRotated{First: uint64(first), Last: uint64(n), Bytes: int64(l.length), Reason: why})
		l.Starts, l.length = append(l.Starts, n+1), 0
	case l.late != nil && n >= l.lateAt:
		c := must(proof.Peek(l.late))
		l.put(event.LogCheckpoint{
			Size: c.Size, Origin: c.Origin, Root: rootText(l.late), Signature: proof.Signature(l.late),
		})
		l.late = nil
	case n == l.plan.Epoch && n > 0:
		l.epoch()
	case n == l.plan.Prune && n > 0:
		l.prune(0, l.plan.Gone)
	case n == l.plan.Again && n > 0:
		l.prune(l.plan.Gone, l.plan.Gone+1)
	default:
		if at.Hour() != l.hour { // signed now, and told three lines later
			l.hour, l.late, l.lateAt = at.Hour(), l.sign(l.edge), n+3
		}
		if !l.play(n) {
			l.put(l.everyday(n))
		}
	}
}

// put writes an event as the next line.
func (l *Log) put(e event.Event) {
	n := len(l.Lines)
	o := event.Origin{Actor: l.person(n), SourceIP: fmt.Sprintf("203.0.113.%d", n%200), UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Example/1.0", Method: "POST", URI: "/login", RequestID: fmt.Sprintf("r_%020d", n)}
	switch e.(type) {
	case event.LogOpened, event.LogRotated, event.LogCheckpoint, event.LogEpochStarted, event.LogPruned:
		o = event.Origin{Actor: "system:sealer"}
	}
	rec := must(l.maker.Record(o, l.time(n), e))
	l.append(rec.Line(uint64(n), rec.At))
}

func (l *Log) append(line []byte) {
	l.Lines = append(l.Lines, line)
	l.length += len(line) + 1
	l.edge.Append(line)
	l.edge.Full()
}

// person is somebody; after a fork, somebody else.
func (l *Log) person(n int) string {
	who := "u_example"
	if l.plan.Fork > 0 && n >= l.plan.Fork {
		who = "u_forged_"
	}
	return fmt.Sprintf("%s%012d", who, n%97)
}

func (l *Log) everyday(n int) event.Event {
	who, card := l.person(n), fmt.Sprintf("c_example%06d", n%997)
	switch n % 5 {
	case 0:
		return event.LoginSucceeded{Account: who, Session: fmt.Sprintf("s_%08d", n), Method: "password"}
	case 1:
		return event.CardViewed{Owner: who, Card: card, Last4: "4242", Part: "number"}
	case 2:
		return event.AuthzFailed{Reason: "signed_out", Resource: "route:/create_credit_card"}
	case 3:
		return event.CardAdded{Owner: who, Card: card, Brand: "visa", Last4: "4242"}
	}
	return event.CardViewed{Owner: who, Card: card, Last4: "4242", Part: "masked"}
}

// epoch goes on under another name and key.
func (l *Log) epoch() {
	last := l.sign(l.edge)
	c := must(proof.Peek(last))
	pub := PublicKey(OtherOrigin, "second epoch")
	l.put(event.LogEpochStarted{
		Origin: OtherOrigin, Key: pub, Size: c.Size, Root: rootText(last), Former: Origin,
		Signature: proof.Signature(last), Lost: 2, Why: "restored from a backup",
	})
	l.origin, l.signer, l.late = OtherOrigin, must(proof.NewSigner(OtherOrigin, Key("second epoch"))), nil
	l.Pub += pub + "\n"
}

func rootText(signed []byte) string {
	return strings.Split(string(signed), "\n")[2]
}
