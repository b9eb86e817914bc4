package app

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// complete demands the lines of the active segment, which the file is about to
// be compared with. Older ones that are missing are found by the daily look: to
// count all of them would take longer than a start may.
func (a *App) complete(ctx context.Context, head seal.Head) error {
	missing, count, err := a.sealer.Missing(ctx, min(head.Segment, head.Size), head.Size)
	switch {
	case err != nil || count == 0:
		return err
	case count == 1:
		return a.tampered("line %d of the log is missing from the database, which has had %d lines.", missing, head.Size)
	}
	return a.tampered("%d lines of the log are missing from the database, which has had %d: the first of them is line %d.", count, head.Size, missing)
}

// garbled refuses a checkpoint's file that is none, once the rest is found to be
// right. It is not simply made again: it may be all that says that an older
// database was put back.
func (a *App) garbled(head seal.Head, stored []byte) error {
	path := a.checkpointPath()
	at := fmt.Sprintf("The database has %d lines, and no checkpoint of its own", head.Size)
	if c, err := proof.Peek(stored); err == nil {
		at = fmt.Sprintf("The database has %d lines, and leads to its own newest checkpoint, of %d", head.Size, c.Size)
	}
	return refused(`TAMPERED: %s cannot be read: it is no signed checkpoint.
Coffer writes this file with each signature, whole or not at all, so the disk or somebody else changed it.
Nothing was changed. %s; %s.
The file is what shows that an older database was put back. Put a copy of it back and start again: from a backup, from whoever verifies the log, or an older one of this log; any will do that was signed under its present name.
If there is none, make sure that the database is the newest there is (security.log must not have later lines), and go on from the database's own checkpoint, keeping what is there as evidence:
  mv %s %s
No new epoch is needed for this.`, path, at, a.filedUpTo(), quoted(path), quoted(path+".garbled"))
}

// filedUpTo says how far the files reach.
func (a *App) filedUpTo() string {
	last, found := uint64(0), false
	paths, err := a.segments()
	if err != nil || len(paths) == 0 {
		return "there is no security.log to compare it with"
	}
	r := filed{paths: paths[len(paths)-1:]}
	defer r.close()
	for err = r.next(); err == nil && r.line != nil; err = r.next() {
		last, found = r.seq, true
	}
	if err != nil || !found {
		return filepath.Base(paths[len(paths)-1]) + " has no line"
	}
	return fmt.Sprintf("security.log ends with line %d, so it has %d", last, last+1)
}

// place is the flags that name the data in use, for commands to be copied.
func (a *App) place() (flags string) {
	if a.Data != "./data" && a.Data != "data" {
		flags += " --data " + quoted(a.Data)
	}
	switch {
	case a.DatabaseFile != "":
		flags += " --database-file " + quoted(a.DatabaseFile)
	case a.Database != "":
		flags += " --database " + quoted(a.Database)
	}
	return flags
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
