package proof

import (
	"bytes"
	"fmt"
	"slices"
)

// view is what is seen around a line that cannot stand where it stands.
type view struct {
	want   uint64 // the number that should be here
	have   uint64 // the number that is, if numbered
	line   []byte
	broken breach
	before []byte   // the line before
	ahead  []uint64 // the numbers of the lines that follow, as far as they have one
	end    bool     // nothing follows
	seen   sight    // where the line that should be here stands
	// misnamed is the file, if this is its first line, and not the one that the
	// file's name tells; vacant says that this line's own place was empty.
	misnamed string
	vacant   bool
}

const noSuchLine = "Coffer writes no such line: somebody else did, or changed it"

// look is how many lines ahead are looked at.
const look = 64

// diagnose says what was done at the first line that cannot be right. Tiles, if
// they are there, may know an earlier one.
func (t *trial) diagnose(c, next *chunk, i int) {
	if t.tiles.name(t) {
		return
	}
	v := view{want: t.at, line: c.lines[i], broken: c.breach}
	if seq, _, ok := number(v.line); ok {
		v.have = seq
	} else if v.broken == "" {
		v.broken = noNumber
	}
	if i > 0 {
		v.before = c.lines[i-1]
	} else if t.at > 0 {
		v.before, _ = t.lookup(t.at - 1)
	}
	for _, l := range t.after(c, next, i) {
		seq, _, ok := number(l)
		if !ok {
			break
		}
		v.ahead = append(v.ahead, seq)
	}
	v.end = len(v.ahead) == 0
	t.survey(&v, c, i)
	f := v.finding()
	f.Verdict, f.Next, f.Where, f.Reads = Tampered, keep, t.place(c, i), brief(v.line)
	if f.What == "missing" {
		f.Reads = ""
	}
	t.stop(f)
}

// survey looks further than the lines around, where their numbers say that
// lines or whole files are not where they were.
func (t *trial) survey(v *view, c *chunk, i int) {
	if v.broken != "" {
		return
	}
	if p := t.Parts[c.part]; p.Named && c.before == 0 && i == 0 && c.bundle == 0 && p.First != v.have {
		v.misnamed = Escape(p.Name)
	}
	v.vacant = slices.ContainsFunc(t.missing, func(s Span) bool { return s.First <= v.have && v.have <= s.Last })
	if v.have > v.want {
		v.seen = t.seek(c.part, v.want)
	}
}

// after are the next lines of a file.
func (t *trial) after(c, next *chunk, i int) [][]byte {
	lines := c.lines[i+1:]
	if len(lines) < look && next != nil && next.part == c.part {
		lines = append(lines[:len(lines):len(lines)], next.lines...)
	}
	return lines[:min(len(lines), look)]
}

// follows reports whether the line after has this number.
func (v view) follows(seq uint64) (yes bool) { return len(v.ahead) > 0 && v.ahead[0] == seq }

// finding puts in words what the numbers around a line show.
func (v view) finding() Finding {
	want := v.want
	f := Finding{Line: &want}
	say := func(what, sentence, detail string) Finding {
		f.What, f.Sentence, f.Detail = what, sentence, detail
		return f
	}
	switch {
	case v.broken == isBlank && v.follows(want):
		return say("form", fmt.Sprintf("there is a blank line before line %d", want), "Coffer writes none")
	case v.broken != "":
		return say("form", fmt.Sprintf("line %d %s", want, v.broken), noSuchLine)
	case v.have+1 == want && same(v.line, v.before):
		return say("doubled", fmt.Sprintf("line %d stands there twice", v.have), "the second is a copy of the first")
	case v.have+1 == want:
		return say("inserted", fmt.Sprintf("there are two lines with the number %d", v.have), "the texts differ: one of the two was inserted")
	case v.have < want:
		return v.earlier(say)
	}
	return v.later(say)
}

// earlier is a number that was there before.
func (v view) earlier(say func(what, sentence, detail string) Finding) Finding {
	switch {
	case v.misnamed != "" && v.vacant:
		return say("order", v.misnamed+" bears another file's name", fmt.Sprintf("it begins with line %d, and stands after line %d", v.have, v.want-1))
	case v.follows(v.want + 1):
		return say("edited", fmt.Sprintf("line %d was replaced", v.want), fmt.Sprintf("a line with the number %d stands in its place", v.have))
	case v.follows(v.have + 1):
		return say("doubled", fmt.Sprintf("the lines from %d on stand there a second time", v.have), fmt.Sprintf("they follow line %d", v.want-1))
	}
	return say("order", fmt.Sprintf("line %d stands after line %d", v.have, v.want-1), "it was moved or copied to this place")
}

// later is a number that should come only further on.
func (v view) later(say func(what, sentence, detail string) Finding) Finding {
	for i, seq := range v.ahead {
		if seq == v.want {
			how := "they are out of order"
			if i == 0 && v.have == v.want+1 {
				how = "the two were swapped"
			}
			return say("order", fmt.Sprintf("line %d stands where line %d should be", v.have, v.want), how)
		}
	}
	switch {
	case v.seen.found:
		return v.strayed(say)
	case v.follows(v.want + 1):
		return say("edited", fmt.Sprintf("line %d was replaced", v.want), fmt.Sprintf("a line with the number %d stands in its place", v.have))
	}
	gone := Span{v.want, v.have - 1}
	how := "taken out: the lines before and after are there"
	switch {
	case v.misnamed != "":
		how = "not in this copy: taken out, or the file bears another's name"
	case gone.First == 0:
		how = "taken out of the beginning: what came after is there"
	}
	return say("missing", gone.named()+" "+isAre(gone.size())+" missing", how)
}

// cutOff is a file that ends inside a line. Where a file is copied while it
// grows that is no crime, so it says only that something is not there.
func (t *trial) cutOff(c *chunk) {
	if c.part < len(t.Parts)-1 {
		want := t.at
		t.stop(Finding{
			Verdict: Tampered, What: "truncated", Line: &want, Where: t.place(c, len(c.lines)-1), Next: keep,
			Sentence: fmt.Sprintf("%s was cut off inside line %d", Escape(t.Parts[c.part].Name), want),
			Detail:   "Coffer closes a segment with a whole line, and later segments are there",
		})
		return
	}
	t.cut, t.tail = true, bytes.Clone(c.lines[len(c.lines)-1])
}
