package proof

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// paint is how words are coloured on a terminal.
type paint bool

func (p paint) as(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// heartbeat is how often a living log writes a line at least.
const heartbeat = 5 * time.Minute

const (
	green = "32"
	amber = "33"
	red   = "31"
	bold  = "1"
)

// Print writes the report for people: the verdict first, then either what is
// wrong or what the verdict rests on, then what to do.
func (r *Report) Print(w io.Writer, colour bool) error {
	p := paint(colour)
	var b strings.Builder
	hue := map[Verdict]string{Intact: green, Unanchored: amber, Incomplete: amber, Tampered: red, Diverged: red}[r.Verdict]
	fmt.Fprintf(&b, "%s  %s\n", p.as(hue, string(r.Verdict)), p.as(bold, r.Sentence))
	if f := r.worst(); f != nil {
		var rows strings.Builder
		if r.bad(&rows, p, f); rows.Len() > 0 {
			b.WriteString("\n" + rows.String())
		}
	}
	if len(r.Findings) == 0 || r.Exit == 2 {
		b.WriteByte('\n')
		r.basis(&b, p)
	}
	r.notes(&b)
	if next := r.next(); next != "" {
		fmt.Fprintf(&b, "\n  Next: %s\n", strings.ReplaceAll(next, "\n", "\n        "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) next() string {
	if f := r.worst(); f != nil {
		return f.Next
	}
	if r.Verdict == Unanchored {
		return "Whoever holds the server could have rebuilt all of this. Get the public key, or an older\n" +
			"checkpoint, by another way, and give it with --key or --against."
	}
	return ""
}

// bad writes what is known about a finding, a line each.
func (r *Report) bad(b *strings.Builder, p paint, f *Finding) {
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %-15s  %s\n", name, value)
		}
	}
	if f.Line != nil {
		row("first bad line", strings.TrimRight(p.as(bold, fmt.Sprint(*f.Line))+"   "+f.Where, " "))
	} else if f.Between != nil {
		row("between lines", fmt.Sprintf("%d and %d", f.Between.First, f.Between.Last))
	}
	row("what was done", f.Detail)
	row("it now reads", f.Reads)
	if f.Verdict != Incomplete {
		switch {
		case f.Verdict == Diverged && f.Between != nil && f.Between.First == 0:
			row("both agree", "on nothing")
		case f.Verdict == Diverged && f.Between != nil:
			row("both agree", fmt.Sprintf("up to line %d", f.Between.First-1))
		case r.Good == 0:
			row("good until", "nothing is known to be good")
		case r.GoodTime != "":
			row("good until", fmt.Sprintf("line %d, covered by a checkpoint of %s", r.Good-1, r.GoodTime))
		default:
			row("good until", fmt.Sprintf("line %d", r.Good-1))
		}
	}
}

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
	switch {
	case r.Consistency != "CONSISTENT" && r.Good == 0:
		row("Consistent", "no", amber, "nothing here could be proven")
	case r.Consistency != "CONSISTENT":
		row("Consistent", "part", amber, fmt.Sprintf("the lines before %d are what was signed; the rest is not proven", r.Good))
	case r.single:
		row("Consistent", "yes", green, "the line leads to the root "+short8(r.Root))
	default:
		row("Consistent", "yes", green, "every line leads to the root "+short8(r.Root))
	}
	anchored := "no key and no checkpoint came from elsewhere"
	if len(r.Anchors) > 0 {
		anchored = strings.Join(r.Anchors, ", and ")
	}
	yes("Anchored", len(r.Anchors) > 0, anchored)
	yes("Witnessed", r.Witnesses.Met, r.Witnesses.words())
	fresh, hue := "yes", green
	if !young(r.Fresh.LineAge, 2*heartbeat) {
		fresh, hue = "old", amber
	}
	row("Fresh", fresh, hue, r.freshness())
	if r.single {
		return
	}
	row("Signed", fmt.Sprint(r.Signed.Count), "0", fmt.Sprintf("of %d reveals and factor changes carry the holder's own signature", r.Signed.Of))
	row("Pruned", fmt.Sprint(r.gone()), "0", r.prunings())
	row("Unsigned", fmt.Sprint(r.Unsigned), "0", "lines beyond the checkpoint")
}

func (w Witnesses) words() string {
	switch {
	case !w.Asked:
		return "not asked: no policy was given with --policy"
	case w.Newest == nil:
		return fmt.Sprintf("none of %d", w.Of)
	}
	return fmt.Sprintf("%d of %d, newest %s", w.Have, w.Of, w.Newest.UTC().Format(time.RFC3339))
}

func (r *Report) freshness() string {
	if r.Fresh.LineAge == nil {
		return "the time of the newest signed line is not known"
	}
	says := "newest signed line " + old(r.Fresh.LineAge)
	if r.Fresh.WitnessAge != nil {
		says += ", newest cosignature " + old(r.Fresh.WitnessAge)
	}
	return says
}

// old says an age as people do.
func old(a *Age) string {
	if a == nil {
		return "missing"
	}
	d := time.Duration(*a)
	switch {
	case d < -future:
		return "dated in the future"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s old", max(0, int(d.Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min old", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h old", int(d.Hours()))
	}
	return fmt.Sprintf("%d days old", int(d.Hours()/24))
}

// gone is how many lines retention removed.
func (r *Report) gone() (n uint64) {
	for _, p := range r.Pruned {
		n += p.Last - p.First + 1
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

// notes writes what else was seen.
func (r *Report) notes(b *strings.Builder) {
	worst := r.worst()
	var all []string
	for i := range r.Findings {
		if f := &r.Findings[i]; f != worst {
			all = append(all, "also: "+f.Sentence)
		}
	}
	for _, e := range r.Epochs {
		all = append(all, fmt.Sprintf("a new epoch began at line %d of %s, under another name and key; %s that had been signed %s lost (%q)",
			e.Line, Escape(e.At), lines(e.Lost), wasWere(e.Lost), e.Why))
	}
	all = append(all, r.Notes...)
	if len(all) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range all {
		fmt.Fprintf(b, "  Note: %s\n", n)
	}
}

// short8 is a root that people compare by its ends.
func short8(root string) string {
	const ends = 6
	if len(root) <= 2*ends {
		return root
	}
	return root[:ends] + "…" + root[len(root)-ends:]
}

func wasWere(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
