package query_test

import (
	"context"
	"fmt"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
)

// BenchmarkCardHistory reads what a card's page shows: again with nothing new,
// after one more line as each view has it, and of a card not seen before.
func BenchmarkCardHistory(b *testing.B) {
	h := build(b, apptest.Migrated(b, db.SQLite))
	ctx := context.Background()
	var events []event.Event
	for i := range 2000 {
		events = append(events, viewed(fmt.Sprintf("c_%d", i%200)))
	}
	if err := h.log.Commit(as(alice), func(*db.Tx) ([]event.Event, error) { return events, nil }); err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B, card string, limit int) {
		if _, _, err := h.lines.CardHistory(ctx, alice, card, limit); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("nothing new", func(b *testing.B) {
		for b.Loop() {
			read(b, "c_1", 5)
		}
	})
	b.Run("one new", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			h.did(alice, viewed("c_1"))
			b.StartTimer()
			read(b, "c_1", 5)
		}
	})
	b.Run("not in memory", func(b *testing.B) {
		for b.Loop() {
			read(b, "c_2", 9)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	rec, err := event.Maker{Node: "n", Version: "1"}.Record(event.Origin{Actor: alice, UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"}, moment, viewed(one))
	if err != nil {
		b.Fatal(err)
	}
	line := rec.Line(1, rec.At)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := event.Parse(line); err != nil {
				b.Fatal(err)
			}
		}
	})
	l, err := event.Parse(line)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Decode(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
