package seal_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

// TestMentions compares the index with the lines: two nodes write in turn, some
// of their sealing transactions fail on the way and are done again.
func TestMentions(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		nodes := []*node{open(t, c, 40_000), open(t, c, 40_000)}
		rng := rand.New(rand.NewPCG(5, 12))
		fails := 0
		nodes[0].OnSeal(func(*db.Tx) error {
			if fails++; fails%7 == 0 {
				return errors.New("the disk had a bad moment")
			}
			return nil
		})
		size := 0
		for i := 0; size < 3*seal.Block+100; i++ {
			n, events := nodes[i/3%2], 1+rng.IntN(200)
			if err := n.put(fmt.Sprintf("s%d", i), events); err == nil {
				size += events
			}
			if err := n.Drain(context.Background()); err != nil && fails%7 != 0 {
				t.Fatal(err)
			}
		}
		if fails < 7 {
			t.Fatalf("%d sealing transactions, want one that fails", fails)
		}
		lines := nodes[1].all(t)
		want := map[string][]string{}
		for _, l := range parsed(t, lines[:len(lines)-len(lines)%seal.Block]) {
			for _, name := range slices.Compact(slices.Sorted(slices.Values([]string{l.Actor, l.Subject, l.SourceIP, l.Session, l.Event, l.Target()}))) {
				if name != "" {
					want[name] = append(want[name], fmt.Sprint(l.Seq))
				}
			}
		}
		got := nodes[1].mentions(t)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if a, b := strings.Join(got[name], " "), strings.Join(want[name], " "); a != b {
				t.Fatalf("%s is mentioned in %s, want %s", name, a, b)
			}
		}
		if len(got) != len(want) {
			t.Errorf("the index has %d names, want %d", len(got), len(want))
		}
	})
}

// mentions reads the whole index.
func (n *node) mentions(tb testing.TB) map[string][]string {
	tb.Helper()
	rows, err := n.read.Query(context.Background(), `SELECT name, block, lines FROM mention ORDER BY name, block`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	found := map[string][]string{}
	for rows.Next() {
		var name string
		var block uint64
		var lines []byte
		if err := rows.Scan(&name, &block, &lines); err != nil {
			tb.Fatal(err)
		}
		for ; len(lines) > 0; lines = lines[2:] {
			found[name] = append(found[name], fmt.Sprint(block*seal.Block+uint64(binary.BigEndian.Uint16(lines))))
		}
	}
	return found
}

// TestMentionsBehindPruned fills a block whose first lines retention has removed,
// in a process that did not seal them: the others are found under their numbers.
func TestMentionsBehindPruned(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		first := open(t, c, 0)
		if err := first.put("early", 300); err != nil {
			t.Fatal(err)
		}
		first.all(t)
		err := first.write.Apart(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE head SET pruned = 256`)
			if err == nil {
				_, err = tx.Exec(`DELETE FROM event WHERE seq < 256`)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		second := open(t, c, 0)
		if err := second.put("late", seal.Block-250); err != nil {
			t.Fatal(err)
		}
		if err := second.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := second.mentions(t)
		for name, want := range map[string][2]int{"setting:early": {256, 300}, "setting:late": {300, seal.Block}} {
			var numbers []string
			for n := want[0]; n < want[1]; n++ {
				numbers = append(numbers, fmt.Sprint(n))
			}
			if !slices.Equal(got[name], numbers) {
				t.Errorf("%s is mentioned in %d lines, first %.1q, want %d to %d", name, len(got[name]), got[name], want[0], want[1])
			}
		}
	})
}
