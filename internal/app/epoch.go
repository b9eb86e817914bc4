package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
	"coffer/internal/vault"
)

// rebaseTime is what writing the tree of a large log again may take.
const rebaseTime = time.Hour

// Epoch is what became of a log that goes on under a new name and key.
type Epoch struct {
	event.LogEpochStarted
	// Lines is how many the log has at its beginning.
	Lines uint64
	// AtMost says that nothing tells how many lines are lost, but for how many at most.
	AtMost bool
	// Kept are the files of what no longer counts.
	Kept []string
	// Witnesses are the names of those who signed the log so far, and do not
	// know its new one.
	Witnesses string
}

// epoch is one in the making.
type epoch struct {
	*App
	Epoch
	accept bool                      // lines that are others than were signed
	signed []point                   // what the log's key signed so far, the smallest first
	taken  map[proof.Checkpoint]bool // the same
	judged judged
	root   proof.Hash // of the lines at hand
	// segment is the first of them in the active file.
	segment uint64
	good    int // the largest of signed that they lead to and none contradicts; -1 is none
	key     vault.Key
}

// point is a signed checkpoint.
type point struct {
	proof.Checkpoint
	note []byte
}

// Break is an operator's decision to go on from other lines than were signed.
type Break struct {
	// Reason stands in the log for ever.
	Reason string
	// AcceptChanged says that lines may be others than were signed, not only
	// fewer: without it, that is refused.
	AcceptChanged bool
}

// NewEpoch goes on from the lines at hand, whatever was signed before: under a
// new name and key, with tree and numbers unbroken, and with a line that says
// so. It refuses while anybody serves, and to let lines that stand in the place
// of signed ones pass for them in silence.
func NewEpoch(ctx context.Context, c Config, o Options, b Break) (_ Epoch, err error) {
	s, err := c.read()
	if err != nil {
		return Epoch{}, err
	}
	if strings.TrimSpace(b.Reason) == "" {
		return Epoch{}, wrong("reason", b.Reason, "say why the log goes on from other lines than were signed; it stands in the log for ever")
	}
	e := &epoch{App: &App{settings: s, Options: o.filled(), started: time.Now()}, accept: b.AcceptChanged, taken: map[proof.Checkpoint]bool{}}
	e.settings.db.Now = o.Now
	e.Why = event.Text(b.Reason)
	defer func() { err = errors.Join(err, e.close()) }()
	desk := &Desk{app: e.App}
	for _, step := range []func(context.Context) error{
		desk.found, e.openData, desk.current, desk.open, e.owner, e.knownKeys, e.openLog, e.alone,
		e.gather, e.compare, e.rebase, e.setAside, e.replace, e.forget, e.commit, e.settle,
	} {
		if err := step(event.With(ctx, Origin())); err != nil {
			return e.Epoch, e.explained(err)
		}
	}
	return e.Epoch, nil
}

// reckon says what of the signed lines is changed, and what is lost. Where
// nothing tells which are others, all from the last good checkpoint on may be
// lost, but for those of which that is known.
func (e *epoch) reckon() {
	j := e.judged
	c, _ := e.lastGood()
	changed := append(slices.Clone(j.changed), j.unsure...)
	e.Changed, e.Which = changed.count(), changed.texts()
	if e.AtMost = j.hidden > 0; e.AtMost {
		e.Lost = j.hidden - c.Size - changed.within(c.Size, j.hidden).count()
	}
	if n := len(e.signed); n > 0 {
		newest := e.signed[n-1].Size
		e.Lost += newest - min(newest, e.Lines)
	}
	if e.good >= 0 {
		e.Size, e.Root, e.Signature = c.Size, c.Root.String(), proof.Signature(e.signed[e.good].note)
	}
}

// rebase makes the tree what the lines are.
func (e *epoch) rebase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rebaseTime)
	defer cancel()
	head, err := e.sealer.Rebase(ctx)
	if err != nil {
		return fmt.Errorf("write the log's tree again: %w", err)
	}
	if head.Size != e.Lines || head.Root != e.root {
		return refused("the lines in the database changed while they were looked through; find out by whom, then run this again")
	}
	e.segment = head.Segment
	return nil
}

// commit makes key and name known and writes the line that says so.
func (e *epoch) commit(ctx context.Context) error {
	if err := e.nextKey(ctx); err != nil {
		return err
	}
	follower, err := e.openFile(ctx)
	if err != nil {
		return err
	}
	last, signed := e.lastGood()
	err = e.log.Commit(ctx, func(tx *db.Tx) (out []event.Event, err error) {
		out = append(out, e.findings...)
		if err := errors.Join(e.swapKey(tx), seal.Rename(tx, e.Origin, last, signed)); err != nil {
			return nil, err
		}
		return append(out, e.LogEpochStarted, event.KeyCreated{Key: e.key.Name, Use: string(e.key.Use)}), nil
	})
	if err != nil {
		return err
	}
	over, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel() // the follower writes what there is and ends
	return errors.Join(e.sealer.Drain(ctx), follower.Run(over))
}

// lastGood is the checkpoint that the new epoch cites, if there is one.
func (e *epoch) lastGood() (c proof.Checkpoint, signed []byte) {
	if e.good < 0 {
		return c, nil
	}
	return e.signed[e.good].Checkpoint, e.signed[e.good].note
}

func (e *epoch) openFile(ctx context.Context) (*file.Follower, error) {
	f, _, err := file.Open(ctx, file.Config{
		Dir: e.Data, Sealer: e.sealer, Reader: e.read, Writer: e.write, Shut: e.log.Shut, Altered: e.altered, Guest: true,
	})
	return f, err
}
