package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/db"
)

func TestCreateCard(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		b.Get(cardForm).Is(200, `name="card_number"`, `name="cardholder_name"`, `name="expiry"`, `name="label"`).Not("cvv", "cvc", "security_code").Wrote()
		a := b.Post(cardForm, cardFields("4242 4242-4242 4242", "label", "Groceries")...).Is(303)
		lines := a.Wrote("crypt_key_created actor=$alice subject=$alice data.use=data",
			"sensitive_create actor=$alice subject=$alice session=$session-of-alice data.brand=visa data.last4=4242")
		path := a.Header.Get("Location")
		id := strings.TrimPrefix(path, "/view_credit_card/")
		if lines[1].Target() != "card:"+id || !strings.HasPrefix(id, "c_") {
			t.Errorf("Location = %s and target = %s, want one card", path, lines[1].Target())
		}
		h.Name("card", id)
		b.Get("/").Is(200, path, "Groceries", "4242", "Ada Lovelace", "08/29").Wrote()
		b.Post(cardForm, cardFields(amex)...).Is(303).Wrote("sensitive_create data.brand=amex data.last4=0005")

		b.Post(cardForm, cardFields("4242-4242-4242-4242", "expiry", "01/31")...).To(path).
			Wrote("sensitive_update actor=$alice subject=$alice target=card:$card data.last4=4242 data.fields=[\"expiry\"]")
		b.Get(path).Is(200, "01/31", "Groceries").Wrote("sensitive_read data.part=masked")
		if n := count(h, "card"); n != 2 {
			t.Errorf("cards = %d, want 2: the same number is the same card", n)
		}
	})
}

func TestCardRefused(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Person("alice", home)
	for _, c := range []struct {
		name    string
		changes []string
		fields  string
	}{
		{"no number", []string{"card_number", ""}, "card_number:required"},
		{"letters", []string{"card_number", "4242x4242x4242x42"}, "card_number:characters"},
		{"arabic digits", []string{"card_number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "card_number:characters"},
		{"nul", []string{"card_number", visa + "\x00"}, "card_number:characters"},
		{"check digit", []string{"card_number", "4242424242424241"}, "card_number:checksum"},
		{"too short", []string{"card_number", "42424242424"}, "card_number:length"},
		{"too long", []string{"card_number", strings.Repeat("4242", 10)}, "card_number:length"},
		{"brand against length", []string{"card_number", "42424242424242"}, "card_number:length"},
		{"no brand", []string{"card_number", "9999999999999995"}, "card_number:brand"},
		{"past", []string{"expiry", "02/26"}, "expiry:past"},
		{"far", []string{"expiry", "04/46"}, "expiry:far"},
		{"thirteenth month", []string{"expiry", "13/29"}, "expiry:format"},
		{"other form", []string{"expiry", "2029-08"}, "expiry:format"},
		{"no expiry", []string{"expiry", ""}, "expiry:required"},
		{"no holder", []string{"cardholder_name", " "}, "cardholder_name:required"},
		{"holder with markup", []string{"cardholder_name", "<b>Ada</b>"}, "cardholder_name:characters"},
		{"holder with a line", []string{"cardholder_name", forged}, "cardholder_name:characters"},
		{"number as holder", []string{"cardholder_name", "4111 1111 1111 1111"}, "cardholder_name:characters"},
		{"label too long", []string{"label", strings.Repeat("l", 41)}, "label:length"},
		{"label that turns", []string{"label", "a\u202eb"}, "label:characters"},
		{"number as label", []string{"label", "4111-1111-1111-1111"}, "label:number"},
		{"not UTF-8", []string{"cardholder_name", "Ada\xff"}, "cardholder_name:characters"},
		{"everything", []string{"card_number", "1", "cardholder_name", "", "expiry", "x", "label", strings.Repeat("l", 41)}, "card_number:length,cardholder_name:required,expiry:format,label:length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := b.Post(cardForm, cardFields(visa, c.changes...)...).Is(422, "<form", `name="card_number"`).
				Not("<b>Ada", "\u202e", "\x00", "\xff").
				Wrote("input_validation_fail actor=$alice subject=$alice target=route:/create_credit_card session=$session-of-alice")
			if got := fieldRules(lines[0].Data); got != c.fields {
				t.Errorf("fields = %s, want %s", got, c.fields)
			}
		})
	}
	// March 2026 is not over, and March 2046 is twenty years ahead.
	b.Post(cardForm, cardFields(visa, "expiry", "03/26")...).Is(303).Wrote("crypt_key_created", "sensitive_create")
	b.Post(cardForm, cardFields(visa, "expiry", "03/46")...).Is(303).Wrote("sensitive_update")
	if n := count(h, "card"); n != 1 {
		t.Errorf("cards = %d, want 1", n)
	}
}

func TestCardLimit(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		addCard(b, visa)
		b.Post(cardForm, cardFields(amex)...).Is(303).Wrote("sensitive_create")
		b.Post(cardForm, cardFields(mastercard)...).Is(429, "there can be no more", `name="cardholder_name"`).
			Wrote("excess_rate_limit_exceeded actor=$alice subject=$alice target=limit:cards data.allowed=2")
		b.Post(cardForm, cardFields(visa, "expiry", "09/29")...).Is(303).Wrote("sensitive_update")
		if n := count(h, "card"); n != 2 {
			t.Errorf("cards = %d, want 2", n)
		}
	}, func(s *house.Setup) { s.Limits = "cards=2" })
}

