package app

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"coffer/internal/event"
)

// certFiles are a certificate and its key in files that somebody else keeps up
// to date. They are read each second, since no other way tells of a change on
// every file system; a pair that is no better than the one in use is not taken.
type certFiles struct {
	cert, key string
	host      string
	now       func() time.Time
	record    func(context.Context, ...event.Event) error
	pair      atomic.Pointer[tls.Certificate]

	used, seen, refused [32]byte // of the files' content: in use, at the last look, told of
	mu                  sync.Mutex
	trouble             string
}

// openFiles reads the pair of the start, which has to be one.
func (a *App) openFiles() (*certFiles, error) {
	f := &certFiles{cert: a.TlsCert, key: a.TlsKey, host: a.host(), now: a.Now, record: func(ctx context.Context, e ...event.Event) error {
		return a.log.Record(ctx, e...)
	}}
	chain, key, err := f.read()
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, wrong("tls-cert", f.cert, "it and the key in %s are no pair (%v); give a PEM file with the certificate first and its chain after it, and the key that belongs to it", f.key, err)
	}
	f.pair.Store(&pair)
	f.used = pairContent(chain, key)
	f.seen = f.used
	return f, nil
}

func (f *certFiles) read() (chain, key []byte, err error) {
	if chain, err = readSmall(f.cert); err != nil {
		return nil, nil, wrong("tls-cert", f.cert, "it cannot be read (%v)", err)
	}
	if key, err = readSmall(f.key); err != nil {
		return nil, nil, wrong("tls-key", f.key, "it cannot be read (%v)", err)
	}
	return chain, key, nil
}

// pairContent tells one state of the two files from another.
func pairContent(chain, key []byte) [32]byte {
	first := sha256.Sum256(chain)
	return sha256.Sum256(append(first[:], key...))
}

func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.pair.Load(), nil }

func (f *certFiles) leaves() []*x509.Certificate { return []*x509.Certificate{f.pair.Load().Leaf} }

func (f *certFiles) troubles() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble == "" {
		return nil
	}
	return []string{f.trouble}
}

// look takes what the files hold now, once it is the same at two looks: the two
// are replaced one after the other.
func (f *certFiles) look(ctx context.Context) error {
	chain, key, err := f.read()
	now := pairContent(chain, key)
	if err != nil {
		now = sha256.Sum256([]byte(err.Error()))
	}
	settled := now == f.seen
	f.seen = now
	switch {
	case now == f.used:
		if f.report("") {
			slog.Info("the files of --tls-cert and --tls-key are the ones in use again")
		}
		f.refused = [32]byte{}
		return nil
	case !settled, now == f.refused:
		return nil
	case err != nil:
		f.refuse(now, err)
		return nil
	}
	return f.change(ctx, now, chain, key)
}

// change takes the new pair if it is one and browsers will take it, or at least
// would not take the old one either. The line is committed first.
func (f *certFiles) change(ctx context.Context, now [32]byte, chain, key []byte) error {
	pair, err := tls.X509KeyPair(chain, key)
	old := f.pair.Load()
	if err == nil && unfit(old.Leaf, f.host, f.now()) == nil {
		err = unfit(pair.Leaf, f.host, f.now())
	}
	if err != nil {
		f.refuse(now, err)
		return nil
	}
	changed := event.ConfigChanged{Setting: "tls-cert", From: fingerprint(old.Leaf), To: fingerprint(pair.Leaf)}
	if err := f.record(ctx, changed); err != nil {
		return err
	}
	f.pair.Store(&pair)
	f.used, f.refused = now, [32]byte{}
	f.report("")
	slog.Info("a new certificate is in use", "for", certified(pair.Leaf), "until", dateOf(pair.Leaf.NotAfter))
	return nil
}

// refuse tells of a pair that is not taken, once for each.
func (f *certFiles) refuse(now [32]byte, err error) {
	f.refused = now
	f.report(fmt.Sprintf("the new certificate in --tls-cert %s and --tls-key %s is not used: %v; the one before it stays in use until %s",
		f.cert, f.key, err, dateOf(f.pair.Load().Leaf.NotAfter)))
	slog.Error(f.troubles()[0])
}

// report notes what is wrong now, or nothing, and says whether that is new.
func (f *certFiles) report(trouble string) (changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = f.trouble != trouble
	f.trouble = trouble
	return changed
}
