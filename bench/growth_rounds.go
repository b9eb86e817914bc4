package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// visits measures the two in turn: looks, then sign-ins, which end sessions,
// then commits, which no server may look on at.
func (m *measurement) visits(both []*grown) (err error) {
	for _, g := range both {
		began := time.Now()
		if g.serve, err = startCoffer(m.binary, g.dir, ""); err != nil {
			return err
		}
		g.start = time.Since(began)
	}
	for _, of := range []struct {
		name string
		take func(*grown) (result, error)
	}{{"view", m.looks}, {"login", m.enters}, {"commit", m.writes}} {
		if of.name == "commit" {
			both[0].stop()
			both[1].stop()
		}
		for round := range m.rounds {
			for i := range both {
				g := both[(round+i)%len(both)] // neither is always the first
				r, err := of.take(g)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", of.name, g.name, err)
				}
				m.keep(of.name+", "+g.name, r)
			}
		}
	}
	return nil
}

// looks measures looks at any card of anybody. First everybody looks once: the
// first look in a minute writes that the session is in use, and who has it to
// do is a matter of how many people there are, not of how full the vault is.
func (m *measurement) looks(g *grown) (r result, err error) {
	if err := g.allLook(); err != nil {
		return r, err
	}
	return m.served(g, "view", func(int, int) ([]byte, int, string) { return g.view(rand.IntN(g.amount.people)) })
}

// allLook has everybody look at a card, each client a share of the people.
func (g *grown) allLook() error {
	return g.connected(func(conn net.Conn, in *bufio.Reader, client int) error {
		for person := client; person < g.amount.people; person += crowd {
			wire, status, mark := g.view(person)
			if _, err := conn.Write(wire); err != nil {
				return err
			}
			if err := expect(in, status, mark); err != nil {
				return fmt.Errorf("person %d: %w", person, err)
			}
		}
		return nil
	})
}

// connected gives each of a crowd a connection.
func (g *grown) connected(do func(conn net.Conn, in *bufio.Reader, client int) error) error {
	return together(crowd, func(client int) error {
		conn, err := net.Dial("tcp", g.serve.addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		return do(conn, bufio.NewReader(conn), client)
	})
}

func (g *grown) view(person int) ([]byte, int, string) {
	return get(g.serve.addr, "/view_credit_card/"+g.card(person), g.cookies[person]), http.StatusOK, "</html>"
}

func (m *measurement) enters(g *grown) (result, error) {
	return m.served(g, "login", func(int, int) ([]byte, int, string) {
		form := url.Values{"username": {username(rand.IntN(g.amount.people))}, "password": {password}}
		return post(g.serve.addr, "/login", "", form), http.StatusSeeOther, "/"
	})
}

func (m *measurement) served(g *grown, name string, next request) (r result, err error) {
	times := g.cpu[name]
	r, err = spent(name+", "+g.name, g.serve.pid(), func() (result, error) { return drive(g.serve.addr, crowd, m.window, next) }, &times)
	g.cpu[name] = times
	return r, err
}

// writes measures commits in this process, each about a card of anybody.
func (m *measurement) writes(g *grown) (r result, err error) {
	j, err := openJournal(g.dir, "", time.Now)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	head, err := j.sealer.Head(context.Background())
	if err != nil {
		return r, err
	}
	times := g.cpu["commit"]
	r, err = spent("commit, "+g.name, os.Getpid(), func() (result, error) {
		return m.crowded(crowd, func() error {
			person := rand.IntN(g.amount.people)
			return j.commit(g.origin(person), g.look(person))
		})
	}, &times)
	g.cpu["commit"] = times
	return r, errors.Join(err, j.complete(int(head.Size)+r.answers))
}
