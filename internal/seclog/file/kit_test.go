package file_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// limit makes segments of about ten lines.
const limit = 4096

// rig is a log with a data directory, and what the follower says about it.
type rig struct {
	*seclog.Log
	sealer *seal.Sealer
	read   *db.Reader
	write  *db.Writer
	dir    string

	mu     sync.Mutex
	alarms []event.LogFileAltered
	gate   chan error
	disk   file.Disk // nil is the system's
	guest  bool
}

func newRig(tb testing.TB, c db.Config) *rig { return newRigOf(tb, c, limit) }

func newRigOf(tb testing.TB, c db.Config, limit int64) *rig {
	tb.Helper()
	r := &rig{dir: tb.TempDir(), gate: make(chan error, 16)}
	r.read, r.write = apptest.Open(tb, c)
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	r.sealer = seal.New(r.read, r.write, maker, limit, func(err error) { tb.Errorf("fatal: %v", err) })
	r.Log = seclog.New(seclog.Config{Writer: r.write, Maker: maker})
	return r
}

// put writes so many lines.
func (r *rig) put(tb testing.TB, lines int) {
	tb.Helper()
	ctx := event.System(context.Background(), "test")
	for i := range lines {
		if err := r.Record(ctx, event.ConfigChanged{Setting: fmt.Sprint("s", i), From: "a", To: "b"}); err != nil {
			tb.Fatalf("Record() = %v", err)
		}
	}
	if err := r.sealer.Drain(ctx); err != nil {
		tb.Fatalf("Drain() = %v", err)
	}
}

func (r *rig) config() file.Config {
	return file.Config{
		Dir: r.dir, Sealer: r.sealer, Reader: r.read, Writer: r.write, Disk: r.disk, Guest: r.guest,
		Shut: func(why error) {
			r.Shut(why)
			r.gate <- why
		},
		Altered: func(_ context.Context, e event.LogFileAltered) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.alarms = append(r.alarms, e)
		},
	}
}

func (r *rig) open(tb testing.TB) (f *file.Follower, unclean bool) {
	tb.Helper()
	f, unclean, err := file.Open(context.Background(), r.config())
	if err != nil {
		tb.Fatalf("Open() = %v", err)
	}
	return f, unclean
}

// once is a start that finds everything to write at once, and a clean stop.
func (r *rig) once(tb testing.TB) (unclean bool) {
	tb.Helper()
	f, unclean := r.open(tb)
	ended, end := context.WithCancel(context.Background())
	end()
	if err := f.Run(ended); err != nil {
		tb.Fatalf("Run() = %v", err)
	}
	return unclean
}

// start follows in the background; stop ends it cleanly.
func (r *rig) start(tb testing.TB) (stop func()) {
	tb.Helper()
	f, _ := r.open(tb)
	ctx, end := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	loops.Go(func() { r.sealer.Run(ctx, func(err error) { tb.Errorf("seal: %v", err) }) })
	loops.Go(func() {
		if err := f.Run(ctx); err != nil {
			tb.Errorf("Run() = %v", err)
		}
	})
	return sync.OnceFunc(func() {
		end()
		loops.Wait()
	})
}

// altered gives the alarms since it was last asked.
func (r *rig) altered() []event.LogFileAltered {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.alarms
	r.alarms = nil
	return out
}

func (r *rig) lines(tb testing.TB) (all []seal.Line) {
	tb.Helper()
	var pruned int
	if err := r.read.QueryRow(context.Background(), `SELECT pruned FROM head`).Scan(&pruned); err != nil {
		tb.Fatal(err)
	}
	for {
		lines, err := r.sealer.Lines(context.Background(), uint64(pruned+len(all)), 500)
		if err != nil {
			tb.Fatal(err)
		}
		if all = append(all, lines...); len(lines) == 0 {
			return all
		}
	}
}

// place says where a line's end is: what the mark holds.
type place struct {
	segment uint64
	bytes   int64
	seq     uint64
}

// files are the log's files by name, as the given lines make them, and where
// they end. This is the projection once more, from its definition.
func files(lines []seal.Line) (want map[string][]byte, end place) {
	want = map[string][]byte{}
	var open []byte
	if len(lines) > 0 {
		end = place{segment: lines[0].Seq, seq: lines[0].Seq}
	}
	for _, l := range lines {
		open = append(append(open, l.Text...), '\n')
		end = place{end.segment, int64(len(open)), l.Seq + 1}
		if l.Event == "log_rotated" {
			want[fmt.Sprintf("security-%012d.log", end.segment)] = open
			open, end = nil, place{l.Seq + 1, 0, l.Seq + 1}
		}
	}
	want["security.log"] = open
	return want, end
}

// lay writes files as if a run had left them so, and sets the mark.
func (r *rig) lay(tb testing.TB, files map[string][]byte, m place, running int64) {
	tb.Helper()
	r.clear(tb)
	for name, text := range files {
		mode := os.FileMode(0o440)
		if name == "security.log" {
			mode = 0o640
		}
		if err := os.WriteFile(filepath.Join(r.dir, name), text, mode); err != nil {
			tb.Fatal(err)
		}
	}
	if err := r.write.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE projected SET segment = $1, bytes = $2, seq = $3, running = $4`, m.segment, m.bytes, m.seq, running)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
}

func (r *rig) clear(tb testing.TB) {
	tb.Helper()
	old, err := filepath.Glob(filepath.Join(r.dir, "security*"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			tb.Fatal(err)
		}
	}
}

// kept are the files set aside, by name.
func (r *rig) found(tb testing.TB) (log, kept map[string][]byte) {
	tb.Helper()
	log, kept = map[string][]byte{}, map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(r.dir, "security*"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		if name := filepath.Base(path); strings.Contains(name, ".altered-") {
			kept[name] = text
		} else {
			log[name] = text
		}
	}
	return log, kept
}

// exact checks that the directory holds the projection, byte for byte, and
// gives what was set aside.
func (r *rig) exact(tb testing.TB) (kept map[string][]byte) {
	tb.Helper()
	want, _ := files(r.lines(tb))
	got, kept := r.found(tb)
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
		tb.Fatalf("files = %v, want %v", a, b)
	}
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			tb.Fatalf("%s = %d bytes\n%s\nwant %d bytes\n%s", name, len(got[name]), got[name], len(want[name]), want[name])
		}
		mode := os.FileMode(0o440)
		if name == "security.log" {
			mode = 0o640
		}
		if info, err := os.Stat(filepath.Join(r.dir, name)); err != nil || info.Mode().Perm() != mode {
			tb.Fatalf("%s has mode %v, want %v", name, info.Mode(), mode)
		}
	}
	return kept
}

// soon waits until a condition holds: what is watched is polled by the
// follower too, so there is no signal to wait for.
func soon(tb testing.TB, what string, within time.Duration, holds func() bool) {
	tb.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%s: not within %v", what, within)
		}
	}
}
