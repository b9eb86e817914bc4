package third

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// breaks are what is done to a copy of a good log of more than 65,536 lines.
var breaks = []struct {
	name, file string
	change     func(b []byte) []byte
}{
	{"a byte of a line", "tile/entries/003", flip},
	{"a line left out", "tile/entries/003", func(b []byte) []byte { return b[2+int(b[0])<<8+int(b[1]):] }},
	{"lines of the end", "tile/entries/256.p/1", flip},
	{"a hash", "tile/0/007", flip},
	{"a hash above", "tile/1/000", flip},
	{"the top", "tile/2/000.p/1", flip},
	{"the size", "checkpoint", func(b []byte) []byte { return bytes.Replace(b, []byte("\n65537\n"), []byte("\n65536\n"), 1) }},
	{"the signature", "checkpoint", func(b []byte) []byte { return other(b, len(b)-20) }},
}

func flip(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

// other puts another letter, which base64 knows too.
func other(b []byte, at int) []byte {
	letter := byte('A')
	if b[at] == letter {
		letter = 'B'
	}
	b[at] = letter
	return b
}

// broken demands that nobody finds a broken copy good.
func broken(t *testing.T, dir, key string) {
	t.Helper()
	for _, c := range breaks {
		t.Run(c.name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "log")
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(copied, filepath.FromSlash(c.file))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := fsck(t, copied, key); err == nil {
				t.Error("fsck finds it good")
			}
			if _, err := read(t, files(t, copied), key); err == nil {
				t.Error("torchwood finds it good")
			}
			if out, code := own(t, copied, key); code != 1 {
				t.Errorf("coffer-verify = %d, want 1\n%s", code, out)
			}
		})
	}
}
