package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// machine is a machine whose power can be cut: a file system of its own in an
// image, and that image on another file system, which copies it at one moment,
// whatever happens to it meanwhile. What a program wrote and did not sync is not
// in the copy.
type machine struct {
	testing.TB
	outer, image, disk string
	cuts               int
}

// command runs a program of the system.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, bytes.TrimSpace(out))
	}
	return nil
}

// newMachine makes one, as root and with btrfs. Where that cannot be, a run that
// asks for cuts fails, and any other says so.
func newMachine(t *testing.T) (m *machine, found bool) {
	t.Helper()
	dir := t.TempDir()
	m = &machine{TB: t, outer: filepath.Join(dir, "outer"), disk: filepath.Join(dir, "disk")}
	m.image = filepath.Join(m.outer, "image")
	err := errors.Join(os.Mkdir(m.outer, 0o700), os.Mkdir(m.disk, 0o700))
	for _, step := range []func() error{
		func() error { return os.WriteFile(filepath.Join(dir, "btrfs"), nil, 0o600) },
		func() error { return os.Truncate(filepath.Join(dir, "btrfs"), 2<<30) },
		func() error { return command("mkfs.btrfs", "-q", filepath.Join(dir, "btrfs")) },
		func() error { return m.mount(filepath.Join(dir, "btrfs"), m.outer) },
		func() error { return os.WriteFile(m.image, nil, 0o600) },
		func() error { return os.Truncate(m.image, 256<<20) },
		func() error { return command("mkfs.ext4", "-q", m.image) },
		func() error { return m.mount(m.image, m.disk) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err == nil {
		return m, true
	}
	if os.Getenv("POWER_CUTS") != "" {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, t.Name()+": no power was cut:", err)
	return nil, false
}

func (m *machine) mount(image, at string) error {
	err := command("mount", "-o", "loop", image, at)
	if err == nil {
		m.Cleanup(func() {
			if err := command("umount", at); err != nil {
				m.Error(err)
			}
		})
	}
	return err
}

// cut gives what a machine has on its disk whose power goes now.
func (m *machine) cut() (image string) {
	m.Helper()
	m.cuts++
	image = filepath.Join(m.outer, fmt.Sprint("cut", m.cuts))
	if err := command("cp", "--reflink=always", m.image, image); err != nil {
		m.Fatal(err)
	}
	return image
}

// reboot mounts what a cut left, and gives the way to end with it.
func (m *machine) reboot(image string) (dir string, off func()) {
	m.Helper()
	dir = m.TempDir()
	if err := command("mount", "-o", "loop", image, dir); err != nil {
		m.Fatal(err)
	}
	return dir, func() {
		if err := errors.Join(command("umount", dir), os.Remove(image)); err != nil {
			m.Error(err)
		}
	}
}

// powerCuts is how often: `make test-slow` asks for more.
func powerCuts(t *testing.T) int {
	t.Helper()
	asked := os.Getenv("POWER_CUTS")
	if asked == "" {
		return 3
	}
	n, err := strconv.Atoi(asked)
	if err != nil {
		t.Fatalf("POWER_CUTS: %v", err)
	}
	return n
}

// acknowledged is what the crowd was told so far.
func acknowledged(crowd []*holder) (frozen []*holder) {
	for _, h := range crowd {
		h.mu.Lock()
		frozen = append(frozen, &holder{name: h.name, cards: maps.Clone(h.cards)})
		h.mu.Unlock()
	}
	return frozen
}

var powerArgs = []string{"--limits", "request=off,signup=off,login=off,cards=off,reveal=off"}

// TestPowerCut cuts the power under load. What anyone had been told until then
// is on the disk; rows and events match; the files become the log again, and
// nobody is alarmed.
func TestPowerCut(t *testing.T) {
	m, found := newMachine(t)
	if !found {
		return
	}
	p := start(t, nil, append(powerArgs, "--data", m.disk)...)
	crowd := signedUp(t, p, 16)
	ctx, end := context.WithCancel(t.Context())
	loaded := crowdWorks(ctx, t, p, crowd)
	told := 0
	for range powerCuts(t) {
		time.Sleep(100*time.Millisecond + rand.N(400*time.Millisecond)) // the moment is the test's chance
		had := acknowledged(crowd)
		image := m.cut()
		dir, off := m.reboot(image)
		again := start(t, nil, append(powerArgs, "--data", dir)...)
		ledger := openLedger(t, dir, "")
		lines := ledger.settled()
		ledger.balanced(lines)
		told = ledger.told(lines, had)
		if got := beforeStart(lines); got != "sys_crash unclean" {
			t.Errorf("before the start stands %q, want the crash", got)
		}
		if n := count(lines, "log_file_altered"); n > 0 {
			t.Errorf("%d alarms, want none: a power cut is no alteration", n)
		}
		again.stop()
		ledger.pool.Close()
		off()
		if t.Failed() {
			break
		}
	}
	end()
	loaded()
	p.stop()
	t.Logf("%d cuts, %d cards acknowledged before the last", m.cuts, told)
	if told == 0 {
		t.Error("there was no load")
	}
}

// TestPowerCutWithoutSync is the control: on a machine whose syncs do nothing and
// say that they did, the same cut loses what people were told. If it did not,
// TestPowerCut would hold nothing.
func TestPowerCutWithoutSync(t *testing.T) {
	m, found := newMachine(t)
	if !found {
		return
	}
	tool, err := exec.LookPath("strace")
	if err != nil {
		fmt.Fprintln(os.Stderr, t.Name()+": no power was cut: strace is not installed")
		return
	}
	p := start(t, func(c *exec.Cmd) {
		c.Args = append([]string{
			tool, "-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0", c.Path,
		}, c.Args[1:]...)
		c.Path = tool
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}, append(powerArgs, "--data", m.disk)...)
	t.Cleanup(func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }) // what strace runs would outlive it
	h := newHolder(t)
	h.signUp(t, p.url)
	for range 10 {
		h.add(t.Context(), p.url)
	}
	had := acknowledged([]*holder{h})
	image := m.cut()
	dir, off := m.reboot(image)
	defer off()
	if lost := missing(t, dir, had[0]); lost == 0 {
		t.Errorf("none of %d cards is lost without a sync: the cut is none", len(had[0].cards))
	} else {
		t.Logf("%d of %d acknowledged cards are lost", lost, len(had[0].cards))
	}
}

// missing counts the cards that a person was told of and that are not there.
func missing(t *testing.T, dir string, h *holder) (lost int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "coffer.db")); err != nil {
		return len(h.cards)
	}
	ledger := openLedger(t, dir, "")
	defer ledger.pool.Close()
	for id := range h.cards {
		var n int
		if err := ledger.pool.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM card WHERE id = $1`, id).Scan(&n); err != nil || n == 0 {
			lost++
		}
	}
	return lost
}
