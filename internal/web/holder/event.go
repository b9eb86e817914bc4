package holder

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/proof"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
	"coffer/internal/session"
	"coffer/internal/web"
)

// proofTime is how long a proof waits for the signature that covers its line.
const proofTime = 1500 * time.Millisecond

const proofSuffix = ".tlog-proof"

// event is one line of the log with its place in it, or the file that proves it.
func (p *Pages) event(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	number, file := strings.CutSuffix(r.PathValue("seq"), proofSuffix)
	seq, err := lineNumber(number)
	if err != nil {
		return err
	}
	entry, raw, err := p.Lines.Own(r.Context(), s.Account, seq)
	if err != nil {
		return err
	}
	if file {
		return p.proof(w, r, seq)
	}
	line, err := event.Parse(raw)
	if err != nil {
		return err
	}
	view := EventView{Shell: p.Web.Shell(r), Row: rows([]query.Entry{entry})[0], Groups: told(line, s), Level: line.Level, Line: web.Explain(raw)}
	if view.Place, err = p.place(r.Context()); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

// place reads the newest checkpoint and the keys that sign.
func (p *Pages) place(ctx context.Context) (Place, error) {
	_, c, at, err := p.Sealer.Checkpoint(ctx)
	if errors.Is(err, seal.ErrUnsigned) {
		return Place{}, nil // the log is a second old
	}
	if err != nil {
		return Place{}, fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
	}
	keys, err := p.LogKeys()
	return Place{Size: c.Size, At: at, Origin: c.Origin, Keys: keys}, err
}

// proof serves the line's proof, once a signature covers it.
func (p *Pages) proof(w http.ResponseWriter, r *http.Request, seq uint64) error {
	f, err := p.prove(r.Context(), seq)
	switch {
	case errors.Is(err, seal.ErrUnsigned):
		late := fault.Wrap(fault.Unavailable, "No signature covers this line yet. Nothing was changed.", err)
		late.Retry = time.Second
		return late
	case err != nil:
		return fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="line-`+strconv.FormatUint(seq, 10)+proofSuffix+`"`)
	_, _ = w.Write(f.Marshal()) // whoever asked is gone
	return nil
}

func (p *Pages) prove(ctx context.Context, seq uint64) (proof.ProofFile, error) {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	for {
		_, more := p.Sealer.Signed()
		f, err := p.Sealer.Proof(ctx, seq)
		if !errors.Is(err, seal.ErrUnsigned) {
			return f, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return f, seal.ErrUnsigned
		}
	}
}

// told is what the line says, in words, in the order in which people ask.
func told(l event.Line, s session.Session) []Group {
	what := []Fact{
		{Name: "Event", Code: l.Event}, {Name: "Outcome", Text: outcomeWords(l)}, touched(l.Target()),
	}
	for _, m := range web.Members(l.Data) {
		switch m.Name {
		case "target":
		case "signed":
			what = append(what, signedFact(m.Value))
		default:
			what = append(what, Fact{Name: inWords(m.Name), Code: plainValue(m.Value)})
		}
	}
	where := []Fact{
		{Name: "Address", Code: l.SourceIP},
		{Name: "Browser", Text: deviceOf(l)},
		{Name: "Session", Code: l.Session},
		{Name: "Request", Code: strings.TrimSpace(l.RequestMethod + " " + l.RequestURI)},
		{Name: "Its number", Code: l.RequestID},
	}
	if l.PeerIP != l.SourceIP {
		where[0].Quiet = "through " + l.PeerIP
	}
	return []Group{
		{"What", kept(what)},
		{"Who", kept([]Fact{actorOf(l, s), subjectOf(l, s)})},
		{"From where", kept(where)},
		{"Written by", kept([]Fact{{Name: "Node", Code: l.Node, Quiet: l.AppID + " " + l.Version}})},
	}
}

// kept leaves out what the line says nothing of.
func kept(facts []Fact) (out []Fact) {
	for _, f := range facts {
		if f.Text != "" || f.Code != "" {
			out = append(out, f)
		}
	}
	return out
}

func outcomeWords(l event.Line) string {
	words := map[string]string{"success": "Allowed", "failure": "Refused, or failed"}[l.Outcome]
	if l.Reason != "" {
		words += ": " + strings.ReplaceAll(l.Reason, "_", " ")
	}
	return words
}

// targets are the kinds of what can be touched, as people call them.
var targets = map[string]string{"card": "Card", "account": "Account", "route": "Page", "limit": "Limit", "key": "Key", "session": "Session", "totp": "App", "passkey": "Passkey", "recovery": "Codes"}

func touched(target string) Fact {
	kind, id, _ := strings.Cut(target, ":")
	name, known := targets[kind]
	if !known {
		return Fact{Name: "Touched", Code: target}
	}
	return Fact{Name: name, Code: id}
}

func actorOf(l event.Line, s session.Session) Fact {
	f := Fact{Name: "Acted", Text: "Somebody else, whose random id stands in the line"}
	switch {
	case l.Actor == s.Account:
		f.Text, f.Code = "You", l.Actor
	case l.Actor == "":
		f.Text = "Nobody is proven to have acted"
	case strings.HasPrefix(l.Actor, "system:"):
		f.Text, f.Code = "Coffer itself", l.Actor
	}
	return f
}

func subjectOf(l event.Line, s session.Session) Fact {
	f := Fact{Name: "Whose account", Text: "Somebody else’s"}
	switch l.Subject {
	case s.Account:
		f.Text, f.Code = "Yours", l.Subject
	case "":
		f.Text = "Nobody’s"
	}
	return f
}

func deviceOf(l event.Line) string {
	if l.UserAgent == "" {
		return ""
	}
	return web.Device(l.UserAgent)
}

// inWords writes a member's name as a label.
func inWords(name string) string {
	if name == "last4" {
		return "Last digits"
	}
	name = strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// longValue is where a value is cut; the line itself has all of it.
const longValue = 160

func plainValue(raw string) string {
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		text = raw
	}
	if len(text) > longValue {
		return strings.ToValidUTF8(text[:longValue], "") + "…"
	}
	return text
}
