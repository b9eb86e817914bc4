package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// group runs loops that end together: the first to fail stops all.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

func (g *group) start(fn func(context.Context) error) {
	g.wg.Go(func() {
		if err := fn(g.ctx); err != nil {
			g.cancel(err)
		}
	})
}

func (g *group) done() <-chan struct{} { return g.ctx.Done() }

func (g *group) stop() error {
	g.cancel(nil)
	g.wg.Wait()
	if err := context.Cause(g.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// stopped is what was wrong when everything stopped. Several steps may meet the
// same cause; it is told once, with what the first of them says around it.
type stopped struct{ err error }

// Error tells each cause once.
func (s stopped) Error() string {
	var told []string
	for line := range strings.Lines(s.err.Error()) {
		line = strings.TrimSuffix(line, "\n")
		if !slices.ContainsFunc(told, func(t string) bool { return strings.HasSuffix(t, line) }) {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}

// Unwrap is all of it.
func (s stopped) Unwrap() error { return s.err }

func onceEach(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return stopped{err}
	}
	return nil
}
