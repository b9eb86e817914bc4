// Package limit holds every limit of Coffer in one table and counts against
// them: how often an address may ask, sign up or try a password, how often an
// owner may see a number. It refuses by count alone and never looks at what is
// asked for. Rates are counted in this process: with several nodes each has its
// own, so that a person may get as many times the limit as there are nodes.
// Wrong passwords are counted in the database, for all nodes together, on a
// transaction that is given: see Look, Failed and Passed.
package limit

import (
	"strconv"
	"time"
)

// Name names a limit, in the settings and in the log.
type Name string

// The limits.
const (
	Request    Name = "request"
	SignUp     Name = "signup"
	LogIn      Name = "login"
	Lock       Name = "lock"
	Strangers  Name = "strangers"
	Reveal     Name = "reveal"
	Cards      Name = "cards"
	NotFound   Name = "not_found"
	Flood      Name = "flood"
	FloodTotal Name = "flood_total"
)

// Value is how much a limit allows: N in each Unit, or N at any time where
// there is no unit; of a lock, N until it comes and the Unit that it lasts. Its
// zero value means that the limit is off.
type Value struct {
	N    int
	Unit time.Duration
}

// Off reports that the limit does not limit.
func (v Value) Off() (off bool) { return v.N == 0 }

// String is the value as it is written in the settings: 30/h, 10/30min, 200, off.
func (v Value) String() string {
	if v.Off() {
		return "off"
	}
	s, longest := strconv.Itoa(v.N), ""
	for _, u := range units {
		if v.Unit == u.long {
			longest = "/" + u.word
		} else if v.Unit > u.long && v.Unit%u.long == 0 {
			longest = "/" + strconv.Itoa(int(v.Unit/u.long)) + u.word
		}
	}
	return s + longest
}

// unit is a word after the slash.
type unit struct {
	word string
	long time.Duration
}

var units = []unit{{"s", time.Second}, {"min", time.Minute}, {"h", time.Hour}, {"day", 24 * time.Hour}}

// rule is a row of the table: what cannot be changed by a setting.
type rule struct {
	name    Name
	value   Value
	burst   int  // how many times N may come at once
	fixed   bool // the unit cannot be changed, for whoever counts needs it
	lasts   bool // the unit is how long a lock lasts, and may be many of one
	counts  string
	keeper  string
	charges bool // counted here, by Allow
}

// table is the only place where a limit is written down.
var table = [...]rule{
	{Request, Value{50, time.Second}, 4, false, false, "requests of any kind; four times as many may come at once", "address", true},
	{SignUp, Value{30, time.Hour}, 1, false, false, "sign-ups whose fields are in order, taken names among them", "address", true},
	{LogIn, Value{20, time.Minute}, 1, false, false, "passwords tried, at the login and to confirm", "address", true},
	{Lock, Value{10, 30 * time.Minute}, 1, false, true, "wrong passwords in a row for one name; then they are locked out of it for so long", "name and client", false},
	{Strangers, Value{100, 0}, 1, true, false, "the same from all addresses together; then the password is off for devices never signed in on", "name", false},
	{Reveal, Value{10, time.Hour}, 1, false, false, "card numbers shown", "owner", true},
	{Cards, Value{50, 0}, 1, true, false, "cards stored at the same time", "owner", false},
	{NotFound, Value{20, time.Minute}, 1, false, false, "unknown paths asked for; each one over it is an event, not a refusal", "address", true},
	{Flood, Value{20, time.Minute}, 1, true, false, "events of signed-out visitors written one by one; the rest is summed up", "event and address", false},
	{FloodTotal, Value{200, time.Second}, 1, true, false, "the same from all addresses together; beyond it sums name no address", "node", false},
}

// Table is the limits in force, in the order of the table.
type Table struct{ values [len(table)]Value }

// Default is the table as it comes.
func Default() Table {
	var t Table
	for i, r := range table {
		t.values[i] = r.value
	}
	return t
}

// Of is the limit's value in force.
func (t Table) Of(n Name) Value { return t.values[index(n)] }

// Row is one limit as people see it.
type Row struct {
	Name           Name
	Value, Default Value
	Per            string // whose count it is
	Counts         string // what is counted
}

// Changed reports that a setting moved the limit.
func (r Row) Changed() (changed bool) { return r.Value != r.Default }

// Rows is the whole table, for `coffer config` and the documentation.
func (t Table) Rows() []Row {
	rows := make([]Row, len(table))
	for i, r := range table {
		rows[i] = Row{Name: r.name, Value: t.values[i], Default: r.value, Per: r.keeper, Counts: r.counts}
	}
	return rows
}

// String is the whole table as a setting that Parse reads back.
func (t Table) String() string {
	var b []byte
	for i, r := range table {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, string(r.name)+"="+t.values[i].String()...)
	}
	return string(b)
}

// index panics for a name that the table does not have: only a typing mistake
// in this program can bring one, since Parse refuses the operator's.
func index(n Name) int {
	for i := range table {
		if table[i].name == n {
			return i
		}
	}
	panic("limit: no limit is named " + string(n))
}
