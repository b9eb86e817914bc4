package vault

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coffer/internal/secret"
)

// number is a published test number.
var number = secret.New("4242424242424242")

func made(t testing.TB) (*Vault, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	v, err := Create(dir)
	if err != nil {
		t.Fatalf("Create(%s) = %v", dir, err)
	}
	return v, dir
}

func owned(t testing.TB, v *Vault, owner string) (*DataKey, []byte) {
	t.Helper()
	wrapped, k, err := v.NewDataKey(owner)
	if err != nil {
		t.Fatalf("NewDataKey(%s) = %v", owner, err)
	}
	return k, wrapped
}

func TestCreateMakesPrivateFiles(t *testing.T) {
	_, dir := made(t)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of keys/ = %v, %v, want 0700", info.Mode().Perm(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, %v, want 0600", e.Name(), info.Mode().Perm(), err)
		}
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	v, dir := made(t)
	again, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(again.Keys()), fmt.Sprint(v.Keys()); got != want {
		t.Errorf("Create over keys = %s, want the same keys %s", got, want)
	}
	// A start that was killed after the first file is completed.
	if err := os.Remove(filepath.Join(dir, "log.pem")); err != nil {
		t.Fatal(err)
	}
	again, err = Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range again.Keys() {
		if same, want := k == v.Keys()[i], k.Use != UseLog; same != want {
			t.Errorf("after losing log.pem, key %s unchanged = %v, want %v", k.Use, same, want)
		}
	}
}

func TestNodesCreateAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() {
			v, err := Create(dir)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = fmt.Sprint(v.Keys())
		})
	}
	wg.Wait()
	for _, g := range got {
		if g != got[0] {
			t.Fatalf("Create at once = %s and %s, want one set of keys", got[0], g)
		}
	}
}

func TestLoadIsTheSameVault(t *testing.T) {
	v, dir := made(t)
	k, wrapped := owned(t, v, "u_a")
	sealed := k.Seal(number, "card/u_a/c_1")
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	k2, err := again.DataKey(wrapped, "u_a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k2.Open(sealed, "card/u_a/c_1"); err != nil || got.Reveal() != number.Reveal() {
		t.Errorf("Open after Load = %v, want the number", err)
	}
	if !bytes.Equal(k.Fingerprint(number), k2.Fingerprint(number)) || !bytes.Equal(v.MAC("x", nil), again.MAC("x", nil)) {
		t.Error("Fingerprint or MAC differ after Load, want equal")
	}
	msg := []byte("a note")
	sig, err := again.LogSigner().Sign(nil, msg, &ed25519.Options{})
	if err != nil || !ed25519.Verify(v.LogSigner().Public().(ed25519.PublicKey), msg, sig) {
		t.Errorf("LogSigner after Load does not sign as before: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	spoil := map[string]struct {
		do   func(path string) error
		want string
	}{
		"missing": {os.Remove, " is missing"},
		"empty":   {func(p string) error { return os.WriteFile(p, nil, 0o600) }, " is garbled"},
		"garbled": {func(p string) error { return os.WriteFile(p, []byte("{}\n"), 0o600) }, " is garbled"},
		"cut":     {func(p string) error { return os.Truncate(p, 40) }, " is garbled"},
		"group":   {func(p string) error { return os.Chmod(p, 0o640) }, "chmod 600 "},
		"world":   {func(p string) error { return os.Chmod(p, 0o604) }, "chmod 600 "},
	}
	for _, f := range files {
		for name, c := range spoil {
			_, dir := made(t)
			path := filepath.Join(dir, f.name)
			if err := c.do(path); err != nil {
				t.Fatal(err)
			}
			_, err := Load(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Load with %s %s = %v, want %q and the file's name", f.name, name, err, c.want)
			}
		}
	}
}

func TestLoadRefusesAnOpenDirectory(t *testing.T) {
	_, dir := made(t)
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "chmod 700 "+dir) {
		t.Errorf("Load of a directory others can change = %v, want the chmod", err)
	}
}

