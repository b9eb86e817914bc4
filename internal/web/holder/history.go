package holder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/format"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
	"coffer/internal/session"
	"coffer/internal/web"
)

// historyPage is how many lines are read, proved and sent at once: no read is
// open while a slow visitor takes them.
const historyPage = 256

// proven is a line of one's own as it leaves.
type proven struct {
	Seq uint64 `json:"seq"`
	// Says is the line in a sentence.
	Says string `json:"says"`
	// Line is the exact line: a proof is of these bytes.
	Line string `json:"line"`
	// ProofAt is where its proof is had, and Proof the proof itself, once a
	// signature covers the line.
	ProofAt string `json:"proof_at"`
	Proof   string `json:"proof,omitempty"`
}

// activityJSON is one's own history for programs.
func (p *Pages) activityJSON(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	filter, wish := readFilter(r, p)
	if err := filter.refused(); err != nil {
		return err
	}
	out := web.NewStream(w, "application/json", "coffer-activity.json")
	head, err := opened(struct {
		Person string    `json:"person"`
		Made   time.Time `json:"made"`
	}{s.Account, p.Web.Now().UTC()}, "events")
	if err == nil {
		err = p.sendJSON(r.Context(), out, s, wish, head)
	}
	if err != nil {
		return out.Fail(err)
	}
	return nil
}

// opened is an object with one more member, a list that is still open.
func opened(object any, list string) ([]byte, error) {
	b, err := json.Marshal(object)
	return append(bytes.TrimSuffix(b, []byte("}")), `,"`+list+`":[`...), err
}

// sendJSON sends the head of an object and ends it with the person's lines.
func (p *Pages) sendJSON(ctx context.Context, out *web.Stream, s session.Session, wish query.Wish, head []byte) error {
	b := head
	comma := "\n"
	err := p.eachPage(ctx, s, wish, func(m query.Mine, prove *seal.Prover) error {
		for i, e := range m.Entries {
			one := proven{Seq: e.Seq, Says: query.Say(e), Line: string(m.Lines[i]), ProofAt: p.proofAt(e.Seq)}
			f, err := prove.Prove(e.Seq, m.Lines[i])
			if err != nil && !errors.Is(err, seal.ErrUnsigned) {
				return err
			}
			if err == nil {
				one.Proof = string(f.Marshal())
			}
			if b, err = appendJSON(append(b, comma...), one); err != nil {
				return err
			}
			comma = ",\n"
		}
		_, err := out.Write(b)
		b = b[:0]
		return err
	})
	if err != nil {
		return err
	}
	_, err = out.Write(append(b, "\n]}\n"...))
	return err
}

// appendJSON leaves letters as they are: a line stands in it as it is read.
func appendJSON(b []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), err
}

// eachPage reads a person's lines page by page, newest first, with what proves
// them. The first page comes even if it is empty.
func (p *Pages) eachPage(ctx context.Context, s session.Session, wish query.Wish, fn func(query.Mine, *seal.Prover) error) error {
	prove, err := p.Sealer.Prover(ctx)
	if err != nil && !errors.Is(err, seal.ErrUnsigned) {
		return unread(err)
	}
	for before := uint64(0); ; {
		m, err := p.Lines.Mine(ctx, s.Account, wish, before, historyPage)
		if err != nil {
			return err
		}
		if err := fn(m, prove); err != nil {
			return unread(err)
		}
		if before = m.Next; !m.More {
			return nil
		}
	}
}

func unread(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
}

// proofAt is where a line's proof is had, as a file that was saved can say it.
func (p *Pages) proofAt(seq uint64) string {
	return p.Web.Origin + activityPage + "/" + strconv.FormatUint(seq, 10) + proofSuffix
}

// activityCSV is one's own history as a table, each line with the address of
// its proof.
func (p *Pages) activityCSV(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	filter, wish := readFilter(r, p)
	if err := filter.refused(); err != nil {
		return err
	}
	table, known := format.Find("csv")
	if !known {
		return errors.New("there is no format csv")
	}
	out := web.NewStream(w, "text/csv; charset=utf-8; header=present", "coffer-activity.csv")
	b := withCell(nil, table.Header(), "proof")
	err := p.eachPage(r.Context(), s, wish, func(m query.Mine, _ *seal.Prover) error {
		for i, e := range m.Entries {
			line, err := event.Parse(m.Lines[i])
			if err != nil {
				return err
			}
			row, err := table.Append(nil, line, m.Lines[i])
			if err != nil {
				return err
			}
			b = withCell(b, row, p.proofAt(e.Seq))
		}
		_, err := out.Write(b)
		b = b[:0]
		return err
	})
	if err != nil {
		return out.Fail(err)
	}
	return nil
}

// withCell adds a row with one more cell, which needs no quotes.
func withCell(b, row []byte, cell string) []byte {
	return append(append(b, bytes.TrimSuffix(row, []byte("\r\n"))...), ","+cell+"\r\n"...)
}
