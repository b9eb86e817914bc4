package app_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/event"
	"coffer/internal/proof"
)

// comeBack signs the person in on a new browser, and states what was unfamiliar.
func comeBack(h *house.House, name, address, agent, unfamiliar string) *house.Browser {
	h.Helper()
	b := h.Browser(address)
	b.Agent = agent
	b.Post("/login", "username", name, "password", house.Password).To("/").
		Wrote("authn_login_success data.unfamiliar="+unfamiliar, "session_created")
	return b
}

const badge = `<span class="badge warn">Unfamiliar</span>`

// TestUnfamiliar holds what makes a sign-in unfamiliar, that its own line says
// so, and that the history marks it for two weeks and no longer.
func TestUnfamiliar(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		linux := alice.Agent
		comeBack(h, "alice", home, linux, "")
		comeBack(h, "alice", home, strings.ReplaceAll(linux, "144.0", "145.0"), "") // the next version is the same browser
		alice.Get("/activity").Is(200).Not(badge).Wrote()

		comeBack(h, "alice", far, iphone, "both")
		comeBack(h, "alice", far, iphone, "")
		comeBack(h, "alice", office, linux, "network")
		comeBack(h, "alice", "2001:db8:1::7", linux, "network")
		comeBack(h, "alice", "2001:db8:1::8", linux, "") // the same /64
		comeBack(h, "alice", home, "curl/8", "browser")
		page := alice.Get("/activity").Is(200, badge, "you had not signed in from this network or with this kind of browser before",
			"you had not signed in from this network before", "you had not signed in with this kind of browser before")
		page.Wrote()
		if n := strings.Count(page.Body, badge); n != 4 {
			t.Errorf("marked = %d sign-ins, want the four that were unfamiliar", n)
		}
		h.Person("bob", far).Get("/activity").Is(200).Not(badge).Wrote() // his first: compared with nothing

		h.Pass(14*24*time.Hour - time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		again := comeBack(h, "alice", home, linux, "")
		again.Get("/activity?kind=signins").Is(200, badge).Wrote()
		again.Get("/activity?unfamiliar=1").Is(200, badge, "/activity/").Not("Session started").Wrote()
		h.Pass(2 * time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		again = comeBack(h, "alice", home, linux, "")
		again.Get("/activity").Is(200).Not(badge).Wrote()
		again.Get("/activity?unfamiliar=1").Is(200, "that is like this").Not(badge).Wrote()
		h.Pass(366 * 24 * time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		comeBack(h, "alice", far, iphone, "") // all was long ago: again there is nothing to compare with
	})
}

// TestActivityFilter holds what each part of the filter lets through.
func TestActivityFilter(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		h.Pass(3 * 24 * time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		guess(h, far, "alice").Is(401).Wrote("authn_login_fail")
		alice.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_successafterfail", "session_created")
		alice.Get(path).Is(200).Wrote("sensitive_read")
		for _, c := range []struct {
			ask       string
			has, lack []string
		}{
			{"", []string{"Account created", "•••• 4242 added", "wrong password", "•••• 4242 viewed"}, nil},
			{"?kind=signins", []string{"Account created", "wrong password", "Session started"}, []string{"4242"}},
			{"?kind=cards", []string{"•••• 4242 added", "•••• 4242 viewed", "Key made"}, []string{"Account created", "wrong password"}},
			{"?kind=settings", []string{"that is like this"}, []string{"4242", "Account created"}},
			{"?kind=refused", []string{"wrong password"}, []string{"4242", "Account created"}},
			{"?days=1", []string{"wrong password", "•••• 4242 viewed"}, []string{"Account created", "•••• 4242 added"}},
			{"?days=4", []string{"Account created"}, nil},
			{"?address=" + far, []string{"wrong password"}, []string{"4242", "Account created"}},
			{"?address=198.51.100.0%2F24", []string{"wrong password"}, []string{"4242"}},
			{"?address=%3A%3A1", []string{"that is like this"}, []string{"4242"}},
			{"?q=VIEWED", []string{"•••• 4242 viewed"}, []string{"added", "Account created"}},
			{"?q=authn_login_fail", []string{"wrong password"}, []string{"Account created"}},
			{"?q=firefox&kind=cards&days=1", []string{"•••• 4242 viewed", `value="firefox"`, "kind=cards"}, []string{"added"}},
			{"?nothing=x", []string{"Account created", "4242"}, nil},
			{"?kind=&days=&address=&q=&unfamiliar=", []string{"Account created", "4242"}, nil},
		} {
			page := alice.Get("/activity"+c.ask).Is(200, "<h1>Activity</h1>")
			page.Wrote()
			_, list, _ := strings.Cut(page.Body, "</details>") // behind the form, which shows what was asked
			for _, want := range c.has {
				if !strings.Contains(page.Body, want) {
					t.Errorf("%s lacks %q", c.ask, want)
				}
			}
			for _, not := range c.lack {
				if strings.Contains(list, not) {
					t.Errorf("%s shows %q", c.ask, not)
				}
			}
		}
	})
}

// TestActivityFilterWrong holds that what cannot be read is told beside its
// field, with one event, and in JSON to programs.
func TestActivityFilterWrong(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		for ask, rules := range map[string]string{
			"days=0": "days:range", "days=-3": "days:range", "days=x": "days:range", "days=99999999999999999999": "days:range",
			"kind=%3Cscript%3E": "kind:choice", "address=300.1.1.1": "address:address", "address=10.0.0.0%2F99": "address:address",
			"unfamiliar=yes": "unfamiliar:choice", "q=" + strings.Repeat("x", 65): "q:too_long", "q=%FF": "q:too_long",
			"days=x&address=y": "days:range,address:address",
		} {
			for _, form := range []string{"/activity?", "/activity.json?", "/activity.csv?"} {
				a := alice.Get(form+ask).Is(422).Not("<script>", "Account created").Has("Content-Disposition", "")
				l := a.Wrote("input_validation_fail target=route:/activity actor=$alice subject=$alice")
				if len(l) != 1 || fieldRules(l[0].Data) != rules {
					t.Errorf("%s%s wrote %v, want %s", form, ask, l, rules)
				}
			}
			alice.Get("/activity?"+ask).Is(422, "<h1>Activity</h1>", "to put right", "Nothing was looked for yet").Wrote("input_validation_fail")
		}
	})
}

