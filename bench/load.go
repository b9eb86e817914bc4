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
	// answers are all that came, those that do not count included.
	answers int
	// cpu is the processor time of one of them, where it is known.
	cpu time.Duration
}

// window is how long something is measured, after a while that does not count.
type window struct{ warm, during time.Duration }

// from gives when counting begins and ends, for what starts now.
func (w window) from(now time.Time) (count, end time.Time) {
	return now.Add(w.warm), now.Add(w.warm + w.during)
}

// drive keeps so many clients busy, each with one connection and one request at
// a time. Any wrong answer fails the run: a server that refuses is fast.
func drive(addr string, clients int, w window, next request) (result, error) {
	count, end := w.from(time.Now())
	took, answers := make([][]time.Duration, clients), make([]int, clients)
	failed := make([]error, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { took[i], answers[i], failed[i] = client(addr, i, count, end, next) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return result{}, err
	}
	r := summarize(slices.Concat(took...), w.during)
	for _, n := range answers {
		r.answers += n
	}
	return r, nil
}

func client(addr string, id int, count, end time.Time, next request) (took []time.Duration, answers int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(end.Add(30 * time.Second)); err != nil {
		return nil, 0, err
	}
	in := bufio.NewReaderSize(conn, 16<<10)
	for n := 0; ; n++ {
		wire, status, mark := next(id, n)
		began := time.Now()
		if _, err := conn.Write(wire); err != nil {
			return nil, 0, err
		}
		if err := expect(in, status, mark); err != nil {
			return nil, n, fmt.Errorf("client %d, request %d: %w", id, n, err)
		}
		now := time.Now()
		if now.After(end) {
			return took, n + 1, nil
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
	return result{rate: float64(len(took)) / during.Seconds(), p99: p99(took)}
}

// p99 is the nearest rank, in milliseconds; of nothing it is 0.
func p99(took []time.Duration) float64 {
	if len(took) == 0 {
		return 0
	}
	return milliseconds(slices.Sorted(slices.Values(took))[min(len(took)*99/100, len(took)-1)])
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
