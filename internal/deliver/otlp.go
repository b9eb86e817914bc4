package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"coffer/internal/event"
	"coffer/internal/format"
	"coffer/internal/seclog/seal"
)

// otlp posts the lines as OTLP/HTTP logs in JSON.
type otlp struct{ post }

func (o *otlp) send(ctx context.Context, lines []seal.Line) error {
	parsed := make([]event.Line, len(lines))
	for i, l := range lines {
		var err error
		if parsed[i], err = read(l); err != nil {
			return err
		}
	}
	body, err := format.OTLP(parsed)
	if err != nil {
		return &failure{reason: unreadable, lines: true, err: err}
	}
	answer, err := o.do(ctx, body, http.Header{"Content-Type": {"application/json"}})
	if err == nil {
		err = partial(answer)
	}
	if err == nil {
		o.took(lines)
	}
	return err
}

// read parses a sealed line. One that a newer Coffer on the same database
// sealed may be of a form that this one does not know: it waits for an upgrade.
func read(l seal.Line) (event.Line, error) {
	p, err := event.Parse(l.Text)
	if err != nil {
		return p, &failure{reason: unreadable, lines: true, err: fmt.Errorf("line %d: %w", l.Seq, err)}
	}
	return p, nil
}

var errPartial = errors.New("the receiver took the request and rejected lines of it")

// partial finds out whether the collector dropped lines of a request that it
// answered with 200. The protocol has such lines given up; a log that must
// arrive whole is held up by them instead.
func partial(answer []byte) error {
	var a struct {
		PartialSuccess struct {
			RejectedLogRecords json.RawMessage `json:"rejectedLogRecords"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return nil // the status says enough
	}
	// A 64-bit number is a string in this JSON; some write it as a number.
	if n := strings.Trim(string(a.PartialSuccess.RejectedLogRecords), `"`); n != "" && n != "0" && n != "null" {
		return &failure{reason: refused, status: http.StatusOK, lines: true, err: errPartial}
	}
	return nil
}
