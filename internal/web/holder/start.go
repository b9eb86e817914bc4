package holder

import (
	"net/http"
	"strconv"

	"coffer/internal/query"
	"coffer/internal/session"
	"coffer/internal/web"
)

// start is the welcome page to strangers and the cards to their holder.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	s, alive := web.Session(r)
	if !alive {
		return p.welcome(w, r)
	}
	if own := p.Starts[s.Role]; own != nil {
		return own(w, r)
	}
	return p.cards(w, r, s)
}

func (p *Pages) welcome(w http.ResponseWriter, r *http.Request) error {
	line, err := web.Visited(r, p.Lines.VisitLine)
	if err != nil {
		return err
	}
	view := WelcomeView{Shell: p.Web.Shell(r), Own: line != nil}
	if line == nil {
		line = []byte(sample)
	}
	view.Line = web.Explain(line)
	if view.Own {
		view.Did = did(line)
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) cards(w http.ResponseWriter, r *http.Request, s session.Session) error {
	list, err := p.Cards.List(r.Context(), s.Account)
	if err != nil {
		return err
	}
	entries, _, err := p.Lines.Activity(r.Context(), s.Account, "", 0, latelyRows)
	if err != nil {
		return err
	}
	held, err := p.People.Held(r.Context(), s.Account)
	if err != nil {
		return err
	}
	shell, err := p.Web.Told(r, p.People)
	if err != nil {
		return err
	}
	view := CardsView{Shell: shell, Lately: rows(entries), NoCodes: !held.Given}
	if view.News, err = p.news(w, r, s); err != nil {
		return err
	}
	now := p.Web.Now()
	for _, c := range list {
		view.Cards = append(view.Cards, tileOf(c, now))
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

// rows are entries as a page shows them.
func rows(entries []query.Entry) []web.Row {
	out := make([]web.Row, 0, len(entries))
	for _, e := range entries {
		row := web.Row{Seq: e.Seq, To: "/activity/" + strconv.FormatUint(e.Seq, 10), At: e.At, Says: query.Say(e), Device: web.Device(e.UserAgent), Address: e.SourceIP, Session: e.Session, Mark: mark(e)}
		if e.Event == "malicious_direct_reference" {
			row.Note = "told that it does not exist"
		}
		out = append(out, row)
	}
	return out
}

func mark(e query.Entry) web.Mark {
	switch {
	case e.Level == "CRITICAL" && e.Outcome == "failure" && e.Event != "malicious_direct_reference":
		return web.Grave
	case e.Outcome == "failure":
		return web.Refused
	case e.Level == "WARNING":
		return web.Unusual
	}
	return signedMark(e)
}
