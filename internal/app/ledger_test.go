package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/event"
	"coffer/internal/proof"
)

// give gives a person a role as the command line does, beside the running
// application, and has it noticed there: by what they do next.
func give(h *house.House, b *house.Browser, name, role string) {
	h.Helper()
	if done, err := desk(h).SetRole(context.Background(), name, role); err != nil || !done.Signed {
		h.Fatalf("SetRole(%s, %s) = %+v, %v, want it signed", name, role, done, err)
	}
	h.Wrote("authz_change level=WARNING outcome=success actor=" + app.Origin().Actor + " subject=$" + name + " target=account:$" + name + " data.to=" + role + " data.from=*")
	b.Get("/activity/999999999").Is(404).Wrote("authz_fail reason=not_found")
}

// fill makes so many lines at once.
func fill(h *house.House, lines int) {
	h.Helper()
	if err := desk(h).Record(context.Background(), slices.Repeat([]event.Event{event.LogHeartbeat{}}, lines)...); err != nil {
		h.Fatal(err)
	}
	h.Next(lines)
}

// verifier is what the data directory's log.pub makes.
func verifier(h *house.House) note.Verifier {
	h.Helper()
	raw, err := os.ReadFile(filepath.Join(h.Dir(), "log.pub"))
	if err != nil {
		h.Fatal(err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(raw)))
	if err != nil {
		h.Fatal(err)
	}
	return v
}

// signed asks for the checkpoint until it covers so many lines.
func signed(h *house.House, b *house.Browser, size uint64) proof.Checkpoint {
	h.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		h.Pass(time.Second)                                 // no limit is meant
		if a := b.Get("/log/checkpoint"); a.Status == 503 { // the log is younger than its first signature
			a.Has("Retry-After", "1").Wrote()
			continue
		}
		a := b.Get("/log/checkpoint").Is(200, "\n— coffer.invalid/").Has("Content-Type", "text/plain; charset=utf-8").Has("Cache-Control", "no-store")
		a.Wrote()
		c, _, err := proof.Open([]byte(a.Body), verifier(h))
		if err != nil {
			h.Fatalf("Open(%s) = %v", a.Body, err)
		}
		if c.Size >= size {
			return c
		}
		if time.Now().After(end) {
			h.Fatalf("the checkpoint covers %d lines, want %d", c.Size, size)
		}
	}
}

// served demands that the keys are there as the data directory has them, and
// that the newest of them opens the checkpoint served beside them.
func served(h *house.House, b *house.Browser) {
	h.Helper()
	a := b.Get("/log/log.pub").Is(200, "coffer.invalid/").Has("Content-Type", "text/plain; charset=utf-8").Has("Cache-Control", "no-store")
	a.Wrote()
	want, err := os.ReadFile(filepath.Join(h.Dir(), "log.pub"))
	if err != nil || a.Body != string(want) {
		h.Errorf("the keys served = %q, want those of log.pub, %q (%v)", a.Body, want, err)
	}
	keys, err := proof.ParseKeys(a.Body, false)
	if err != nil || len(keys) != 1 {
		h.Fatalf("ParseKeys(%q) = %d keys, %v, want one", a.Body, len(keys), err)
	}
	if _, _, err := proof.Open([]byte(b.Get("/log/checkpoint").Is(200).Body), keys[0].Verifier); err != nil {
		h.Errorf("the key served does not open the checkpoint served: %v", err)
	}
	b.Do(house.Request{Method: "HEAD", Path: "/log/log.pub"}).Is(200).Has("Content-Length", fmt.Sprint(len(want))).Wrote()
}

// TestLedgerGuards holds who may read the log.
func TestLedgerGuards(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		for path, route := range map[string]string{
			"/log/checkpoint": "/log/checkpoint", "/log/log.pub": "/log/log.pub", "/log/tile/0/000.p/1": "/log/tile/{path...}",
			"/log/tile/entries/000.p/1": "/log/tile/entries/{path...}", "/log/tile/9/x": "/log/tile/{path...}",
		} {
			h.Browser(far).Get(path).Is(401, "Please sign in first").Has("Location", "").
				Wrote("authz_fail reason=signed_out actor= subject= target=route:" + route)
			alice.Get(path).Is(404, "There is no such page").Wrote("authz_fail reason=role actor=$alice subject=$alice target=route:" + route)
		}
		give(h, alice, "alice", "admin") // people and settings, not the log
		alice.Get("/log/checkpoint").Is(404).Wrote("authz_fail reason=role")
		give(h, alice, "alice", "auditor")
		signed(h, alice, 8)
		served(h, alice)
		give(h, alice, "alice", "holder")
		alice.Get("/log/log.pub").Is(404, "There is no such page").Wrote("authz_fail reason=role actor=$alice subject=$alice target=route:/log/log.pub")
		alice.Get("/log/checkpoint").Is(404, "There is no such page").Wrote("authz_fail reason=role")
	})
}

