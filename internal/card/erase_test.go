package card_test

import (
	"testing"

	"coffer/internal/card"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

// TestErase holds that an owner's cards and key go together, each with its
// event, that others keep theirs, and that a card which is being added at that
// moment does not outlive its owner.
func TestErase(t *testing.T) {
	on(t, "", func(t *testing.T, h *house) {
		a, b := h.add(alice, visa), h.add(alice, mc)
		kept := h.add(bob, visa)
		h.lines()
		var cards int
		err := h.log.Commit(as(alice), func(tx *db.Tx) (events []event.Event, err error) {
			if cards, events, err = card.Erase(tx, alice); err != nil {
				return nil, err
			}
			_, err = tx.Exec(`DELETE FROM account WHERE id = $1`, alice)
			return events, err
		})
		if err != nil || cards != 2 {
			t.Fatalf("Erase() = %d, %v, want two cards", cards, err)
		}
		h.logged(alice, event.CardDeleted{Owner: alice, Card: a.ID, Last4: a.Last4}, event.CardDeleted{Owner: alice, Card: b.ID, Last4: b.Last4},
			event.KeyDestroyed{Key: "data/" + alice, Use: "data", Owner: alice})
		// Her key is still in this process's memory, as on another node.
		if _, err := h.cards.Add(as(alice), alice, draft(amex)); !fault.Is(err, fault.Conflict) {
			t.Errorf("Add() for who was erased = %v, want Conflict", err)
		}
		h.cards.Forget(alice)
		if _, err := h.cards.Add(as(alice), alice, draft(amex)); !fault.Is(err, fault.Conflict) {
			t.Errorf("Add() for who was erased = %v, want Conflict", err)
		}
		for _, q := range []string{`SELECT COUNT(*) FROM card WHERE owner = $1`, `SELECT COUNT(*) FROM data_key WHERE owner = $1`} {
			var n int
			if err := h.read.QueryRow(t.Context(), q, alice).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s = %d, %v, want none", q, n, err)
			}
		}
		if _, _, err := h.cards.Reveal(as(bob), asker(bob), kept.ID); err != nil {
			t.Errorf("Reveal() of another's card = %v", err)
		}
	})
}
