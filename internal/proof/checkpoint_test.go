package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

const origin = "coffer.invalid/test"

// key is a signer and its verifier, the same each time.
func key(t *testing.T, name string, seed byte) (note.Signer, note.Verifier) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	s, err := proof.NewSigner(name, private)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := proof.VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if v.KeyHash() != s.KeyHash() || v.Name() != s.Name() {
		t.Errorf("the signer is %s %x, its verifier %s %x", s.Name(), s.KeyHash(), v.Name(), v.KeyHash())
	}
	return s, v
}

func TestCheckpoint(t *testing.T) {
	s, v := key(t, origin, 1)
	c := proof.Checkpoint{Origin: origin, Size: 42, Root: proof.Hash{0xff}}
	const text = "coffer.invalid/test\n42\n/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	if c.Text() != text {
		t.Errorf("Text() = %q, want %q", c.Text(), text)
	}
	signed, err := proof.Sign(c, s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(signed), text+"\n— "+origin+" ") {
		t.Errorf("Sign() = %q", signed)
	}
	got, n, err := proof.Open(signed, v)
	if err != nil || got != c || len(n.Sigs) != 1 {
		t.Errorf("Open() = %+v, %v", got, err)
	}
	if got, err := proof.Peek(signed); err != nil || got != c {
		t.Errorf("Peek() = %+v, %v", got, err)
	}
	if got := proof.Rejoin(origin, 42, c.Root.String(), proof.Signature(signed)); !bytes.Equal(got, signed) {
		t.Errorf("Rejoin() = %q, want %q", got, signed)
	}
	if _, err := proof.NewSigner("two words", make([]byte, 64)); err == nil {
		t.Error("NewSigner with a space in its name: no error")
	}
}

func TestOpenRefuses(t *testing.T) {
	s, v := key(t, origin, 1)
	_, stranger := key(t, origin, 2)
	_, elsewhere := key(t, "coffer.invalid/else", 1)
	signed, err := proof.Sign(proof.Checkpoint{Origin: origin, Size: 42}, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if c, _, err := proof.Open(changed, v); err == nil && c.Text() != "" && !bytes.Equal(changed, signed) {
			t.Errorf("byte %d changed: Open() = %+v", i, c)
		}
	}
	for name, v := range map[string]note.Verifier{"another key": stranger, "the same key of another log": elsewhere} {
		if _, _, err := proof.Open(signed, v); err == nil {
			t.Errorf("Open by %s: no error", name)
		}
	}
	if _, _, err := proof.Open(signed); err == nil {
		t.Error("Open by nobody: no error")
	}
}

// TestOpenSSLAgrees holds that a stranger's tool accepts the note's signature:
// no word of ours is needed to check it.
func TestOpenSSLAgrees(t *testing.T) {
	s, _ := key(t, origin, 1)
	c := proof.Checkpoint{Origin: origin, Size: 42, Root: proof.Hash{0xff}}
	signed, err := proof.Sign(c, s)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(proof.Signature(signed))
	if err != nil {
		t.Fatal(err)
	}
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "signature": raw[4:],
		"text": []byte(c.Text()), "other": []byte(strings.Replace(c.Text(), "42", "43", 1)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"text": true, "other": false} {
		cmd := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", name, "-sigfile", "signature")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if said := bytes.Contains(out, []byte("Verified Successfully")); said != want || (err == nil) != want {
			t.Errorf("openssl on %s: %v, %s, want accepted: %v", name, err, out, want)
		}
	}
}

// A text that reads the same as another is refused, signed or not.
func TestCheckpointHasOneText(t *testing.T) {
	const root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	s, v := key(t, origin, 1)
	for name, text := range map[string]string{
		"a leading zero": "o\n042\n" + root + "\n", "a plus": "o\n+42\n" + root + "\n", "no origin": "\n42\n" + root + "\n",
		"a short root": "o\n42\nAAAA\n", "loose base64": "o\n42\n" + strings.Replace(root, "AA=", "AB=", 1) + "\n",
		"two lines": "o\n42\n", "beyond any tree": "o\n9223372036854775807\n" + root + "\n", "negative": "o\n-1\n" + root + "\n",
	} {
		signed, err := note.Sign(&note.Note{Text: text}, s)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err := proof.Open(signed, v); err == nil {
			t.Errorf("Open with %s = %+v", name, c)
		}
		if c, err := proof.Peek(signed); err == nil {
			t.Errorf("Peek with %s = %+v", name, c)
		}
	}
	for _, none := range []string{"", "\n\n", "o\n42\n" + root + "\n", "o\n42\n" + root + "\n\n", "o\n42\n" + root + "\n\n— x y"} {
		if c, err := proof.Peek([]byte(none)); err == nil {
			t.Errorf("Peek(%q) = %+v", none, c)
		}
	}
	extended := "o\n42\n" + root + "\nan extension\n"
	signed, err := note.Sign(&note.Note{Text: extended}, s)
	if err != nil {
		t.Fatal(err)
	}
	if c, _, err := proof.Open(signed, v); err != nil || c.Size != 42 {
		t.Errorf("Open with an extension = %+v, %v", c, err)
	}
}

func TestProofFile(t *testing.T) {
	s, _ := key(t, origin, 1)
	signed, err := proof.Sign(proof.Checkpoint{Origin: origin, Size: 3}, s)
	if err != nil {
		t.Fatal(err)
	}
	p := proof.ProofFile{Extra: []byte(`{"seq":1}`), Index: 1, Hashes: []proof.Hash{{1}, {2}}, Checkpoint: signed}
	const begin = "c2sp.org/tlog-proof@v1\nextra eyJzZXEiOjF9\nindex 1\n" +
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + origin + "\n3\n"
	b := p.Marshal()
	if !strings.HasPrefix(string(b), begin) {
		t.Errorf("Marshal() = %s, want %s…", b, begin)
	}
	got, err := proof.ParseProofFile(b)
	if err != nil || !bytes.Equal(got.Marshal(), b) || got.Index != 1 || len(got.Hashes) != 2 {
		t.Errorf("ParseProofFile() = %+v, %v", got, err)
	}
	text := string(b)
	for name, bad := range map[string]string{
		"carriage returns": strings.ReplaceAll(text, "\n", "\r\n"), "another version": strings.Replace(text, "@v1", "@v2", 1),
		"no index": strings.Replace(text, "index 1\n", "", 1), "a leading zero": strings.Replace(text, "index 1", "index 01", 1),
		"a short hash": strings.Replace(text, "AQAAAAAA", "", 1), "loose base64": strings.Replace(text, "AAA=\nAg", "AAB=\nAg", 1),
		"no last newline": strings.TrimSuffix(text, "\n"), "nothing": "",
	} {
		if _, err := proof.ParseProofFile([]byte(bad)); err == nil {
			t.Errorf("ParseProofFile with %s: no error", name)
		}
	}
}