// TestFiftyFirstCard holds the limit as it comes.
func TestFiftyFirstCard(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Person("alice", home)
	addCard(b, numbered(0))
	for i := range 49 {
		b.Post(cardForm, cardFields(numbered(i+1))...).Is(303).Wrote("sensitive_create")
	}
	b.Post(cardForm, cardFields(numbered(50))...).Is(429).Wrote("excess_rate_limit_exceeded target=limit:cards data.allowed=50")
	if n := strings.Count(b.Get("/").Is(200).Body, `href="/view_credit_card/`); n != 50 {
		t.Errorf("the start page links to %d cards, want all 50", n)
	}
}

// numbered is the i-th of many valid numbers.
func numbered(i int) string {
	body := fmt.Sprintf("400000%09d", i)
	sum := 0
	for j, r := range body {
		d := int(r - '0')
		if j%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

// TestReveal holds that the number is shown to its owner only, after its event,
// to whoever stepped up within five minutes, and ten times an hour.
func TestReveal(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		path := addCard(b, visa)
		h.Name("card", strings.TrimPrefix(path, "/view_credit_card/"))
		b.Get(path).Is(200, "4242", "Show number").Not("4242 4242", visa).Has("Cache-Control", "no-store").
			Wrote("sensitive_read actor=$alice subject=$alice target=card:$card data.part=masked data.last4=4242 data.signed=")
		const shown = "4242 4242 4242 4242"
		b.Post(path+"/reveal").Is(200, shown).Has("Cache-Control", "no-store").
			Wrote("sensitive_read actor=$alice subject=$alice target=card:$card data.part=number data.signed=none")
		b.Get(path+"/reveal").Is(405).Has("Allow", "POST").Wrote()

		h.Pass(5 * time.Minute)
		b.Post(path + "/reveal").To("/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote()
		b.Post("/confirm", "password", house.Password, "next", path).To(path).Wrote("authn_stepup_success", "session_renewed")
		for range 9 {
			b.Post(path+"/reveal").Is(200, shown).Wrote("sensitive_read data.part=number")
		}
		// One comes back every six minutes, and five have passed since the first.
		b.Post(path+"/reveal").Is(429, "Please wait").Has("Retry-After", "60").Not(shown).
			Wrote("excess_rate_limit_exceeded actor=$alice subject=$alice target=limit:reveal data.allowed=10/h")
		h.Pass(time.Hour)
		b.Post(path+"/reveal").To("/login?next="+strings.ReplaceAll(path, "/", "%2F")).Wrote("session_expired", "session_use_after_expire")
	})
}

func TestDeleteCard(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		path := addCard(b, visa)
		h.Name("card", strings.TrimPrefix(path, "/view_credit_card/"))
		b.Post(path + "/delete").To("/").Wrote("sensitive_delete actor=$alice subject=$alice target=card:$card data.last4=4242")
		const absent = "authz_fail reason=not_found actor=$alice subject= target=card:$card"
		b.Get(path).Is(404, "There is no such page").Wrote(absent)
		b.Post(path+"/reveal").Is(404, "There is no such page").Wrote(absent)
		b.Post(path+"/delete").Is(404, "There is no such page").Wrote(absent)
		b.Get("/").Is(200, "Nothing in the vault yet").Wrote()
		b.Post(cardForm, cardFields(visa)...).Is(303).Wrote("sensitive_create")
	})
}

