package format

import (
	"testing"

	"coffer/internal/event"
)

// BenchmarkFormat is one line after another, as an export writes them.
func BenchmarkFormat(b *testing.B) {
	all := golden(b)
	for _, f := range All {
		b.Run(f.Name, func(b *testing.B) {
			var out []byte
			for i := 0; b.Loop(); i++ {
				s := all[i%len(all)]
				var err error
				if out, err = f.Append(out[:0], s.l, s.line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDelivery is what a delivery adds, and what reading a line costs.
func BenchmarkDelivery(b *testing.B) {
	all := golden(b)
	b.Run("syslog", func(b *testing.B) {
		var out []byte
		for i := 0; b.Loop(); i++ {
			s := all[i%len(all)]
			out, _ = Syslog(out[:0], s.l, s.line)
		}
	})
	b.Run("otlp", func(b *testing.B) {
		lines := make([]event.Line, len(all))
		for i, s := range all {
			lines[i] = s.l
		}
		n := 0
		for b.Loop() {
			if n%len(lines) == 0 {
				if _, err := OTLP(lines); err != nil {
					b.Fatal(err)
				}
			}
			n++
		}
	})
	b.Run("parse", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := event.Parse(all[i%len(all)].line); err != nil {
				b.Fatal(err)
			}
		}
	})
}
