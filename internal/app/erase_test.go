package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/session"
)

const (
	deletion   = "/settings/delete"
	exportFile = "/settings/export"
)

// What a person leaves nowhere once they are erased: made up, to be found.
const (
	oddName   = "Zephyrine-Quill"
	oddLabel  = "Xylophone fund 17"
	oddHolder = "Zephyrine Quillworth"
)

// zephyrine is a person with a card, and what they are known by.
func zephyrine(h *house.House) *house.Browser {
	h.Helper()
	b := h.Browser(home)
	lines := b.Post("/signup", "username", oddName, "password", house.Password).To("/").Wrote("user_created", "session_created")
	h.Name("zephyrine", lines[0].Subject)
	addCard(b, visa, "label", oddLabel, "cardholder_name", oddHolder)
	return b
}

// TestErase holds that of an erased person nothing is left but the log's id.
func TestErase(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := zephyrine(h)
		b.Post(cardForm, cardFields(mastercard, "label", oddLabel)...).Is(303).Wrote("sensitive_create")
		guess(h, far, oddName).Is(401).Wrote("authn_login_fail subject=$zephyrine")
		other, _ := signIn2(h, office)
		first := h.Lines(0)[5].Seq
		b.Post(reportOf(first)).To(security+"#password").Wrote("user_reported", "session_expired")
		old := b.Again()

		for _, typed := range []string{"", "zephyrine", oddName + "x", "ZEPHYRINE QUILL"} {
			a := b.Post(deletion, "username", typed).Is(422, "That is not your username", `id="erase-name"`)
			if l := a.Wrote("input_validation_fail target=route:/settings/delete actor=$zephyrine"); len(l) == 1 && fieldRules(l[0].Data) != "username:mismatch" {
				t.Errorf("data = %s, want username:mismatch", l[0].Data)
			}
		}
		a := b.Post(deletion, "username", strings.ToLower(oddName)).To("/")
		a.Wrote("user_erased level=WARNING actor=$zephyrine subject=$zephyrine target=account:$zephyrine data.cards=2 data.sessions=1",
			"session_expired reason=ended", "sensitive_delete", "sensitive_delete", "crypt_key_destroyed data.use=data subject=$zephyrine")
		for _, cookie := range []string{"coffer", "coffer_device", "coffer_news"} {
			if b.Cookie(cookie) != "" {
				t.Errorf("the browser keeps the cookie %s", cookie)
			}
		}
		for _, gone := range []*house.Browser{old, other} {
			gone.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out actor= subject=")
		}
		nothingLeft(h)

		h.Browser(home).Post("/login", "username", oddName, "password", house.Password).Is(401).Wrote("authn_login_fail reason=unknown_name subject=")
		next := h.Browser(far)
		l := next.Post("/signup", "username", oddName, "password", fresh).To("/").Wrote("user_created", "session_created")
		if l[0].Subject == h.ID("zephyrine") {
			t.Error("whoever takes the name gets the id of the one before")
		}
		next.Get("/activity").Is(200, "Account created").Not("4242", "4444", home, h.ID("zephyrine"), "erased").Wrote()
		next.Get(fmt.Sprintf("/activity/%d", first)).Is(404).Wrote("authz_fail reason=not_found")

		d := desk(h)
		lines, _ := read(h, d, reading(h, "subject:"+h.ID("zephyrine")+" event:user_erased", nil))
		if len(lines) != 1 || d.Lines.Names(h.Context())(h.ID("zephyrine")) != "" {
			t.Errorf("the log has %d lines of the erasure, want one, of an id without a name", len(lines))
		}
		h.Rest()
	})
}

// signIn2 is another browser of zephyrine's.
func signIn2(h *house.House, address string) (*house.Browser, string) {
	h.Helper()
	b := h.Browser(address)
	l := b.Post("/login", "username", oddName, "password", house.Password).To("/").Wrote("authn_login_successafterfail", "session_created")
	return b, l[0].Session
}

// nothingLeft looks through every table for the id, and through SQLite's files
// for the words.
func nothingLeft(h *house.House) {
	h.Helper()
	log := []string{"event", "staged", "mention"} // what happened stays, under the id
	for _, table := range tablesOf(h) {
		if slices.Contains(log, table) {
			continue
		}
		var found int
		q := `SELECT COUNT(*) FROM ` + table + ` t WHERE CAST(t AS TEXT) LIKE '%` + h.ID("zephyrine") + `%'`
		if h.Reader().Engine() == db.SQLite {
			q = `SELECT COUNT(*) FROM ` + table + ` WHERE ` + anyColumn(h, table) + ` LIKE '%` + h.ID("zephyrine") + `%'`
		}
		if err := h.Reader().QueryRow(h.Context(), q).Scan(&found); err != nil || found > 0 {
			h.Errorf("%s has %d rows of the erased person, %v", table, found, err)
		}
	}
	if h.Reader().Engine() != db.SQLite {
		return
	}
	for _, file := range []string{h.Database().File, h.Database().File + "-wal"} {
		raw, err := os.ReadFile(file)
		if err != nil && filepath.Ext(file) == ".db" {
			h.Fatal(err)
		}
		for _, word := range []string{oddName, strings.ToLower(oddName), oddLabel, oddHolder, "$argon2id$"} {
			if bytes.Contains(raw, []byte(word)) {
				h.Errorf("%s still holds %q", filepath.Base(file), word)
			}
		}
	}
}

