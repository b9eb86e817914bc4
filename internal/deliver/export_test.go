package deliver

import (
	"context"
	"time"

	"coffer/internal/seclog/seal"
	"coffer/internal/secret"
)

// RetryAfter reads the header.
func RetryAfter(text string, now time.Time) time.Duration { return retryAfter(text, now) }

// BackOff is the wait after so many attempts.
func (p Pace) BackOff(attempts int) time.Duration { return p.backOff(attempts) }

// Sign signs a body as a webhook does.
func Sign(key []byte, id, at string, body []byte) string {
	w := webhook{key: secret.NewBytes(key), buf: body}
	return w.sign(id, at)
}

// Send hands lines to a receiver once; reason is of its failure.
func Send(ctx context.Context, t Target, lines []seal.Line) (reason string, err error) {
	to := t.open(Standard, time.Now)
	defer to.reset()
	if err = to.send(ctx, lines); err != nil {
		reason = fail(err).reason
	}
	return reason, err
}
