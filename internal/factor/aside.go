package factor

import (
	"context"
	"time"
)

// aside holds a hash back while others are at work: people who are signed in and
// wait for a page, which needs a processor for moments where a hash keeps one for
// long. Half of the processors hash then, one at least, and each rests for twice as
// long as it took, so that a flood of sign-ins takes a sixth of the machine. Nobody's turn is lost, and where nobody waits nothing is held back.
func (h *Hasher) aside(ctx context.Context) (made func(), others bool, err error) {
	if h.Others == nil || !h.Others() {
		return func() {}, false, nil
	}
	select {
	case h.narrow <- struct{}{}:
	case <-ctx.Done():
		return nil, true, busy(ctx.Err())
	}
	began := time.Now()
	return func() {
		rest := time.Duration(0)
		if h.Others() {
			rest = 2 * time.Since(began)
		}
		time.AfterFunc(rest, func() { <-h.narrow })
	}, true, nil
}