func tablesOf(h *house.House) (names []string) {
	h.Helper()
	q := `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	if h.Reader().Engine() == db.SQLite {
		q = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	rows, err := h.Reader().Query(h.Context(), q)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			h.Fatal(err)
		}
		names = append(names, name)
	}
	if len(names) < 10 {
		h.Fatalf("tables = %v, want all of Coffer's", names)
	}
	return names
}

// anyColumn is an expression of all columns of a table of SQLite's, as text.
func anyColumn(h *house.House, table string) string {
	h.Helper()
	rows, err := h.Reader().Query(h.Context(), `SELECT name FROM pragma_table_info('`+table+`')`)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	var parts []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			h.Fatal(err)
		}
		parts = append(parts, `COALESCE(CAST("`+name+`" AS TEXT), '')`)
	}
	return "(" + strings.Join(parts, " || ' ' || ") + ")"
}

// TestEraseLocked holds that a lock of the name ends with its account, and says so.
func TestEraseLocked(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		lock(h, far, "alice", "wrong_password")
		alice.Post(deletion, "username", "alice").To("/").Wrote("user_erased data.cards=0 data.sessions=1", "session_expired",
			"authn_login_unlock reason=erased data.client=address subject=$alice actor=$alice")
		h.Browser(far).Post("/login", "username", "alice", "password", house.Password).Is(401).Wrote("authn_login_fail reason=unknown_name")
	})
}

// TestEraseNeedsProof holds that neither the file nor the end is had without
// having proved oneself within minutes, and that a program is led nowhere else.
func TestEraseNeedsProof(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		h.Pass(session.StepUp)
		alice.Post(deletion, "username", "alice").To("/confirm?next=%2Fsettings%2Fsecurity").Wrote()
		alice.Get(exportFile).To("/confirm?next=%2Fsettings%2Fsecurity").Wrote()
		alice.Get(security).Is(200, "Confirm, then download", "Confirm, then delete").Not(`action="/settings/delete"`, `href="/settings/export"`).Wrote()
		alice.Post("/confirm", "password", house.Password, "next", security).To(security).Wrote("authn_stepup_success", "session_renewed")
		alice.Get(security).Is(200, `action="/settings/delete"`, `href="/settings/export"`).Wrote()
		if n := count(h, "account"); n != 1 {
			t.Errorf("accounts = %d, want alice's", n)
		}
	})
}

// TestEraseLastAdmin holds that there is always one who can make another.
func TestEraseLastAdmin(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		giveRole(h, "alice", "admin")
		a := alice.Post(deletion, "username", "alice").Is(422, "only administrator", "coffer user role")
		if l := a.Wrote("input_validation_fail actor=$alice"); len(l) == 1 && fieldRules(l[0].Data) != "username:last_admin" {
			t.Errorf("data = %s, want username:last_admin", l[0].Data)
		}
		alice.Get("/").Is(200, "alice").Wrote()
		giveRole(h, "bob", "admin")
		alice.Post(deletion, "username", "alice").To("/").Wrote("user_erased", "session_expired")
		bob.Post(deletion, "username", "bob").Is(422, "only administrator").Wrote("input_validation_fail")
	})
}

func giveRole(h *house.House, name, role string) {
	h.Helper()
	if _, err := desk(h).SetRole(h.Context(), name, role); err != nil {
		h.Fatal(err)
	}
	h.Next(1)
}

// TestOwnExport holds what a person's file has in it, that the log knew before, and
// that nothing leaves when it cannot know.
func TestOwnExport(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := zephyrine(h)
		h.Person("bob", far)
		proved(h, b, h.Lines(0)[5].Seq)
		h.Pass(time.Minute)
		a := b.Get(exportFile).Is(200, oddName, oddLabel, oddHolder, `"last4":"4242"`, `"kind":"password"`, `"this":true`).
			Has("Content-Type", "application/json").Has("Content-Disposition", `attachment; filename="coffer-`+oddName+`.json"`).
			Not("argon2", h.ID("bob"))
		seq := a.Wrote("user_exported actor=$zephyrine subject=$zephyrine target=account:$zephyrine data.cards=1")[0].Seq
		var d struct {
			Account struct{ ID, Username, Role string }
			Cards   []struct{ ID, Last4 string }
			Events  []struct{ Seq uint64 }
		}
		if err := json.Unmarshal([]byte(a.Body), &d); err != nil {
			t.Fatalf("%v in %s", err, a.Body)
		}
		// The line of the export itself may be sealed a moment later.
		if len(d.Events) > 0 && d.Events[0].Seq == seq {
			d.Events = d.Events[1:]
		}
		if d.Account.ID != h.ID("zephyrine") || d.Account.Username != oddName || len(d.Cards) != 1 || len(d.Events) != 4 {
			t.Errorf("the file holds %+v, want account, card, and the four lines before", d)
		}
		refuse := refuseEvents[h.Reader().Engine()]
		outside(h, h.Reader().Engine(), refuse[0])
		b.Get(exportFile).Is(503, "Nothing was changed").Not(oddLabel).Has("Content-Disposition", "").Wrote()
		b.Post(deletion, "username", oddName).Is(503, "Nothing was changed").Wrote()
		b.Post(reportOf(seq)).Is(503, "Nothing was changed").Wrote()
		outside(h, h.Reader().Engine(), refuse[1])
		b.Get("/").Is(200, oddName, oddLabel).Wrote()
	})
}
