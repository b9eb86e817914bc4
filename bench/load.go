package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// request gives a client's n-th request as it goes over the wire, and what the
// answer must be: a status, and a text in its Location or body.
type request func(client, n int) (wire []byte, status int, mark string)

// result is what one run of a load came to.
type result struct {
	rate float64 // answers a second
	p99  float64 // milliseconds
}

// drive keeps so many clients busy, each with one connection and one request at
// a time, first for a second that does not count. Any wrong answer fails the
// run: a server that refuses is fast.
func drive(addr string, clients int, during time.Duration, next request) (result, error) {
	count := time.Now().Add(time.Second)
	end := count.Add(during)
	took := make([][]time.Duration, clients)
	failed := make([]error, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { took[i], failed[i] = client(addr, i, count, end, next) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return result{}, err
	}
	return summarize(slices.Concat(took...), during), nil
}

func client(addr string, id int, count, end time.Time, next request) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(end.Add(30 * time.Second)); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(conn, 16<<10)
	var took []time.Duration
	for n := 0; ; n++ {
		wire, status, mark := next(id, n)
		began := time.Now()
		if _, err := conn.Write(wire); err != nil {
			return nil, err
		}
		if err := expect(in, status, mark); err != nil {
			return nil, fmt.Errorf("client %d, request %d: %w", id, n, err)
		}
		now := time.Now()
		if now.After(end) {
			return took, nil
		}
		if now.After(count) {
			took = append(took, now.Sub(began))
		}
	}
}

func expect(in *bufio.Reader, status int, mark string) error {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != status {
		return fmt.Errorf("status %d, want %d", res.StatusCode, status)
	}
	if !bytes.Contains(body, []byte(mark)) && !bytes.Contains([]byte(res.Header.Get("Location")), []byte(mark)) {
		return fmt.Errorf("the answer does not hold %q", mark)
	}
	return nil
}

func summarize(took []time.Duration, during time.Duration) result {
	if len(took) == 0 {
		return result{}
	}
	slices.Sort(took)
	at := min(len(took)*99/100, len(took)-1)
	return result{rate: float64(len(took)) / during.Seconds(), p99: float64(took[at].Microseconds()) / 1e3}
}