// document is a history as it leaves as JSON.
type document struct {
	Person string
	Events []struct {
		Seq            uint64
		Says, Line     string
		ProofAt, Proof string
	}
}

func readDocument(h *house.House, body string) (d document) {
	h.Helper()
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, `"proof_at"`, `"ProofAt"`)), &d); err != nil {
		h.Fatalf("%v in %s", err, body)
	}
	return d
}

// TestActivityLeaves holds that one's own lines leave as JSON and CSV, each once,
// exact, and with its proof; and nobody else's.
func TestActivityLeaves(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		path := addCard(alice, visa)
		for range 260 { // more than one page of what is read at once
			h.Pass(time.Second / 10)
			alice.Get(path).Is(200).Wrote("sensitive_read")
		}
		bob.Get(path).Is(404).Wrote("malicious_direct_reference")
		newest := h.Lines(0)
		proved(h, alice, newest[len(newest)-1].Seq) // so that all are signed
		var mine []event.Line
		for _, l := range newest {
			if l.Subject == h.ID("alice") {
				mine = append(mine, l)
			}
		}
		a := alice.Get("/activity.json").Is(200).Has("Content-Type", "application/json").
			Has("Content-Disposition", `attachment; filename="coffer-activity.json"`)
		a.Wrote()
		d := readDocument(h, a.Body)
		if d.Person != h.ID("alice") || len(d.Events) != len(mine) {
			t.Fatalf("%s has %d events, want %s with %d", d.Person, len(d.Events), h.ID("alice"), len(mine))
		}
		for i, e := range d.Events {
			want := mine[len(mine)-1-i]
			l, err := event.Parse([]byte(e.Line))
			if err != nil || e.Seq != want.Seq || l.RequestID != want.RequestID || e.Says == "" || e.ProofAt != house.URL+fmt.Sprintf("/activity/%d.tlog-proof", e.Seq) {
				t.Fatalf("event %d = %+v, %v, want line %d", i, e, err, want.Seq)
			}
			judge(h, e.Proof, e.Line, e.Seq)
		}

		leavesAsTable(h, alice, mine)
		b := readDocument(h, bob.Get("/activity.json").Is(200).Not(h.ID("alice"), "malicious_direct_reference").Body)
		if h.Wrote(); len(b.Events) != 2 {
			t.Errorf("bob has %d events, want his two", len(b.Events))
		}
		few := readDocument(h, alice.Get("/activity.json?kind=refused").Is(200).Body)
		if h.Wrote(); len(few.Events) != 1 || !strings.Contains(few.Events[0].Line, "malicious_direct_reference") {
			t.Errorf("refused = %+v, want the one attempt", few.Events)
		}
		none := readDocument(h, alice.Get("/activity.json?q=nosuchword").Is(200).Body)
		if h.Wrote(); none.Events == nil || len(none.Events) != 0 {
			t.Errorf("nothing = %+v, want an empty list", none.Events)
		}
	})
}

// leavesAsTable demands that the CSV has these lines, the newest first.
func leavesAsTable(h *house.House, b *house.Browser, mine []event.Line) {
	h.Helper()
	c := b.Get("/activity.csv").Is(200).Has("Content-Disposition", `attachment; filename="coffer-activity.csv"`)
	c.Wrote()
	rows, err := csv.NewReader(strings.NewReader(c.Body)).ReadAll()
	if err != nil || len(rows) != len(mine)+1 || rows[0][0] != "seq" || rows[0][len(rows[0])-1] != "proof" {
		h.Fatalf("CSV = %d rows, %v, want %d with a heading", len(rows), err, len(mine)+1)
	}
	for i, row := range rows[1:] {
		if seq := fmt.Sprint(mine[len(mine)-1-i].Seq); row[0] != seq || row[len(row)-1] != house.URL+"/activity/"+seq+".tlog-proof" {
			h.Fatalf("row %d = %v, want line %s and its proof", i, row, seq)
		}
	}
}

// judge demands that a proof is of this line.
func judge(h *house.House, text, line string, seq uint64) {
	h.Helper()
	f, err := proof.ParseProofFile([]byte(text))
	if err != nil {
		h.Fatalf("ParseProofFile(%s) = %v", text, err)
	}
	c, _, err := proof.Open(f.Checkpoint, verifier(h))
	if err != nil || string(f.Extra) != line || f.Index != seq {
		h.Fatalf("proof of line %d is of %d, %v", seq, f.Index, err)
	}
	if err := proof.Inclusion(seq, c.Size, proof.Leaf([]byte(line)), f.Hashes, c.Root); err != nil {
		h.Errorf("line %d: %v", seq, err)
	}
}

// TestProgramsSignedOut holds that a program is told what is wrong as JSON.
func TestProgramsSignedOut(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Browser(far).Get("/activity.json").Is(401, `"status":401`, `"title":"Please sign in first"`).
			Has("Content-Type", "application/problem+json").Has("Location", "").
			Wrote("authz_fail reason=signed_out target=route:/activity.json actor=")
		h.Browser(far).Get("/activity.csv").To("/login?next=%2Factivity.csv").Wrote("authz_fail reason=signed_out target=route:/activity.csv")
	})
}
