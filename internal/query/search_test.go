package query_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/query"
)

// TestSearchIsExact compares random queries with looking at every line: as a
// stream, page by page whatever the limits, and as a count.
func TestSearchIsExact(t *testing.T) {
	onCrowd(t, 320, func(t *testing.T, h *crowd) {
		if len(h.lines) < 6000 {
			t.Fatalf("%d lines, want more than a few portions", len(h.lines))
		}
		rnd, some := rand.New(rand.NewPCG(3, 4)), 0
		for range 80 {
			q := h.question(rnd)
			f, err := query.Parse(q)
			if err != nil {
				t.Fatal(err)
			}
			want := h.brute(f)
			if len(want) > 0 {
				some++
			}
			if got := h.stream(f); !slices.Equal(got, want) {
				t.Errorf("Each(%s) = %s", q, difference(got, want))
			}
			slices.Reverse(want)
			if got := h.pages(f, rnd); !slices.Equal(got, want) {
				t.Errorf("Search(%s) = %s", q, difference(got, want))
			}
			if n, more, err := h.house.lines.Count(context.Background(), f); err != nil || more || n != int64(len(want)) {
				t.Errorf("Count(%s) = %d, %v, %v, want %d", q, n, more, err, len(want))
			}
		}
		if some < 25 {
			t.Errorf("%d queries found something, want most", some)
		}
	})
}

func difference(got, want []uint64) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%d lines, want %d; the one at %d is %d, want %d", len(got), len(want), i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(got), len(want))
}

