package app_test

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/proof"
)

// proved asks for the proof of a line and judges it.
func proved(h *house.House, b *house.Browser, seq uint64) proof.ProofFile {
	h.Helper()
	a := b.Get(fmt.Sprintf("/activity/%d.tlog-proof", seq)).Is(200, "c2sp.org/tlog-proof@v1\n").Has("Content-Type", "text/plain; charset=utf-8").
		Has("Content-Disposition", fmt.Sprintf(`attachment; filename="line-%d.tlog-proof"`, seq))
	a.Wrote()
	f, err := proof.ParseProofFile([]byte(a.Body))
	if err != nil {
		h.Fatalf("ParseProofFile(%s) = %v", a.Body, err)
	}
	c, _, err := proof.Open(f.Checkpoint, verifier(h))
	if err != nil {
		h.Fatalf("Open(%s) = %v", f.Checkpoint, err)
	}
	if err := proof.Inclusion(f.Index, c.Size, proof.Leaf(f.Extra), f.Hashes, c.Root); err != nil || f.Index != seq {
		h.Errorf("the proof of line %d is of %d: %v", seq, f.Index, err)
	}
	return f
}

// TestEvent holds what a person sees of one line, and that it can be proved as
// soon as it is there.
func TestEvent(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		seq := alice.Get(path).Is(200).Wrote("sensitive_read")[0].Seq
		f := proved(h, alice, seq)
		at := fmt.Sprintf("/activity/%d", seq)
		page := alice.Get(at).Is(200, "Card •••• 4242 viewed", "sensitive_read", "Yours", "Firefox on Linux", home, "Verify in this browser",
			`href="`+at+`.tlog-proof"`, "coffer.invalid/", verifier(h).Name(), fmt.Sprintf(`#%d`, seq), "It covers this line")
		page.Wrote()
		shown := strings.NewReplacer("<i>", "", "</i>", "", "<wbr/>", "").Replace(between(page.Body, `<code id="line">`, "</code>"))
		if got := html.UnescapeString(shown); got != string(f.Extra) || !bytes.Contains(f.Extra, []byte(`"target":"card:`)) {
			t.Errorf("the page shows %s, want the line that is proved, %s", got, f.Extra)
		}
		alice.Get("/activity").Is(200, `href="`+at+`"`).Wrote()
		alice.Get(path).Is(200, `href="`+at+`"`).Wrote("sensitive_read")
	})
}

// TestEventsOfOthers holds that a line is there for its person alone, and that
// nobody learns whether it is there.
func TestEventsOfOthers(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		path := addCard(alice, visa)
		mine := alice.Get(path).Is(200).Wrote("sensitive_read")[0].Seq
		tried := bob.Get(path).Is(404).Wrote("malicious_direct_reference subject=$alice")[0].Seq

		one := bob.Get(fmt.Sprintf("/activity/%d", mine)).Is(404, "There is no such page", "no such line of yours")
		one.Wrote(fmt.Sprintf("authz_fail reason=not_found actor=$bob subject= target=line:%d", mine))
		none := bob.Get("/activity/999999").Is(404)
		none.Wrote("authz_fail reason=not_found actor=$bob subject= target=line:999999")
		if d := differs(bare(one.Body), bare(none.Body)); d != "" {
			t.Errorf("a line of another's and none differ: %s", d)
		}
		for _, at := range []string{fmt.Sprint(tried), "0", fmt.Sprintf("%d.tlog-proof", mine), "0.tlog-proof"} { // what bob tried is not his to see either
			bob.Get("/activity/" + at).Is(404).Wrote("authz_fail reason=not_found actor=$bob subject= target=line:" + strings.TrimSuffix(at, ".tlog-proof"))
		}
		for _, odd := range []string{"x", "-1", "1.5", "01", "%2B1", "1e3", "18446744073709551616", "1.tlog-proof.tlog-proof", ".tlog-proof", "1%20"} {
			alice.Get("/activity/" + odd).Is(404).Wrote("authz_fail reason=not_found actor=$alice")
		}
		h.Browser(office).Get(fmt.Sprintf("/activity/%d.tlog-proof", mine)).To(fmt.Sprintf("/login?next=%%2Factivity%%2F%d.tlog-proof", mine)).
			Wrote("authz_fail reason=signed_out target=route:/activity/{seq}")

		// The owner sees who tried as far as the activity tells it; the exact
		// line, which alone can be proved, has the stranger's random id as well.
		page := alice.Get(fmt.Sprintf("/activity/%d", tried)).Is(200, "Someone else asked for this card", "Somebody else", far, "Yours")
		page.Wrote()
		if told := between(page.Body, "<h2>Who</h2>", "</dl>"); strings.Contains(told, h.ID("bob")) {
			t.Errorf("the page tells %s", told)
		}
		if f := proved(h, alice, tried); !strings.Contains(string(f.Extra), h.ID("bob")) {
			t.Errorf("the proof is of %s, want the exact line", f.Extra)
		}
	})
}

// TestProofBeforeItsSignature holds that a proof waits for the signature, and
// says so when none comes.
func TestProofBeforeItsSignature(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			h := house.Open(t, e)
			alice := h.Person("alice", home)
			proved(h, alice, 5)                                                  // whatever is signed by then, it is waited for
			outside(h, e, `UPDATE head SET origin = origin || 'x' WHERE id = 1`) // nothing is signed under another's name
			seq := alice.Get("/view_credit_card/none").Is(404).Wrote("authz_fail")[0].Seq
			alice.Get(fmt.Sprintf("/activity/%d.tlog-proof", seq)).Is(404).Wrote("authz_fail reason=not_found") // it has no subject: it is nobody's
			seq = alice.Post("/confirm", "password", "not my password").Is(401).Wrote("authn_stepup_fail")[0].Seq
			alice.Get(fmt.Sprintf("/activity/%d", seq)).Is(200, "is on its way").Wrote()
			alice.Get(fmt.Sprintf("/activity/%d.tlog-proof", seq)).Is(503, "No signature covers this line yet").Has("Retry-After", "1").Wrote()
			outside(h, e, `UPDATE head SET origin = substr(origin, 1, length(origin) - 1) WHERE id = 1`)
			proved(h, alice, seq)
		})
	}
}
