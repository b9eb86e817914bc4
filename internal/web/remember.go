package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// visitAge is how long, in seconds, the welcome page can show a visit's line.
const visitAge = 1800

// rememberVisit gives a signed-out visitor the name of the line that this
// refusal made, so that the welcome page can show them their own and never
// another's: a commit's id is random, and only this browser learns it.
func (s *Server) rememberVisit(w http.ResponseWriter, r *http.Request, receipt *seclog.Receipt) {
	if receipt.Commit == "" || visitOf(r).alive || visitOf(r).route.Guard.blind() {
		return
	}
	value := receipt.Commit
	if receipt.Numbered {
		value += "." + strconv.FormatUint(receipt.First, 10)
	}
	setCookie(w, r, visitName, value, visitAge)
}

// Visited finds the line that this visit made, by the reader given. A line with
// a subject is about somebody's account, and who only typed that name must not
// read it. Refusals that a service recorded itself are not remembered at all: a
// sign-in's line would tell whether the name is anybody's.
func Visited(r *http.Request, read func(ctx context.Context, commit string, seq uint64, numbered bool) ([]byte, error)) ([]byte, error) {
	c, err := r.Cookie(cookieName(r, visitName))
	if err != nil {
		return nil, nil // this visit has made none
	}
	commit, number, numbered := strings.Cut(c.Value, ".")
	seq, err := strconv.ParseUint(number, 10, 63)
	if numbered && err != nil || len(commit) != seal.CommitLength {
		return nil, nil // not a cookie of ours
	}
	raw, err := read(r.Context(), commit, seq, numbered)
	if line, bad := event.Parse(raw); err != nil || raw == nil || bad != nil || line.Subject != "" {
		return nil, err
	}
	return raw, nil
}
