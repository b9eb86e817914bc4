package vault

import (
	"bytes"
	"testing"

	"coffer/internal/secret"
)

func TestSealOpens(t *testing.T) {
	v, _ := made(t)
	k, _ := owned(t, v, "u_a")
	a, b := k.Seal(number, "card/u_a/c_1"), k.Seal(number, "card/u_a/c_1")
	if bytes.Equal(a, b) {
		t.Error("Seal twice gave equal bytes, want a nonce of its own each time")
	}
	if bytes.Contains(a, []byte(number.Reveal()[:8])) {
		t.Error("Seal holds the number in clear")
	}
	for _, sealed := range [][]byte{a, b} {
		if got, err := k.Open(sealed, "card/u_a/c_1"); err != nil || got.Reveal() != number.Reveal() {
			t.Errorf("Open(Seal(number)) = %v, want the number", err)
		}
	}
}

// TestMovedDoesNotOpen moves what is sealed to wherever it could be put.
func TestMovedDoesNotOpen(t *testing.T) {
	v, _ := made(t)
	other, _ := made(t)
	a, wrappedA := owned(t, v, "u_a")
	b, wrappedB := owned(t, v, "u_b")
	sealed := a.Seal(number, "card/u_a/c_1")
	for what, open := range map[string]func() (secret.Text, error){
		"another card's row":  func() (secret.Text, error) { return a.Open(sealed, "card/u_a/c_2") },
		"another owner's row": func() (secret.Text, error) { return b.Open(sealed, "card/u_b/c_1") },
		"another owner's key": func() (secret.Text, error) { return b.Open(sealed, "card/u_a/c_1") },
	} {
		if got, err := open(); err == nil || got.Len() != 0 {
			t.Errorf("Open in %s gave %d bytes, %v, want an error and none", what, got.Len(), err)
		}
	}
	for what, unwrap := range map[string]func() (*DataKey, error){
		"the data key in another owner's row": func() (*DataKey, error) { return v.DataKey(wrappedA, "u_b") },
		"the other way round":                 func() (*DataKey, error) { return v.DataKey(wrappedB, "u_a") },
		"the data key in another vault":       func() (*DataKey, error) { return other.DataKey(wrappedA, "u_a") },
		"no data key":                         func() (*DataKey, error) { return v.DataKey(nil, "u_a") },
	} {
		if k, err := unwrap(); err == nil || k != nil {
			t.Errorf("DataKey of %s = %v, %v, want an error", what, k, err)
		}
	}
}

// TestEachBitCounts flips every bit, cuts at every length and adds a byte.
func TestEachBitCounts(t *testing.T) {
	v, _ := made(t)
	k, _ := owned(t, v, "u_a")
	sealed := k.Seal(number, "r")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := k.Open(bad, "r"); err == nil {
			t.Errorf("Open with bit %d flipped succeeded", i)
		}
	}
	for n := range sealed {
		if _, err := k.Open(sealed[:n], "r"); err == nil {
			t.Errorf("Open of the first %d bytes succeeded", n)
		}
	}
	if _, err := k.Open(append(bytes.Clone(sealed), 0), "r"); err == nil {
		t.Error("Open with a byte added succeeded")
	}
}

func TestFingerprint(t *testing.T) {
	v, _ := made(t)
	a, wrapped := owned(t, v, "u_a")
	b, _ := owned(t, v, "u_b")
	again, err := v.DataKey(wrapped, "u_a")
	if err != nil {
		t.Fatal(err)
	}
	got := a.Fingerprint(number)
	if !bytes.Equal(got, again.Fingerprint(number)) || len(got) != 32 {
		t.Errorf("Fingerprint after unwrapping = %d bytes, want the same 32", len(got))
	}
	if bytes.Equal(got, b.Fingerprint(number)) {
		t.Error("two owners' fingerprints of one number are equal, want them apart")
	}
	if bytes.Equal(got, a.Fingerprint(secret.New("4242424242424241"))) {
		t.Error("two numbers share a fingerprint")
	}
}

func FuzzOpen(f *testing.F) {
	v, _ := made(f)
	k, _ := owned(f, v, "u_a")
	f.Add(k.Seal(number, "elsewhere"), "here")
	f.Add([]byte{sealedV1}, "")
	f.Fuzz(func(t *testing.T, sealed []byte, ref string) {
		if ref == "elsewhere" {
			return
		}
		if got, err := k.Open(sealed, ref); err == nil || got.Len() != 0 {
			t.Errorf("Open of what was never sealed gave %d bytes, %v", got.Len(), err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	v, _ := made(b)
	k, _ := owned(b, v, "u_a")
	for b.Loop() {
		k.Seal(number, "card/u_a/c_1")
		k.Fingerprint(number)
	}
}

func BenchmarkUnwrap(b *testing.B) {
	v, _ := made(b)
	_, wrapped := owned(b, v, "u_a")
	for b.Loop() {
		if _, err := v.DataKey(wrapped, "u_a"); err != nil {
			b.Fatal(err)
		}
	}
}
