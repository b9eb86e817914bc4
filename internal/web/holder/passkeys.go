package holder

import (
	"encoding/json"
	"net/http"
	"strings"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/factor"
	"coffer/internal/web"
)

// asks answers with a question to a passkey, and has the browser keep it.
func (p *Pages) asks(w http.ResponseWriter, r *http.Request, a account.Asked, err error) error {
	if err != nil {
		return err
	}
	p.Web.SetQuestion(w, r, a.Kept, factor.QuestionAge)
	return web.JSON(w, http.StatusOK, a.Options)
}

// leads answers a program with the page to go to.
func leads(w http.ResponseWriter, to string) error {
	return web.JSON(w, http.StatusOK, map[string]string{"next": to})
}

func (p *Pages) askNewPasskey(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	a, err := p.People.AskNewPasskey(r.Context(), s)
	return p.asks(w, r, a, err)
}

func (p *Pages) addPasskey(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(web.Body(r), &named) // nameless gets a number; the rest is judged below
	kept := p.Web.Question(w, r)
	if err := p.People.AddPasskey(r.Context(), s, kept, web.Body(r), named.Name); err != nil {
		return unproven(err, securityPage, addsFactor(factor.Passkey)(r, ""))
	}
	return leads(w, securityPage)
}

func (p *Pages) askPasskey(w http.ResponseWriter, r *http.Request) error {
	a, err := p.People.AskPasskey(r.Context(), web.Half(r))
	return p.asks(w, r, a, err)
}

func (p *Pages) passkeyIn(w http.ResponseWriter, r *http.Request) error {
	half := web.Half(r)
	var asked struct {
		Next string `json:"next"`
	}
	_ = json.Unmarshal(web.Body(r), &asked) // what is no answer is judged below
	kept := p.Web.Question(w, r)
	entry, err := p.People.PasskeyIn(r.Context(), half, kept, web.Body(r), web.DeviceCookie(r))
	if err != nil {
		return err
	}
	next := p.Web.Next(asked.Next)
	if half.ID != "" {
		next = p.Web.Next(half.After)
	}
	p.keep(w, r, entry)
	return leads(w, next)
}

func (p *Pages) askApproval(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	var op struct{ Kind, Target string }
	_ = json.Unmarshal(web.Body(r), &op) // what cannot be read is no operation
	if id, is := strings.CutPrefix(op.Target, "card:"); is && op.Kind == card.Showing("").Kind {
		if err := p.Cards.Owns(r.Context(), s.Account, id, "reveal"); err != nil {
			return err
		}
	}
	a, err := p.People.AskApproval(r.Context(), s, op.Kind, op.Target)
	return p.asks(w, r, a, err)
}

func (p *Pages) approve(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	kept := p.Web.Question(w, r)
	entry, err := p.People.ApproveBy(r.Context(), s, kept, web.Body(r))
	if err != nil {
		return err
	}
	p.Web.SetSession(w, r, entry.Token)
	return leads(w, "")
}
