package session_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/secret"
	"coffer/internal/session"
)

func TestStatements(t *testing.T) { apptest.Prepare(t, session.Statements...) }

func TestIssueAndFind(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, s, events := d.issue("u_a")
		sum := sha256.Sum256([]byte(s.ID))
		if want := hex.EncodeToString(sum[:])[:16]; s.Hash != want || !strings.HasPrefix(s.ID, "s_") {
			t.Errorf("Issue = id %s, hash %s, want s_… and the first 16 digits of its SHA-256, %s", s.ID, s.Hash, want)
		}
		d.events(events, event.SessionCreated{Account: "u_a", Session: s.Hash, Method: "password"})
		got := d.find(token, session.Live, "")
		if got.ID != s.ID || got.Account != "u_a" || got.Username != "Person-a" || got.Role != "holder" || got.Level != "full" ||
			got.Hash != s.Hash || got.Rotated || !got.Created.Equal(d.now) || !got.Seen.Equal(d.now) || !got.Stepped.Equal(d.now) {
			t.Errorf("Find = %+v, want the session issued to u_a now", got)
		}
	})
}

func TestTokenIsStoredAsItsHashOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, _, _ := d.issue("u_a")
		var stored []byte
		if err := d.read.QueryRow(t.Context(), `SELECT hash FROM token`).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256([]byte(token.Reveal())); string(stored) != string(want[:]) || token.Len() != 43 {
			t.Errorf("stored %x of %d characters, want the SHA-256 of 256 bits in base64url, %x", stored, token.Len(), want)
		}
	})
}

func TestUnknownTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, s, _ := d.issue("u_a")
		good := token.Reveal()
		for _, forged := range []string{
			"", "x", s.ID, s.Hash, good[:42], good + "A", good[:42] + "~", strings.Repeat("A", 43), strings.Repeat("\x00", 43),
			strings.Repeat("\xff", 43), strings.Repeat("A", 1<<20), strings.ToUpper(good), "' OR 1=1 --",
		} {
			if forged != good {
				d.find(secret.New(forged), session.Unknown, "")
			}
		}
	})
}

func TestRestAndAge(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		start := d.now
		token, s, _ := d.issue("u_a")
		d.now = start.Add(30*time.Minute - time.Microsecond)
		d.find(token, session.Live, "")
		d.now = start.Add(30 * time.Minute)
		d.find(token, session.Expired, "idle")
		// Somebody who keeps using it is out after twelve hours all the same.
		for d.now = start; d.now.Before(start.Add(12 * time.Hour)); d.now = d.now.Add(20 * time.Minute) {
			d.find(token, session.Live, "")
			d.must(func(tx *db.Tx) error { return session.Touch(tx, s.ID) })
		}
		d.find(token, session.Expired, "absolute")
	})
}

func TestTouchNeverGoesBackNorWakesTheDead(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		start := d.now
		token, s, _ := d.issue("u_a")
		touch := func() { d.must(func(tx *db.Tx) error { return session.Touch(tx, s.ID) }) }
		d.now = start.Add(-time.Hour)
		touch()
		if got := d.find(token, session.Live, ""); !got.Seen.Equal(start) {
			t.Errorf("after a touch from the past, Seen = %v, want %v", got.Seen, start)
		}
		d.now = start.Add(time.Minute)
		if got := d.find(token, session.Live, ""); !got.Stale(d.now) || got.Stale(d.now.Add(-1)) {
			t.Error("Stale is not true from one minute on")
		}
		touch()
		if got := d.find(token, session.Live, ""); got.Stale(d.now) || !got.Seen.Equal(d.now) {
			t.Errorf("after a touch, Seen = %v, want %v", got.Seen, d.now)
		}
		d.end(s.ID, session.Logout)
		d.now = start.Add(time.Hour)
		touch()
		if got := d.find(token, session.Ended, "logout"); got.Seen.Equal(d.now) {
			t.Error("a touch moved an ended session")
		}
	})
}

func TestEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, s, _ := d.issue("u_a")
		other, _, _ := d.issue("u_a")
		if !d.end(s.ID, session.Logout) || d.end(s.ID, session.Reuse) || d.end("s_none", session.Logout) {
			t.Error("End is not true exactly for the first end of a session that is there")
		}
		d.find(token, session.Ended, "logout")
		d.find(other, session.Live, "")
		d.now = d.now.Add(13 * time.Hour)
		d.find(token, session.Ended, "logout") // why it ended does not change with time
	})
}

func TestRenew(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		start := d.now
		old, _, _ := d.issue("u_a")
		d.now = start.Add(10 * time.Minute)
		s := d.find(old, session.Live, "")
		if s.SteppedUp(d.now) {
			t.Error("SteppedUp ten minutes after signing in = true, want false")
		}
		fresh, events, err := d.renew(s)
		if err != nil {
			t.Fatal(err)
		}
		d.events(events, event.SessionRenewed{Account: "u_a", Session: s.Hash})
		got := d.find(fresh, session.Live, "")
		if got.ID != s.ID || got.Rotated || !got.Stepped.Equal(d.now) || !got.Seen.Equal(d.now) || !got.Created.Equal(start) {
			t.Errorf("Find of the new token = %+v, want the same session, stepped up now", got)
		}
		if !got.SteppedUp(d.now.Add(5*time.Minute-1)) || got.SteppedUp(d.now.Add(5*time.Minute)) {
			t.Error("SteppedUp does not last exactly five minutes")
		}
		grace := d.find(old, session.Live, "")
		if !grace.Rotated || grace.SteppedUp(d.now) {
			t.Errorf("Find of the old token = %+v, want rotated and not stepped up", grace)
		}
		if _, _, err := d.renew(grace); !errors.Is(err, session.ErrReplaced) {
			t.Errorf("Renew by a token in its grace = %v, want ErrReplaced", err)
		}
		if _, _, err := d.renew(s); !errors.Is(err, session.ErrReplaced) {
			t.Errorf("Renew by a session found before the renewal = %v, want ErrReplaced", err)
		}
		d.now = d.now.Add(30*time.Second - time.Microsecond)
		d.find(old, session.Live, "")
		d.now = d.now.Add(time.Microsecond)
		d.find(old, session.Reused, "")
		d.find(fresh, session.Live, "")
		d.end(s.ID, session.Reuse)
		d.find(fresh, session.Ended, "reuse")
		d.find(old, session.Ended, "reuse")
	})
}

func TestAReusedTokenIsTheGraverFinding(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		old, s, _ := d.issue("u_a")
		if _, _, err := d.renew(d.find(old, session.Live, "")); err != nil {
			t.Fatal(err)
		}
		d.now = d.now.Add(time.Hour)
		d.find(old, session.Reused, "")
		d.end(s.ID, session.IdleEnd)
		d.find(old, session.Ended, "idle")
	})
}

func TestRenewOfAnEndedSessionChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, s, _ := d.issue("u_a")
		s = d.find(token, session.Live, "")
		d.end(s.ID, session.Logout)
		if _, _, err := d.renew(s); !errors.Is(err, session.ErrReplaced) {
			t.Errorf("Renew = %v, want ErrReplaced", err)
		}
		if n := d.count("token"); n != 1 {
			t.Errorf("%d tokens, want the one from before", n)
		}
	})
}

func TestOnlyOneOfManyRenews(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		token, _, _ := d.issue("u_a")
		s := d.find(token, session.Live, "")
		var renewed atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				switch _, _, err := d.renew(s); {
				case err == nil:
					renewed.Add(1)
				case !errors.Is(err, session.ErrReplaced):
					t.Errorf("Renew = %v, want ErrReplaced", err)
				}
			})
		}
		wg.Wait()
		if renewed.Load() != 1 || d.count("token") != 2 {
			t.Errorf("%d renewed and there are %d tokens, want 1 and 2", renewed.Load(), d.count("token"))
		}
	})
}
