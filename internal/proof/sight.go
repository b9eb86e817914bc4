package proof

import (
	"fmt"
	"strings"
)

// sight is what was seen of a line further on than where it belongs.
type sight struct {
	found  bool
	file   string
	line   string // its place in the file
	begins bool   // it is the first of its file
	run    bool   // the line after it follows it there too
}

// seek looks for a line further on. It reads the rest of the log a second time,
// which costs a good log nothing, and a bad one once.
func (t *trial) seek(from int, want uint64) (found sight) {
	s := newStream(t.ctx, t.Parts[from:])
	defer s.close()
	for c, ok := s.next(); ok && c.err == nil; c, ok = s.next() {
		for i, line := range c.lines {
			if seq, _, numbered := number(line); numbered && seq == want {
				return t.sighted(c, from+c.part, i)
			}
		}
		s.back(c)
	}
	return found
}

func (t *trial) sighted(c *chunk, part, i int) sight {
	s := sight{
		found: true, file: Escape(t.Parts[part].Name), line: fmt.Sprintf("line %d", c.before+i+1),
		begins: c.before == 0 && i == 0 && c.bundle == 0,
	}
	if c.bundle > 0 {
		s.line = fmt.Sprintf("entry %d", i)
	}
	if i+1 < len(c.lines) {
		this, _, _ := number(c.lines[i])
		next, _, ok := number(c.lines[i+1])
		s.run = ok && next == this+1
	}
	return s
}

// strayed says of lines that stand further on that they do.
func (v view) strayed(say func(what, sentence, detail string) Finding) Finding {
	s, gone := v.seen, Span{v.want, v.have - 1}
	switch {
	case v.misnamed != "" && s.begins:
		return say("order", v.misnamed+" bears another file's name",
			fmt.Sprintf("it begins with line %d; the lines from %d on stand in %s", v.have, v.want, s.file))
	case v.follows(v.want + 1):
		return say("order", fmt.Sprintf("line %d stands where line %d should be", v.have, v.want),
			fmt.Sprintf("line %d stands further on, in %s of %s", v.want, s.line, s.file))
	case v.have > v.want+1 && v.follows(v.have-1):
		return say("order", fmt.Sprintf("the lines %s stand in reverse", Span{v.want, v.have}.words()),
			fmt.Sprintf("line %d stands in %s of %s", v.want, s.line, s.file))
	}
	how := fmt.Sprintf("line %d stands further on, in %s of %s", v.want, s.line, s.file)
	switch {
	case gone.size() == 1:
		how = strings.Replace(how, fmt.Sprintf("line %d", v.want), "it", 1)
	case s.run:
		how = fmt.Sprintf("they stand further on, from %s of %s", s.line, s.file)
	}
	return say("order", gone.named()+" "+isAre(gone.size())+" not in place", how)
}
