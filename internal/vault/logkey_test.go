package vault_test

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"

	"coffer/internal/vault"
)

// fingerprints is what a database remembers of a vault's keys.
func fingerprints(v *vault.Vault) map[string]string {
	seen := map[string]string{}
	for _, k := range v.Keys() {
		seen[k.Name] = k.Fingerprint
	}
	return seen
}

func logKeyOf(t *testing.T, dir string) ed25519.PublicKey {
	t.Helper()
	v, err := vault.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v.LogSigner().Public().(ed25519.PublicKey)
}

// TestNextLogKey takes a new log key through each point at which it could be
// interrupted: it counts from when the database knows it, and then alone.
func TestNextLogKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	v, err := vault.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen, present := fingerprints(v), logKeyOf(t, dir)
	adopt := func(want ed25519.PublicKey) {
		t.Helper()
		if err := vault.AdoptLogKey(dir, seen); err != nil {
			t.Fatalf("AdoptLogKey() = %v", err)
		}
		if got := logKeyOf(t, dir); !got.Equal(want) {
			t.Error("the log's key is another than it should be")
		}
	}
	adopt(present) // there is no next one
	first, _, err := vault.NextLogKey(dir, seen)
	if err != nil || first.Use != vault.UseLog {
		t.Fatalf("NextLogKey() = %+v, %v", first, err)
	}
	adopt(present) // the database does not know it
	next, signer, err := vault.NextLogKey(dir, seen)
	if err != nil || next == first {
		t.Fatalf("NextLogKey() again = %+v, %v, want one made anew", next, err)
	}
	seen[next.Name] = next.Fingerprint
	same, again, err := vault.NextLogKey(dir, seen)
	if err != nil || same != next || !again.Public().(ed25519.PublicKey).Equal(signer.Public()) {
		t.Errorf("NextLogKey() of one that the database knows = %+v, %v, want that one", same, err)
	}
	adopt(signer.Public().(ed25519.PublicKey))
	adopt(signer.Public().(ed25519.PublicKey)) // it is done
	if left, err := filepath.Glob(filepath.Join(dir, "log.pem*")); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v, want the one key", left, err)
	}
}

// TestNextLogKeyIsPrivate holds that a next key which others can read, or which
// is cut short, is not taken.
func TestNextLogKeyIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := vault.Create(dir); err != nil {
		t.Fatal(err)
	}
	next, _, err := vault.NextLogKey(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	path, seen := filepath.Join(dir, "log.pem.next"), map[string]string{next.Name: next.Fingerprint}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := vault.AdoptLogKey(dir, seen); err == nil {
		t.Error("AdoptLogKey() of a key that others can read: no error")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 40); err != nil {
		t.Fatal(err)
	}
	if err := vault.AdoptLogKey(dir, seen); err == nil {
		t.Error("AdoptLogKey() of a key that is cut short: no error")
	}
}
