package card_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/card"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

func dataKey(owner string) event.KeyCreated {
	return event.KeyCreated{Key: "data/" + owner, Use: "data", Owner: owner}
}

func TestAddListAndView(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		first := h.add(alice, "4242 4242-4242 4242")
		h.logged(alice, dataKey(alice), event.CardAdded{Owner: alice, Card: first.ID, Brand: "visa", Last4: "4242"})
		second := h.add(alice, amex)
		h.logged(alice, event.CardAdded{Owner: alice, Card: second.ID, Brand: "amex", Last4: "0005"})
		h.add(bob, mc)
		h.lines()

		got, err := h.cards.List(as(alice), alice)
		if err != nil || !slices.Equal(got, []card.Card{second, first}) {
			t.Errorf("List = %+v, %v, want %+v", got, err, []card.Card{second, first})
		}
		h.logged("")
		if got, err := h.cards.List(as(alice), "u_nobody"); err != nil || len(got) != 0 {
			t.Errorf("List of nobody = %v, %v, want none", got, err)
		}
		one, err := h.cards.View(as(alice), alice, first.ID)
		if err != nil || one != first {
			t.Errorf("View = %+v, %v, want %+v", one, err, first)
		}
		h.logged(alice, event.CardViewed{Owner: alice, Card: first.ID, Last4: "4242", Part: "masked"})
	})
}

// asker is an owner who just signed in.
func asker(owner string) factor.Asker {
	return factor.Asker{Account: owner, Session: "s_" + owner, Stepped: time.Now(), Proof: "signin"}
}

func TestReveal(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.lines()
		before := time.Now().Add(-time.Second)
		for range 2 { // with the key in memory, and without
			number, shown, err := h.cards.Reveal(as(alice), asker(alice), c.ID)
			if err != nil || number.Reveal() != visa {
				t.Fatalf("Reveal = %d digits, %v, want the number", number.Len(), err)
			}
			if shown.Shown.Before(before) {
				t.Errorf("Reveal says shown at %v, want now", shown.Shown)
			}
			h.logged(alice, event.CardViewed{Owner: alice, Card: c.ID, Last4: "4242", Part: "number", Signed: event.Unsigned})
			if cards, err := h.cards.List(as(alice), alice); err != nil || cards[0] != shown {
				t.Errorf("List after Reveal = %+v, %v, want %+v", cards, err, shown)
			}
			h.restart()
		}
	})
}

func TestDelete(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c, kept := h.add(alice, visa), h.add(alice, mc)
		h.lines()
		if err := h.cards.Delete(as(alice), alice, c.ID); err != nil {
			t.Fatalf("Delete = %v", err)
		}
		h.logged(alice, event.CardDeleted{Owner: alice, Card: c.ID, Last4: "4242"})
		if got, err := h.cards.List(as(alice), alice); err != nil || !slices.Equal(got, []card.Card{kept}) {
			t.Errorf("List after Delete = %+v, %v, want the other", got, err)
		}
		h.refused("Delete again", h.cards.Delete(as(alice), alice, c.ID), fault.NotFound,
			event.AuthzFailed{Reason: "not_found", Resource: "card:" + c.ID})
		if again := h.add(alice, visa); again.ID == c.ID {
			t.Error("a card added after its deletion has the old id")
		}
	})
}

func TestAddListsEveryFault(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		d := card.Draft{Number: secret.New("4242424242424241"), Holder: "4242424242424242", Expiry: "01/20", Label: visa}
		_, err := h.cards.Add(as(alice), alice, d)
		f := h.refused("Add", err, fault.Invalid, event.InputInvalid{Form: "/create_credit_card", Fields: []event.FieldRule{
			{Field: "card_number", Rule: "checksum"},
			{Field: "cardholder_name", Rule: "characters"},
			{Field: "expiry", Rule: "past"},
			{Field: "label", Rule: "number"},
		}})
		for _, field := range f.Fields {
			if field.Text == "" || strings.Contains(field.Text, "4242") {
				t.Errorf("Text of %s = %q, want a sentence without the number", field.Name, field.Text)
			}
		}
		if strings.Contains(err.Error(), "4242") || h.count("card") != 0 || h.count("data_key") != 0 {
			t.Errorf("Add refused with %v, %d cards and %d keys stored, want none", err, h.count("card"), h.count("data_key"))
		}
	})
}