// TestGarbledSaysNothing holds that an error about a file does not quote it.
func TestGarbledSaysNothing(t *testing.T) {
	_, dir := made(t)
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(`{"key": c2VjcmV0IG9mIHRoZSBrZXk }`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || strings.Contains(err.Error(), "c2Vj") {
			t.Errorf("Load with a garbled %s = %v, want an error that does not quote the file", f.name, err)
		}
	}
}

func TestKeys(t *testing.T) {
	v, _ := made(t)
	uses := []Use{UseVault, UseLog, UsePseudonym}
	keys := v.Keys()
	if len(keys) != len(uses) {
		t.Fatalf("Keys() = %d keys, want %d", len(keys), len(uses))
	}
	for i, k := range keys {
		if k.Use != uses[i] || k.Name != string(k.Use)+"/"+k.ID || len(k.ID) != 8 || len(k.Fingerprint) != 32 {
			t.Errorf("Keys()[%d] = %+v, want use %s, name use/id, 8 and 32 digits", i, k, uses[i])
		}
	}
	other, _ := made(t)
	for i, k := range other.Keys() {
		if k.Fingerprint == keys[i].Fingerprint {
			t.Errorf("two installations share the fingerprint of %s", k.Use)
		}
	}
}

func TestCheck(t *testing.T) {
	v, _ := made(t)
	other, _ := made(t)
	seen := func(change func(map[string]string)) map[string]string {
		m := map[string]string{}
		for _, k := range v.Keys() {
			m[k.Name] = k.Fingerprint
		}
		change(m)
		return m
	}
	name, strange := v.Keys()[1].Name, other.Keys()[0]
	for what, c := range map[string]struct {
		seen map[string]string
		want string
	}{
		"the same":   {seen(func(map[string]string) {}), ""},
		"none seen":  {nil, ""},
		"missing":    {seen(func(m map[string]string) { m[strange.Name] = strange.Fingerprint }), "key " + strange.Name + " is missing"},
		"different":  {seen(func(m map[string]string) { m[name] = "00" }), "key " + name + " is a different one"},
		"both named": {seen(func(m map[string]string) { m[name], m[strange.Name] = "00", "11" }), strange.Name},
	} {
		err := v.Check(c.seen)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("Check(%s) = %v, want %q", what, err, c.want)
		}
	}
}

func TestMAC(t *testing.T) {
	v, _ := made(t)
	other, _ := made(t)
	got := v.MAC("typed/2026-11-24", []byte("x"))
	if len(got) != 32 || !bytes.Equal(got, v.MAC("typed/2026-11-24", []byte("x"))) {
		t.Errorf("MAC twice = %x, want 32 equal bytes", got)
	}
	for what, differs := range map[string][]byte{
		"label": v.MAC("typed/2026-11-25", []byte("x")), "data": v.MAC("typed/2026-11-24", []byte("y")),
		"key": other.MAC("typed/2026-11-24", []byte("x")),
	} {
		if bytes.Equal(got, differs) {
			t.Errorf("MAC with another %s is equal, want different", what)
		}
	}
}

// TestNothingPrints looks for every key in every way a value becomes text.
func TestNothingPrints(t *testing.T) {
	v, _ := made(t)
	k, _ := owned(t, v, "u_a")
	sub := v.MAC("label", nil)
	secrets := [][]byte{v.pseudonym.Reveal(), v.signer.(ed25519.PrivateKey).Seed(), k.print.Reveal(), sub}
	type holder struct {
		V *Vault
		K *DataKey
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, x := range []any{v, k, *k, holder{v, k}, &holder{v, k}, []*DataKey{k}} {
			got := fmt.Sprintf(verb, x)
			for _, s := range secrets {
				if strings.Contains(got, hex.EncodeToString(s)) || strings.Contains(got, fmt.Sprint(s[:4])[1:8]) {
					t.Errorf("Sprintf(%s, %T) shows a key", verb, x)
				}
			}
		}
	}
	if got, err := json.Marshal(holder{v, k}); err != nil || string(got) != `{"V":{},"K":{}}` {
		t.Errorf("json.Marshal = %s, %v, want empty objects", got, err)
	}
}
