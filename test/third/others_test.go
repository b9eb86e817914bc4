package third

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// errNo is the answer of somebody who does not find the log good.
var errNo = errors.New("refused")

// fsckTool is tessera's, built once.
var fsckTool = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "third")
	if err != nil {
		return "", err
	}
	made = dir
	path = filepath.Join(dir, "fsck")
	out, err := exec.Command("go", "build", "-o", path, "github.com/transparency-dev/tessera/cmd/fsck").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build fsck: %w\n%s", err, out)
	}
	return path, err
})

// made is where it is.
var made string

func TestMain(m *testing.M) {
	code := m.Run()
	if made != "" {
		_ = os.RemoveAll(made)
	}
	os.Exit(code)
}

// fsck is tessera's judgement. Its exit code is 0 for a broken log too, and a
// broken log can make it wait for ever: only its word counts, within a time.
func fsck(t *testing.T, dir, key string) error {
	t.Helper()
	tool, err := fsckTool()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, tool, "--storage_url", "file://"+dir+"/", "--public_key", file, "--ui=false", "-N", "8").CombinedOutput()
	if !bytes.Contains(out, []byte("Successfully fsck'd log with size ")) {
		return fmt.Errorf("fsck: %w: %.400s", errNo, out)
	}
	return nil
}

// read is torchwood's: it checks each line that it gives against the tree, and
// the tree against the signature.
func read(t *testing.T, tiles torchwood.TileReader, key string) (lines [][]byte, err error) {
	t.Helper()
	signed, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		return nil, err
	}
	c, _, err := torchwood.VerifyCheckpoint(signed, policy(t, key))
	if err != nil {
		return nil, err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return nil, err
	}
	for _, line := range client.AllEntries(t.Context(), c.Tree, 0) {
		lines = append(lines, bytes.Clone(line))
	}
	if client.Err() == nil && int64(len(lines)) != c.N {
		return lines, fmt.Errorf("torchwood gave %d lines of %d", len(lines), c.N)
	}
	return lines, client.Err()
}

// files are a directory's tiles, for torchwood.
func files(t *testing.T, dir string) torchwood.TileReader {
	t.Helper()
	tiles, err := torchwood.NewTileFS(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return tiles
}

// policy demands the log's own name under its own signature.
func policy(t *testing.T, key string) torchwood.Policy {
	t.Helper()
	v, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	return torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(v), torchwood.OriginPolicy(v.Name()))
}

// proven is the line that a proof file carries, if torchwood finds it proven.
func proven(p torchwood.Policy, file []byte) (line []byte, err error) {
	line, err = torchwood.ProofExtraData(file)
	if err != nil {
		return nil, err
	}
	return line, torchwood.VerifyProof(p, tlog.RecordHash(line), file)
}

// spki is how a public key of Ed25519 begins in DER: RFC 8410, section 4.
const spki = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"

// openssl checks the first signature of a note, of which it knows nothing: the
// text is what comes before the empty line, the signature what follows the four
// bytes of the key's mark.
func openssl(t *testing.T, signed []byte, key string) error {
	t.Helper()
	text, signatures, _ := strings.Cut(string(signed), "\n\n")
	words := strings.Fields(signatures)
	signature, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(key, "+", 3)[2]) // name+mark+key
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"text": text + "\n", "signature": string(signature[4:]), "key.der": spki + string(raw[1:])} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "text", "-sigfile", "signature")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Verified Successfully")) {
		return fmt.Errorf("openssl: %w: %s", errNo, out)
	}
	return nil
}