// TestTwin adds a card that is there already.
func TestTwin(t *testing.T) {
	on(t, "cards=1", func(t *testing.T, h *house) {
		first := h.add(alice, visa)
		h.lines()
		renewed := card.Draft{Number: secret.New("4242-4242-4242-4242"), Holder: "Ada King", Expiry: expiry(5), Label: "Work"}
		for _, changed := range [][]string{{"expiry", "cardholder_name", "label"}, nil} {
			got, err := h.cards.Add(as(alice), alice, renewed)
			if err != nil || got.ID != first.ID || got.Expires() != expiry(5) || got.Holder != "Ada King" || got.Label != "Work" || got.Created != first.Created {
				t.Errorf("Add of a renewed card = %+v, %v, want the same card with what is new", got, err)
			}
			h.logged(alice, event.CardUpdated{Owner: alice, Card: first.ID, Last4: "4242", Fields: changed})
		}
		renewed.Label = ""
		got, err := h.cards.Add(as(alice), alice, renewed)
		if err != nil || got.Label != "Work" {
			t.Errorf("Add without a label = %q, %v, want the old one kept", got.Label, err)
		}
		if cards, err := h.cards.List(as(alice), alice); err != nil || !slices.Equal(cards, []card.Card{got}) {
			t.Errorf("List = %+v, %v, want %+v alone", cards, err, got)
		}
		h.lines()
		// The same number of another person is another card.
		if other := h.add(bob, visa); other.ID == first.ID {
			t.Error("two people share a card")
		}
	})
}

// TestNotTheirs tries each verb on what is another's and on what is nothing:
// outside the answers are one, inside they are two.
func TestNotTheirs(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.lines()
		verbs := map[string]func(id string) error{
			"view":   func(id string) error { _, err := h.cards.View(as(bob), bob, id); return err },
			"reveal": func(id string) error { _, _, err := h.cards.Reveal(as(bob), asker(bob), id); return err },
			"delete": func(id string) error { return h.cards.Delete(as(bob), bob, id) },
			"asked":  func(id string) error { return h.cards.Owns(as(bob), bob, id, "asked") },
		}
		for verb, try := range verbs {
			theirs := h.refused(verb+" of another's", try(c.ID), fault.NotFound, event.DirectReference{Owner: alice, Card: c.ID, Verb: verb})
			for id, segment := range map[string]string{
				"c_" + strings.Repeat("a", 26): "c_" + strings.Repeat("a", 26), "c_" + strings.Repeat("1", 26): "{id}", strings.ToUpper(c.ID): strings.ToUpper(c.ID),
				"1": "1", "": "{id}", visa: "{id}", "../" + c.ID: "{id}", c.ID + "\n": "{id}", "' OR 1=1 --": "{id}", "\xff": "{id}",
			} {
				f := h.refused(verb+" of "+id, try(id), fault.NotFound, event.AuthzFailed{Reason: "not_found", Resource: "card:" + segment})
				if f.Text != theirs.Text || f.Status != theirs.Status {
					t.Errorf("%s of %q says %q, of another's %q: it tells that the card exists", verb, id, f.Text, theirs.Text)
				}
			}
		}
		if h.count("card") != 1 {
			t.Error("a stranger's delete deleted")
		}
	})
}

