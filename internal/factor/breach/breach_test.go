package breach

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var made = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// compile makes a list of this text and puts it into its place.
func compile(t testing.TB, list string, form Form) (List, *Compiled) {
	t.Helper()
	l, c, err := try(t, list, form)
	if err != nil {
		t.Fatalf("Compile = %v", err)
	}
	if err := c.Replace(); err != nil {
		t.Fatal(err)
	}
	return l, c
}

func try(t testing.TB, list string, form Form) (List, *Compiled, error) {
	dir := t.TempDir()
	l := List{filepath.Join(dir, "filter")}
	scratch := filepath.Join(dir, "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Compile(t.Context(), Source{In: strings.NewReader(list), Size: int64(len(list)), Form: form, Scratch: scratch, Made: made}, l.Path)
	return l, c, err
}

func sha(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func (l List) mustHave(t *testing.T, want bool, passwords ...string) {
	t.Helper()
	for _, p := range passwords {
		if has, err := l.Has(p); err != nil || has != want {
			t.Errorf("Has(%q) = %v, %v, want %v", p, has, err, want)
		}
	}
}

func TestPlainList(t *testing.T) {
	long := strings.Repeat("x", 1025)
	l, c := compile(t, "\ufefftulip-lantern\r\n\nnew year\n new year \nke\u0301tchup\ntulip-lantern\n\xffbad\n"+long+"\nlast without end", Auto)
	if c.Form != Plain || c.Lines != 8 || c.Skipped != 2 || c.Passwords != 5 {
		t.Errorf("Compile = %+v, want 5 passwords of 8 plain lines, 2 of them skipped", c)
	}
	l.mustHave(t, true, "tulip-lantern", "new year", " new year ", "kétchup", "ke\u0301tchup", "last without end")
	l.mustHave(t, false, "Tulip-lantern", "tulip-lanter", "tulip-lantern\r", "", "new year  ", long)
	got, err := l.Info()
	if err != nil || got != c.Info || got.Made != made || len(got.Digest) != 64 {
		t.Errorf("Info = %+v, %v, want %+v", got, err, c.Info)
	}
	if want := "5-passwords-" + got.Digest[:16]; got.String() != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

// What is published has upper case hex and a count; what was typed decomposed
// may have been hashed so.
func TestHashedList(t *testing.T) {
	// SHA-1 of "password", of FIPS 180 implementations everywhere, in lower case.
	list := "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\n" + sha("tulip-lantern") + ":12\r\n" + sha("ke\u0301tchup") + ":3\n"
	l, c := compile(t, list, Auto)
	if c.Form != SHA1 || c.Passwords != 3 || c.Lines != 3 || c.Skipped != 0 {
		t.Errorf("Compile = %+v, want 3 passwords of 3 hashes", c)
	}
	l.mustHave(t, true, "password", "tulip-lantern", "ke\u0301tchup")
	l.mustHave(t, false, "passwore", "kétchup", sha("tulip-lantern"))

	plain, p := compile(t, "tulip-lantern\npassword\nke\u0301tchup\npassword\n", Plain)
	_, h := compile(t, sha("k\u00e9tchup")+"\n"+sha("password")+"\n"+sha("tulip-lantern"), SHA1)
	if p.Digest != h.Digest || p.Digest == c.Digest {
		t.Errorf("digests = %.8s, %.8s, %.8s, want the same for the same passwords and another for others", p.Digest, h.Digest, c.Digest)
	}
	forced, f := compile(t, sha("password")+"\n", Plain)
	forced.mustHave(t, true, sha("password"))
	forced.mustHave(t, false, "password")
	plain.mustHave(t, true, "password")
	if f.Form != Plain {
		t.Errorf("form = %s, want the one that was asked for", f.Form)
	}
}

func TestNoList(t *testing.T) {
	l := List{filepath.Join(t.TempDir(), "none")}
	l.mustHave(t, false, "password")
	if _, err := l.Info(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Info = %v, want fs.ErrNotExist", err)
	}
}

func TestRefusedLists(t *testing.T) {
	for list, want := range map[string]string{
		"":                        "no password in it",
		"\n\r\n\n":                "no password in it",
		"\xff\xfe\n":              "no password in it",
		"p\x00a\x00s\x00s\x00\n":  "no text in UTF-8",
		"\x1f\x8b\x08and so on\n": "zcat",
		sha("a") + "\nplain\n":    "1 of its first 2 lines",
		sha("a")[:32] + "\n" + sha("b")[:32] + ":4\n": "NTLM",
	} {
		l, _, err := try(t, list, Auto)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%.20q) = %v, want an error with %q", list, err, want)
		}
		if _, err := os.Stat(l.Path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Compile(%.20q) left a list", list)
		}
	}
	for _, bad := range []string{"canary", sha("a")[:39], sha("a") + "0", sha("a") + ":x", sha("a") + " 4", "Z" + sha("a")[1:]} {
		_, _, err := try(t, sha("b")+":2\n\n"+bad+"\n"+sha("c"), SHA1)
		if err == nil || !strings.HasPrefix(err.Error(), "line 2 ") || strings.Contains(err.Error(), bad) {
			t.Errorf("Compile with %q = %v, want line 2 to be named and not shown", bad, err)
		}
	}
}

// One in 65,536 is what fingerprints of 16 bits give. Of 600,000 that are not in
// the list nine would be taken for one that is; forty would be no accident.
func TestFalsePositives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var list strings.Builder
	in := make([]string, 0, 200_000)
	for range cap(in) {
		in = append(in, fmt.Sprintf("in-%x", rng.Uint64()))
	}
	list.WriteString(strings.Join(in, "\n"))
	l, c := compile(t, list.String(), Auto)
	if c.Passwords != uint64(len(in)) {
		t.Errorf("passwords = %d, want %d", c.Passwords, len(in))
	}
	f, err := os.Open(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole := loaded(t, f)
	for _, p := range in {
		if has, err := contains(whole, keyOf(p)); err != nil || !has {
			t.Fatalf("%q is in the list, and contains = %v, %v", p, has, err)
		}
	}
	wrong := 0
	for n := range 600_000 {
		if has, _ := contains(whole, keyOf(fmt.Sprint("out-", n))); has {
			wrong++
		}
	}
	if wrong > 40 {
		t.Errorf("%d of 600,000 others are taken for passwords of the list, want about 9", wrong)
	}
	if size := len(whole) / len(in); size > 5 { // short shards take more than the 2.3 of long ones
		t.Errorf("the filter has %d bytes for each password", size)
	}
}

type memory []byte

func (m memory) ReadAt(p []byte, at int64) (int, error) { return copy(p, m[at:]), nil }

func loaded(t *testing.T, f *os.File) memory {
	t.Helper()
	raw, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A list that was cut or changed is not believed, wherever that was.
func TestDamage(t *testing.T) {
	l, _ := compile(t, "tulip-lantern\n", Auto)
	whole, err := os.ReadFile(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoilt := range map[string][]byte{
		"empty": nil, "another file": []byte(strings.Repeat("hello\n", 100)), "header alone": whole[:headerLen],
		"cut": whole[:len(whole)-1], "a bit of the shard": flipped(whole, len(whole)-1), "the shard's length": flipped(whole, lengthAt(whole)),
	} {
		if err := os.WriteFile(l.Path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Has("tulip-lantern"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Has = %v, want ErrDamaged", name, err)
		}
	}
}

func flipped(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 0x80
	return b
}

// lengthAt is where the index says how long the only shard is.
func lengthAt([]byte) int {
	return headerLen + int(keyOf("tulip-lantern")>>(64-shardBits))*indexEntry + 8
}

// Whoever ends it, or whose disk is full, leaves nothing half in its place.
func TestEndedHalfway(t *testing.T) {
	dir := t.TempDir()
	scratch := filepath.Join(dir, "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var told []int
	list := strings.Repeat("abcdefgh\n", 50_000)
	_, err := Compile(ctx, Source{In: strings.NewReader(list), Size: int64(len(list)), Form: Auto, Scratch: scratch, Progress: func(p int) {
		if told = append(told, p); p > 60 {
			cancel()
		}
	}}, filepath.Join(dir, "filter"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Compile = %v, want that it was ended", err)
	}
	if !slices.IsSorted(told) || told[0] >= 50 || told[len(told)-1] > 62 {
		t.Errorf("progress = %v, want it to grow", told)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v is left, want the scratch directory alone", left)
	}
}

func BenchmarkHas(b *testing.B) {
	var list strings.Builder
	for n := range 1_000_000 {
		fmt.Fprintln(&list, "password number", n)
	}
	l, _ := compile(b, list.String(), Plain)
	for b.Loop() {
		if has, err := l.Has("password number 77"); !has || err != nil {
			b.Fatal(has, err)
		}
	}
}
