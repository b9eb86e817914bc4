package holder

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/seclog"
	"coffer/internal/session"
	"coffer/internal/web"
)

// How much history a page shows.
const (
	latelyRows  = 5
	historyRows = 5
	// soon is how long before its end a card is marked.
	soon = 60 * 24 * time.Hour
)

func (p *Pages) newCard(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, NewCardView{Shell: p.Web.Shell(r)}.Page())
}

func (p *Pages) createCard(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	draft := readDraft(r)
	c, err := p.Cards.Add(r.Context(), s.Account, draft)
	if err != nil {
		return web.Retry(func(f *fault.Error) templ.Component {
			view := NewCardView{Shell: p.Web.Shell(r), Holder: web.Echo(draft.Holder), Expiry: web.Echo(draft.Expiry), Label: web.Echo(draft.Label), Faults: f.Fields}
			if len(f.Fields) == 0 {
				view.Refusal = f.Text
			}
			return view.Page()
		}, err)
	}
	return web.SeeOther(w, "/view_credit_card/"+c.ID)
}

func readDraft(r *http.Request) card.Draft {
	return card.Draft{
		Number: posted(r, "card_number"), Holder: r.PostForm.Get("cardholder_name"),
		Expiry: r.PostForm.Get("expiry"), Label: r.PostForm.Get("label"),
	}
}

// viewCard shows a card masked, with what the log has about it.
func (p *Pages) viewCard(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	c, err := p.Cards.View(r.Context(), s.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	view, err := p.cardView(r, s, c)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

// revealCard shows the number, once it is written down that it does, to whoever
// proved within minutes that they are the owner.
func (p *Pages) revealCard(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	id := r.PathValue("id")
	if err := p.stepUp(r, s, id); err != nil {
		return err
	}
	ctx, receipt := seclog.WithReceipt(r.Context())
	number, c, err := p.Cards.Reveal(ctx, account.Asker(s), id)
	if err != nil {
		return p.notShown(r, id, unproven(err, "/view_credit_card/"+id, card.Showing(id)))
	}
	view, err := p.cardView(r, s, c)
	if err != nil {
		return err
	}
	view.Number, view.Line, view.Known = number, receipt.First, receipt.Numbered
	return web.Render(w, r, http.StatusOK, view.Page())
}

// stepUp sends to /confirm, but only for a card that is theirs: for any other
// the answer is the same with and without it.
func (p *Pages) stepUp(r *http.Request, s session.Session, id string) error {
	if err := p.Cards.Owns(r.Context(), s.Account, id, "reveal"); err != nil {
		return err
	}
	return p.Web.Proved(r, card.Showing(id), "/view_credit_card/"+id)
}

// unproven leads to /confirm where a proof was used up between guard and effect.
func unproven(err error, next string, op factor.Operation) error {
	if errors.Is(err, factor.ErrUnproven) {
		return web.Confirm(next, op)
	}
	return err
}

func (p *Pages) deleteCard(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.Cards.Delete(r.Context(), s.Account, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, "/")
}

func (p *Pages) cardView(r *http.Request, s session.Session, c card.Card) (CardView, error) {
	entries, more, err := p.Lines.CardHistory(r.Context(), s.Account, c.ID, historyRows)
	if err != nil {
		return CardView{}, err
	}
	proven, held, err := p.People.Proven(r.Context(), s, card.Showing(c.ID))
	if err != nil {
		return CardView{}, err
	}
	view := CardView{
		Signing: signing(held, proven, "/view_credit_card/"+c.ID), Second: held.Second(), Proven: proven, Signature: len(held.Passkeys) > 0 && !p.coded(s),
		Shell: p.Web.Shell(r), Face: face(c, p.Web.Now()), Added: c.Created, Shown: c.Shown,
		Ends: "End of " + c.Ends().AddDate(0, 0, -1).Format("January 2006"), History: markUnsigned(rows(entries), entries, held), More: more,
	}
	return view, nil
}

func face(c card.Card, now time.Time) web.Face {
	left := c.Ends().Sub(now)
	return web.Face{
		ID: c.ID, Label: c.Label, Brand: string(c.Brand), Last4: c.Last4, Holder: c.Holder, Expiry: c.Expires(),
		Soon: left > 0 && left < soon, Expired: left <= 0,
	}
}

func tileOf(c card.Card, now time.Time) Tile {
	t := Tile{Face: face(c, now), Added: c.Created, Shown: c.Shown}
	if t.Face.Soon {
		t.Until = "in " + strconv.Itoa(int(c.Ends().Sub(now).Hours()/24)) + " days"
	}
	return t
}

// before reads where a page of older lines begins; nonsense is the newest page.
func before(r *http.Request) uint64 {
	n, err := strconv.ParseUint(r.URL.Query().Get("before"), 10, 63)
	if err != nil {
		return 0
	}
	return n
}
