package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// holder is a person at a browser, and what that person was told.
type holder struct {
	name   string
	client *http.Client

	mu     sync.Mutex
	cards  map[string]int // acknowledged cards, and how often each was shown
	unsure int            // how many more were asked for, without an answer
}

var serial atomic.Uint64

// password passes every rule.
const password = "tulip-canary-90-lantern"

func newHolder(tb testing.TB) *holder {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return &holder{name: fmt.Sprintf("holder%d", serial.Add(1)), cards: map[string]int{}, client: &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what came back: no status means that nothing did.
type answer struct {
	status int
	to     string // Location
	body   string
}

func (h *holder) ask(ctx context.Context, method, to string, form url.Values) answer {
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewBufferString(form.Encode()))
	if err != nil {
		return answer{}
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := h.client.Do(req)
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{} // cut off in the middle: told nothing
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(body)}
}

// signUp makes the account. The cookie is for the host, so it outlives a
// restart on another port.
func (h *holder) signUp(tb testing.TB, base string) {
	tb.Helper()
	a := h.ask(context.Background(), http.MethodPost, base+"/signup", url.Values{"username": {h.name}, "password": {password}})
	if a.status != http.StatusSeeOther {
		tb.Fatalf("sign-up of %s = %d, want 303\n%s", h.name, a.status, a.body)
	}
}

// add stores a card that nobody has yet.
func (h *holder) add(ctx context.Context, base string) answer {
	a := h.ask(ctx, http.MethodPost, base+"/create_credit_card", url.Values{
		"card_number": {number(serial.Add(1))}, "cardholder_name": {"Ada Lovelace"}, "expiry": {nextYear()}, "label": {""},
	})
	id, ok := strings.CutPrefix(a.to, "/view_credit_card/")
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case ok && a.status == http.StatusSeeOther:
		h.cards[id] = 0
	case a.status == 0:
		h.unsure++
	}
	return a
}

// view looks at one of the cards.
func (h *holder) view(ctx context.Context, base string) answer {
	h.mu.Lock()
	var id string
	for id = range h.cards {
		break
	}
	h.mu.Unlock()
	if id == "" {
		return answer{}
	}
	a := h.ask(ctx, http.MethodGet, base+"/view_credit_card/"+id, nil)
	if a.status == http.StatusOK {
		h.mu.Lock()
		h.cards[id]++
		h.mu.Unlock()
	}
	return a
}

// work adds and views until ctx ends or nobody answers; what is no success is
// given to wrong.
func (h *holder) work(ctx context.Context, base string, wrong func(answer)) {
	for ctx.Err() == nil {
		for _, a := range []answer{h.add(ctx, base), h.view(ctx, base), h.view(ctx, base)} {
			switch a.status {
			case 0:
				return
			case http.StatusOK, http.StatusSeeOther:
			default:
				wrong(a)
			}
		}
	}
}

func nextYear() string { return time.Now().AddDate(1, 0, 0).Format("01/06") }

// number is the nth card number: a test range, and Luhn's check digit.
func number(n uint64) string {
	digits := fmt.Sprintf("4%014d", n)
	sum := 0
	for i, d := range digits {
		v := int(d - '0')
		if i%2 == 0 { // the check digit to come makes these the doubled ones
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}
