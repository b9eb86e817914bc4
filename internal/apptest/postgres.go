package apptest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Postgres makes a fresh schema for a test and gives its URL. The server is
// the one in TEST_POSTGRES, or else one that this test binary starts and that
// ends with it, however that ends.
func Postgres(tb testing.TB) string {
	tb.Helper()
	s, err := server()
	if err != nil {
		tb.Fatal(err)
	}
	name := "t_" + strings.ToLower(rand.Text())
	if _, err := s.admin.Exec("CREATE SCHEMA " + name); err != nil {
		tb.Fatalf("make a schema: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := s.admin.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			tb.Errorf("drop the schema: %v", err)
		}
	})
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal("TEST_POSTGRES is no URL")
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Main runs a package's tests and stops the server that they started:
//
//	func TestMain(m *testing.M) { apptest.Main(m) }
//
// Without it the server stops a moment after the test binary instead of before.
// What all of the tests together must hold is judged afterwards, if all ran.
func Main(m *testing.M, all ...func() error) {
	code := m.Run()
	for _, judge := range all {
		if f := flag.Lookup("test.run"); code != 0 || f == nil || f.Value.String() != "" {
			break
		}
		if err := judge(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if started != nil {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// started is the server of this test binary, if it had to start one.
var started *Server

// server is the one for this process, started or found on first use.
var server = sync.OnceValues(func() (*Server, error) {
	if u := os.Getenv("TEST_POSTGRES"); u != "" {
		s := &Server{URL: u}
		return s, s.connect()
	}
	s, err := StartPostgres()
	started = s
	return s, err
})

// Server is a PostgreSQL server for tests: private, on a Unix socket, and
// without fsync, since what these tests kill is Coffer and not the machine.
type Server struct {
	// URL reaches it as a superuser.
	URL   string
	admin *sql.DB
	dir   string
	guard *exec.Cmd
	alive io.Closer
}

// keeper runs the server and, when its standard input ends, stops it and
// clears up. The input is a pipe that ends with the process that holds it, so
// that nothing stays behind even after kill -9.
const keeper = `dir=$1; shift
"$@" >"$dir/log" 2>&1 & pid=$!
read -r _
kill -QUIT "$pid"; wait "$pid"
rm -rf -- "$dir"`

// StartPostgres starts a server from the system's binaries. Settings such as
// fsync=on come last, and so count.
func StartPostgres(settings ...string) (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	s := &Server{dir: dir, URL: "postgres://coffer@/postgres?host=" + url.QueryEscape(dir)}
	if err := s.start(bin, who, settings); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w\n%s", err, log), s.Stop(), os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) start(bin string, who *syscall.Credential, settings []string) error {
	data := filepath.Join(s.dir, "data")
	attr := &syscall.SysProcAttr{Credential: who, Setpgid: true}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "coffer", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir, initdb.Env = attr, s.dir, environment()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.guard = exec.Command("/bin/sh", "-c", keeper, "keeper", s.dir,
		filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "autovacuum=off")
	for _, set := range settings {
		s.guard.Args = append(s.guard.Args, "-c", set)
	}
	s.guard.SysProcAttr, s.guard.Dir, s.guard.Env = attr, s.dir, environment()
	alive, err := s.guard.StdinPipe()
	if err != nil {
		return err
	}
	s.alive = alive
	if err := s.guard.Start(); err != nil {
		return err
	}
	return s.connect()
}

// connect waits until the server answers.
func (s *Server) connect() (err error) {
	if s.admin, err = sql.Open("pgx", s.URL); err != nil {
		return err
	}
	s.admin.SetMaxOpenConns(2)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		if err = s.admin.PingContext(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends the server and removes what it wrote.
func (s *Server) Stop() error {
	if s.admin != nil {
		s.admin.Close()
	}
	if s.alive == nil {
		return nil
	}
	s.alive.Close()
	return s.guard.Wait()
}

// environment is what the server's programs need; PG… variables of whoever
// runs the tests would lead them elsewhere.
func environment() []string { return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"} }

// unprivileged is who runs the server, since PostgreSQL refuses root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var all error
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
	}
	return nil, all
}

// postgresBin finds the newest server among Debian's directories and PATH.
func postgresBin() (dir string, err error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	newest := -1
	for _, f := range found {
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(f))))
		if err == nil && v > newest {
			newest, dir = v, filepath.Dir(f)
		}
	}
	if dir != "" {
		return dir, nil
	}
	if f, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(f), nil
	}
	return "", errors.New("PostgreSQL is missing: install it (Debian: apt-get install postgresql), or set TEST_POSTGRES to a server's URL")
}
