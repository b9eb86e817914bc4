package app

import (
	"fmt"
	"strings"
)

// objection refuses to go on from lines that are others than were signed: it
// says which, who has the right ones, and how to go on nevertheless.
func (e *epoch) objection() error {
	command := strings.Replace(e.newEpoch(), " --reason", " --accept-changed-lines --reason", 1)
	return refused("the log cannot simply go on: %s\n%s"+
		"2. Find out who did this. If a copy of the database from before the change exists, put it back and start again.\n"+
		"3. If there is none, go on with the lines as the database has them. Files with other lines are then kept aside as\n"+
		"   security-….log.replaced-…, and log_epoch_started says for ever that lines were changed: %s.\n  %s",
		strings.Join(e.doubts(), "\nAlso, "), e.evidence(), e.named(), command)
}

// doubts are what is wrong with the rows, a sentence each.
func (e *epoch) doubts() (all []string) {
	j := e.judged
	if len(j.changed) > 0 {
		by := "security.log and its segments have what was signed"
		if !j.files {
			by = "the tree's stored hashes are those of what was signed"
		}
		all = append(all, fmt.Sprintf("%s of the database %s not what was signed; %s, by a checkpoint of %d lines.",
			j.changed.words(), isAre(j.changed), by, j.vouched))
	}
	if j.hidden > 0 {
		c, _ := e.lastGood()
		all = append(all, fmt.Sprintf("its key signed %d lines of which some in the database are others, somewhere from line %d on; "+
			"neither security.log nor the tree's hashes are what was signed, so nothing here says which.", j.hidden, c.Size))
	}
	if len(j.unsure) > 0 {
		all = append(all, fmt.Sprintf("%s %s one thing in the database and another in security.log, and no checkpoint says which is right.",
			j.unsure.words(), isAre(j.unsure)))
	}
	return all
}

// named says how a new epoch's line would tell of them.
func (e *epoch) named() string {
	if e.AtMost {
		return "how many at most"
	}
	return "how many, and which"
}

func isAre(s spans) string {
	if s.count() == 1 {
		return "is"
	}
	return "are"
}
