package main

import (
	"errors"
	"io/fs"

	"coffer/internal/proof"
)

// ended is a verdict before anything was judged. What there is to verify being
// gone is one, not a mistake on the command line: a log that went away must not
// look like a slip of the hand.
type ended struct{ *proof.Report }

// Error is the verdict's sentence.
func (e *ended) Error() string { return e.Sentence }

func end(sentence, detail, next string) error {
	return &ended{proof.Nothing(proof.Incomplete, sentence+", so nothing was judged", detail, next)}
}

// absent is the verdict on something to verify that is not there, or cannot be
// read.
func absent(path string, cause error) error {
	name := proof.Escape(path)
	next := "Check the path. If the log should be there, find out who removed it."
	switch {
	case errors.Is(cause, proof.ErrNothing):
		return end("there is no log in "+name, "it has neither a security.log nor hash tiles with their checkpoint", next)
	case errors.Is(cause, fs.ErrNotExist):
		return end("there is nothing called "+name, "", next)
	}
	return end(name+" cannot be read", proof.Because(cause), "Copy it again, whole, and make it readable for whoever verifies it.")
}

// readFile reads a file that a flag names, and says in words why it cannot.
func readFile(path string) ([]byte, error) {
	b, err := proof.ReadFile(path)
	if err != nil {
		return nil, unread(path, err)
	}
	return b, nil
}

// unread is the error about such a file.
func unread(path string, cause error) error {
	return errors.New(proof.Escape(path) + " cannot be read: " + proof.Because(cause))
}
