package holder

import (
	"net/http"
	"time"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/query"
	"coffer/internal/web"
)

// portrait is all that is kept about a person, as it is written into their
// file; their history follows it. Times that never were are left out.
type portrait struct {
	Made     time.Time    `json:"made"`
	Account  keptAccount  `json:"account"`
	Factors  []keptFactor `json:"factors"`
	Sessions []keptSignIn `json:"sessions"`
	Familiar []keptPlace  `json:"familiar"`
	Cards    []keptCard   `json:"cards"`
}

type keptAccount struct {
	ID          string    `json:"id"`
	Username    string    `json:"username"`
	Role        string    `json:"role"`
	Created     time.Time `json:"created"`
	LastLogin   time.Time `json:"last_login,omitzero"`
	Failures    int       `json:"refused_since"`
	CardsLocked time.Time `json:"cards_locked,omitzero"`
}

type keptFactor struct {
	Kind string    `json:"kind"`
	Set  time.Time `json:"set"`
}

type keptSignIn struct {
	Session string    `json:"session"`
	This    bool      `json:"this,omitempty"`
	Since   time.Time `json:"since"`
	Used    time.Time `json:"used"`
	Address string    `json:"address"`
	Browser string    `json:"browser"`
}

type keptPlace struct {
	What string    `json:"what"`
	Used time.Time `json:"used"`
}

type keptCard struct {
	ID      string    `json:"id"`
	Brand   string    `json:"brand"`
	Last4   string    `json:"last4"`
	Expiry  string    `json:"expiry"`
	Holder  string    `json:"cardholder_name"`
	Label   string    `json:"label"`
	Created time.Time `json:"added"`
	Shown   time.Time `json:"number_shown,omitzero"`
}

// export gives the person all that is kept about them. It is written down
// before the first byte leaves; the file begins only once all but the history
// was read.
func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	held, err := p.People.Portrait(r.Context(), s.Account)
	if err != nil {
		return err
	}
	cards, err := p.Cards.List(r.Context(), s.Account)
	if err != nil {
		return err
	}
	if err := p.People.Exported(r.Context(), s, len(cards)); err != nil {
		return unproven(err, securityPage, onAccount("user_exported")(r, s.Account))
	}
	head, err := opened(p.portrait(held, cards, s.Hash), "events")
	if err != nil {
		return err
	}
	out := web.NewStream(w, "application/json", "coffer-"+s.Username+".json")
	if err := p.sendJSON(r.Context(), out, s, query.Wish{}, head); err != nil {
		return out.Fail(err)
	}
	return nil
}

func (p *Pages) portrait(held account.Portrait, cards []card.Card, this string) portrait {
	out := portrait{
		Made: p.Web.Now().UTC(),
		Account: keptAccount{
			ID: held.ID, Username: held.Username, Role: held.Role, Created: held.Created, LastLogin: held.LastLogin,
			Failures: held.Failures, CardsLocked: held.CardsLocked,
		},
		Factors: []keptFactor{}, Sessions: []keptSignIn{}, Familiar: []keptPlace{}, Cards: []keptCard{},
	}
	for _, f := range held.Factors {
		out.Factors = append(out.Factors, keptFactor(f))
	}
	for _, l := range held.Sessions {
		out.Sessions = append(out.Sessions, keptSignIn{l.Hash, l.Hash == this, l.Created, l.Seen, l.SourceIP, l.UserAgent})
	}
	for _, f := range held.Familiar {
		out.Familiar = append(out.Familiar, keptPlace(f))
	}
	for _, c := range cards {
		out.Cards = append(out.Cards, keptCard{c.ID, string(c.Brand), c.Last4, c.Expiry, c.Holder, c.Label, c.Created, c.Shown})
	}
	return out
}
