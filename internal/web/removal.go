package web

import (
	"net/http"
	"time"

	"coffer/internal/account"
)

// Told is the page's shell with what its person must know of.
func (s *Server) Told(r *http.Request, people *account.Service) (Shell, error) {
	shell := s.Shell(r)
	wanted, err := people.Removal(r.Context(), visitOf(r).session.Account)
	if err == nil && wanted.AskedBy != "" {
		shell.Removal = &Removal{}
		if wanted.AgreedBy != "" {
			shell.Removal.Due = wanted.Due.Truncate(time.Second)
		}
	}
	return shell, err
}
