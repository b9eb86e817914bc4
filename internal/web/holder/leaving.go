package holder

import (
	"net/http"

	"github.com/a-h/templ"

	"coffer/internal/fault"
	"coffer/internal/web"
)

// erase removes the person who asks, and all that the browser knows of them.
func (p *Pages) erase(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.Erase(r.Context(), s, r.PostForm.Get("username")); err != nil {
		view, unread := p.securityView(r)
		if unread != nil {
			return err // what was refused counts for more than how its page looks
		}
		return web.Retry(func(f *fault.Error) templ.Component {
			if view.Mistyped = web.Faults(f.Fields).On("username"); view.Mistyped == "" {
				view.Mistyped = f.Text
			}
			return view.Page()
		}, unproven(err, securityPage, onAccount("user_erased")(r, s.Account)))
	}
	p.Web.ClearSession(w, r)
	p.Web.ClearDevice(w, r)
	web.ClearNews(w, r)
	return web.SeeOther(w, "/")
}
