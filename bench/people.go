package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const password = "amber sextant over Trondheim"

// people are signed up and each have a card; everything a client asks for is
// made ready once, so that the load costs little beside the server.
type people struct {
	views, logins [][]byte
	cookies       []string
	host, expiry  string
}

// signUp makes the people, a few at a time.
func signUp(addr string, count int) (*people, error) {
	p := &people{
		host: addr, expiry: time.Now().AddDate(3, 0, 0).Format("01/06"),
		views: make([][]byte, count), logins: make([][]byte, count), cookies: make([]string, count),
	}
	failed := make([]error, count)
	slots := make(chan struct{}, 4)
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failed[i] = p.add(i)
		})
	}
	all.Wait()
	for i, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("person %d: %w", i, err)
		}
	}
	return p, nil
}

func (p *people) add(i int) error {
	credentials := url.Values{"username": {fmt.Sprintf("bench%d", i)}, "password": {password}}
	res, err := p.send(post(p.host, "/signup", "", credentials))
	if err != nil {
		return err
	}
	cookies := make([]string, 0, 2)
	for _, c := range res.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	p.cookies[i] = strings.Join(cookies, "; ")
	p.logins[i] = post(p.host, "/login", "", credentials)
	wire, _, _ := p.create(i, -1)
	if res, err = p.send(wire); err != nil {
		return err
	}
	p.views[i] = get(p.host, res.Header.Get("Location"), p.cookies[i])
	return nil
}

// send is for what is done once: its own connection, and 303 or an error.
func (p *people) send(wire []byte) (*http.Response, error) {
	res, err := exchange(p.host, wire)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("%s: status %d, want 303", bytes.SplitN(wire, []byte("\r\n"), 2)[0], res.StatusCode)
	}
	return res, nil
}

func (p *people) view(client, _ int) ([]byte, int, string) {
	return p.views[client], http.StatusOK, "</html>"
}

func (p *people) login(client, _ int) ([]byte, int, string) {
	return p.logins[client], http.StatusSeeOther, "/"
}

func (p *people) signedOut(int, int) ([]byte, int, string) {
	return get(p.host, "/view_credit_card/1", ""), http.StatusSeeOther, "/login"
}

// create stores another card each time: the time makes the number new, also
// to the rounds before.
func (p *people) create(client, n int) ([]byte, int, string) {
	return post(p.host, "/create_credit_card", p.cookies[client], url.Values{
		"card_number":     {cardNumber(time.Now().UnixMicro()*crowd + int64(client))},
		"cardholder_name": {"Bench Holder"},
		"expiry":          {p.expiry},
	}), http.StatusSeeOther, "/view_credit_card/"
}

func get(host, path, cookie string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, host, header(cookie))
}

func post(host, path, cookie string, form url.Values) []byte {
	body := form.Encode()
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n%sSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		path, host, header(cookie), len(body), body)
}

func header(cookie string) string {
	if cookie == "" {
		return ""
	}
	return "Cookie: " + cookie + "\r\n"
}

// cardNumber is a 16-digit number of the brand whose numbers begin with 4, its
// last digit made to fit (Luhn).
func cardNumber(n int64) string {
	digits := fmt.Sprintf("4%014d", n%1e14)
	sum := 0
	for i, d := range digits { // of 16 digits, those at even places are doubled
		v := int(d - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}
