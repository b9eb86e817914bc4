// Package notary is a witness for tests: a server of its own that follows
// c2sp.org/tlog-witness to the letter. It checks proofs by x/mod, signs by the
// standard library, and shares nothing with the room that asks it. A test may
// have it misbehave.
package notary

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Notary is a witness that serves on this machine.
type Notary struct {
	*httptest.Server
	// Name is its key's, and VKey the key as operators show it.
	Name, VKey string
	// Also signs each checkpoint in another way, if it is set.
	Also note.Signer

	key  ed25519.PrivateKey
	mu   sync.Mutex
	logs map[string]*state
	bad  http.HandlerFunc
	asks int
	more chan struct{}
}

// state is what it knows of a log.
type state struct {
	key  note.Verifier
	size int64
	root tlog.Hash
}

// cosignature is the type of a key that signs cosignatures, as c2sp.org/tlog-cosignature has it.
const cosignature = 4

// New starts a witness with a key of its own, over TLS if secure.
func New(tb testing.TB, name string, secure bool) *Notary {
	tb.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	n := &Notary{Name: name, key: key, logs: map[string]*state{}, more: make(chan struct{})}
	n.VKey = fmt.Sprintf("%s+%08x+%s", name, n.id(), base64.StdEncoding.EncodeToString(append([]byte{cosignature}, pub...)))
	n.Server = httptest.NewUnstartedServer(n)
	if secure {
		n.StartTLS()
	} else {
		n.Start()
	}
	tb.Cleanup(n.Close)
	return n
}

// id is the key's id: over name, a newline, the type and the key.
func (n *Notary) id() uint32 {
	text := append([]byte(n.Name+"\n"), cosignature)
	sum := sha256.Sum256(append(text, n.key.Public().(ed25519.PublicKey)...))
	return binary.BigEndian.Uint32(sum[:])
}

// Pair is what a setting says of it.
func (n *Notary) Pair() string { return n.VKey + " " + n.URL }

// Know has it sign for a log, given by its verifier key.
func (n *Notary) Know(tb testing.TB, vkey string) {
	tb.Helper()
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		tb.Fatalf("the log's key %q: %v", vkey, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.logs[v.Name()] = &state{key: v}
}

// Forget has it lose what it knows of how far logs were.
func (n *Notary) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.logs {
		s.size, s.root = 0, tlog.Hash{}
	}
}

// Misbehave has fn answer in its place; nil ends that.
func (n *Notary) Misbehave(fn http.HandlerFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bad = fn
}

// Size is how far it signed the log of that name.
func (n *Notary) Size(origin string) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s := n.logs[origin]; s != nil {
		return uint64(s.size)
	}
	return 0
}

// Asked is how often it was asked, and a channel that is closed when it is
// again.
func (n *Notary) Asked() (times int, more <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asks, n.more
}

// ServeHTTP answers add-checkpoint.
func (n *Notary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, "unread", http.StatusBadRequest)
		return
	}
	n.mu.Lock()
	bad := n.bad
	n.asks++
	close(n.more)
	n.more = make(chan struct{})
	n.mu.Unlock()
	if bad != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		bad(w, r)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/add-checkpoint" {
		http.NotFound(w, r)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.add(w, string(body))
}

// add is the whole protocol, in the order of its text.
func (n *Notary) add(w http.ResponseWriter, body string) {
	old, proof, signed, err := split(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, _, _ := strings.Cut(signed, "\n\n")
	lines := strings.Split(text, "\n")
	s := n.logs[lines[0]]
	if s == nil {
		http.Error(w, "no such log", http.StatusNotFound)
		return
	}
	if _, err := note.Open([]byte(signed), note.VerifierList(s.key)); err != nil {
		http.Error(w, "not signed by the log", http.StatusForbidden)
		return
	}
	size, root, err := tree(lines)
	switch {
	case err != nil || old > size:
		http.Error(w, "no checkpoint, or an old size beyond it", http.StatusBadRequest)
		return
	case old != s.size || old == size && size > 0 && root != s.root:
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, "%d\n", s.size)
		return
	case (old == 0 || old == size) && len(proof) > 0, old > 0 && old < size && tlog.CheckTree(proof, size, root, old, s.root) != nil:
		http.Error(w, "the proof does not hold", http.StatusUnprocessableEntity)
		return
	}
	s.size, s.root = size, root
	fmt.Fprint(w, n.Cosign(text+"\n", time.Now()))
}

// Cosign is the lines that it signs a checkpoint with.
func (n *Notary) Cosign(text string, at time.Time) string {
	signature := binary.BigEndian.AppendUint32(nil, n.id())
	signature = binary.BigEndian.AppendUint64(signature, uint64(at.Unix()))
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at.Unix(), text)
	signature = append(signature, ed25519.Sign(n.key, []byte(message))...)
	lines := fmt.Sprintf("— %s %s\n", n.Name, base64.StdEncoding.EncodeToString(signature))
	if n.Also != nil {
		also, err := note.Sign(&note.Note{Text: text}, n.Also)
		if err != nil {
			return ""
		}
		lines += strings.TrimPrefix(string(also), text+"\n")
	}
	return lines
}

var errBody = errors.New("no body of add-checkpoint")

// split reads the body of a request.
func split(body string) (old int64, proof tlog.TreeProof, signed string, err error) {
	head, signed, found := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	number, is := strings.CutPrefix(lines[0], "old ")
	old, err = strconv.ParseInt(number, 10, 64)
	if !found || !is || err != nil || strconv.FormatInt(old, 10) != number || old < 0 || len(lines) > 64 {
		return 0, nil, "", errBody
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return 0, nil, "", errBody
		}
		proof = append(proof, tlog.Hash(raw))
	}
	return old, proof, signed, nil
}

// tree reads the size and root of a checkpoint's lines.
func tree(lines []string) (size int64, root tlog.Hash, err error) {
	if len(lines) < 3 {
		return 0, root, errBody
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	raw, bad := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || bad != nil || len(raw) != tlog.HashSize {
		return 0, root, errBody
	}
	return size, tlog.Hash(raw), nil
}
