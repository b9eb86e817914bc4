package breach

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/FastFilter/xorfilter"
	"github.com/google/renameio/v2"
)

// Source is a list to compile.
type Source struct {
	In io.Reader
	// Size is how many bytes that will be, as far as it is known.
	Size int64
	Form Form
	// Scratch is an empty directory on the disk of the result.
	Scratch string
	// Made is the time that the result says.
	Made time.Time
	// Progress is told how many percent are done; nil, and nobody is.
	Progress func(percent int)
}

// Compiled is a list that waits to take its place.
type Compiled struct {
	Info
	// Form is how the list was written.
	Form Form
	// Lines were read; of them, Skipped are longer than a password can be, or no
	// text.
	Lines, Skipped uint64

	file *renameio.PendingFile
}

// Replace puts it into its place, whole and synced.
func (c *Compiled) Replace() error { return c.file.CloseAtomicallyReplace() }

// Discard drops it, unless it is in its place already.
func (c *Compiled) Discard() error { return c.file.Cleanup() }

// Parts are what is sorted at a time: by the first byte of the keys, so that of
// each a whole number of shards is made. mostKeys in one is 16 billion in all.
const (
	parts    = 256
	perPart  = shards / parts
	mostKeys = 64 << 20
)

// Compile makes a compiled list for that place. It needs eight bytes of disk for
// each password meanwhile, and of memory eight for each of a 256th of them.
func Compile(ctx context.Context, s Source, to string) (c *Compiled, err error) {
	if s.Progress == nil {
		s.Progress = func(int) {}
	}
	in, err := newText(s.In, s.Form)
	if err != nil {
		return nil, err
	}
	if err := s.spill(ctx, in); err != nil {
		return nil, err
	}
	if in.lines == in.skipped {
		return nil, errors.New("there is no password in it")
	}
	file, err := renameio.NewPendingFile(to, renameio.WithTempDir(s.Scratch), renameio.WithStaticPermissions(0o640))
	if err != nil {
		return nil, err
	}
	c = &Compiled{Form: in.form, Lines: in.lines, Skipped: in.skipped, file: file}
	if err := s.build(ctx, c); err != nil {
		return nil, errors.Join(err, c.Discard())
	}
	return c, nil
}

func (s *Source) part(n int) string { return filepath.Join(s.Scratch, fmt.Sprintf("%02x", n)) }

// spill reads the list and sorts its keys into the parts.
func (s *Source) spill(ctx context.Context, in *text) (err error) {
	var out [parts]*bufio.Writer
	for n := range out {
		f, err := os.OpenFile(s.part(n), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		out[n] = bufio.NewWriterSize(f, 16<<10)
	}
	for {
		key, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && in.lines%10_000 == 0 {
			s.Progress(s.read(in.bytes))
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		var raw [8]byte
		binary.LittleEndian.PutUint64(raw[:], key)
		if _, err := out[key>>56].Write(raw[:]); err != nil {
			return err
		}
	}
	for _, w := range out {
		err = errors.Join(err, w.Flush())
	}
	return err
}

// read is how far reading is, which is half of the work.
func (s *Source) read(bytes uint64) (percent int) {
	if s.Size <= 0 {
		return 0
	}
	return int(min(50, 50*bytes/uint64(s.Size)))
}

// build makes the shards of one part after the other, then header and index.
func (s *Source) build(ctx context.Context, c *Compiled) error {
	w := &writer{out: bufio.NewWriterSize(c.file, 1<<20), index: make([]byte, 0, indexLen), digest: sha256.New()}
	if err := w.write(make([]byte, headerLen+indexLen)); err != nil {
		return err
	}
	for n := range parts {
		s.Progress(50 + 50*n/parts)
		if err := ctx.Err(); err != nil {
			return err
		}
		keys, err := s.keys(n)
		if err == nil {
			err = w.part(n, keys)
		}
		if err != nil {
			return err
		}
	}
	digest := w.digest.Sum(nil)
	c.Info = Info{Passwords: w.passwords, Made: s.Made.UTC().Truncate(time.Microsecond), Digest: hex.EncodeToString(digest)}
	if err := w.out.Flush(); err != nil {
		return err
	}
	_, err := c.file.WriteAt(append(c.header(digest), w.index...), 0)
	return err
}

// keys reads a part, each key once and in order, and removes it.
func (s *Source) keys(n int) (keys []uint64, err error) {
	f, err := os.Open(s.part(n))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > mostKeys*8 {
		return nil, fmt.Errorf("over %d of its hashes begin with %02x: that is no list of hashes of passwords", mostKeys, n)
	}
	keys = make([]uint64, info.Size()/8)
	if err := binary.Read(bufio.NewReaderSize(f, 1<<20), binary.LittleEndian, keys); err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return slices.Compact(keys), os.Remove(f.Name())
}

// writer writes shards and remembers where they are.
type writer struct {
	out       *bufio.Writer
	at        uint64
	index     []byte
	digest    hash.Hash
	passwords uint64
	builder   xorfilter.BinaryFuseBuilder
	shard     bytes.Buffer
}

func (w *writer) write(p []byte) error {
	n, err := w.out.Write(p)
	w.at += uint64(n)
	return err
}

// part writes the shards of part n, whose keys are in order.
func (w *writer) part(n int, keys []uint64) error {
	w.passwords += uint64(len(keys))
	for shard := n * perPart; shard < (n+1)*perPart; shard++ {
		end, _ := slices.BinarySearchFunc(keys, shard, func(key uint64, shard int) int {
			return cmp.Compare(int(key>>(64-shardBits)), shard+1)
		})
		if err := w.add(keys[:end]); err != nil {
			return err
		}
		keys = keys[end:]
	}
	return nil
}

// add writes the shard of these keys.
func (w *writer) add(keys []uint64) error {
	w.shard.Reset()
	if len(keys) > 0 {
		_ = binary.Write(w.digest, binary.LittleEndian, keys) // a hash takes all
		filter, err := xorfilter.BuildBinaryFuse[uint16](&w.builder, keys)
		if err == nil {
			err = filter.Save(&w.shard)
		}
		if err != nil {
			return err
		}
	}
	w.index = binary.LittleEndian.AppendUint64(w.index, w.at)
	w.index = binary.LittleEndian.AppendUint32(w.index, uint32(w.shard.Len()))
	w.index = binary.LittleEndian.AppendUint32(w.index, crc32.Checksum(w.shard.Bytes(), checksums))
	return w.write(w.shard.Bytes())
}