func (h *crowd) stream(f query.Filter) (got []uint64) {
	err := h.house.lines.Each(context.Background(), f, query.Span{}, func(seq uint64, line []byte) error {
		if !strings.HasPrefix(string(line), fmt.Sprintf(`{"seq":%d,`, seq)) {
			h.t.Errorf("line %d is %.40s", seq, line)
		}
		got = append(got, seq)
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
	return got
}

func (h *crowd) pages(f query.Filter, rnd *rand.Rand) (got []uint64) {
	p := query.Page{Limit: 1 + rnd.IntN(900), Reach: 1 + rnd.Int64N(3000)}
	for {
		found, err := h.house.lines.Search(context.Background(), f, p)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, l := range found.Lines {
			got = append(got, l.Seq)
		}
		if len(found.Lines) > p.Limit || found.Short && len(found.Lines) == p.Limit {
			h.t.Errorf("Search = %d lines, short: %v; want at most %d", len(found.Lines), found.Short, p.Limit)
		}
		if !found.More || found.Next == 0 {
			return got
		}
		if p.Before != 0 && found.Next >= p.Before {
			h.t.Fatalf("Next = %d after Before = %d, want it to go back", found.Next, p.Before)
		}
		p.Before = found.Next
	}
}

// TestTimes looks for lines at the very borders of their times.
func TestTimes(t *testing.T) {
	onCrowd(t, 12, func(t *testing.T, h *crowd) {
		ctx, r := context.Background(), h.house.lines
		all := uint64(len(h.lines))
		for _, l := range h.lines {
			at, err := time.Parse(time.RFC3339Nano, l.Datetime)
			if err != nil {
				t.Fatal(err)
			}
			for shift, inclusive := range map[time.Duration]bool{0: true, time.Microsecond: false, -time.Microsecond: true, time.Nanosecond: false, -time.Nanosecond: true} {
				got, err := r.SeqAt(ctx, at.Add(shift), 0, all)
				want := slices.IndexFunc(h.lines, func(o event.Line) bool {
					t, _ := time.Parse(time.RFC3339Nano, o.Datetime)
					return !t.Before(at.Add(shift))
				})
				if want < 0 {
					want = len(h.lines)
				}
				if err != nil || got != uint64(want) || inclusive != (got <= l.Seq) {
					t.Fatalf("SeqAt(%v of line %d) = %d, %v, want %d", shift, l.Seq, got, err, want)
				}
			}
		}
		for _, c := range []struct {
			at   time.Time
			want uint64
		}{{time.Time{}.AddDate(1, 0, 0), 0}, {h.now.AddDate(100, 0, 0), all}} {
			if got, err := r.SeqAt(ctx, c.at, 0, all); err != nil || got != c.want {
				t.Errorf("SeqAt(%v) = %d, %v, want %d", c.at, got, err, c.want)
			}
		}
		// A date is meant with its whole day, a duration is counted back from now.
		for q, want := range map[string]uint64{
			"since:2026-11-24 until:2026-11-24": all, "since:2026-11-25": 0, "until:2026-11-23": 0, "since:4h": all, "until:4h": 0, "since:0s": 0,
		} {
			if got := h.stream(parse(t, q)); uint64(len(got)) != want {
				t.Errorf("%s finds %d lines, want %d", q, len(got), want)
			}
		}
	})
}

func parse(t testing.TB, q string) query.Filter {
	t.Helper()
	f, err := query.Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestPeople holds that a name is looked up, that what looks like an id is an
// id whoever chose it for a name, and that a name nobody has is an error.
func TestPeople(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		const trap = "u_aaaaaaaaaaaaaaaaaaaaaaaaaa"
		for id, name := range map[string]string{alice: "Alice.B", bob: trap, trap: "carol"} {
			h.account(id, name)
		}
		h.did(alice, viewed(one)) // 0
		h.did(bob, viewed(two))   // 1: on alice's
		h.did(trap, event.LoggedOut{Account: trap, Session: "x"})
		h.did("u_erased", event.LoggedOut{Account: "u_erased", Session: "x"})
		for q, want := range map[string][]uint64{
			"actor:alice.b": {0}, "actor:ALICE.B": {0}, "subject:Alice.B": {0, 1}, "actor:" + alice: {0},
			"actor:" + trap: {2}, "actor:carol": {2}, "actor:u_erased": {3}, "-actor:alice.b subject:alice.b": {1},
			"actor:system:serve": nil,
		} {
			var got []uint64
			err := h.lines.Each(context.Background(), parse(t, q), query.Span{}, func(seq uint64, _ []byte) error {
				got = append(got, seq)
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s finds %v, %v, want %v", q, got, err, want)
			}
		}
		f := parse(t, "level:INFO -subject:mallory")
		_, err := h.lines.Search(context.Background(), f, query.Page{Limit: 1})
		const says = `query, column 12, "-subject:mallory": nobody has this name; give a username, an id (u_…) or system:NAME`
		if _, is := errors.AsType[*query.Error](err); !is || err.Error() != says {
			t.Errorf("Search(%s) says %v, want %s", f, err, says)
		}
		names := h.lines.Names(context.Background())
		for id, want := range map[string]string{alice: "Alice.B", "u_erased": "", "system:serve": "", "": ""} {
			if got := names(id) + names(id); got != want+want {
				t.Errorf("Names(%s) = %q, want %q", id, got, want)
			}
		}
	})
}

// account makes a person of whom only the name matters.
func (h *house) account(id, name string) {
	h.t.Helper()
	err := h.write.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO account (id, username, username_key, role, created) VALUES ($1, $2, $3, 'holder', 0)`, id, name, strings.ToLower(name))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestWays demands a key's order of each way to lines, on both engines, whatever
// the statistics say: without it, a page would read the whole log.
func TestWays(t *testing.T) {
	onCrowd(t, 600, func(t *testing.T, h *crowd) {
		explain, key := "EXPLAIN QUERY PLAN ", []string{"SEARCH mention USING PRIMARY KEY (name=? AND block>? AND block<?)", "SEARCH event USING INTEGER PRIMARY KEY"}
		if h.read.Engine() == db.Postgres {
			explain, key = "EXPLAIN ", []string{"using mention_pkey on mention", "using event_pkey on event"}
			if err := h.write.Apart(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`ANALYZE`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		seen := 0
		for _, q := range query.Statements() {
			if strings.Contains(q, "GROUP BY") || !strings.Contains(q, "FROM mention") && !strings.Contains(q, "FROM event\n") && !strings.Contains(q, "FROM event WHERE s") {
				continue
			}
			seen++
			var args []string
			for i := 17; i > 0; i-- {
				args = append(args, fmt.Sprint("$", i), fmt.Sprint("'", i, "'"))
			}
			plan := h.plan(explain + strings.NewReplacer(args...).Replace(q))
			if !strings.Contains(plan, key[0]) && !strings.Contains(plan, key[1]) {
				t.Errorf("plan of %s:\n%s\nwant one of %q", q, plan, key)
			}
		}
		if seen < 9 {
			t.Errorf("%d statements go by a key, want at least 9", seen)
		}
	})
}

// plan is what a database intends to do.
func (h *house) plan(q string) string {
	h.t.Helper()
	rows, err := h.read.Query(context.Background(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(string)
		}
		if err := rows.Scan(cells...); err != nil {
			h.t.Fatal(err)
		}
		plan.WriteString(*cells[len(cells)-1].(*string) + "\n")
	}
	return plan.String()
}