// TestNotTheirCard holds that another's card, one that is gone, one that never
// was and what is no id at all have one answer, and in the log two.
func TestNotTheirCard(t *testing.T) {
	house.Both(t, func(h *house.House) {
		path := addCard(h.Person("alice", home), visa)
		card := strings.TrimPrefix(path, "/view_credit_card/")
		h.Name("card", card)
		bob := h.Person("bob", far)
		verbs := []struct {
			verb string
			ask  func(id string) *house.Answer
		}{
			{"view", func(id string) *house.Answer { return bob.Get("/view_credit_card/" + id) }},
			{"reveal", func(id string) *house.Answer { return bob.Post("/view_credit_card/" + id + "/reveal") }},
			{"delete", func(id string) *house.Answer { return bob.Post("/view_credit_card/" + id + "/delete") }},
		}
		for _, stepped := range []bool{true, false} {
			for _, v := range verbs {
				theirs := v.ask(card).Is(404, "There is no such")
				theirs.Wrote("malicious_direct_reference level=CRITICAL actor=$bob subject=$alice target=card:$card data.verb=" + v.verb)
				for id, target := range map[string]string{
					"c_" + strings.Repeat("a", 26): "c_" + strings.Repeat("a", 26), "1": "1", "0": "0", "-1": "-1", strings.ToUpper(card): strings.ToUpper(card),
					"4242424242424242": "{id}", "%27%20OR%201=1": "{id}", "%00": "{id}", "%E2%80%AE": "{id}", "x%0A%7B": "{id}", strings.Repeat("a", 300): "{id}",
				} {
					nothing := v.ask(id).Is(404)
					nothing.Wrote("authz_fail reason=not_found actor=$bob subject= target=card:" + target)
					if where := differs(bare(nothing.Body), bare(theirs.Body)); where != "" {
						t.Errorf("%s of %q differs from that of another's card at %s", v.verb, id, where)
					}
				}
			}
			if stepped {
				h.Pass(6 * time.Minute)
			}
		}
		if count(h, "card") != 1 {
			t.Error("the card is gone")
		}
	})
}

// TestSealedNumberMoved holds that a ciphertext that was moved or spoilt does
// not open, shows nothing and is told.
func TestSealedNumberMoved(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Person("alice", home)
	first := addCard(b, visa)
	a := b.Post(cardForm, cardFields(mastercard)...).Is(303)
	a.Wrote("sensitive_create")
	outside(h, db.SQLite, `UPDATE card SET sealed = (SELECT sealed FROM card WHERE last4 = '4242')`)
	h.Name("moved", strings.TrimPrefix(a.Header.Get("Location"), "/view_credit_card/"))
	b.Post(a.Header.Get("Location")+"/reveal").Is(500, "could not be opened").Not("4242 4242", "5555 5555").
		Wrote("crypt_decrypt_fail level=CRITICAL actor=$alice subject=$alice target=card:$moved")
	b.Post(first+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")
}

// TestDataKeySpoilt holds that with an owner's key spoilt no number is shown,
// and none is stored that could not be opened again.
func TestDataKeySpoilt(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		path := addCard(b, visa)
		h.Name("card", strings.TrimPrefix(path, "/view_credit_card/"))
		h.Stop() // a running server has the key in memory
		outside(h, h.Reader().Engine(), `UPDATE data_key SET wrapped = (SELECT sealed FROM card)`)
		h.Start()
		h.Wrote("sys_startup")
		b.Post(cardForm, cardFields(mastercard)...).Is(500, "could not be sealed").
			Wrote("crypt_encrypt_fail level=CRITICAL actor=$alice subject=$alice target=*")
		b.Post(path+"/reveal").Is(500, "could not be opened").Not("4242 4242").
			Wrote("crypt_decrypt_fail level=CRITICAL actor=$alice subject=$alice target=card:$card")
		if n := count(h, "card"); n != 1 {
			t.Errorf("cards = %d, want 1", n)
		}
	})
}
