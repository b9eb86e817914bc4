package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"coffer/internal/db"
)

// What is known of the files is of those that were there: all are compared
// anew, from their beginning.
const (
	forgetBeyond = `UPDATE projected SET segment = $1 WHERE segment > $1 AND id = $2`
	forgetMark   = `UPDATE projected SET bytes = 0, seq = segment WHERE id = $1`
	forgetLooked = `DELETE FROM segment_file WHERE id = $1`
)

// replace writes the files again that have other lines than the rows with which
// the operator said to go on, and keeps what they were: it may be the only copy
// of what was signed.
func (e *epoch) replace(ctx context.Context) error {
	others := append(append(spans{}, e.judged.changed...), e.judged.unsure...)
	if len(others) == 0 {
		return nil
	}
	paths, err := e.segments()
	if err != nil {
		return err
	}
	for _, path := range paths {
		kept, err := e.replaceOne(ctx, path, others)
		if err != nil {
			return fmt.Errorf("write %s again: %w", path, err)
		}
		if kept != "" {
			e.Kept = append(e.Kept, kept)
		}
	}
	return nil
}

// forget drops what is known of the files, which may be of longer ones.
func (e *epoch) forget(ctx context.Context) error {
	id, err := readSmall(filepath.Join(e.Data, "directory.id"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // they are new
	}
	if err != nil {
		return err
	}
	name := strings.TrimSpace(string(id))
	return e.write.Apart(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(forgetBeyond, e.segment, name); err != nil {
			return err
		}
		for _, q := range []string{forgetMark, forgetLooked} {
			if _, err := tx.Exec(q, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *epoch) replaceOne(ctx context.Context, path string, others spans) (kept string, err error) {
	has, err := e.extent(path)
	if err != nil || len(others.within(has.first, has.last+1)) == 0 {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	kept = filepath.Join(e.Data, fmt.Sprintf("security-%012d.log.replaced-%s", has.first, e.Now().UTC().Format("20060102T150405.000000")))
	if err := copyTail(f, 0, kept); err != nil {
		return "", err
	}
	out, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(info.Mode().Perm()))
	if err != nil {
		return kept, err
	}
	defer out.Cleanup()
	if err := e.copyRows(ctx, has, out); err != nil {
		return kept, err
	}
	return kept, out.CloseAtomicallyReplace()
}

// extent is the numbers of the first and the last line of a file.
func (e *epoch) extent(path string) (has span, err error) {
	r := filed{paths: []string{path}}
	defer r.close()
	err = r.next()
	if r.line == nil {
		return has, err
	}
	for has = (span{r.seq, r.seq}); err == nil && r.line != nil; err = r.next() {
		has = span{min(has.first, r.seq), max(has.last, r.seq)}
	}
	return has, err
}

// copyRows writes lines of the database, as far as it has them.
func (e *epoch) copyRows(ctx context.Context, has span, out io.Writer) error {
	for seq := has.first; seq <= has.last; {
		lines, err := e.sealer.Lines(ctx, seq, int(min(compared, has.last+1-seq)))
		if err != nil || len(lines) == 0 {
			return err
		}
		var buf []byte
		for _, l := range lines {
			buf = append(append(buf, l.Text...), '\n')
		}
		if _, err := out.Write(buf); err != nil {
			return err
		}
		seq += uint64(len(lines))
	}
	return nil
}
