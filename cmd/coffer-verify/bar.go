package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"coffer/internal/proof"
)

const (
	barWidth = 32
	barLate  = 2 * time.Second // without a terminal, progress is told only after this
	barEvery = 100 * time.Millisecond
)

// bar shows how far a verification has come: on a terminal as a bar that
// moves, elsewhere as a line now and then once it takes long.
type bar struct {
	out          io.Writer
	terminal     bool
	total, lines uint64
	began, told  time.Time
}

func newBar(out io.Writer, c proof.Case) *bar {
	b := &bar{out: out, terminal: terminal(out), began: time.Now()}
	b.told = b.began
	if c.Own != nil {
		if own, err := proof.Peek(c.Own.Note); err == nil {
			b.total = own.Size
		}
	}
	return b
}

// seen is told how many lines have been judged.
func (b *bar) seen(lines uint64) {
	b.lines = lines
	every := barEvery
	if !b.terminal {
		every = barLate
	}
	if time.Since(b.told) < every {
		return
	}
	b.told = time.Now()
	if b.terminal {
		fmt.Fprintf(b.out, "\r%s\x1b[K", b.text())
	} else {
		fmt.Fprintln(b.out, b.text())
	}
}

// end leaves the last state of the bar on the terminal.
func (b *bar) end() {
	if b.terminal && b.lines > 0 {
		fmt.Fprintf(b.out, "\r%s\x1b[K\n\n", b.text())
	}
}

func (b *bar) text() string {
	part := 1.0
	if b.total > b.lines {
		part = float64(b.lines) / float64(b.total)
	}
	full := int(part * barWidth)
	rate := float64(b.lines) / max(time.Since(b.began).Seconds(), 0.001) / 1e6
	return fmt.Sprintf("  %3d%%  %s%s  %d lines   %.1f M/s", int(part*100),
		strings.Repeat("█", full), strings.Repeat(" ", barWidth-full), b.lines, rate)
}

// terminal reports whether a person looks at w.
func terminal(w io.Writer) (yes bool) {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// coloured reports whether w shows colours, and whoever looks wants them
// (no-color.org).
func coloured(w io.Writer) (yes bool) {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
