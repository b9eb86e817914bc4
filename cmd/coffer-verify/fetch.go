package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"coffer/internal/proof"
)

// patience is how long one answer may take.
const patience = 30 * time.Second

// fetcher opens what a server has under a URL.
func fetcher(ctx context.Context, base string) proof.Fetch {
	client := &http.Client{Timeout: patience}
	base = strings.TrimSuffix(base, "/") + "/"
	return func(path string) (io.ReadCloser, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", "coffer-verify/"+version)
		res, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			res.Body.Close()
			return nil, fmt.Errorf("%s answers %s", base+path, res.Status)
		}
		return res.Body, nil
	}
}
