// Package third shows a log of Coffer's to programs that others wrote and that
// know nothing of Coffer: tessera's fsck, torchwood, openssl. They must find a
// good log good, at every border of its tiles, and a broken one broken. What a
// witness that others wrote says is tested beside the code that asks it.
package third

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
)

// sizes are around where a tile is full, and where one above it is.
var sizes = []int{255, 256, 257, 3000, 65535, 65536, 65537}

// TestOthersAgree grows a log in a running vault. At each size everybody finds
// its export good and reads the same lines; at the last, everybody finds each
// broken copy broken.
func TestOthersAgree(t *testing.T) {
	v := open(t)
	var dir, key string
	for _, size := range sizes {
		v.reach(size)
		lines := v.lines()
		dir = v.export(size)
		key = keyOf(t, dir)
		good(t, dir, key, lines)
		proofs(t, v, key, lines)
	}
	served(t, v, key)
	broken(t, dir, key)
}

func keyOf(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "log.pub"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// good demands that everybody agrees, and on these lines.
func good(t *testing.T, dir, key string, lines [][]byte) {
	t.Helper()
	got, err := read(t, files(t, dir), key)
	same(t, fmt.Sprintf("torchwood on %d lines", len(lines)), got, lines, err)
	if err := fsck(t, dir, key); err != nil {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if err := openssl(t, signed, key); err != nil {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	if err := openssl(t, bytes.Replace(signed, []byte("\n"), []byte("x\n"), 1), key); err == nil {
		t.Error("openssl accepts another text")
	}
	if out, code := own(t, dir, key); code != 0 {
		t.Errorf("coffer-verify on %d lines = %d\n%s", len(lines), code, out)
	}
}

func same(t *testing.T, who string, got, want [][]byte, err error) {
	t.Helper()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%s gives %d lines, %v, want %d", who, len(got), err, len(want))
	}
	for i, line := range want {
		if !bytes.Equal(got[i], line) {
			t.Fatalf("%s gives %q as line %d, want %q", who, got[i], i, line)
		}
	}
}

// own is coffer-verify's judgement, by the key alone.
func own(t *testing.T, dir, key string) (out []byte, code int) {
	t.Helper()
	cmd := exec.Command("../../bin/coffer-verify", "--key", key, dir)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out, cmd.ProcessState.ExitCode()
}

// proofs takes from the person's page the proof files of looks at the card, the
// first, one between and the last: torchwood finds each line proven, and nothing
// else that the file could be made to say.
func proofs(t *testing.T, v *vault, key string, lines [][]byte) {
	t.Helper()
	var seen []int
	for seq, line := range lines {
		if bytes.Contains(line, []byte(`"event":"sensitive_read"`)) {
			seen = append(seen, seq)
		}
	}
	p := policy(t, key)
	for _, seq := range []int{seen[0], seen[len(seen)/2], seen[len(seen)-1]} {
		file := v.get(fmt.Sprintf("/activity/%d.tlog-proof", seq))
		if line, err := proven(p, file); err != nil || !bytes.Equal(line, lines[seq]) {
			t.Errorf("torchwood on the proof of line %d of %d: %v\n%s", seq, len(lines), err, file)
		}
		for i := 0; i < len(file); i += 29 {
			forged := bytes.Clone(file)
			forged[i] ^= 1
			if line, err := proven(p, forged); err == nil && !bytes.Equal(line, lines[seq]) {
				t.Errorf("torchwood finds proven, with byte %d of line %d's proof changed: %s", i, seq, line)
			}
		}
	}
}

// served has torchwood read the log of the running vault, as an auditor's
// program does.
func served(t *testing.T, v *vault, key string) {
	t.Helper()
	v.promote()
	v.signed()
	lines := v.lines()
	tiles, err := torchwood.NewTileFetcher(v.url+"/log/", torchwood.WithHTTPClient(v.http), torchwood.WithConcurrencyLimit(8))
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, tiles, key)
	same(t, "torchwood from the vault", got[:min(len(got), len(lines))], lines, err) // that it read is a line, too
}
