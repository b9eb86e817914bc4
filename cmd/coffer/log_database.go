package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"coffer/internal/app"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// database adds to the report on the files what is to be said of the database:
// each line of it is compared with the hashes, and what was found is recorded.
// d is nil where it could not be opened.
func (c *logVerifyCmd) database(ctx context.Context, s streams, d *app.Desk, r *proof.Report) error {
	if d == nil {
		if !c.filesOnly() {
			unfinished(r, "the files were judged, and the database could not be opened")
		}
		return nil
	}
	bar := newBar(s, "lines in the database")
	found, err := d.Check(ctx, bar.at)
	bar.end()
	if err != nil {
		fmt.Fprintf(s.err, "coffer: the database could not be looked through to its end: %v\n", err)
		unfinished(r, "the files were judged, and the database could not be looked through to its end")
		return nil
	}
	for _, f := range found.Findings {
		blame(r, f)
	}
	if found.Misfit != nil && r.Exit == 0 {
		r.Notes = append(r.Notes, "The files are what was signed, as far as nothing else is said here; what is wrong is the database.")
	}
	if m := found.Misfit; m != nil && (m.Behind || len(found.Findings) == 0) {
		misfit(r, m)
	}
	if len(found.Findings) == 0 && found.Misfit == nil {
		r.Notes = append(r.Notes, fmt.Sprintf("In the database, %d lines, their columns and the index are what was sealed.", found.Lines))
		if r.Exit != 0 {
			return nil // what is wrong with the files, their own check tells
		}
	}
	err = d.RecordCheck(ctx, found)
	if _, ok := errors.AsType[*app.Refused](err); ok && r.Exit == proof.Tampered.Exit() {
		r.Notes = append(r.Notes, "This is not in the log: nothing is added to a log that is not what was signed.")
		return nil
	}
	if err != nil {
		fmt.Fprintf(s.err, "coffer: what was found could not be written into the log: %v\n", err)
		unfinished(r, "what was found could not be written into the log")
	}
	return nil
}

// filesOnly reports whether there is no database: then a copy of the files is
// judged, and nothing is left out.
func (c *logVerifyCmd) filesOnly() (yes bool) {
	_, err := os.Stat(filepath.Join(c.Data, "coffer.db"))
	return c.Database == "" && c.DatabaseFile == "" && errors.Is(err, fs.ErrNotExist)
}

// unfinished takes the success out of a report.
func unfinished(r *proof.Report, why string) {
	if r.Exit != 0 {
		return
	}
	set(r, proof.Incomplete, why)
	r.Findings = append(r.Findings, proof.Finding{Verdict: proof.Incomplete, What: "database", Sentence: why})
}

// blamed says in words what is wrong with the database, and where: with one line,
// or somewhere in some; with neither, none can be named. Missing are all of them.
func blamed(f event.LogVerifyFailed) (sentence string, at *uint64, between *proof.Span) {
	says := f.Kind().Reasons[f.Reason]
	first, err := strconv.ParseUint(f.Line, 10, 64)
	switch {
	case err != nil:
		return says, nil, nil
	case f.Lines > 1 && f.Reason == seal.Missing:
		return fmt.Sprintf("%d lines that were sealed are missing from the database: the lines %d to %d", f.Lines, first, first+f.Lines-1), &first, nil
	case f.Lines > 1:
		span := proof.Span{First: first, Last: first + f.Lines - 1}
		return fmt.Sprintf("%s: somewhere in the lines %d to %d", says, span.First, span.Last), nil, &span
	}
	return fmt.Sprintf("%s: line %d", says, first), &first, nil
}

// blame adds a finding of the database to the report.
func blame(r *proof.Report, found event.LogVerifyFailed) {
	f := proof.Finding{Verdict: proof.Tampered, What: "database", Where: "in the database"}
	f.Sentence, f.Line, f.Between = blamed(found)
	f.Next = "Keep a copy of the whole data directory and of the database as they are. Where security.log is\n" +
		"consistent, it has the lines as they were sealed; what you must not trust is the database."
	if r.Verdict != proof.Tampered {
		set(r, proof.Tampered, f.Sentence)
	}
	r.Findings = append(r.Findings, f)
}

// misfit adds to the report that the database is not what was signed as a whole.
func misfit(r *proof.Report, m *app.Misfit) {
	f := proof.Finding{
		Verdict: proof.Tampered, What: "history", Where: "in the database", Sentence: "the database is not what was signed",
		Next: "Keep a copy of the whole data directory and of the database as they are. If a copy of the database\n" +
			"from before the change exists, put it back. If there is none, coffer log new-epoch compares, and\n" +
			"says which lines are others. What you must not trust is the database.",
	}
	if m.Behind {
		f.What, f.Sentence = "rolledback", "ROLLBACK: the database is behind what was signed"
		f.Next = "Keep a copy of the whole data directory and of the database as they are. If a newer copy of the\n" +
			"database exists, put it back. If there is none, or the reason is known (a restored backup, say),\n" +
			"go on from the lines at hand: coffer log new-epoch --reason \"…\"."
	}
	f.Detail = strings.TrimSuffix(m.Why, ".")
	if r.Verdict != proof.Tampered {
		set(r, proof.Tampered, f.Sentence)
	}
	r.Findings = append(r.Findings, f)
}

func set(r *proof.Report, v proof.Verdict, sentence string) {
	r.Verdict, r.Consistency, r.Exit, r.Sentence = v, string(v), v.Exit(), sentence
}