func TestRevealLimit(t *testing.T) {
	on(t, "reveal=2/h", func(t *testing.T, h *house) {
		c, other := h.add(alice, visa), h.add(bob, mc)
		h.lines()
		reveal := func(owner, id string) error { _, _, err := h.cards.Reveal(as(owner), asker(owner), id); return err }
		for range 2 {
			if err := reveal(alice, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		h.lines()
		f := h.refused("the third Reveal", reveal(alice, c.ID), fault.TooMany, event.RateLimited{Limit: "reveal", Allowed: "2/h", Account: alice})
		if f.Retry <= 0 || f.Retry > time.Hour {
			t.Errorf("Retry = %v, want within the hour", f.Retry)
		}
		if err := reveal(bob, other.ID); err != nil {
			t.Errorf("Reveal of another owner = %v, want a count of their own", err)
		}
	})
}

// TestCardLimit adds many first cards at once: as many as there is room for
// are kept, under one data key.
func TestCardLimit(t *testing.T) {
	on(t, "cards=3", func(t *testing.T, h *house) {
		numbers := []string{
			visa, mc, amex, "4111111111111111", "4012888888881881", "5105105105105100",
			"371449635398431", "6011111111111117", "3566002020360505", "6200000000000005",
		}
		results := make([]error, len(numbers))
		var wg sync.WaitGroup
		for i, n := range numbers {
			wg.Go(func() { _, results[i] = h.cards.Add(as(alice), alice, draft(n)) })
		}
		wg.Wait()
		added := 0
		for _, err := range results {
			switch {
			case err == nil:
				added++
			case !fault.Is(err, fault.TooMany):
				t.Errorf("Add beyond the limit = %v, want TooMany", err)
			case !slices.Equal(fault.As(err).Events, []event.Event{event.RateLimited{Limit: "cards", Allowed: "3", Account: alice}}):
				t.Errorf("Add beyond the limit brings %s", list(fault.As(err).Events))
			}
		}
		kinds := map[string]int{}
		for _, l := range h.lines() {
			kinds[l.Event]++
		}
		if added != 3 || h.count("card") != 3 || h.count("data_key") != 1 || len(kinds) != 2 || kinds["crypt_key_created"] != 1 || kinds["sensitive_create"] != 3 {
			t.Errorf("Add at once = %d added, %d cards, %d keys, events %v, want 3, 3, 1 and an event each", added, h.count("card"), h.count("data_key"), kinds)
		}
		for _, n := range numbers {
			if _, err := h.cards.Add(as(alice), alice, draft(n)); err == nil {
				added-- // one of the three, renewed
			}
		}
		if added != 0 {
			t.Errorf("at the limit, %d cards of three could not be renewed", added)
		}
	})
}

func TestLimitOff(t *testing.T) {
	on(t, "cards=off,reveal=off", func(t *testing.T, h *house) {
		for _, n := range []string{visa, mc, amex} {
			h.add(alice, n)
		}
	})
}

// TestTampered moves and changes what is stored; nothing that was moved opens.
func TestTampered(t *testing.T) {
	const move = `UPDATE card SET sealed = (SELECT sealed FROM card WHERE id = $1) WHERE id = $2`
	for name, tamper := range map[string]func(h *house, mine, second, other card.Card){
		"two cards of one owner": func(h *house, mine, second, _ card.Card) { h.exec(move, second.ID, mine.ID) },
		"cards of two owners":    func(h *house, mine, _, other card.Card) { h.exec(move, other.ID, mine.ID) },
		"given to another owner": func(h *house, mine, _, other card.Card) {
			h.exec(`UPDATE card SET owner = $1 WHERE id = $2`, alice, other.ID)
			h.exec(`UPDATE card SET id = $1 WHERE id = $2`, "c_"+strings.Repeat("z", 26), mine.ID)
			h.exec(`UPDATE card SET id = $1 WHERE id = $2`, mine.ID, other.ID)
		},
		"emptied": func(h *house, mine, _, _ card.Card) {
			h.exec(`UPDATE card SET sealed = $1 WHERE id = $2`, []byte{}, mine.ID)
		},
		"data key of another": func(h *house, _, _, _ card.Card) {
			h.exec(`UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE owner = $1) WHERE owner = $2`, bob, alice)
			h.restart()
		},
		"data key gone": func(h *house, _, _, _ card.Card) { h.exec(`DELETE FROM data_key`); h.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			on(t, "", func(t *testing.T, h *house) {
				mine, second, other := h.add(alice, visa), h.add(alice, mc), h.add(bob, amex)
				h.lines()
				tamper(h, mine, second, other)
				number, _, err := h.cards.Reveal(as(alice), asker(alice), mine.ID)
				f := h.refused("Reveal", err, fault.Internal, event.DecryptFailed{Owner: alice, Card: mine.ID})
				if number.Len() != 0 || f.Err == nil || strings.Contains(f.Error(), visa[:12]) {
					t.Errorf("Reveal gave %d digits and %v, want none and the cause", number.Len(), err)
				}
			})
		})
	}
}

func TestSealFails(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		h.add(alice, visa)
		h.lines()
		h.exec(`UPDATE data_key SET wrapped = $1`, []byte("not a key"))
		h.restart()
		_, err := h.cards.Add(as(alice), alice, draft(mc))
		f := fault.As(err)
		if len(f.Events) != 1 {
			t.Fatalf("Add = %v with %s, want one event", err, list(f.Events))
		}
		e, _ := f.Events[0].(event.EncryptFailed)
		h.refused("Add", err, fault.Internal, event.EncryptFailed{Owner: alice, Card: e.Card})
		if h.count("card") != 1 {
			t.Errorf("%d cards, want the first alone", h.count("card"))
		}
	})
}

