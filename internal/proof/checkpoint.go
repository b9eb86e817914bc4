package proof

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what the log was at a size.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// maxCheckpoint is longer than any signed checkpoint that deserves to be read.
const maxCheckpoint = 1 << 20

var errCheckpoint = errors.New("no checkpoint")

// Text is what is signed: origin, size and root, a line each.
func (c Checkpoint) Text() string {
	return string(log.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root[:]}.Marshal())
}

// Sign gives the signed note of a checkpoint.
func Sign(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, signers...)
}

// Open reads a signed checkpoint that at least one of the verifiers vouches
// for; a wrong signature of any of them is an error. The note names who signed.
func Open(signed []byte, verifiers ...note.Verifier) (Checkpoint, *note.Note, error) {
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := parse(n.Text)
	return c, n, err
}

// Peek reads a signed checkpoint without judging it.
func Peek(signed []byte) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, errCheckpoint
	}
	text, signatures, found := bytes.Cut(signed, []byte("\n\n"))
	if !found || !bytes.HasPrefix(signatures, []byte("— ")) || !bytes.HasSuffix(signatures, []byte("\n")) {
		return Checkpoint{}, errCheckpoint
	}
	return parse(string(text) + "\n")
}

// parse reads a checkpoint's text, and none that it would write otherwise.
// Lines after the third are extensions, which it may carry and nobody need know.
func parse(text string) (Checkpoint, error) {
	var raw log.Checkpoint
	if _, err := raw.Unmarshal([]byte(text)); err != nil || len(raw.Hash) != tlog.HashSize {
		return Checkpoint{}, errCheckpoint
	}
	c := Checkpoint{raw.Origin, raw.Size, Hash(raw.Hash)}
	if !strings.HasPrefix(text, c.Text()) || c.Size > 1<<62 {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// Signature is the first signature of a signed note, in base64 with the key's
// id before it: what a log_checkpoint line carries beside origin, size and root.
func Signature(signed []byte) string {
	_, signatures, _ := strings.Cut(string(signed), "\n\n")
	line, _, _ := strings.Cut(signatures, "\n")
	return line[strings.LastIndexByte(line, ' ')+1:]
}

// Rejoin makes the signed note again of what such a line carries.
func Rejoin(origin string, size uint64, root, signature string) []byte {
	return fmt.Appendf(nil, "%s\n%d\n%s\n\n— %s %s\n", origin, size, root, origin, signature)
}

// VerifierKey is the text of a public key, as log.pub holds it.
func VerifierKey(name string, pub ed25519.PublicKey) (string, error) {
	return note.NewEd25519VerifierKey(name, pub)
}

// NewSigner makes the signer of checkpoints out of the log's key. The key's
// name is the log's origin.
func NewSigner(name string, key ed25519.PrivateKey) (note.Signer, error) {
	vkey, err := VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("the log's origin %q: %w", name, err)
	}
	return signer{v, key}, nil
}

type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

// Sign signs a note's text.
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key, text), nil }
