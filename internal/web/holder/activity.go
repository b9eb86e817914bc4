package holder

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/query"
	"coffer/internal/session"
	"coffer/internal/web"
)

// activityRows is how many lines stand on one page of the activity.
const activityRows = 50

func (p *Pages) activity(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	filter, wish := readFilter(r, p)
	view := ActivityView{Shell: p.Web.Shell(r), Filter: filter}
	if err := filter.refused(); err != nil {
		return web.Retry(func(*fault.Error) templ.Component { return view.Page() }, err)
	}
	from := before(r)
	m, err := p.Lines.Mine(r.Context(), s.Account, wish, from, activityRows)
	if err != nil {
		return err
	}
	shown, err := p.mine(r, s, m.Entries)
	if err != nil {
		return err
	}
	view.Days, view.Short = web.ByDay(shown), m.Short
	if m.More {
		view.Older = filter.before(strconv.FormatUint(m.Next, 10))
	}
	if from > 0 {
		view.Newer = filter.as("")
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

// mine are entries as their person sees them who may say "This wasn't me".
func (p *Pages) mine(r *http.Request, s session.Session, entries []query.Entry) ([]web.Row, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	reported, err := p.People.Reported(r.Context(), s.Account, entries[len(entries)-1].Seq, entries[0].Seq)
	if err != nil {
		return nil, err
	}
	now, shown := p.Web.Now(), rows(entries)
	for i, e := range entries {
		row := &shown[i]
		if what := e.Unfamiliar(now); what != "" {
			row.Mark, row.Note = web.Unfamiliar, neverFrom[what]
		}
		if reported[e.Seq] {
			row.Mark = web.Reported
		} else if row.ReportAs = reportAs(e); row.ReportAs != "" {
			row.Report = row.To + "/report"
		}
	}
	return shown, nil
}

// neverFrom says what is unfamiliar about a sign-in.
var neverFrom = map[string]string{
	"browser": "you had not signed in with this kind of browser before",
	"network": "you had not signed in from this network before",
	"both":    "you had not signed in from this network or with this kind of browser before",
}

// reportAs is what to press where a line tells of something that a person may
// not have wanted: nothing where Coffer itself acted, or they reported it.
func reportAs(e query.Entry) string {
	switch {
	case e.Other, strings.HasPrefix(e.Actor, "system:cli:"):
		return "Report"
	case strings.HasPrefix(e.Actor, "system:"), e.Event == (event.UserReported{}).Kind().Name:
		return ""
	}
	return "This wasn’t me"
}

// report takes a person's word that a line was not their doing, and leads to
// what to do next.
func (p *Pages) report(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	seq, err := lineNumber(r.PathValue("seq"))
	if err != nil {
		return err
	}
	e, _, err := p.Lines.Own(r.Context(), s.Account, seq)
	if err != nil {
		return err
	}
	if err := p.People.Report(r.Context(), s, seq, e.Event); err != nil {
		return err
	}
	return web.SeeOther(w, securityPage+"#password")
}

// lineNumber reads a line's number; what is none is like a line of another's.
func lineNumber(text string) (uint64, error) {
	seq, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(seq, 10) != text {
		return 0, fault.New(fault.NotFound, "There is no such line of yours.", event.AuthzFailed{Reason: "not_found", Resource: "line:" + text})
	}
	return seq, nil
}

// notShown has a page of its own for numbers that a report keeps hidden: it says
// how to have them shown again.
func (p *Pages) notShown(r *http.Request, id string, err error) error {
	if f := fault.As(err); f.Status != http.StatusForbidden {
		return err
	}
	return web.Retry(func(f *fault.Error) templ.Component {
		return LockedView{Shell: p.Web.Shell(r), Back: "/view_credit_card/" + id, Why: f.Text}.Page()
	}, err)
}

// news tells what happened since the last visit, to a browser that was not told.
func (p *Pages) news(w http.ResponseWriter, r *http.Request, s session.Session) (News, error) {
	if !web.HasNews(r) {
		return News{}, nil
	}
	n, err := p.Lines.News(r.Context(), s.Account, s.Hash)
	if err != nil {
		return News{}, err
	}
	if n.None() {
		web.ClearNews(w, r)
		return News{}, nil
	}
	return newsOf(n), nil
}

func newsOf(n query.News) News {
	out := News{Since: n.Since, Rows: rows(n.Others), More: n.More, Failed: n.Failed}
	for i := range out.Rows {
		if unfamiliar, _ := n.Others[i].SignIn(); unfamiliar != "" {
			out.Rows[i].Note = neverFrom[unfamiliar]
		}
	}
	if n.Failed > 0 {
		out.Last = rows([]query.Entry{n.LastFailed})[0]
	}
	return out
}

// seen puts the news away.
func (p *Pages) seen(w http.ResponseWriter, r *http.Request) error {
	web.ClearNews(w, r)
	return web.SeeOther(w, "/")
}

// News are what was not good since the last visit.
type News struct {
	Since  time.Time
	Failed int
	// Last is the last of the sign-ins that failed.
	Last web.Row
	Rows []web.Row
	// More is how many there are beyond the rows.
	More int
}

// beside is where news came from, and what was new about it.
func beside(r web.Row) (text string) {
	if r.Address != "" {
		text = ", " + r.Device + ", " + r.Address
	}
	if r.Note != "" {
		text += ": " + r.Note
	}
	return text
}
