package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/query"
	"coffer/internal/web"
)

// about are the events of an account as such. What its person did with it, and
// which cards they hold, is for nobody here to read.
const about = "user_created,user_updated,user_archived,authz_change,authn_login_lock,authn_login_unlock"

// history reads the newest lines about an account.
func (p *Pages) history(ctx context.Context, id string) ([]web.Row, error) {
	f, err := query.Parse("subject:" + id + " event:" + about)
	if err != nil {
		return nil, err
	}
	found, err := p.Lines.Search(ctx, f, query.Page{Limit: lineRows})
	if err != nil {
		return nil, err
	}
	name := p.Lines.Names(ctx)
	rows := make([]web.Row, 0, len(found.Lines))
	for _, l := range found.Lines {
		row, err := rowOf(l.Text, id, name)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// rowOf is a line in words, with who did it where that was somebody else.
func rowOf(text []byte, id string, name func(string) string) (web.Row, error) {
	l, err := event.Parse(text)
	if err != nil {
		return web.Row{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, l.Datetime)
	if err != nil {
		return web.Row{}, err
	}
	row := web.Row{Seq: l.Seq, At: at, Says: says(l), Device: web.Device(l.UserAgent), Address: l.SourceIP}
	if l.UserAgent == "" {
		row.Device = ""
	}
	if by := l.Actor; by != "" && by != id {
		row.Note = "by " + actor(by, name)
	}
	return row, nil
}

// actor is who acted: a name, for as long as there is one, or the part of Coffer.
func actor(id string, name func(string) string) string {
	if user, ok := strings.CutPrefix(id, "system:cli:"); ok {
		return user + ", on the command line"
	}
	if known := name(id); known != "" {
		return known
	}
	return id
}

// says is the line as a sentence for whoever looks after the account.
func says(l event.Line) string {
	what, err := l.Decode()
	if err != nil {
		return l.Description // written by a newer Coffer
	}
	switch what := what.(type) {
	case event.UserCreated:
		return "Account created, as " + what.Role
	case event.RoleChanged:
		return "Role changed from " + what.From + " to " + what.To
	case event.UserArchived:
		return "Disabled" + ended(what.Ended)
	case event.UserUpdated:
		return updated(what)
	case event.LoginLocked:
		return l.Description + of(what.Client, what.Address)
	case event.LoginUnlocked:
		return l.Description + of(what.Client, what.Address)
	}
	return l.Description
}

func updated(e event.UserUpdated) string {
	factors := ""
	if e.Covers == "factors" {
		factors = ", and takes off the second factors"
	}
	switch e.Change {
	case "enabled":
		return "Enabled again"
	case "reset_started":
		return "Link made that sets the password" + factors
	case "reset_used":
		return "Password set by the link" + strings.Replace(factors, "takes", "took", 1) + ended(e.Ended)
	}
	return factorsChanged[e.Change]
}

// factorsChanged is what became of a wish to take second factors off.
var factorsChanged = map[string]string{
	"factors_asked":  "Asked to take the second factors off",
	"factors_agreed": "Agreed to take the second factors off, a day later",
	"factors_kept":   "The second factors stay",
}

func ended(sessions int) string {
	switch sessions {
	case 0:
		return ""
	case 1:
		return "; 1 session ended"
	}
	return fmt.Sprintf("; %d sessions ended", sessions)
}

// of names the client that a lock is about.
func of(client, address string) string {
	switch {
	case address != "":
		return ", for " + address
	case client == "strangers":
		return ", for strangers together"
	}
	return ", for a " + client
}
