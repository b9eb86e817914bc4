package card_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/card"
	"coffer/internal/db"
)

// clients is how many ask at once, as in the targets.
const clients = 64

// BenchmarkView is the hottest path: a card read, its event durable.
func BenchmarkView(b *testing.B) {
	h := build(b, apptest.Migrated(b, db.SQLite), "cards=off,reveal=off")
	c := h.add(alice, visa)
	b.Run("the row alone", func(b *testing.B) {
		for b.Loop() {
			if err := h.cards.Owns(as(alice), alice, c.ID, card.VerbView); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			view(b, h, c.ID)
		}
	})
	b.Run(fmt.Sprint(clients), func(b *testing.B) {
		b.SetParallelism(clients / 2)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				view(b, h, c.ID)
			}
		})
	})
}

func view(b *testing.B, h *house, id string) {
	if _, err := h.cards.View(as(alice), alice, id); err != nil {
		b.Error(err)
	}
}

// BenchmarkAdd stores cards of many owners, with and without the count.
func BenchmarkAdd(b *testing.B) {
	for _, limits := range []string{"cards=off", "cards=200"} {
		b.Run(limits, func(b *testing.B) {
			h := build(b, apptest.Migrated(b, db.SQLite), limits)
			for i := range 256 {
				h.people(fmt.Sprint("u_", i))
			}
			var n atomic.Uint64
			b.SetParallelism(clients / 2)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					owner := fmt.Sprint("u_", i%256)
					if _, err := h.cards.Add(as(owner), owner, draft(numbered(i))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// numbered is the i-th Visa number with a right last digit.
func numbered(i uint64) string {
	head := fmt.Sprintf("4%014d", i)
	sum := 0
	for k, c := range head {
		d := int(c - '0')
		if k%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return head + fmt.Sprint((10-sum%10)%10)
}
