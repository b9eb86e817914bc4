package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestHashExhaustion is 500 sign-ins at once, each of which costs a hash: the
// memory stays within bounds, whoever is signed in reads on, and somebody with
// the right password gets in.
func TestHashExhaustion(t *testing.T) {
	p := start(t, nil, "--data", t.TempDir(), "--limits", "login=off,request=off,strangers=off,lock=off")
	alice, bob := visitor(t), visitor(t)
	form := url.Values{"username": {"alice"}, "password": {"walnut-ferry-77-comet"}}
	if status := posts(alice, p.url+"/signup", form); status != http.StatusOK {
		t.Fatalf("POST /signup = %d, want the page behind its redirect", status)
	}
	var all sync.WaitGroup
	var refused, sent, others atomic.Int64
	stranger := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	for n := range 500 {
		all.Go(func() {
			switch posts(stranger, p.url+"/login", url.Values{"username": {fmt.Sprint("nobody", n)}, "password": {"guess"}}) {
			case http.StatusUnauthorized:
				refused.Add(1)
			case http.StatusServiceUnavailable, 0: // the queue is full, or the answer came too late
				sent.Add(1)
			default:
				others.Add(1)
			}
		})
	}
	flooded := make(chan struct{})
	go func() { all.Wait(); close(flooded) }()
	views, in := reads(alice, p.url, flooded), 0
	if status := posts(bob, p.url+"/login", form); status == http.StatusOK {
		in++
	}
	<-flooded
	if refused.Load() == 0 || others.Load() != 0 || refused.Load()+sent.Load() != 500 {
		t.Errorf("of 500 sign-ins %d were refused, %d sent away and %d answered otherwise", refused.Load(), sent.Load(), others.Load())
	}
	for range 5 { // where the machine is slow, the flood's tail stands before it
		if in == 0 && posts(bob, p.url+"/login", form) == http.StatusOK {
			in++
		}
	}
	if v := <-views; v.read == 0 || v.failed != 0 || in == 0 {
		t.Errorf("meanwhile %d pages were read and %d not, and %d sign-ins with the right password were taken", v.read, v.failed, in)
	}
	most := 130 + 20*runtime.GOMAXPROCS(0) // what is in use, and a hash for each processor
	if got := peak(t, p.cmd.Process.Pid); got > most {
		t.Errorf("it held %d MB, want at most %d", got, most)
	}
}

func visitor(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: time.Minute}
}

// posts sends a form as its own page does, and gives the last status, or 0.
func posts(c *http.Client, to string, form url.Values) (status int) {
	r, err := c.PostForm(to, form)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body) // the status has come
	return r.StatusCode
}

type reading struct{ read, failed int }

// reads looks at a page again and again until the flood is over.
func reads(c *http.Client, at string, over <-chan struct{}) <-chan reading {
	out := make(chan reading, 1)
	go func() {
		var v reading
		for {
			select {
			case <-over:
				out <- v
				return
			default:
			}
			r, err := c.Get(at + "/settings/security")
			if err != nil || r.StatusCode != http.StatusOK || r.Request.URL.Path != "/settings/security" {
				v.failed++
			} else {
				v.read++
			}
			if err == nil {
				_, _ = io.Copy(io.Discard, r.Body) // only that it comes counts
				r.Body.Close()
			}
		}
	}()
	return out
}

var hwm = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that a process held, in MB, and 0 where that is not told.
func peak(t *testing.T, pid int) (mb int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	m := hwm.FindSubmatch(raw)
	if err != nil || m == nil {
		return 0
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("it held %d kB at most", kb)
	return kb * 1024 / 1_000_000
}
