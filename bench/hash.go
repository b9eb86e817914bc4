package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// hashes computes nothing but password hashes, with the settings that Coffer
// uses, on every core: no sign-in can be faster than this.
func hashes(w window) result {
	var count, done atomic.Int64
	from, end := w.from(time.Now())
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				argon2.IDKey([]byte(password), []byte("sixteen bytes ok"), 2, 19<<10, 1, 32)
				done.Add(1)
				now := time.Now()
				if now.After(end) {
					return // one that is done too late counts no more than a late answer does
				}
				if now.After(from) {
					count.Add(1)
				}
			}
		})
	}
	all.Wait()
	return result{rate: float64(count.Load()) / w.during.Seconds(), answers: int(done.Load())}
}

// signIns are rounds of sign-ins and of bare hashes.
type signIns struct {
	// login and hash are the processor time of one, round by round.
	login, hash []time.Duration
	peak        float64
}

// logins comes last, since the eleventh sign-in ends the session that the pages
// need. A round stands between two of bare hashes, whose mean it is set beside:
// the machine's cores are the whole of it, and they are not the same for long.
func (m *measurement) logins(app *server, people *people) (s signIns, err error) {
	app.forgetPeak()
	before, _ := spent("hash", os.Getpid(), func() (result, error) { return hashes(m.window), nil }, &s.hash)
	for range m.rounds {
		r, err := spent("login", app.pid(), func() (result, error) { return drive(app.addr, crowd, m.window, people.login) }, &s.login)
		if err != nil {
			return s, err
		}
		after, _ := spent("hash", os.Getpid(), func() (result, error) { return hashes(m.window), nil }, &s.hash)
		m.keep("login 64", r)
		m.keep("hash", result{rate: (before.rate + after.rate) / 2})
		before = after
	}
	s.peak, err = app.peakMemory()
	return s, err
}

// spent adds to times what one answer cost a process, where that is told, and
// says how much of the cores it got: who waits gets less of them.
func spent(name string, pid int, run func() (result, error), times *[]time.Duration) (result, error) {
	before, known := cpu(pid)
	began := time.Now()
	r, err := run()
	after, _ := cpu(pid)
	if known && err == nil && r.answers > 0 {
		fmt.Fprintf(os.Stderr, "    %-28s %10.2f cores\n", name, (after-before).Seconds()/time.Since(began).Seconds())
		*times = append(*times, (after-before)/time.Duration(r.answers))
	}
	return r, err
}

// figure sets the processor time of a sign-in beside a hash's. It judges
// nothing, and it is what to look at where others use the cores too.
func (s signIns) figure() figure {
	f := figure{name: "login, processor time", measured: "the system does not tell it"}
	if len(s.login) == 0 || len(s.hash) == 0 {
		return f
	}
	login, hash := milliseconds(middle(s.login)), milliseconds(middle(s.hash))
	f.measured, f.reference, f.ratio = fmt.Sprintf("%.1f ms", login), fmt.Sprintf("hash: %.1f ms", hash), hash/login
	return f
}

func middle(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}