// TestLedger holds that what it serves is the log: the lines lead to the hashes,
// and both to what is signed.
func TestLedger(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		give(h, alice, "alice", "auditor")
		fill(h, 300)
		c := signed(h, alice, 305)
		var lines proof.Edge
		read := "log_read actor=$alice data.tool=entries data.format=tiles"
		for n := uint64(0); n*proof.Width < c.Size; n++ {
			width := int(min(proof.Width, c.Size-n*proof.Width))
			a := alice.Get("/log/"+proof.EntriesPath(n, width)).Is(200).Has("Content-Type", "application/octet-stream").Has("Cache-Control", "no-store")
			if a.Wrote(read); n == 0 {
				h.Pass(30 * time.Second)
				alice.Get("/log/" + proof.EntriesPath(n, 1)).Is(200).Wrote() // that they read on need not be told again within the minute
				h.Pass(time.Minute)
			}
			bundle, err := proof.ReadBundle([]byte(a.Body), width)
			if err != nil {
				t.Fatalf("ReadBundle(%d) = %v", n, err)
			}
			var want []byte
			for _, l := range bundle {
				lines.Append(l)
				hash := proof.Leaf(l)
				want = append(want, hash[:]...)
			}
			if got := alice.Get("/log/"+proof.TilePath(0, n, width)).Is(200).Has("Cache-Control", "no-store").Body; got != string(want) {
				t.Errorf("tile %d is not the hashes of its lines", n)
			}
		}
		if lines.Size() != c.Size || lines.Root() != c.Root {
			t.Errorf("the lines lead to %d, %v, want what is signed, %d, %v", lines.Size(), lines.Root(), c.Size, c.Root)
		}
		above := alice.Get("/log/tile/1/000.p/1").Is(200).Body
		if tile := lines.Full(); len(above) != 32 || len(tile) == 0 {
			t.Errorf("the tile above has %d bytes, want one hash", len(above))
		}
		askedAgain(h, alice, c.Size)
	})
}

// askedAgain holds what is answered to who has a part already, or asks for none.
func askedAgain(h *house.House, alice *house.Browser, size uint64) {
	h.Helper()
	a := alice.Get("/log/tile/0/000").Is(200)
	tag := a.Header.Get("ETag")
	again := alice.Again()
	again.Header.Set("If-None-Match", tag)
	if b := again.Get("/log/tile/0/000").Is(304); tag == "" || b.Body != "" {
		h.Errorf("the tag %s and %d bytes, want a tag and nothing anew", tag, len(b.Body))
	}
	alice.Do(house.Request{Method: "HEAD", Path: "/log/tile/0/000"}).Is(200).Has("Content-Length", "8192")
	last := int(size % proof.Width)
	for _, path := range []string{
		"tile/0/001", "tile/0/001.p/" + fmt.Sprint(last+60), "tile/0/002", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/0", "tile/0/x000", "tile/0/x000/000",
		"tile/0/000.p/01", "tile/-1/000", "tile/64/000", "tile/7/000", "tile/00/000", "tile/0/000/", "tile/0", "tile/entries/002", "tile/entries/000.p/257",
		"tile/entries/x", "tile/entries/0/000", "tile/0/999999999999999999999999", "tile/x/000", "tile/0/%30%30%30",
	} {
		want := 404
		if path == "tile/0/%30%30%30" { // the same path, spelt otherwise
			want = 200
		}
		alice.Get("/log/" + path).Is(want).Wrote()
	}
}

// TestPublicLog holds that hashes are everybody's where it is set, and lines
// are not.
func TestPublicLog(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		fill(h, 260)
		stranger := h.Browser(far)
		c := signed(h, stranger, 260)
		served(h, stranger)
		stranger.SetCookie("coffer", strings.Repeat("x", 43)) // which is not read
		first := stranger.Get("/log/tile/0/000").Is(200).Has("Cache-Control", "public, max-age=31536000, immutable").Has("Set-Cookie", "")
		part := stranger.Get(fmt.Sprintf("/log/tile/0/001.p/%d", c.Size-256)).Is(200).Has("Cache-Control", "no-store").Has("Set-Cookie", "")
		part.Wrote()
		var e proof.Edge
		for b := []byte(first.Body + part.Body); len(b) > 0; b = b[32:] {
			e.AppendHash(proof.Hash(b[:32]))
		}
		if e.Root() != c.Root {
			t.Errorf("the hashes lead to %v, want what is signed, %v", e.Root(), c.Root)
		}
		if bytes.Contains([]byte(first.Body), []byte("seq")) {
			t.Error("a tile holds lines")
		}
		h.Browser(office).Get("/log/tile/entries/000").Is(401).Wrote("authz_fail reason=signed_out target=route:/log/tile/entries/{path...}")
		alice.Get("/log/tile/entries/000").Is(404).Wrote("authz_fail reason=role")
	}, func(s *house.Setup) { s.PublicLog = true })
}
