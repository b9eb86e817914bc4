package proof

import (
	"fmt"
	"io"
	"strings"
)

// paint is how words are coloured on a terminal.
type paint bool

func (p paint) as(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

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
	hue := map[Verdict]string{Intact: green, Unanchored: amber, Incomplete: amber, Tampered: red, Diverged: red, Falsified: red}[r.Verdict]
	fmt.Fprintf(&b, "%s  %s\n", p.as(hue, string(r.Verdict)), p.as(bold, r.Sentence))
	if f := r.worst(); f != nil {
		var rows strings.Builder
		if r.bad(&rows, p, f); rows.Len() > 0 {
			b.WriteString("\n" + rows.String())
		}
	}
	if !r.bare && (len(r.Findings) == 0 || r.Exit == 2 || r.Verdict == Falsified) {
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
	switch {
	case f.Line != nil:
		row(r.naming(f), strings.TrimRight(p.as(bold, fmt.Sprint(*f.Line))+"   "+f.Where, " "))
	case f.Between != nil && f.Between.First == f.Between.Last:
		row("line", fmt.Sprint(f.Between.First))
	case f.Between != nil:
		row("between lines", fmt.Sprintf("%d and %d", f.Between.First, f.Between.Last))
	}
	about := "what was done"
	switch f.Verdict {
	case Incomplete:
		about = "what is known"
	case Falsified:
		about = "does not fit"
	}
	row(about, f.Detail)
	row("it now reads", f.Reads)
	switch {
	case f.Verdict == Incomplete || f.Verdict == Falsified || r.single:
	case f.Verdict == Diverged && f.Between != nil:
		row("both agree", r.common())
	default:
		row("good until", r.until()+r.apart(f))
	}
}

// apart says that the good lines are the files', where it is a database that is not.
func (r *Report) apart(f *Finding) string {
	if r.Good > 0 && f.Where == "in the database" {
		return "; in the files, not in the database"
	}
	return ""
}

// naming is what a bad line is called: the first only if it is known to be.
func (r *Report) naming(f *Finding) string {
	switch {
	case r.single, f.Verdict == Falsified:
		return "line"
	case f.What == "missing":
		return "missing line"
	case f.Earlier:
		return "a bad line"
	}
	return "first bad line"
}

// common says how far two histories are known to be one: as far as something
// that was kept fits both.
func (r *Report) common() string {
	if r.Common == 0 {
		return "unknown: no older checkpoint that you kept says how far"
	}
	return fmt.Sprintf("up to line %d, by an older checkpoint that you kept", r.Common-1)
}

// until says how far the lines are known to be good.
func (r *Report) until() string {
	switch {
	case r.Good == 0:
		return "nothing is known to be good"
	case r.GoodTime != "":
		return fmt.Sprintf("line %d, covered by a checkpoint of %s", r.Good-1, r.GoodTime)
	}
	return fmt.Sprintf("line %d", r.Good-1)
}

// notes writes what else was seen.
func (r *Report) notes(b *strings.Builder) {
	worst := r.worst()
	var all []string
	alike := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f == worst {
			continue
		}
		if alike[f.What]++; alike[f.What] <= few {
			all = append(all, "also: "+f.Sentence)
		}
	}
	for _, f := range r.Findings {
		if n := alike[f.What]; n > few {
			all = append(all, fmt.Sprintf("also: %d more like these", n-few))
			alike[f.What] = 0
		}
	}
	for _, e := range r.Epochs {
		all = append(all, e.words())
	}
	all = append(all, r.Notes...)
	if len(all) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range all {
		fmt.Fprintf(b, "  Note: %s\n", n)
	}
}

// words says what a new epoch means for whoever has the old key.
func (e Epoch) words() string {
	says := fmt.Sprintf("a new epoch began at line %d of %s, under another name and key", e.Line, Escape(e.At))
	if e.Lost > 0 {
		says += fmt.Sprintf("; %s that had been signed %s lost", lines(e.Lost), wasWere(e.Lost))
	}
	if e.Changed > 0 {
		says += fmt.Sprintf("; %s before it %s not as signed, and the operator went on all the same", lines(e.Changed), isAre(e.Changed))
	}
	if e.Why != "" {
		says += ` ("` + e.Why + `")`
	}
	switch {
	case e.Vouched == 0:
		return says + ". The old key vouches for none of the lines; the new one does."
	case e.Cited:
		return says + fmt.Sprintf(". By what that line says, the old key vouches for the first %s only: give it with --key to have that checked.", lines(e.Vouched))
	}
	return says + fmt.Sprintf(". The old key vouches for the first %s only; for the lines from %d on, only the new one does.", lines(e.Vouched), e.Vouched)
}
