package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"regexp"
	"strings"

	"coffer/internal/apptest/house"
	"coffer/internal/db"
)

// fieldRules writes the faults of an input_validation_fail as field:rule,….
func fieldRules(data []byte) string {
	var d struct {
		Fields []struct{ Field, Rule string }
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return err.Error()
	}
	var all []string
	for _, f := range d.Fields {
		all = append(all, f.Field+":"+f.Rule)
	}
	return strings.Join(all, ",")
}

// member is one text member of a line's data.
func member(data []byte, name string) string {
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return err.Error()
	}
	s, _ := all[name].(string)
	return s
}

// count is how many rows a table has.
func count(h *house.House, table string) (n int) {
	h.Helper()
	if err := h.Reader().QueryRow(context.Background(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		h.Fatalf("count %s: %v", table, err)
	}
	return n
}

// Numbers that the schemes publish for tests.
const (
	visa       = "4242424242424242"
	mastercard = "5555555555554444"
	amex       = "378282246310005"
)

const cardForm = "/create_credit_card"

// fields are a card's form, with the changes given.
func cardFields(number string, changes ...string) []string {
	fields := []string{"card_number", number, "cardholder_name", "Ada Lovelace", "expiry", "08/29", "label", ""}
	for i := 0; i+1 < len(changes); i += 2 {
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == changes[i] {
				fields[j+1] = changes[i+1]
			}
		}
	}
	return fields
}

// addCard stores a card as a person's first and gives its path.
func addCard(b *house.Browser, number string, changes ...string) (path string) {
	a := b.Post(cardForm, cardFields(number, changes...)...)
	a.Is(303).Wrote("crypt_key_created data.use=data", "sensitive_create")
	return a.Header.Get("Location")
}

// bare is a page without the request's number, which no two share.
func bare(page string) string { return requestID.ReplaceAllString(page, "r_") }

// differs shows where two pages part.
func differs(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[max(0, i-40):min(len(a), i+40)] + " | " + b[max(0, i-40):min(len(b), i+40)]
		}
	}
	if len(a) != len(b) {
		return "the end"
	}
	return ""
}

var requestID = regexp.MustCompile(`r_[a-z2-7]+`)

// outside runs a statement past the application, as an intruder would.
func outside(h *house.House, e db.Engine, q string) {
	h.Helper()
	name, source := "sqlite", "file:"+h.Database().File+"?_pragma=busy_timeout(5000)"
	if e == db.Postgres {
		name, source = "pgx", h.Database().Postgres
	}
	pool, err := sql.Open(name, source)
	if err != nil {
		h.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(q); err != nil {
		h.Fatalf("%s: %v", q, err)
	}
}
