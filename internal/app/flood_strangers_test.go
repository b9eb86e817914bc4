package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"coffer/internal/apptest/house"
)

// second is a second of the flood, and a signed-in person who works meanwhile.
func (f *flooded) second(requests int, card string) {
	f.Helper()
	var strangers sync.WaitGroup
	left := atomic.Int64{}
	left.Store(int64(requests))
	for range 16 {
		strangers.Go(func() {
			for left.Add(-1) >= 0 {
				f.send(int(f.next.Add(1)))
			}
		})
	}
	began := time.Now()
	f.alice.Send(house.Request{Method: "GET", Path: card}).Is(200)
	f.alice.Send(house.Request{Method: "GET", Path: "/activity"}).Is(200, "•••• 4242 viewed")
	f.slowest = max(f.slowest, time.Since(began))
	strangers.Wait()
}

// send is the stranger's request number n. Of eight, two spray names, one tries
// the same name, two want cards, two report and one comes from the one address
// that everybody behind it is limited by.
func (f *flooded) send(n int) {
	at, r := network(n), floodRequest("POST", "/login", "application/x-www-form-urlencoded", "username="+hostile(n)+"&password=spring-2026")
	kind := 0
	switch n % 8 {
	case 2:
		r = floodRequest("POST", "/login", "application/x-www-form-urlencoded", "username=root&password=spring-2026-"+strconv.Itoa(n))
	case 3, 4:
		kind, r = 1, floodRequest("GET", "/view_credit_card/"+strconv.Itoa(n), "", "")
	case 5, 6:
		kind, r = 2, floodRequest("POST", reportTo, "application/reports+json", array(newer("img-src", "https://evil.example"), newer("img-src", "inline")))
	case 7:
		at = far
	}
	r.RemoteAddr = "[" + at + "]:40404"
	if !strings.Contains(at, ":") {
		r.RemoteAddr = at + ":40404"
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	want := [...]int{http.StatusUnauthorized, http.StatusSeeOther, http.StatusNoContent}[kind]
	switch {
	case w.Code == http.StatusTooManyRequests && at == far:
		f.refused[3].Add(1)
	case w.Code == http.StatusTooManyRequests && n%8 == 2: // the same name a hundred times: it is locked
		f.refused[kind].Add(1)
	case w.Code != want:
		f.Errorf("request %d = %d, want %d", n, w.Code, want)
	case kind == 2:
		f.refused[kind].Add(2)
	default:
		f.refused[kind].Add(1)
	}
}

func floodRequest(method, path, kind, body string) *http.Request {
	r := httptest.NewRequest(method, house.URL+path, strings.NewReader(body))
	r.RequestURI = path
	r.Header.Set("User-Agent", `flood","typed":"feigned`+"\n{\"seq\":1}")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", house.URL)
	}
	return r
}

// network is an address in an IPv6 network of its own.
func network(n int) string { return fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff) }

// hostile is a name, as a form has it, that wants to be more than a name.
func hostile(n int) string {
	return strconv.Itoa(n) + [...]string{
		`%22%2C%22typed%22%3A%22feigned`, `%0A%7B%22seq%22%3A0%2C%22event%22%3A%22log_opened%22%7D`, `%E2%80%AE%00%FF`, `%0D%0A%1B%5B2J`, `%22%7D%7D%5D`,
	}[n%5]
}

func (f *flooded) counts() (all []int64) {
	for i := range f.refused {
		all = append(all, f.refused[i].Load())
	}
	return all
}

// disk is what the data directory holds, and PostgreSQL's tables.
func (f *flooded) disk() (n int64) {
	f.Helper()
	err := filepath.WalkDir(f.Dir(), func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	if f.Database().Postgres != "" {
		n += f.tables()
	}
	return n
}

const sizeOfTables = `SELECT SUM(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'`

func (f *flooded) tables() (n int64) {
	f.Helper()
	if err := f.Reader().QueryRow(f.Context(), sizeOfTables).Scan(&n); err != nil {
		f.Fatal(err)
	}
	return n
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one found out about
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
