package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// silently demands that the log takes no line, and tells why that is so. To read
// without a trace is for the log that is not what was signed, to which nothing
// is added: its lines are packed, and nothing else reads them. Of every other
// log it would be a way around being seen.
func (d *Desk) silently(ctx context.Context, told func(what string)) error {
	why, err := d.mute(ctx)
	if err != nil {
		return err
	}
	if why == nil {
		return refused("--unrecorded is refused: the log takes the line that says who reads it; read it without")
	}
	d.Lines.Odd = true
	said, _, _ := strings.Cut(why.Error(), "\n")
	told(fmt.Sprintf("Nobody will see in the log that it was read: it takes no line.\n%s\n"+
		"What follows is what the database has now, which need not be what was written.", said))
	return nil
}

// mute is why the log takes no line of a command; nil, and it does.
func (d *Desk) mute(ctx context.Context) (why *Refused, err error) {
	unlock, err := d.lock(ctx)
	if err != nil || unlock == nil {
		return nil, err // somebody serves, who was let to
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := d.app.sealer.Refresh(ctx); err != nil {
		return nil, err
	}
	_, err = d.signing(ctx)
	if r, ok := errors.AsType[*Refused](err); ok {
		return r, nil
	}
	return nil, err
}
