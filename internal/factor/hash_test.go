package factor

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/fault"
	"coffer/internal/secret"
)

// cheap keeps the tests quick; the cost is tested by itself.
var cheap = Settings{Memory: 64, Time: 1, Threads: 1}

func hasher(t testing.TB, s Settings) *Hasher {
	t.Helper()
	h, err := NewHasher(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Vectors of the reference implementation (P-H-C/phc-winner-argon2, test.c).
func TestVerifyKnowsTheReferenceHashes(t *testing.T) {
	h := hasher(t, Default)
	for _, c := range []struct {
		phc, password string
		want          bool
	}{
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true},
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "passwore", false},
		{"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", true},
		{"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password", true},
	} {
		got, err := h.Verify(t.Context(), c.phc, secret.New(c.password))
		if err != nil || got != c.want {
			t.Errorf("Verify(%s, %s) = %v, %v, want %v", c.phc, c.password, got, err, c.want)
		}
	}
}

func TestHashIsVerifiedAndSalted(t *testing.T) {
	h := hasher(t, Default)
	password := secret.New("correct horse battery")
	one, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s, want the settings of OWASP in it", one)
	}
	if one == two {
		t.Error("Hash gave the same twice, want a salt of its own each time")
	}
	if ok, err := h.Verify(t.Context(), two, password); !ok || err != nil {
		t.Errorf("Verify = %v, %v, want a match", ok, err)
	}
	if h.Stale(one) {
		t.Error("Stale of today's hash = true, want false")
	}
}

func TestPasswordIsNormalisedAndNeverCut(t *testing.T) {
	h := hasher(t, cheap)
	long := strings.Repeat("x", MaxBytes)
	for _, c := range []struct {
		name, stored, typed string
		want                bool
	}{
		{"composed and decomposed", "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", "cafe\u0301 cre\u0300me bru\u0302le\u0301e", true},
		{"NFC keeps a full-width letter", "\uff21bcdefgh", "Abcdefgh", false},
		{"case", "Correct horse", "correct horse", false},
		{"spaces at the ends", " correct horse ", "correct horse", false},
		{"a last byte", long[:MaxBytes-1] + "a", long[:MaxBytes-1] + "b", false},
		{"the longest", long, long, true},
		{"one more than the longest", long, long + "x", false},
		{"a zero byte", "abcdefgh\x00ijk", "abcdefgh", false},
	} {
		phc, err := h.Hash(t.Context(), secret.New(c.stored))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Verify(t.Context(), phc, secret.New(c.typed)); got != c.want || err != nil {
			t.Errorf("%s: Verify = %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestStale(t *testing.T) {
	old, err := hasher(t, cheap).Hash(t.Context(), secret.New("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	for phc, want := range map[string]bool{
		old:                                      false,
		strings.Replace(old, "t=1", "t=2", 1):    true,
		strings.Replace(old, "m=64", "m=128", 1): true,
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 42) + "A": true, // 8 bytes of salt
		"": true,
	} {
		if got := hasher(t, cheap).Stale(phc); got != want {
			t.Errorf("Stale(%s) = %v, want %v", phc, got, want)
		}
	}
}

func TestStoredHashesAreBounded(t *testing.T) {
	h := hasher(t, cheap)
	salt, key := "c29tZXNhbHQ", strings.Repeat("A", 43)
	for _, phc := range []string{
		"", "$", "plain", "$argon2id$v=19$m=64,t=1,p=1$" + salt,
		"$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=33,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=256$" + salt + "$" + key,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=1,x=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AA",
		"$argon2id$v=19$m=64,t=1,p=1$$" + key,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + key + "==",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + key[1:] + "B", // bits past the end
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 88),
	} {
		ok, err := h.Verify(t.Context(), phc, secret.New("password"))
		if ok || err == nil {
			t.Errorf("Verify(%q) = %v, %v, want an error", phc, ok, err)
		} else if phc != "" && strings.Contains(err.Error(), key) {
			t.Errorf("Verify(%q) says %q, want nothing of the hash", phc, err)
		}
	}
	if _, err := NewHasher(Settings{Memory: 1 << 30, Time: 1, Threads: 1}); err == nil {
		t.Error("NewHasher of 1 TiB = nil, want an error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=1,t=,p=$$")
	f.Fuzz(func(t *testing.T, phc string) {
		e, err := parse(phc)
		if err == nil && (e.String() != phc || e.check() != nil) {
			t.Errorf("parse(%q) = %v, want what is written the same way and within bounds", phc, e)
		}
	})
}

// fill takes every slot, so that whoever comes has to wait.
func fill(t testing.TB, h *Hasher) {
	t.Helper()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
}

func TestWaitingEndsWithTheVisitor(t *testing.T) {
	h := hasher(t, cheap)
	fill(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.Pretend(ctx, secret.New("x")) }()
	cancel()
	err := <-done
	if !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Unavailable) {
		t.Errorf("Pretend of who left = %v, want Unavailable because of the leaving", err)
	}
	if _, err := h.Hash(ctx, secret.New("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash of who left before = %v, want context.Canceled", err)
	}
	if h.waiting.Load() != 0 {
		t.Errorf("%d wait, want none", h.waiting.Load())
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	h := hasher(t, cheap)
	fill(t, h)
	h.waiting.Store(maxWaiting)
	err := h.Pretend(t.Context(), secret.New("x"))
	f := fault.As(err)
	if !errors.Is(err, errCrowded) || f.Kind != fault.Unavailable || f.Retry != 5*time.Second {
		t.Errorf("Pretend behind a full queue = %v, want Unavailable and a time to come again", err)
	}
	if got := h.waiting.Load(); got != maxWaiting {
		t.Errorf("%d wait, want the %d from before", got, maxWaiting)
	}
}

func TestManyAtOnceAllGetTheirAnswer(t *testing.T) {
	h := hasher(t, cheap)
	phc, err := h.Hash(t.Context(), secret.New("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if ok, err := h.Verify(t.Context(), phc, secret.New("correct horse")); !ok || err != nil {
				t.Errorf("Verify = %v, %v, want a match", ok, err)
			}
		})
	}
	wg.Wait()
	if len(h.slots) != 0 || h.waiting.Load() != 0 {
		t.Errorf("%d slots are taken and %d wait, want none", len(h.slots), h.waiting.Load())
	}
}

// TestHashingHasTwoEdges holds that whoever trades memory for time is told once
// when hashing begins and once when it ends, however many come and whatever
// becomes of them.
func TestHashingHasTwoEdges(t *testing.T) {
	h := hasher(t, cheap)
	var told []bool
	h.Hashing = func(begun bool) { told = append(told, begun) }
	for range cap(h.slots) {
		h.slots <- struct{}{} // nobody gets on
	}
	gone, hangUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			ctx := t.Context()
			if i%2 == 0 {
				ctx = gone
			}
			_, err := h.Hash(ctx, secret.New("correct horse battery"))
			if (err != nil) != (i%2 == 0) {
				t.Errorf("Hash %d = %v, want an error of those who hung up", i, err)
			}
		})
	}
	for h.waiting.Load() < 8 {
		runtime.Gosched()
	}
	hangUp()
	for h.waiting.Load() > 4 {
		runtime.Gosched()
	}
	for range cap(h.slots) {
		<-h.slots
	}
	all.Wait()
	if !slices.Equal(told, []bool{true, false}) {
		t.Errorf("told %v, want the beginning and the end", told)
	}
}
