package proof

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Found is what lies in one place: a log's files, or its tiles.
type Found struct {
	// Name is what people call the place.
	Name  string
	Parts []Part
	Tiles *Tiles
	Own   *Signed
	// Pub is the text of the public keys that lie there, and NoPub why they
	// could not be read, if they are there.
	Pub   string
	NoPub error
}

const (
	activeName     = "security.log"
	checkpointName = "checkpoint"
	pubName        = "log.pub"
)

// ErrNothing is a place where no log is.
var ErrNothing = errors.New("neither security.log, nor tiles of a log")

// Files looks for a log's segments, checkpoint and public key in a directory.
func Files(dir fs.FS, name string) (Found, error) {
	f := Found{Name: name}
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return f, err
	}
	for _, e := range entries {
		if first, ok := Segment(e.Name()); ok {
			f.Parts = append(f.Parts, filePart(dir, name, e.Name(), first, true))
		}
	}
	slices.SortStableFunc(f.Parts, func(a, b Part) int { return int(min(max(int64(a.First)-int64(b.First), -1), 1)) })
	if _, err := fs.Stat(dir, activeName); err == nil {
		f.Parts = append(f.Parts, filePart(dir, name, activeName, 0, false))
	}
	if len(f.Parts) == 0 {
		return f, ErrNothing
	}
	f.beside(dir)
	return f, nil
}

// File takes one file for the whole log.
func File(dir fs.FS, name, file string) Found {
	first, named := Segment(file)
	f := Found{Name: name, Parts: []Part{filePart(dir, name, file, first, named)}}
	f.beside(dir)
	return f
}

// Segment reads the number of a segment's first line out of its file's name.
func Segment(name string) (first uint64, ok bool) {
	digits, isLog := strings.CutSuffix(name, ".log")
	digits, isSegment := strings.CutPrefix(digits, "security-")
	first, err := strconv.ParseUint(digits, 10, 62)
	return first, isLog && isSegment && err == nil && fmt.Sprintf("%012d", first) == digits
}

func filePart(dir fs.FS, place, file string, first uint64, named bool) Part {
	return Part{Name: path.Join(place, file), First: first, Named: named, Open: func() (io.ReadCloser, error) { return Ordinary(dir, file) }}
}

// beside takes what lies beside the lines.
func (f *Found) beside(dir fs.FS) {
	if b, err := readSmall(dir, checkpointName); !errors.Is(err, fs.ErrNotExist) {
		f.Own = &Signed{Name: path.Join(f.Name, checkpointName), Note: b, Err: err}
	}
	f.keys(readSmall(dir, pubName))
}

// keys takes what was read of the public keys that lie there.
func (f *Found) keys(b []byte, err error) {
	f.Pub = string(b)
	if !errors.Is(err, fs.ErrNotExist) {
		f.NoPub = err
	}
}

// Fetch opens what lies under a path: a file, or what a server answers.
type Fetch func(path string) (io.ReadCloser, error)

// get reads all of it, up to what it can be.
func (fetch Fetch) get(path string, most int64) ([]byte, error) {
	f, err := fetch(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, most)
}

// Static looks for a log as static files: checkpoint, hash tiles, and bundles
// of lines if they are to be had.
func Static(name string, fetch Fetch) (Found, error) {
	f := Found{Name: name}
	note, err := fetch.get(checkpointName, maxCheckpoint)
	switch {
	case errors.Is(err, errOdd) || errors.Is(err, errLarge):
		return f, fmt.Errorf("its file checkpoint: %w", err)
	case err != nil:
		return f, fmt.Errorf("%w: %w", ErrNothing, err)
	}
	f.Own = &Signed{Name: strings.TrimSuffix(name, "/") + "/" + checkpointName, Note: note}
	f.keys(fetch.get(pubName, maxCheckpoint))
	f.Tiles = &Tiles{Name: name, At: *f.Own, Whole: true, Read: func(level int, n uint64, width int) ([]byte, error) {
		return fetch.get(TilePath(level, n, width), Width*int64(len(Hash{})))
	}}
	if c, err := Peek(note); err == nil {
		f.Parts = rest(name, fetch, bundles(name, c.Size, fetch))
	}
	return f, nil
}

// RestName is the file beside the bundles in which an export has the lines that
// are left of a bundle through which retention cut: the last lines before end. A
// bundle is whole or not there at all, so tlog-tiles has no place for them; its
// minimum index is end, and the file means nothing to other tools.
func RestName(end uint64) string { return fmt.Sprintf("security-before-%012d.log", end) }

// rest puts the lines before the first bundle in front, if they are there.
func rest(name string, fetch Fetch, bundles []Part) []Part {
	if len(bundles) == 0 || bundles[0].First == 0 {
		return bundles
	}
	file := RestName(bundles[0].First)
	f, err := fetch(file)
	if err != nil {
		return bundles
	}
	f.Close()
	return append([]Part{{
		Name: strings.TrimSuffix(name, "/") + "/" + file, Open: func() (io.ReadCloser, error) { return fetch(file) },
	}}, bundles...)
}

// bundles are the parts of a log that is there as bundles. Those at the
// beginning may have been pruned; if the last is not there, none is.
func bundles(name string, size uint64, fetch Fetch) (parts []Part) {
	count := (size + Width - 1) / Width
	there := func(n uint64) (yes bool) {
		f, err := fetch(EntriesPath(n, width(n, size)))
		if err != nil {
			return false
		}
		f.Close()
		return true
	}
	if count == 0 || !there(count-1) {
		return nil
	}
	first := uint64(0)
	if !there(0) {
		first = uint64(sort.Search(int(count), func(n int) bool { return there(uint64(n)) }))
	}
	for n := first; n < count; n++ {
		at := EntriesPath(n, width(n, size))
		parts = append(parts, Part{
			Name: strings.TrimSuffix(name, "/") + "/" + at, First: n * Width, Named: true, Bundle: width(n, size),
			Open: func() (io.ReadCloser, error) { return fetch(at) },
		})
	}
	return parts
}

// width is how much of a tile or bundle of lines a tree has.
func width(n, size uint64) int { return int(min(size-n*Width, Width)) }
