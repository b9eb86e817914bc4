package third

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// vault is a running coffer and a person in it.
type vault struct {
	testing.TB
	bin, dir, url string
	http          *http.Client
	card          string // a path: each look at it is one line
	least         int    // how many lines there are for certain
}

var openAt = regexp.MustCompile(`is open at (http://\S+)`)

// open starts the program that make built.
func open(t *testing.T) *vault {
	t.Helper()
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{TB: t, bin: bin, dir: t.TempDir(), http: &http.Client{
		Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	cmd := exec.Command(filepath.Join(bin, "coffer"), "serve", "--listen", "127.0.0.1:0", "--data", v.dir,
		"--public-log", "--limits", "request=off,signup=off,login=off,cards=off,reveal=off")
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("start coffer, which make build makes: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("coffer ended with %v", err)
		}
	})
	in := bufio.NewScanner(said)
	for v.url == "" && in.Scan() {
		if m := openAt.FindStringSubmatch(in.Text()); m != nil {
			v.url = strings.Replace(m[1], "localhost", "127.0.0.1", 1)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	v.settle()
	return v
}

// who signs in.
var who = url.Values{"username": {"third.party"}, "password": {"tulip-canary-90-lantern"}}

// promote makes an auditor of the person, who holds no cards from then on.
func (v *vault) promote() {
	v.Helper()
	v.coffer("user", "role", who.Get("username"), "auditor", "--data", v.dir)
	v.post("/logout", nil)
	v.post("/login", who) // so that nobody remembers the role from before
}

// settle signs a person up and gives them a card.
func (v *vault) settle() {
	v.Helper()
	v.post("/signup", who)
	v.card = v.post("/create_credit_card", url.Values{
		"card_number": {"4242424242424242"}, "cardholder_name": {"Thea Third"},
		"expiry": {time.Now().AddDate(1, 0, 0).Format("01/06")}, "label": {""},
	})
}

func (v *vault) post(path string, form url.Values) (location string) {
	v.Helper()
	res, err := v.http.PostForm(v.url+path, form)
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusSeeOther {
		v.Fatalf("POST %s = %d, want 303\n%.2000s", path, res.StatusCode, body)
	}
	return res.Header.Get("Location")
}

func (v *vault) get(path string) (body []byte) {
	res, err := v.http.Get(v.url + path)
	if err != nil {
		v.Error(err)
		return nil
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		v.Errorf("GET %s = %d, %v, want 200", path, res.StatusCode, err)
	}
	return body
}

// coffer runs a command.
func (v *vault) coffer(args ...string) {
	v.Helper()
	if out, err := exec.Command(filepath.Join(v.bin, "coffer"), args...).CombinedOutput(); err != nil {
		v.Fatalf("coffer %v: %v\n%s", args, err, out)
	}
}

// lines are the log as the files hold it.
func (v *vault) lines() (all [][]byte) {
	v.Helper()
	names, err := filepath.Glob(filepath.Join(v.dir, "security-*.log"))
	if err != nil {
		v.Fatal(err)
	}
	for _, name := range append(slices.Sorted(slices.Values(names)), filepath.Join(v.dir, "security.log")) {
		b, err := os.ReadFile(name)
		if err != nil {
			v.Fatal(err)
		}
		all = append(all, bytes.SplitAfter(b, []byte("\n"))...)
		all = all[:len(all)-1] // what follows the last line break
	}
	for i, l := range all {
		all[i] = bytes.TrimSuffix(l, []byte("\n"))
	}
	return all
}

// signed is how many lines the newest checkpoint covers, once that is all, and
// all that is known to have happened.
func (v *vault) signed() (size int) {
	v.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(v.dir, "checkpoint"))
		if err != nil {
			v.Fatal(err)
		}
		size, err = strconv.Atoi(strings.Split(string(b), "\n")[1])
		if err == nil && size >= v.least && size == len(v.lines()) {
			v.least = size
			return size
		}
	}
	v.Fatal("the log is not signed to its end in a minute")
	return 0
}

// reach makes the log so many lines long, and no longer. The log anchors itself
// with a line of its own within two seconds after 10,000 others: each time that
// is waited for, so that none comes near the end.
func (v *vault) reach(size int) {
	v.Helper()
	const few, many, anchored = 64, 10_100, 3 * time.Second
	for at := v.signed(); at != size; at = v.signed() {
		if at > size {
			v.Fatalf("the log has %d lines, want %d: it wrote about itself; run it again\n%s", at, size, bytes.Join(v.lines()[size-3:], []byte("\n")))
		}
		if size-at <= few {
			v.look(size-at, 1)
			continue
		}
		v.look(min(size-at-few/2, many), 32)
		time.Sleep(anchored)
	}
}

// look looks at the card so often, with so many hands.
func (v *vault) look(times, hands int) {
	var group sync.WaitGroup
	next := make(chan struct{}, times)
	for range times {
		next <- struct{}{}
	}
	close(next)
	for range hands {
		group.Go(func() {
			for range next {
				v.get(v.card)
			}
		})
	}
	group.Wait()
	if v.Failed() {
		v.FailNow()
	}
	v.least += times
}

// export gives the log as static files. That it does is a line.
func (v *vault) export(size int) (dir string) {
	v.Helper()
	dir = filepath.Join(v.TempDir(), fmt.Sprint("log-", size))
	v.coffer("log", "export", dir, "--data", v.dir)
	v.least = size + 1
	return dir
}
