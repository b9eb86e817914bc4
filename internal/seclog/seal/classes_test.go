package seal_test

import (
	"slices"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

// nullable lets the table event take NULL, as whoever owns the file can.
const nullable = `PRAGMA writable_schema = ON;
	UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'event';
	PRAGMA writable_schema = RESET`

// TestRoundClasses stores in one row what its column was not made for, which
// SQLite takes: the round names the row, in a full tile and in the open end, and
// goes on to what was changed behind it.
func TestRoundClasses(t *testing.T) {
	for _, c := range []struct{ name, set, why string }{
		{"text that is a line", `line = '{"seq":7}'`, seal.Edited},
		{"a number", `line = 7`, seal.Edited},
		{"a fraction", `line = 7.5`, seal.Edited},
		{"nothing", `line = NULL`, seal.Edited},
		{"a time as text", `at = 'yesterday'`, seal.Column},
		{"a time with a fraction", `at = at + 0.5`, seal.Column},
		{"no time", `at = NULL`, seal.Column},
		{"an event as bytes", `event = CAST(event AS BLOB)`, seal.Column},
		{"no event", `event = NULL`, seal.Column},
		{"a target as bytes", `target = CAST('u_x' AS BLOB)`, seal.Column},
		{"no target", `target = NULL`, seal.Column},
		{"all of it", `line = 1, at = 'x', event = x'00', target = x'ff'`, seal.Edited},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := open(t, apptest.Migrated(t, db.SQLite), 0)
			if err := n.put("s", 300); err != nil {
				t.Fatal(err)
			}
			n.past(t, `DROP TRIGGER event_update`)
			n.past(t, nullable)
			for _, seq := range []uint64{7, 270} {
				n.past(t, `UPDATE event SET `+c.set+` WHERE seq = $1`, seq)
			}
			n.past(t, `UPDATE event SET target = 'u_other' WHERE seq = 290`)
			found, _ := n.looked(t)
			for _, want := range []seal.Finding{{Why: c.why, First: 7, Lines: 1}, {Why: c.why, First: 270, Lines: 1}, {Why: seal.Column, First: 290, Lines: 1}} {
				if !slices.Contains(found, want) {
					t.Errorf("a round finds %+v, want %+v in it", found, want)
				}
			}
		})
	}
}

// TestRoundNumbers holds that rows under numbers that no line has are found, that
// a row of the index in another class is, and that neither ends the round.
func TestRoundNumbers(t *testing.T) {
	n := open(t, apptest.Migrated(t, db.SQLite), 0)
	if err := n.put("s", 1100); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"event_update", "mention_update"} {
		n.past(t, `DROP TRIGGER `+name)
	}
	n.past(t, `INSERT INTO event SELECT -5, at, event, target, commit_id, line FROM event WHERE seq = 5`)
	n.past(t, `UPDATE mention SET name = CAST(name AS BLOB), lines = CAST(lines AS TEXT) WHERE block = 0`)
	found, lines := n.looked(t)
	want := []seal.Finding{{Why: seal.Index, First: 0, Lines: seal.Block}, {Why: seal.Added}}
	if !slices.Equal(found, want) || lines != 1100 {
		t.Errorf("a round finds %+v in %d lines, want %+v in 1100", found, lines, want)
	}
}

// TestRoundMark moves the mark of what retention has removed, without a line that
// announces it: what is gone is missing, and the rest is what was sealed.
func TestRoundMark(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		if err := n.put("s", 205); err != nil {
			t.Fatal(err)
		}
		n.all(t) // drained
		if n.read.Engine() == db.Postgres {
			n.past(t, `ALTER TABLE event DISABLE TRIGGER USER`)
		} else {
			n.past(t, `DROP TRIGGER event_delete`)
		}
		n.past(t, `UPDATE head SET pruned = 50`)
		n.past(t, `DELETE FROM event WHERE seq < 50`)
		if found, _ := n.looked(t); !slices.Equal(found, []seal.Finding{{Why: seal.Missing, First: 0, Lines: 50}}) {
			t.Errorf("a round finds %+v, want that the lines 0 to 49 are missing", found)
		}
	})
}
