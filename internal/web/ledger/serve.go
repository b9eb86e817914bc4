package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"coffer/internal/fault"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
	"coffer/internal/web"
)

// forever is how long a full tile may be kept by whoever fetched it: it can
// never change. What is not public is kept by nobody.
const forever = "public, max-age=31536000, immutable"

// checkpoint serves the newest one, with what witnesses signed.
func (l *Ledger) checkpoint(w http.ResponseWriter, r *http.Request) error {
	signed, _, _, err := l.Sealer.Checkpoint(r.Context())
	if err != nil {
		return failed(err)
	}
	send(w, r, "text/plain; charset=utf-8", signed)
	return nil
}

// keys serves what the checkpoints are verified with, so that it can be kept
// elsewhere. Whoever takes it from here on the day of judging has anchored
// nothing: who forges the one can serve the other.
func (l *Ledger) keys(w http.ResponseWriter, r *http.Request) error {
	keys, err := l.Keys()
	if err == nil && keys == "" {
		err = seal.ErrUnsigned
	}
	if err != nil {
		return failed(err)
	}
	send(w, r, "text/plain; charset=utf-8", []byte(keys))
	return nil
}

// tile serves hashes; a partial tile is computed.
func (l *Ledger) tile(w http.ResponseWriter, r *http.Request) error {
	level, n, width, entries, err := proof.ParseTilePath(strings.TrimPrefix(r.URL.Path, "/log/"))
	if err != nil || entries {
		return failed(seal.ErrNoTile)
	}
	hashes, err := l.Sealer.Tile(r.Context(), level, n, width)
	if err != nil {
		return failed(err)
	}
	if l.Public && width == proof.Width {
		w.Header().Set("Cache-Control", forever)
	}
	send(w, r, "application/octet-stream", hashes)
	return nil
}

// entries serves lines, to auditors only.
func (l *Ledger) entries(w http.ResponseWriter, r *http.Request) error {
	_, n, width, entries, err := proof.ParseTilePath(strings.TrimPrefix(r.URL.Path, "/log/"))
	if err != nil || !entries {
		return failed(seal.ErrNoTile)
	}
	bundle, err := l.Sealer.Entries(r.Context(), n, width)
	if err != nil {
		return failed(err)
	}
	s, alive := web.Session(r)
	if !alive { // the guard let nobody else in
		return fault.New(fault.SignedOut, "Sign in to read the log.")
	}
	if err := l.note(r.Context(), s.Hash); err != nil {
		return err
	}
	send(w, r, "application/octet-stream", bundle)
	return nil
}

// send answers with bytes, or says that the reader has them already.
func send(w http.ResponseWriter, r *http.Request, kind string, b []byte) {
	sum := sha256.Sum256(b)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}
