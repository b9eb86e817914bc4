package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// The events that say something about the log itself.
const (
	checkpointEvent = "log_checkpoint"
	rotatedEvent    = "log_rotated"
	prunedEvent     = "log_pruned"
	epochEvent      = "log_epoch_started"
)

// telling reports whether a line of the event must be read whole.
func telling(event []byte) (yes bool) {
	switch string(event) {
	case checkpointEvent, rotatedEvent, prunedEvent, epochEvent:
		return true
	}
	return false
}

// tale is what the judge reads of a line that is about the log.
type tale struct {
	Seq      uint64 `json:"seq"`
	Datetime string `json:"datetime"`
	Event    string `json:"event"`
	Reason   string `json:"reason"`
	Actor    string `json:"actor"`
	SourceIP string `json:"source_ip"`
	Data     struct {
		Target string `json:"target"`
		// Size, Root and Signature are a checkpoint: the newest at that moment,
		// of Origin; or where an epoch begins, the last good one of Former,
		// and Origin is the new name, Why the operator's reason.
		Size      uint64 `json:"size"`
		Origin    string `json:"origin"`
		Root      string `json:"root"`
		Signature string `json:"signature"`
		Former    string `json:"former"`
		Lost      uint64 `json:"lost"`
		Changed   uint64 `json:"changed"`
		Why       string `json:"why"`
		// First and Last are the range that was pruned, and Edge the peaks of
		// the tree up to its end.
		First uint64   `json:"first"`
		Last  uint64   `json:"last"`
		Edge  []string `json:"edge"`
	} `json:"data"`
}

// note is the signed checkpoint that a log_checkpoint line carries.
func (t tale) note() []byte {
	return Rejoin(t.Data.Origin, t.Data.Size, t.Data.Root, t.Data.Signature)
}

// Carried finds the signed checkpoints in lines of the log, as a collector may
// have kept them: one for each log_checkpoint among them.
func Carried(lines io.Reader) (notes [][]byte, err error) {
	r := bufio.NewReaderSize(lines, MaxLine)
	for {
		line, err := r.ReadSlice('\n')
		if t, ok := read(line); ok && t.Event == checkpointEvent {
			notes = append(notes, t.note())
		}
		switch {
		case errors.Is(err, io.EOF):
			return notes, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull): // a longer line is none of ours
			return nil, err
		}
	}
}

// read reads a line whole.
func read(line []byte) (t tale, ok bool) {
	return t, json.Unmarshal(line, &t) == nil
}

// brief is a line in a few words, for people.
func brief(line []byte) string {
	t, ok := read(line)
	if !ok {
		const enough = 120
		return Escape(string(line[:min(len(line), enough)]))
	}
	said := t.Event
	for _, s := range []string{t.Reason, t.Data.Target, t.Actor, t.SourceIP} {
		if s != "" {
			said += "  " + s
		}
	}
	return Escape(said)
}

// Escape makes text out of a log harmless on a terminal: what is not plainly
// printable shows as its code.
func Escape(s string) string {
	quoted := strconv.QuoteToGraphic(s)
	return unquote(quoted[1 : len(quoted)-1])
}

// unquote takes back what quoting does to the quotes that JSON is full of.
func unquote(s string) string {
	return string(bytes.ReplaceAll([]byte(s), []byte(`\"`), []byte(`"`)))
}
