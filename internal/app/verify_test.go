package app_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/proof"
)

// TestCopyAfterRetention holds that a copied data directory is enough, even
// when retention has removed the oldest lines: what the log_pruned line carries
// stands in for them, and no hash tile is needed.
func TestCopyAfterRetention(t *testing.T) {
	house.Both(t, func(h *house.House) {
		beats(h, 300, 15*time.Minute)
		var gone uint64
		for end := time.Now().Add(10 * time.Second); gone == 0; time.Sleep(20 * time.Millisecond) { // until it is signed
			h.Tick(app.Retention)
			gone = h.Lines(0)[0].Seq
			if time.Now().After(end) {
				h.Fatal("nothing was removed")
			}
		}
		h.Wrote("log_pruned")
		h.Stop()
		found, err := proof.Files(os.DirFS(h.Dir()), "copy")
		if err != nil || found.Own == nil {
			h.Fatalf("Files() = %+v, %v", found, err)
		}
		keys, err := proof.ParseKeys(found.Pub, true)
		if err != nil {
			h.Fatal(err)
		}
		found.Parts = found.Parts[first(found.Parts, gone):] // an aside or a late removal may lie there still
		r := proof.Judge(context.Background(), proof.Case{Parts: found.Parts, Own: found.Own, Keys: keys, Now: h.Now()})
		if r.Verdict != proof.Intact || r.First != gone || len(r.Pruned) != 1 || r.Pruned[0].Last != gone-1 || r.Unsigned != 0 {
			h.Errorf("a copy after retention: %s", r.JSON())
		}
		if text := string(r.JSON()); !strings.Contains(text, `"pruned":[{"first":0`) {
			h.Errorf("the report does not say what was removed: %s", text)
		}
	}, func(s *house.Setup) { s.Retention = "1d" })
}

// first is the place of the segment that begins with a line.
func first(parts []proof.Part, seq uint64) int {
	for i, p := range parts {
		if p.Named && p.First == seq {
			return i
		}
	}
	return len(parts) - 1
}

// TestSignaturesAreJudged holds that what passkeys signed here is what the judge
// takes for signed, of each kind of key, and the two ways of not signing.
func TestSignaturesAreJudged(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		card := cardOf(alice, "4242 4242 4242 4242")
		reveal := "/view_credit_card/" + card + "/reveal"
		alice.Post(reveal).Is(200).Wrote("sensitive_read data.signed=none")
		app, key := alice.AddApp(), alice.AddPasskey()
		alice.Approve(key, "sensitive_read", "card:"+card)
		alice.Post(reveal).Is(200).Wrote("sensitive_read")
		alice.Approve(key, "authn_password_change", "")
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).
			Wrote("authn_password_change", "session_renewed")
		h.Pass(time.Minute)
		alice.Post(confirm, "code", app.Code(0), "next", "/").To("/").Wrote("authn_stepup_success", "session_renewed")
		alice.Post(reveal).Is(200).Wrote("sensitive_read data.signed=none")
		h.Stop()
		found, err := proof.Files(os.DirFS(h.Dir()), "copy")
		if err != nil || found.Own == nil {
			h.Fatalf("Files() = %+v, %v", found, err)
		}
		keys, err := proof.ParseKeys(found.Pub, true)
		if err != nil {
			h.Fatal(err)
		}
		r := proof.Judge(context.Background(), proof.Case{Parts: found.Parts, Own: found.Own, Keys: keys, Now: h.Now()})
		s := r.Signed
		// Five could be signed: three reveals and the two factors that were added.
		if r.Verdict != proof.Intact || s.Count != 1 || s.Of != 5 || s.Others != 1 || s.Bad != 0 || s.Unchecked != 0 || s.Stripped != 1 {
			h.Errorf("signed = %+v, verdict %v", s, r.Verdict)
		}
	})
}
