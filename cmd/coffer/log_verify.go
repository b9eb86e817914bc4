package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/app"
	"coffer/internal/proof"
)

type logVerifyCmd struct {
	place
	Key     []string      `placeholder:"FILE" help:"The log's public key, kept elsewhere; once for each epoch."`
	Against []string      `placeholder:"FILE" help:"A checkpoint that was kept elsewhere, or lines of log_checkpoint."`
	Fresh   time.Duration `placeholder:"1h" help:"How old the newest signed line may be."`
	JSON    bool          `help:"The report as one line of JSON."`
}

// Help says what is different from coffer-verify.
func (logVerifyCmd) Help() string {
	return `Judges the data directory's files in the words, and with the exit codes, of
coffer-verify: 0 consistent, 1 tampered with, 2 incomplete. It has the hash
tiles of the database, so it names the first bad line. Then it looks through the
database, each line, its columns and the index, and writes into the log what it
found. It runs on the machine that it judges: for proof, take coffer-verify and
a key from elsewhere.`
}

// verdict is an exit code that a report has said already.
type verdict int

// Error says the code.
func (v verdict) Error() string { return fmt.Sprintf("verdict %d", int(v)) }

// Run judges the log of the data directory.
func (c *logVerifyCmd) Run(ctx context.Context, s streams) error {
	// Without the database, the files are judged as they would be elsewhere.
	d, err := c.open(ctx)
	if err == nil {
		defer d.Close()
	} else {
		fmt.Fprintf(s.err, "coffer: the database's hash tiles are not at hand: %v\n", err)
	}
	r, err := c.judge(ctx, s, d)
	for try := 0; err == nil && try < 5 && app.AtWork(c.Data) && behind(r); try++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
		r, err = c.judge(ctx, s, d)
	}
	if err != nil {
		return err
	}
	if err := c.database(ctx, s, d, r); err != nil {
		return err
	}
	if c.JSON {
		_, err = s.out.Write(r.JSON())
	} else {
		err = r.Print(s.out, coloured(s.out))
	}
	if err == nil && r.Exit != 0 {
		err = verdict(r.Exit)
	}
	return err
}

// behind reports whether all that is wrong is that signed lines are not in the
// file: beside a server that may be so for a moment.
func behind(r *proof.Report) (yes bool) {
	for _, f := range r.Findings {
		if f.What != "truncated" {
			return false
		}
	}
	return len(r.Findings) > 0
}

// judge judges once; d is nil where there is no database.
func (c *logVerifyCmd) judge(ctx context.Context, s streams, d *app.Desk) (*proof.Report, error) {
	found, err := proof.Files(os.DirFS(c.Data), c.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Data, err)
	}
	log := proof.Case{
		Parts: found.Parts, Own: found.Own, NoKey: found.NoPub, Now: time.Now(),
		Require: proof.Require{Fresh: c.Fresh}, AllowUnsigned: app.AtWork(c.Data), // then its last second of lines is not signed yet, which is no fault
	}
	if err := c.trust(&log, found.Pub); err != nil {
		return nil, err
	}
	if d != nil {
		log.Tiles = tiles(ctx, d)
	}
	bar := newBar(s, "lines")
	defer bar.end()
	if log.Own != nil {
		if own, err := proof.Peek(log.Own.Note); err == nil {
			log.Seen = func(lines uint64) { bar.at(min(lines, own.Size), own.Size) }
		}
	}
	return proof.Judge(ctx, log), nil
}

// tiles are the database's hash tiles, under the newest checkpoint it has. Those
// of the open end are computed from its lines: where these are not what was
// signed, they are no help in judging the file, and the look through the database
// says so.
func tiles(ctx context.Context, d *app.Desk) *proof.Tiles {
	signed, c, _, err := d.Sealer.Checkpoint(ctx)
	if err != nil {
		return nil // nothing is signed yet, and the judge says so
	}
	if root, err := d.Sealer.RootAt(ctx, c.Size); err != nil || root != c.Root {
		return nil
	}
	return &proof.Tiles{
		Name: "the database", At: proof.Signed{Name: "in the database", Note: signed},
		Read: func(level int, n uint64, width int) ([]byte, error) { return d.Sealer.Tile(ctx, level, n, width) },
	}
}

// trust takes in the keys and checkpoints that were kept elsewhere; without a
// key, the one beside the log has to do, and anchors nothing.
func (c *logVerifyCmd) trust(log *proof.Case, pub string) error {
	for _, k := range c.Key {
		b, err := os.ReadFile(k)
		if err != nil && strings.Contains(k, "+") {
			b, err = []byte(k), nil
		}
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		keys, err := proof.ParseKeys(string(b), c.elsewhere(k))
		if err != nil {
			return fmt.Errorf("--key %s: %w", k, err)
		}
		log.Keys = append(log.Keys, keys...)
	}
	for _, path := range c.Against {
		kept, err := c.kept(path)
		if err != nil {
			return fmt.Errorf("--against %s: %w", path, err)
		}
		log.Against = append(log.Against, kept...)
	}
	var err error
	if len(log.Keys) == 0 && pub != "" {
		log.Keys, err = proof.ParseKeys(pub, false)
	}
	return err
}

// elsewhere reports whether a path leads out of the data directory.
func (c *logVerifyCmd) elsewhere(path string) (yes bool) {
	dir, errDir := filepath.EvalSymlinks(c.Data)
	file, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		return true // the text of a key, out of a command line
	}
	if errDir == nil && err == nil {
		if dir, errDir = filepath.Abs(dir); errDir == nil {
			file, err = filepath.Abs(file)
		}
	}
	rel, errRel := filepath.Rel(dir, file)
	return err == nil && errDir == nil && errRel == nil && strings.HasPrefix(rel, "..")
}

// kept reads a checkpoint, or those that lines of the log carry.
func (c *logVerifyCmd) kept(path string) (all []proof.Signed, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	notes, err := proof.Carried(f)
	if err != nil {
		return nil, err
	}
	if len(notes) == 0 {
		const most = 1 << 20
		if _, err = f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(f, most))
		if err != nil {
			return nil, err
		}
		notes = [][]byte{b}
	}
	for _, n := range notes {
		all = append(all, proof.Signed{Name: path, Note: n, Elsewhere: c.elsewhere(path)})
	}
	return all, nil
}
