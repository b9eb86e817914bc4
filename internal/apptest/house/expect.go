package house

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"coffer/internal/apptest"
	"coffer/internal/event"
)

// produced holds the events, with their reasons, that this process's tests met.
var produced sync.Map

// Unproduced says which events of the vocabulary, and which of their reasons,
// no test met, apart from those that are produced elsewhere, each with where.
func Unproduced(elsewhere map[string]string) error {
	var missing []string
	for _, name := range vocabulary() {
		_, here := produced.Load(name)
		switch where := elsewhere[name]; {
		case here && where != "":
			return fmt.Errorf("%s is produced here: take it off the list", name)
		case !here && where == "":
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no test produces %q", missing)
	}
	return nil
}

// vocabulary is every event, with each of its reasons.
func vocabulary() (names []string) {
	for _, k := range event.All {
		names = append(names, k.Name)
		for reason := range k.Reasons {
			names = append(names, k.Name+" "+reason)
		}
	}
	slices.Sort(names)
	return names
}

// Wrote fails unless exactly these events were written since the last look, in
// this order. An event is its name and any members that matter here:
//
//	authz_fail reason=signed_out actor= target=card:1 data.x=*
//
// where $name stands for a named id, an asterisk for anything but nothing, and
// nothing for an empty member. Level and outcome are always held against the
// vocabulary.
func (h *House) Wrote(want ...string) []event.Line {
	h.Helper()
	lines := h.Lines(h.seen)
	h.seen += uint64(len(lines))
	h.match(lines, want)
	return lines
}

// Stated takes what was written as stated, for a test that looked through the
// lines itself.
func (h *House) Stated() { h.seen += uint64(len(h.Lines(h.seen))) }

func (h *House) match(lines []event.Line, want []string) {
	h.Helper()
	names := make([]string, len(want))
	for i, w := range want {
		names[i], _, _ = strings.Cut(w, " ")
	}
	if got := apptest.Names(lines); !slices.Equal(got, names) {
		h.Errorf("events = %v, want %v", got, names)
		return
	}
	for i, l := range lines {
		h.matchOne(l, strings.Fields(want[i])[1:])
	}
}

func (h *House) matchOne(l event.Line, members []string) {
	h.Helper()
	produced.Store(l.Event, true)
	produced.Store(l.Event+" "+l.Reason, true)
	k, known := event.Find(l.Event)
	if !known || l.Level != string(k.Level) || l.Outcome != string(k.Outcome) {
		h.Errorf("%s is %s %s, want the vocabulary's level and outcome", l.Event, l.Level, l.Outcome)
	}
	for _, m := range members {
		name, want, _ := strings.Cut(m, "=")
		want = h.expand(want)
		if got := member(l, name); got != want && (want != "*" || got == "") {
			h.Errorf("%s has %s = %q, want %q", l.Event, name, got, want)
		}
	}
}

// expand puts ids where their names stand, the longest name first.
func (h *House) expand(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	for name, id := range h.names {
		if s == name || strings.HasSuffix(s, ":"+name) {
			return strings.TrimSuffix(s, name) + id
		}
	}
	h.Fatalf("nothing is named %s", s)
	return ""
}

// member is a line's member as text; data.x is one of its data's.
func member(l event.Line, name string) string {
	if data, ok := strings.CutPrefix(name, "data."); ok {
		return dataMember(l.Data, data)
	}
	raw, _ := json.Marshal(l) // a Line is plain data
	return dataMember(raw, name)
}

func dataMember(raw []byte, name string) string {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return "no object"
	}
	if name == "target" && all["data"] != nil {
		return dataMember(all["data"], name)
	}
	var s string
	if json.Unmarshal(all[name], &s) == nil {
		return s
	}
	return string(all[name])
}

// Next fails unless exactly so many events were written since the last look,
// and gives them: for tests that cannot name them beforehand.
func (h *House) Next(n int) []event.Line {
	h.Helper()
	lines := h.Rest()
	if len(lines) != n {
		h.Fatalf("events = %v, want %d", apptest.Names(lines), n)
	}
	return lines
}

// Rest gives all events since the last look.
func (h *House) Rest() []event.Line {
	h.Helper()
	lines := h.Lines(h.seen)
	h.seen += uint64(len(lines))
	for _, l := range lines {
		h.matchOne(l, nil)
	}
	return lines
}
