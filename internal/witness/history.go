package witness

import "fmt"

// Contradiction is a witness that saw another history than is there.
type Contradiction struct {
	// Witness is its name.
	Witness string
	// Known is the size that it signed, and Size the one of the newest
	// checkpoint that is there.
	Known, Size uint64
	// Forked says that the lines that it saw are not those that are there; else
	// lines that it saw are missing.
	Forked bool
}

// Sentence says what that means.
func (c Contradiction) Sentence() string {
	if c.Forked {
		return fmt.Sprintf("the witness %s signed the log's first %d lines, and those that are there now are others", c.Witness, c.Known)
	}
	return fmt.Sprintf("the witness %s signed %d lines of this log, and %d are there: lines that were signed are missing", c.Witness, c.Known, c.Size)
}

// Word is what an operator would look for.
func (c Contradiction) Word() string {
	if c.Forked {
		return "TAMPERED"
	}
	return "ROLLBACK"
}
