package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
)

// readers is how many people look at their cards while strangers try to sign in.
const readers = 8

// flood sets looking at cards amid a flood of sign-ins, all refused and each the
// price of a hash, beside the same without it right before.
func (m *measurement) flood(app *server, people *people) error {
	for range m.rounds {
		alone, err := drive(app.addr, readers, m.window, people.view)
		if err != nil {
			return err
		}
		m.keep("view alone", alone)
		var all sync.WaitGroup
		var refused, amid result
		var failed error
		all.Go(func() { refused, failed = drive(app.addr, crowd, m.window, people.stranger) })
		amid, err = drive(app.addr, readers, m.window, people.view)
		all.Wait()
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		m.keep("refused", refused)
		m.keep("view amid the flood", amid)
	}
	return nil
}

// stranger tries a name that nobody has, another one each time.
func (p *people) stranger(client, n int) ([]byte, int, string) {
	guess := url.Values{"username": {fmt.Sprintf("nobody%d-%d", client, n)}, "password": {"not the one"}}
	return post(p.host, "/login", "", guess), http.StatusUnauthorized, ""
}

func (m *measurement) floodFigure() figure {
	return m.against("card view amid 64 failing sign-ins", "view amid the flood", "view alone", 0.5)
}
