package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
)

// mostCompared is how many lines are compared with the file one by one.
const mostCompared = 1 << 20

// narrowed says of lines that do not lead to what was signed among which the
// wrong one is: after those of the newest checkpoint that fits, and before the
// end of the next. Where security.log has them as they were signed, it says
// which. What cannot be narrowed stays as it was found.
func (d *Desk) narrowed(ctx context.Context, f seal.Finding) ([]seal.Finding, error) {
	as := []seal.Finding{f}
	if f.Why != seal.Root {
		return as, nil
	}
	first, _, err := d.Lines.Extent(ctx)
	if err != nil {
		return as, err
	}
	signed, err := d.signedAfter(ctx, first)
	if err != nil {
		return as, err
	}
	misfit := sort.Search(len(signed), func(i int) bool {
		root, failed := d.Sealer.RootAt(ctx, signed[i].Size)
		if failed != nil && !errors.Is(failed, seal.ErrNoTile) {
			err = failed
		}
		return failed != nil || root != signed[i].Root
	})
	if err != nil || misfit == len(signed) {
		return as, err // the lines are right: it is the head or a checkpoint that is not
	}
	good := uint64(0)
	if misfit > 0 {
		good = signed[misfit-1].Size
	}
	from, c := max(good, first), signed[misfit]
	stretch := seal.Finding{Why: seal.Edited, First: from, Lines: c.Size - from}
	if from > good {
		return []seal.Finding{stretch}, nil
	}
	named, err := d.named(ctx, good, c)
	if err != nil || len(named) == 0 {
		return []seal.Finding{stretch}, err
	}
	return named, nil
}

// signedAfter are the checkpoints with more than size lines that the log's key
// signed, by the key's public half in the data directory, in order.
func (d *Desk) signedAfter(ctx context.Context, size uint64) (all []proof.Checkpoint, err error) {
	keys, err := d.publicKeys()
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	kept, err := d.Sealer.Kept(ctx)
	if err != nil {
		return nil, err
	}
	newest, _, _, err := d.Sealer.Checkpoint(ctx)
	if err != nil && !errors.Is(err, seal.ErrUnsigned) && !errors.Is(err, seal.ErrGarbled) {
		return nil, err
	}
	for _, k := range append(kept, seal.Kept{Signed: newest}) {
		if c, _, err := proof.Open(k.Signed, keys...); err == nil && c.Size > size {
			all = append(all, c)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Size < all[j].Size })
	return all, nil
}

func (d *Desk) publicKeys() (keys []note.Verifier, err error) {
	text, err := readSmall(filepath.Join(d.app.Data, publicFile))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoFile) {
		return nil, nil
	}
	for line := range strings.Lines(string(text)) {
		if v, err := note.NewVerifier(strings.TrimSpace(line)); err == nil {
			keys = append(keys, v)
		}
	}
	return keys, err
}

// named compares the database's lines with the file's, from line from to the end
// of c, where the file's are those that were signed.
func (d *Desk) named(ctx context.Context, from uint64, c proof.Checkpoint) (found []seal.Finding, err error) {
	if c.Size-from > mostCompared {
		return nil, nil
	}
	filed := filedHashes(os.DirFS(d.app.Data), from, c.Size)
	edge, err := d.Sealer.EdgeAt(ctx, from)
	if err != nil || uint64(len(filed)) != c.Size-from {
		return nil, err
	}
	for _, h := range filed {
		edge.AppendHash(h)
	}
	if edge.Root() != c.Root {
		return nil, nil
	}
	err = d.Lines.Each(ctx, query.Filter{}, query.Span{From: from, Below: c.Size}, func(seq uint64, line []byte) error {
		if h := proof.Leaf(line); !bytes.Equal(h[:], filed[seq-from][:]) {
			found = added(found, seal.Finding{Why: seal.Edited, First: seq, Lines: 1})
		}
		return nil
	})
	return found, err
}

// added adds a finding; neighbours are one.
func added(all []seal.Finding, f seal.Finding) []seal.Finding {
	if n := len(all) - 1; n >= 0 && all[n].Why == f.Why && all[n].First+all[n].Lines == f.First {
		all[n].Lines += f.Lines
		return all
	}
	return append(all, f)
}
