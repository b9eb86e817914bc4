package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// What is read of an answer: room for the cosignatures of many keys.
const (
	maxAnswer       = 64 << 10
	maxAnswerHeader = 16 << 10
)

// The reasons of sys_monitor_disabled.
const (
	unreachable = "unreachable"
	timeout     = "timeout"
	certificate = "certificate"
	refused     = "refused"
	unknown     = "unknown_log"
	untrue      = "untrue"
	contradicts = "contradicts"
	tooFew      = "quorum"
)

// failure is a request that brought no cosignature. Its text holds nothing that
// the witness wrote.
type failure struct {
	reason string
	err    error
	// rollback is set where the witness knows what this log does not have:
	// more lines, or others.
	rollback *Contradiction
}

// Error says why.
func (f *failure) Error() string { return f.err.Error() }

func failed(reason, format string, args ...any) *failure {
	return &failure{reason: reason, err: fmt.Errorf(format, args...)}
}

// offer is a checkpoint that witnesses are asked to sign.
type offer struct {
	proof.Checkpoint
	// signed is the note, with the log's signature alone.
	signed []byte
	// hourly says that log_witnessed tells of it.
	hourly bool
}

// cosigned is a signature that a witness made.
type cosigned struct {
	key  string
	at   time.Time
	line string
}

// newClient makes the client that all requests go through: a redirect would
// lead where nobody configured it to go.
func newClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxAnswerHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request is the body of add-checkpoint.
func request(o offer, old uint64, hashes []proof.Hash) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range hashes {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	fmt.Fprintf(&b, "\n%s", o.signed)
	return b.Bytes()
}

// conflict is a witness that knows another size than it was told.
type conflict struct {
	size  uint64
	known bool // it said which
}

// Error says what a 409 means.
func (c *conflict) Error() string { return "the witness knows another size" }

// post sends one request and gives the signatures that it brought.
func post(ctx context.Context, client *http.Client, w Witness, o offer, old uint64, hashes []proof.Hash) ([]cosigned, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/add-checkpoint", bytes.NewReader(request(o, old, hashes)))
	if err != nil {
		return nil, failed(unreachable, "%w", err)
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	r.Header.Set("User-Agent", "coffer")
	// Repeating a request does no harm: so a connection that was closed while
	// it was idle costs no failed attempt. Without a value nothing is sent.
	r.Header["Idempotency-Key"] = nil
	resp, err := client.Do(r)
	if err != nil {
		return nil, broken(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, broken(err)
	}
	if resp.StatusCode == http.StatusOK {
		return verify(w, o, body)
	}
	return nil, refusal(resp, body, old)
}

// refusal reads an answer that is no cosignature.
func refusal(resp *http.Response, body []byte, old uint64) error {
	switch code := resp.StatusCode; code {
	case http.StatusConflict:
		c := &conflict{}
		if resp.Header.Get("Content-Type") == "text/x.tlog.size" {
			c.size, c.known = size(body)
		}
		return c
	case http.StatusUnprocessableEntity:
		// The proof was made from tiles that lead to the checkpoint's own root:
		// if it does not hold, the witness knows another beginning.
		if old > 0 {
			return &failure{contradicts, errors.New("it says that what it signed before is not what this log begins with"), &Contradiction{Known: old, Forked: true}}
		}
		return failed(refused, "it takes no proof (422)")
	case http.StatusNotFound:
		return failed(unknown, "it does not know the log, or nothing answers at this URL (404); give its operator the line of log.pub")
	case http.StatusForbidden:
		return failed(unknown, "it knows the log by another key (403); give its operator the newest line of log.pub")
	default:
		return failed(refused, "it answered %d", code)
	}
}

// size reads the body of a conflict, as strictly as it is specified.
func size(body []byte) (n uint64, ok bool) {
	text, line := strings.CutSuffix(string(body), "\n")
	n, err := strconv.ParseUint(text, 10, 63)
	return n, line && err == nil && strconv.FormatUint(n, 10) == text
}

// verify checks an answer's signatures, line by line: those of unknown keys are
// passed over, and a wrong one of a known key spoils the answer.
func verify(w Witness, o offer, body []byte) (all []cosigned, err error) {
	if len(body) > maxAnswer {
		return nil, failed(untrue, "its answer is too long")
	}
	text := o.Text() + "\n"
	verifiers := note.VerifierList(w.Keys...)
	for line := range strings.Lines(string(body)) {
		n, err := note.Open([]byte(text+line), verifiers)
		if _, strange := errors.AsType[*note.UnverifiedNoteError](err); strange {
			continue
		}
		if err != nil {
			return nil, failed(untrue, "its answer is not its signature of this checkpoint")
		}
		s := n.Sigs[0]
		at, err := cosignature.CoSigV1Timestamp(s)
		if err != nil {
			return nil, failed(untrue, "its signature has no time")
		}
		all = append(all, cosigned{fmt.Sprintf("%s+%08x", s.Name, s.Hash), at, strings.TrimSuffix(line, "\n")})
	}
	if len(all) == 0 {
		return nil, failed(untrue, "its answer holds no signature of its key")
	}
	return all, nil
}

// broken says why a request was not answered.
func broken(err error) *failure {
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		return failed(certificate, "its certificate is not one to trust")
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return failed(timeout, "it does not answer in time")
	}
	return failed(unreachable, "it cannot be reached, or hung up")
}
