package holder

import (
	"net/http"
	"net/url"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/query"
	"coffer/internal/web"
)

// activityPage is where a person's history stands.
const activityPage = "/activity"

// kinds are the kinds of lines, as the page offers them.
var kinds = []struct{ Name, Says string }{
	{"", "Everything"}, {query.SignIns, "Sign-ins"}, {query.Cards, "Cards"}, {query.Settings, "Settings"}, {query.Refused, "Refused"},
}

// Filter is what a person asked of their history, as they typed it.
type Filter struct {
	Kind, Days, Address, Word string
	Unfamiliar                bool
	Faults                    web.Faults
}

// readFilter reads the filter out of a page's address, and what it wishes for.
func readFilter(r *http.Request, p *Pages) (Filter, query.Wish) {
	asked := r.URL.Query()
	w, wrong := query.ReadWish(asked.Get, p.Web.Now())
	return Filter{
		Kind: w.Kind, Days: web.Echo(asked.Get("days")), Address: web.Echo(asked.Get("address")), Word: web.Echo(asked.Get("q")),
		Unfamiliar: w.Unfamiliar, Faults: wrong,
	}, w
}

// refused is the fault of a filter that cannot be read. The event names fields
// and rules, and nothing that was typed.
func (f Filter) refused() error {
	if len(f.Faults) == 0 {
		return nil
	}
	e := event.InputInvalid{Form: activityPage}
	text := ""
	for _, w := range f.Faults {
		e.Fields = append(e.Fields, event.FieldRule{Field: w.Name, Rule: w.Rule})
		text += " " + w.Text
	}
	err := fault.New(fault.Invalid, "The filter cannot be read."+text, e)
	err.Fields = f.Faults
	return err
}

// narrow reports that more than the kind was asked for.
func (f Filter) narrow() bool {
	return f.Days != "" || f.Address != "" || f.Word != "" || f.Unfamiliar || len(f.Faults) > 0
}

// set reports that anything was asked for.
func (f Filter) set() bool { return f.Kind != "" || f.narrow() }

// query is the filter as an address has it.
func (f Filter) query() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"kind": f.Kind, "days": f.Days, "address": f.Address, "q": f.Word} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if f.Unfamiliar {
		v.Set("unfamiliar", "1")
	}
	return v
}

func to(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// as is the same history in another form.
func (f Filter) as(suffix string) string { return to(activityPage+suffix, f.query()) }

// of is the same filter for another kind.
func (f Filter) of(kind string) string {
	f.Kind = kind
	return f.as("")
}

// before is the page of older lines.
func (f Filter) before(seq string) string {
	v := f.query()
	v.Set("before", seq)
	return to(activityPage, v)
}

func (f Filter) days() web.Field {
	return web.Field{
		Name: "days", Label: "Last days", Optional: true, Value: f.Days, Fault: f.Faults.On("days"), Mono: true,
		Attrs: attrs("type", "text", "inputmode", "numeric", "autocomplete", "off", "maxlength", "4"),
	}
}

func (f Filter) address() web.Field {
	return web.Field{
		Name: "address", Label: "Address or network", Optional: true, Value: f.Address, Fault: f.Faults.On("address"), Mono: true,
		Attrs: attrs("type", "text", "autocomplete", "off", "autocapitalize", "none", "spellcheck", "false"),
	}
}

func (f Filter) word() web.Field {
	return web.Field{
		Name: "q", Label: "Word", Optional: true, Value: f.Word, Fault: f.Faults.On("q"),
		Attrs: attrs("type", "search", "autocomplete", "off"),
	}
}

// fields are all of them, for the list of what to put right; the first two have
// no box to type in.
func (f Filter) fields() []web.Field {
	return []web.Field{
		{Name: "main", Label: "Kind", Fault: f.Faults.On("kind")},
		{Name: "unfamiliar", Label: "Unfamiliar", Fault: f.Faults.On("unfamiliar")},
		f.days(), f.address(), f.word(),
	}
}
