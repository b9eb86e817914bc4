// Command corpus writes the forgery corpus: logs that are as they should be,
// logs that are not, and a manifest of what a verifier must say of each. Two
// verifiers that share no code are held to it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"coffer/internal/apptest/forge"
)

func main() {
	dir := flag.String("dir", "", "an empty `directory` to write to")
	lines := flag.Int("lines", 100_000, "how many lines a log has, at least 1000")
	end := flag.String("end", time.Now().UTC().Format(time.RFC3339), "the `time` at which it is verified")
	flag.Parse()
	if err := write(*dir, *lines, *end); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(2)
	}
}

func write(dir string, lines int, end string) error {
	at, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return err
	}
	if dir == "" || lines < 1000 {
		return fmt.Errorf("-dir is needed, and at least 1000 lines")
	}
	m, err := forge.Corpus(dir, lines, at)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), append(b, '\n'), 0o644)
}
