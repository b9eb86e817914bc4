package main

import (
	"testing"
	"time"
)

// TestRoomIsMade holds that garbage is collected once so many hashes are held, not
// before, and never for those that are being made.
func TestRoomIsMade(t *testing.T) {
	tune(hashing)
	t.Cleanup(func() { tune(everyday) })
	m := &memory{cycles: cycles()}
	before := cycles()
	for range mostHeld {
		m.room(false)()
	}
	if got := cycles() - before; got != 0 || m.held != mostHeld || m.at != 0 {
		t.Errorf("after %d hashes: %d collections, %d held, %d being made; want no collection", mostHeld, got, m.held, m.at)
	}
	leave := m.room(false)
	if got := cycles() - before; got != 1 || m.held != 1 || m.at != 1 {
		t.Errorf("at the next: %d collections, %d held, %d being made; want one, and itself", got, m.held, m.at)
	}
	for range mostHeld - 1 {
		m.room(false)()
	}
	m.room(false)
	if m.held != 2 || m.at != 2 {
		t.Errorf("with one that is still being made: %d held, %d being made; want both", m.held, m.at)
	}
	leave()
	if m.at != 1 {
		t.Errorf("%d are being made, want one", m.at)
	}
}

// TestOthersLately holds that fewer hashes are held while others are at work, and
// that a moment without any lifts nothing.
func TestOthersLately(t *testing.T) {
	tune(hashing)
	t.Cleanup(func() { tune(everyday) })
	m := &memory{}
	for _, c := range []struct {
		name   string
		others bool
		ago    time.Duration // since others were last seen
		want   int
	}{
		{"nobody yet", false, time.Hour, mostHeld},
		{"others", true, time.Hour, mostAmid},
		{"a moment without", false, 0, mostAmid},
		{"not for long", false, lately / 2, mostAmid},
		{"no longer", false, lately, mostHeld},
	} {
		if c.ago > 0 {
			m.others = time.Now().Add(-c.ago)
		}
		if got := m.share(c.others); got != c.want || m.amid != (c.want == mostAmid) {
			t.Errorf("%s: %d may be held, amid %v; want %d", c.name, got, m.amid, c.want)
		}
	}
}