// TestKeyDestroyed adds with a key in memory that is gone from the database: the
// card must not be sealed under it.
func TestKeyDestroyed(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		h.add(alice, visa)
		h.exec(`DELETE FROM card`)
		h.exec(`DELETE FROM data_key`)
		h.lines()
		c := h.add(alice, visa)
		h.logged(alice, dataKey(alice), event.CardAdded{Owner: alice, Card: c.ID, Brand: "visa", Last4: "4242"})
		h.restart()
		if number, _, err := h.cards.Reveal(as(alice), asker(alice), c.ID); err != nil || number.Reveal() != visa {
			t.Errorf("Reveal after a restart = %v, want the number", err)
		}
	})
}

// TestNoEventNoEffect shuts the log: nothing is stored, shown or deleted.
func TestNoEventNoEffect(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.lines()
		h.log.Shut(errors.New("the file cannot be written"))
		_, err := h.cards.Add(as(alice), alice, draft(mc))
		h.refused("Add", err, fault.Unavailable)
		one, err := h.cards.View(as(alice), alice, c.ID)
		h.refused("View", err, fault.Unavailable)
		number, shown, err := h.cards.Reveal(as(alice), asker(alice), c.ID)
		h.refused("Reveal", err, fault.Unavailable)
		if one != (card.Card{}) || number.Len() != 0 || shown != (card.Card{}) {
			t.Error("a card was shown without its event")
		}
		h.refused("Delete", h.cards.Delete(as(alice), alice, c.ID), fault.Unavailable)
		if got, err := h.cards.List(as(alice), alice); err != nil || !slices.Equal(got, []card.Card{c}) {
			t.Errorf("List = %+v, %v, want the one card unchanged", got, err)
		}
	})
}

func TestDatabaseGone(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.restart()
		if err := h.read.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := h.cards.List(as(alice), alice)
		_, err2 := h.cards.View(as(alice), alice, c.ID)
		_, err3 := h.cards.Add(as(alice), alice, draft(mc))
		for _, err := range []error{err, err2, err3} {
			if !fault.Is(err, fault.Unavailable) || len(fault.As(err).Events) != 0 {
				t.Errorf("without a database = %v, want Unavailable and no event", err)
			}
		}
	})
}

// TestNoNumberInTheFile looks for the number in all that SQLite keeps.
func TestNoNumberInTheFile(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		if _, _, err := h.cards.Reveal(as(alice), asker(alice), c.ID); err != nil {
			t.Fatal(err)
		}
		if h.read.Engine() != db.SQLite {
			return // the rows are the same text
		}
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(h.file + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(data), visa) {
				t.Errorf("the number stands in coffer.db%s", suffix)
			}
		}
	})
}

// TestRaces deletes and shows one card at once: a number is shown only if its
// event is there, and after the deletion none.
func TestRaces(t *testing.T) {
	on(t, "reveal=off", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.lines()
		shown := make([]bool, 8)
		var wg sync.WaitGroup
		for i := range shown {
			wg.Go(func() {
				number, _, err := h.cards.Reveal(as(alice), asker(alice), c.ID)
				if shown[i] = err == nil; shown[i] != (number.Len() > 0) || err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("Reveal beside a Delete = %d digits, %v, want the number or NotFound", number.Len(), err)
				}
			})
		}
		wg.Go(func() {
			if err := h.cards.Delete(as(alice), alice, c.ID); err != nil {
				t.Errorf("Delete beside Reveals = %v", err)
			}
		})
		wg.Wait()
		reads, deleted := 0, false
		for _, l := range h.lines() {
			if l.Event == "sensitive_delete" {
				deleted = true
			} else {
				reads++
			}
		}
		if want := len(slices.DeleteFunc(shown, func(ok bool) bool { return !ok })); reads != want || !deleted {
			t.Errorf("%d reads and deleted %v in the log, want %d and true", reads, deleted, want)
		}
	})
}

func TestNoOriginNoView(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		c := h.add(alice, visa)
		h.lines()
		if got, err := h.cards.View(context.Background(), alice, c.ID); err == nil {
			t.Errorf("View without an origin = %+v, want an error", got)
		}
		h.logged("")
	})
}

func TestExpires(t *testing.T) {
	for expiry, want := range map[string]string{"2026-11": "11/26", "2046-01": "01/46"} {
		if got := (card.Card{Expiry: expiry}).Expires(); got != want {
			t.Errorf("Expires of %s = %q, want %q", expiry, got, want)
		}
	}
	want := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := (card.Card{Expiry: "2026-12"}).Ends(); !got.Equal(want) {
		t.Errorf("Ends of 2026-12 = %v, want %v", got, want)
	}
}
