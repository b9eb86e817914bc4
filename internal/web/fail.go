package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog"
)

// retry is a fault whose form is shown again, with what was typed.
type retry struct {
	page func(*fault.Error) templ.Component
	err  error
}

// Error is the fault's own message.
func (r *retry) Error() string { return r.err.Error() }

// Unwrap is the fault.
func (r *retry) Unwrap() error { return r.err }

// Retry shows a form's page again if err is the visitor's to mend. A handler
// must not do so itself: the refusal's event would be lost.
func Retry(page func(*fault.Error) templ.Component, err error) error {
	if err == nil {
		return nil
	}
	return &retry{page, err}
}

// guarded runs fn and answers what it returns, a panic included, but for the
// one that asks net/http to hang up.
func (s *Server) guarded(w http.ResponseWriter, r *http.Request, fn func() error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			s.fail(w, r, crash(p))
		}
	}()
	if err := fn(); err != nil {
		s.fail(w, r, err)
	}
}

// crash turns a panic into a fault. The panic's value may hold anything, so the
// log gets the place only.
func crash(p any) error {
	where := "unknown"
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		if strings.Contains(f.Function, "coffer/internal/") {
			where = f.File[strings.LastIndex(f.File, "/")+1:] + ":" + strconv.Itoa(f.Line)
			break
		}
	}
	return fault.Wrap(fault.Internal, "Something went wrong on our side. It was written down.", fmt.Errorf("panic at %s: %T", where, p),
		event.Crash{Reason: "recovered", Where: where})
}

// fail is the only code that answers an error: record, log, render. If the
// record fails, the visitor gets 503 and nothing else.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	if recErr := s.record(w, r, f); recErr != nil {
		f = &fault.Error{Kind: fault.Unavailable, Text: seclog.Sorry, Err: errors.Join(recErr, err)}
	}
	report(r, f)
	if visitOf(r).route.program(r) {
		s.failJSON(w, r, f)
		return
	}
	if f.To != "" {
		_ = SeeOther(w, f.To) // it returns no error
		return
	}
	if f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.Retry.Seconds()))))
	}
	page := s.errorPage(r, f)
	if again, ok := errors.AsType[*retry](err); ok && mendable(f) {
		page = again.page(f)
	}
	if err := Render(w, r, status(f), page); err != nil {
		slog.Error("error page", "request", RequestID(r), "err", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
	}
}

// mendable is what the visitor can put right on the form itself; a limit that
// time lifts is not.
func mendable(f *fault.Error) bool {
	return f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.TooMany && f.Retry == 0
}

// record writes the fault's events unless they are in the log already. It does
// so whether or not the visitor is still there.
func (s *Server) record(w http.ResponseWriter, r *http.Request, f *fault.Error) error {
	if f.Recorded {
		return nil
	}
	events := f.Events
	if def := outcomes[f.Kind].event; len(events) == 0 && def != nil {
		events = []event.Event{def(visitOf(r).route)}
	}
	if len(events) == 0 {
		return nil
	}
	ctx, receipt := seclog.WithReceipt(context.WithoutCancel(r.Context()))
	if err := s.Log.Record(ctx, events...); err != nil {
		return err
	}
	s.rememberVisit(w, r, receipt)
	return nil
}

// report gives the operator one line per failed request that is theirs to see.
func report(r *http.Request, f *fault.Error) {
	level := slog.LevelDebug
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		level = slog.LevelError
	}
	if !slog.Default().Enabled(r.Context(), level) {
		return
	}
	v := visitOf(r)
	slog.Log(r.Context(), level, "request refused", "request", v.origin.RequestID, "status", status(f),
		"method", v.origin.Method, "route", v.route.Pattern, "err", f.Error())
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes a whole page or none: into a buffer first.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	b, _ := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	// Whoever hung up with half their request may still read the answer.
	if err := page.Render(context.WithoutCancel(r.Context()), b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	hold(r)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the visitor is gone: what was to be recorded is
	return nil
}

// errorPage is the page of a fault that has no form to go back to.
func (s *Server) errorPage(r *http.Request, f *fault.Error) templ.Component {
	p := Problem{Status: status(f), Title: title(f), Text: strings.TrimPrefix(f.Text, title(f)+". "), RequestID: RequestID(r), At: s.Now().UTC()}
	if f.Retry > 0 && !f.Unsure {
		p.Retry = p.At.Add(f.Retry)
	}
	// A page that is not there and one that is another's look the same, so
	// neither says what was written about it.
	for _, e := range f.Events {
		if f.Kind != fault.NotFound {
			p.Written = append(p.Written, e.Kind().Name)
		}
	}
	// A link's token stands in no page, so from its form the way is back.
	if v := visitOf(r); r.Method == http.MethodPost && v.route.Pattern != "" && f.Kind != fault.NotFound && r.PathValue("token") == "" {
		p.Form = v.route.page(r)
	}
	return ErrorPage(s.Shell(r), p)
}

// Shell is what every page says about its visitor and its server.
func (s *Server) Shell(r *http.Request) Shell {
	who := visitOf(r).session
	return Shell{Person: who.Username, Version: s.Version, Role: who.Role}
}

// Word answers with a word, for machines.
func Word(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked is gone
	return nil
}
