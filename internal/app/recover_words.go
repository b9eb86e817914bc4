package app

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// What a person can do about a log that is not what was signed, in order. The
// commands are those for the data in use, to be copied as they stand.
const (
	afterRollback = `2. If a newer copy of the database exists, put it back and start again.
3. If there is none, or the reason is known (a restored backup, say), go on from the lines at hand.
   The log then has a new name and key, and every verification reports the break:
  %s`
	afterTampering = `2. If a copy of the database from before the change exists, put it back and start again.
3. If there is none, compare: this names the lines that are not what was signed, and goes on from them only if you then say so.
   The log then has a new name and key, and every verification reports the break:
  %s`
	afterLoss = `2. If a copy of the database has %[1]s, take out of it what is missing, and start again%[2]s
   Or put the whole copy back, if nothing newer is worth keeping.
3. If no copy has %[1]s, Coffer cannot go on from this database: coffer log new-epoch goes on from
   fewer lines or from changed ones, and never across a gap. Accounts and cards are in other tables, which this says nothing of.`
	fromCopySQLite = `:
  sqlite3 %s "ATTACH 'COPY.db' AS c; INSERT INTO event SELECT * FROM c.event WHERE seq >= %d AND seq < %d AND seq NOT IN (SELECT seq FROM main.event)"`
	fromCopy = `:
   the rows of the table event, from seq %d on and below %d, that are not there any more.`
	meanwhile = `
To see the lines meanwhile, as the database has them:
  %s`
	asOwner = `
   It must connect as the owner of the tables, who also runs coffer migrate.`
)

func (a *App) rolledBack(why string, args ...any) error {
	return a.disagrees("ROLLBACK: "+fmt.Sprintf(why, args...), fmt.Sprintf(afterRollback, a.newEpoch()))
}

func (a *App) tampered(why string, args ...any) error {
	return a.disagrees("TAMPERED: "+fmt.Sprintf(why, args...), fmt.Sprintf(afterTampering, a.newEpoch()))
}

// disagrees refuses to go on, and says what to do.
func (a *App) disagrees(why, then string) error {
	return refused("%s\n%s%s"+meanwhile, why, a.evidence(), then, "coffer log tail --unrecorded"+a.place())
}

// evidence is what is done first, whatever it is.
func (a *App) evidence() string {
	dir, dump := filepath.Clean(a.Data), ""
	if a.db.Engine() == db.Postgres {
		dump = " Dump the database, too (pg_dump -Fc)."
	}
	return fmt.Sprintf(`Nothing was changed. In this order:
1. Keep everything as it is now, and see what can be known (with --key and --against, what you keep elsewhere).%s
  cp -a %s %s
  coffer-verify %[3]s
`, dump, quoted(dir), quoted(dir+".evidence"))
}

func (a *App) newEpoch() string {
	said := "coffer log new-epoch" + a.place() + ` --reason "…"`
	if a.db.Engine() == db.Postgres {
		said += asOwner
	}
	return said
}

// complete demands the lines of the active segment, which the file is about to
// be compared with. Older ones that are missing are found by the daily look: to
// count all of them would take longer than a start may.
func (a *App) complete(ctx context.Context, head seal.Head) error {
	missing, count, err := a.sealer.Missing(ctx, min(head.Segment, head.Size), head.Size)
	if err != nil || count == 0 {
		return err
	}
	// With nothing behind them, a new epoch can go on.
	return a.lacks(missing, count, head.Size, missing+count < head.Size)
}

// lacks refuses to go on without lines.
func (a *App) lacks(missing, count, size uint64, gap bool) error {
	why, what := fmt.Sprintf("line %d of the log is missing from the database, which has had %d lines.", missing, size), "that line"
	if count > 1 {
		why, what = fmt.Sprintf("%d lines of the log are missing from the database, which has had %d: the first of them is line %d.", count, size, missing), "those lines"
	}
	if !gap {
		return a.tampered("%s", why)
	}
	from := fmt.Sprintf(fromCopy, missing, size)
	if a.db.Engine() == db.SQLite {
		from = fmt.Sprintf(fromCopySQLite, quoted(a.db.File), missing, size)
	}
	return a.disagrees("TAMPERED: "+why, fmt.Sprintf(afterLoss, what, from))
}

// garbled refuses a checkpoint's file that is none, once the rest is found to be
// right. It is not simply made again: it may be all that says that an older
// database was put back.
func (a *App) garbled(head seal.Head, stored []byte) error {
	path := a.checkpointPath()
	at := fmt.Sprintf("It has %d lines, and no checkpoint of its own", head.Size)
	if c, err := proof.Peek(stored); err == nil {
		at = fmt.Sprintf("It has %d lines, and leads to its own newest checkpoint, of %d", head.Size, c.Size)
	}
	return refused(`TAMPERED: %s cannot be read: it is no signed checkpoint.
Coffer writes this file with each signature, whole or not at all, so the disk or somebody else changed it.
%s2. Put a copy of the file back and start again: from a backup, from whoever verifies the log, or an older one
   of this log; any will do that was signed under its present name. It shows whether an older database was put back.
3. If there is none, make sure that the database is the newest there is.
   %s; %s.
   Then set the file aside, and start again. No new epoch is needed:
  mv %s %s`, path, a.evidence(), at, a.filedUpTo(), quoted(path), quoted(path+".garbled"))
}

// noKeys refuses something else in the place of log.pub. Its lines for former
// epochs stand nowhere else here.
func (a *App) noKeys(path string) error {
	return refused(`%s cannot be read: %v.
Coffer writes this file whole or not at all, so the disk or somebody else changed it. In this order:
1. Set it aside:
  mv %s %s
2. Put a copy of the file back, from a backup or from whoever verifies the log, and start again. Without a copy it is
   written again with the key that is in use; the keys of epochs before this one are then not in it.`,
		path, errNoFile, quoted(path), quoted(path+".garbled"))
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
	return fmt.Sprintf("security.log ends with line %d, so there were %d", last, last+1)
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
