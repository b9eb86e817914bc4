package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long a command may work before it says how far it is.
const patience = 2 * time.Second

// bar is a progress bar on standard error, for what takes longer than patience,
// where a person sees it.
type bar struct {
	out   io.Writer // nil where nobody sees it
	what  string
	began time.Time
	shown *progressbar.ProgressBar
}

func newBar(s streams, what string) *bar {
	b := &bar{what: what, began: time.Now()}
	if terminal(s.err) {
		b.out = s.err
	}
	return b
}

// at says how much of all is done.
func (b *bar) at(done, all uint64) {
	if b.out == nil || time.Since(b.began) < patience {
		return
	}
	if b.shown == nil {
		b.shown = progressbar.NewOptions64(int64(all), progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(b.what),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	_ = b.shown.Set64(int64(done)) // it fails beyond the end, where nothing depends on it
}

// end takes it away.
func (b *bar) end() {
	if b.shown != nil {
		_ = b.shown.Finish() // a bar that stays harms nobody
	}
}
