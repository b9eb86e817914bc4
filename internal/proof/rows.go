package proof

import (
	"fmt"
	"strings"
	"time"
)

// basis writes what the verdict rests on; the first question, whether it is
// consistent, has been answered above it.
func (r *Report) basis(b *strings.Builder, p paint) {
	row := func(name, value, hue, says string) {
		fmt.Fprintf(b, "  %-11s %s   %s\n", name, p.as(hue, fmt.Sprintf("%5s", value)), says)
	}
	yes := func(name string, ok bool, says string) {
		value, hue := "no", amber
		if ok {
			value, hue = "yes", green
		}
		row(name, value, hue, says)
	}
	value, hue, says := r.whole()
	row("Consistent", value, hue, says)
	anchored := r.Unanchored
	if len(r.Anchors) > 0 {
		anchored = strings.Join(r.Anchors, ", and ")
	}
	if r.AnchoredTo > 0 {
		row("Anchored", "part", amber, anchored+"; what comes after, only a key that lay beside the log signed")
	} else {
		yes("Anchored", len(r.Anchors) > 0, anchored)
	}
	yes("Witnessed", r.Witnesses.Met, r.Witnesses.words())
	if r.single && r.Fresh.Most == nil {
		return // an old event's proof is as good as a new one's
	}
	value, hue, says = r.freshness()
	row("Fresh", value, hue, says)
	if r.single {
		return
	}
	row("Signed", fmt.Sprint(r.Signed.Count), "0", r.Signed.words())
	row("Pruned", fmt.Sprint(r.gone()), "0", r.prunings())
	beyond := "lines beyond the checkpoint"
	if r.Unsigned == 1 {
		beyond = "line beyond the checkpoint"
	}
	row("Unsigned", fmt.Sprint(r.Unsigned), "0", beyond)
}

// whole says how much of it leads to what was signed.
func (r *Report) whole() (value, hue, says string) {
	every := "every line"
	switch {
	case r.Unsigned > 0:
		every = "every signed line"
	case len(r.Unread) > 0:
		every = "every line that was read"
	}
	switch good := r.Consistency == "CONSISTENT"; {
	case good && r.single:
		return "yes", green, "the line leads to the root " + short8(r.Root)
	case good && r.Root == "":
		return "yes", green, every + " is what was signed"
	case good:
		return "yes", green, every + " leads to the root " + short8(r.Root)
	case r.Good == 0:
		return "no", amber, "nothing here could be proven"
	case r.Lines == 0:
		return "part", amber, "the hash tiles lead to what was signed; no line was seen"
	case r.Good >= r.end:
		return "part", amber, "the lines that are here are what was signed; something else is missing"
	}
	return "part", amber, fmt.Sprintf("the lines before %d are what was signed; the rest is not proven", r.Good)
}

func (w Witnesses) words() string {
	switch {
	case !w.Asked:
		return "not asked: no policy was given with --policy"
	case w.Newest == nil:
		return fmt.Sprintf("none of the policy's %d signed", w.Of)
	}
	return fmt.Sprintf("%d of %d, newest %s", w.Have, w.Of, w.Newest.UTC().Format(time.RFC3339))
}

// freshness says how old the newest is, and whether that is young enough.
func (r *Report) freshness() (value, hue, says string) {
	f := r.Fresh
	value, hue = "no", amber
	switch {
	case f.Met:
		value, hue = "yes", green
	case f.LineAge == nil && f.Most == nil:
		return "?", amber, "not known: no signed line with a time was read"
	case f.Most == nil:
		value = "old"
	}
	switch {
	case f.LineAge == nil:
		says = "the time of the newest signed line is not known"
	case r.single:
		says = "this line is " + old(f.LineAge)
	default:
		says = "newest signed line " + old(f.LineAge)
	}
	if f.WitnessAge != nil {
		says += ", newest cosignature " + old(f.WitnessAge)
	} else if f.Most != nil && r.Witnesses.Asked {
		says += ", no cosignature"
	}
	if f.Most != nil {
		says += "; at most " + long(time.Duration(*f.Most)) + " was asked for"
	}
	return value, hue, says
}

// gone is how many lines retention removed.
func (r *Report) gone() (n uint64) {
	for _, p := range r.Pruned {
		n += p.size()
	}
	return n
}

func (r *Report) prunings() string {
	if len(r.Pruned) == 0 {
		return "lines"
	}
	var each []string
	for _, p := range r.Pruned {
		each = append(each, fmt.Sprintf("%s, by line %d of %s", p.words(), p.By, Escape(p.At)))
	}
	return "lines: " + strings.Join(each, "; ")
}

// short8 is a root that people compare by its ends.
func short8(root string) string {
	const ends = 6
	if len(root) <= 2*ends {
		return root
	}
	return root[:ends] + "…" + root[len(root)-ends:]
}
