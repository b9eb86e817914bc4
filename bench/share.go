package main

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// few is how many lines one seal is thought to take at least, when 64 clients
// wait for one.
const few = 8

// share is what the proof costs of a card view: tree and signature, against
// the time that the server was seen to spend on a view. It is the greater of
// two: one client, whose lines are sealed one by one, and many.
func (m *measurement) share(u under) (figure, error) {
	const name = "hashing and signing, of a card view"
	if u.cpu[1] == 0 || u.cpu[crowd] == 0 {
		return figure{name: name, measured: "the system does not tell a process's time"}, nil
	}
	if len(m.results["view 1"]) == 0 {
		return figure{name: name, measured: "only in a run that measures pages"}, nil
	}
	sign, err := signing(m.window.during / 2)
	if err != nil {
		return figure{}, err
	}
	var most float64
	var remarks []string
	for _, at := range []struct{ clients, batch int }{{1, 1}, {crowd, few}} {
		line, err := growing(m.window.during/2, at.batch)
		if err != nil {
			return figure{}, err
		}
		// A signature is shared by all that is seen between two of them.
		cpu := u.cpu[at.clients]
		rate := m.results[fmt.Sprint("view ", at.clients)]
		line += time.Duration(float64(sign) / max(1, median(each(rate, func(r result) float64 { return r.rate }))*seal.Pace.Seconds()))
		most = max(most, 100*line.Seconds()/cpu.Seconds())
		remarks = append(remarks, fmt.Sprintf("%d at once: %.1f of %d µs", at.clients, line.Seconds()*1e6, cpu.Microseconds()))
	}
	return atMost(name, "%", most, 5).with("%s", strings.Join(remarks, ", ")), nil
}

// growing is the time that a line costs in the tree: the edge is copied and the
// root computed for each batch, and each line's leaf and nodes are hashed. The
// signer, which trusts nobody, hashes them a second time.
func growing(during time.Duration, batch int) (each time.Duration, err error) {
	rec, err := event.Maker{Node: "bench", Version: "0.0.0"}.Record(viewer, time.Now(), viewed)
	if err != nil {
		return 0, err
	}
	line := rec.Line(1_000_000, rec.At)
	last, next, signer := &proof.Edge{}, &proof.Edge{}, &proof.Edge{}
	took, err := usual(during, func() error {
		next.Set(last)
		for range batch {
			next.Append(line)
			signer.Append(line)
		}
		next.Root()
		for _, t := range next.Full() {
			t.Root()
		}
		signer.Full()
		last, next = next, last
		return nil
	})
	return took / time.Duration(batch), err
}

// signing is the time that a signed checkpoint costs.
func signing(during time.Duration) (each time.Duration, err error) {
	const origin = "coffer.invalid/bench"
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return 0, err
	}
	signer, err := proof.NewSigner(origin, key)
	if err != nil {
		return 0, err
	}
	return usual(during, func() error {
		_, err := proof.Sign(proof.Checkpoint{Origin: origin, Size: 1_000_000}, signer)
		return err
	})
}

// usual does the same over and over and gives what one time takes, undisturbed:
// the median of short runs, of which others on the machine hit a few.
func usual(during time.Duration, do func() error) (each time.Duration, err error) {
	const run = 64 // the clock costs as much as a hash does
	var took []float64
	for end := time.Now().Add(during); time.Now().Before(end); {
		began := time.Now()
		for range run {
			if err := do(); err != nil {
				return 0, err
			}
		}
		took = append(took, float64(time.Since(began))/run)
	}
	return time.Duration(median(took)), nil
}
