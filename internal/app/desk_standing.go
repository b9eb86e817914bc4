package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"coffer/internal/witness"
)

// signTime is how long a command waits for the signature, which comes within a
// second and a half; after slowTime somebody is told why it takes so long.
const signTime, slowTime = 4 * time.Second, 2 * time.Second

// Standing is how far a change that a command made is vouched for.
type Standing struct {
	// Signed says that a checkpoint covers it.
	Signed bool
	// Quorum says that a quorum of witnesses is in force, and Witnessed that it
	// signed such a checkpoint.
	Quorum, Witnessed bool
	// Served says that somebody is at work who signs, and asks the witnesses.
	Served bool
	// Err is why nothing is known.
	Err error
}

// whole reports that nothing is missing.
func (s Standing) whole() (whole bool) {
	return s.Err == nil && s.Signed && (s.Witnessed || !s.Quorum)
}

// Pending says what is still missing and whose turn it is, or nothing. The
// change is made in any case.
func (s Standing) Pending() string {
	what := "its signature is pending"
	switch {
	case s.whole():
		return ""
	case s.Err != nil:
		return "It is saved; whether it is signed could not be seen (" + s.Err.Error() + "). coffer log verify tells."
	case s.Signed:
		what = "it is signed, and the witnesses' cosignatures are pending"
	case s.Quorum:
		what = "its signature, and with it the witnesses' cosignatures, are pending"
	}
	switch {
	case !s.Served:
		return "It is saved; " + what + ": nobody serves now, and coffer serve sees to it when it is started."
	case s.Signed:
		return "It is saved; " + what + ": too few witnesses answered in time. coffer serve goes on asking them; its own log says which of them do not sign."
	}
	return "It is saved; " + what + ": coffer serve is slow to sign, and goes on trying. coffer log verify tells when it is done."
}

// standing waits until a checkpoint covers all that the log holds now, with the
// cosignatures that the quorum in force needs. Where nobody serves, nothing
// will come, and it only looks.
func (d *Desk) standing(ctx context.Context) (s Standing) {
	set, err := d.quorum(ctx)
	s.Quorum = set.Policy != nil
	head, failed := d.Sealer.Head(ctx)
	if err = errors.Join(err, failed); err == nil {
		s.Served, err = d.served(ctx)
	}
	if s.Err = err; err != nil {
		return s
	}
	most := signTime
	if s.Quorum { // another process asks them, and cannot be hurried from here
		pace := cmp.Or(d.app.WitnessPace, witness.Standard)
		most += pace.Every + pace.Slow
	}
	wait, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick, slow := time.NewTicker(Poll/5), time.NewTimer(slowTime)
	defer tick.Stop()
	defer slow.Stop()
	for !d.look(wait, &s, set, head.Size) && s.Served {
		select {
		case <-wait.Done():
			return s // it is late, and the change is made all the same
		case <-slow.C:
			d.tellSlow(s, most)
		case <-tick.C:
		}
	}
	return s
}

// look sees what is there by now. What cannot be read is asked for again.
func (d *Desk) look(ctx context.Context, s *Standing, set witness.Set, size uint64) (whole bool) {
	if !s.Signed {
		_, c, _, err := d.Sealer.Checkpoint(ctx)
		s.Signed = err == nil && c.Size >= size
	}
	if s.Signed && s.Quorum && !s.Witnessed {
		yes, err := set.Vouch(ctx, d.app.read, size)
		s.Witnessed = err == nil && yes
	}
	return s.whole()
}

func (d *Desk) tellSlow(s Standing, most time.Duration) {
	if d.Slow == nil {
		return
	}
	what := "its signature"
	if s.Signed {
		what = "the witnesses' cosignatures"
	}
	d.Slow("It is saved; waiting for " + what + ", at most " + most.String() + " in all …")
}

// quorum is what is enough by the policy that whoever served last was given.
func (d *Desk) quorum(ctx context.Context) (s witness.Set, err error) {
	var text string
	err = d.app.read.QueryRow(ctx, selectSetting, rulesSetting).Scan(&text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, err
	}
	return witness.ParseRules(text)
}

// served reports whether somebody is at work who signs: here, or on another
// node of the same database. Of one that was killed it may still say so.
func (d *Desk) served(ctx context.Context) (yes bool, err error) {
	unlock, err := d.lock(ctx)
	if err != nil {
		return false, err
	}
	if unlock == nil {
		return true, nil
	}
	yes, err = d.Sealer.Leased(ctx)
	return yes, errors.Join(err, unlock())
}
