package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
)

// copied is a good log as files, and the key from elsewhere.
func copied(t *testing.T) (dir, key string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "copy")
	l := forge.Make(forge.Plan{Lines: 60, End: time.Now().Add(-time.Minute)})
	if err := l.Copy().Write(dir, nil, ""); err != nil {
		t.Fatal(err)
	}
	return dir, strings.TrimSpace(l.Pub)
}

// put puts something else in a file's place.
func put(t *testing.T, path, as string) {
	t.Helper()
	kept := filepath.Join(t.TempDir(), filepath.Base(path))
	err := os.Rename(path, kept)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	switch {
	case err != nil:
	case as == "fifo":
		err = syscall.Mkfifo(path, 0o644)
	case as == "zero":
		err = os.Symlink("/dev/zero", path)
	case as == "link":
		err = os.Symlink(kept, path)
	default: // 3 GB, of which the disk holds nothing
		if err = os.WriteFile(path, nil, 0o644); err == nil {
			err = os.Truncate(path, 3<<30)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestHostileFiles puts what is no ordinary file among the copied ones: each is
// a verdict, soon and in little memory.
func TestHostileFiles(t *testing.T) {
	const odd, big = "it is no ordinary file", "larger than it can be"
	for _, c := range []struct {
		file, as, verdict, says string
	}{
		{"checkpoint", "fifo", "INCOMPLETE", odd},
		{"checkpoint", "zero", "INCOMPLETE", odd},
		{"checkpoint", "huge", "INCOMPLETE", big},
		{"checkpoint", "link", "INTACT", ""},
		{"security.log", "fifo", "INCOMPLETE", odd},
		{"security.log", "zero", "INCOMPLETE", odd},
		{"security.log", "link", "INTACT", ""},
		{"security-000000000000.log", "fifo", "INCOMPLETE", odd},
		{"log.pub", "fifo", "INTACT", ""}, // the key came from elsewhere
		{"log.pub", "huge", "INTACT", ""},
	} {
		dir, key := copied(t)
		put(t, filepath.Join(dir, c.file), c.as)
		r, code := verdict(t, "--key", key, dir)
		if string(r.Verdict) != c.verdict || code != r.Exit || !strings.Contains(string(r.JSON()), c.says) {
			t.Errorf("%s as %s = %d, %s", c.file, c.as, code, r.JSON())
		}
	}
	for as, says := range map[string]string{"fifo": odd, "huge": big} {
		dir, _ := copied(t)
		put(t, filepath.Join(dir, "log.pub"), as)
		if r, code := verdict(t, dir); code != 2 || !strings.Contains(string(r.JSON()), says) {
			t.Errorf("log.pub as %s, and no key = %d, %s", as, code, r.JSON())
		}
	}
}

// TestHostileExport is the same for hash tiles.
func TestHostileExport(t *testing.T) {
	for file, as := range map[string]string{"checkpoint": "fifo", "log.pub": "zero", "tile/0/000.p/60": "fifo", "tile/entries/000.p/60": "zero"} {
		l, dir := export(t, forge.Plan{Lines: 60, End: time.Now()})
		put(t, filepath.Join(dir, file), as)
		r, code := verdict(t, "--key", strings.TrimSpace(l.Pub), dir)
		if want := map[bool]int{true: 0, false: 2}[file == "log.pub"]; code != want {
			t.Errorf("%s as %s = %d, %s", file, as, code, r.JSON())
		}
	}
}

// TestHostileFlags gives such files to flags: those are mistakes on the command
// line, said in words.
func TestHostileFlags(t *testing.T) {
	for _, flag := range []string{"--key", "--checkpoint", "--against", "--policy", "--from"} {
		for as, says := range map[string]string{"fifo": "it is no ordinary file", "huge": "larger than it can be"} {
			dir, _ := copied(t)
			file := filepath.Join(t.TempDir(), "given")
			put(t, file, as)
			if r, code := verdict(t, flag, file, dir); code != 3 || !strings.Contains(r.Sentence, says) {
				t.Errorf("%s %s = %d, %s", flag, as, code, r.JSON())
			}
		}
	}
	file := filepath.Join(t.TempDir(), "line.tlog-proof")
	put(t, file, "fifo")
	if r, code := verdict(t, "proof", file); code != 2 {
		t.Errorf("a proof that is a fifo = %d, %s", code, r.JSON())
	}
}

// TestSecondSignal ends the program though it can do nothing but wait: here for
// somebody to read what it says.
func TestSecondSignal(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		http.NotFound(w, r)
	}))
	defer s.Close()
	unread, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	if err := full.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = full.Write(make([]byte, 4096))
	}
	cmd := exec.Command(os.Args[0], s.URL)
	cmd.Args[0], cmd.Stdout = "coffer-verify", full
	cmd.Path = program(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	full.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	<-asked
	again, most := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer again.Stop()
	for {
		select {
		case <-ended:
			return
		case <-again.C:
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		case <-most:
			_ = cmd.Process.Kill()
			t.Fatal("it goes on through many signals")
		}
	}
}

// program is the program under test; testscript put it in the PATH.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("coffer-verify")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
