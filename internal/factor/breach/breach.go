// Package breach answers whether a password stands in a list of passwords that
// became known, which the operator gives it as a file. The list is compiled once
// into a filter that takes two to three bytes for each password of a long list,
// and can give none of them back. Of passwords that are not in the list, the filter takes
// one in 65,536 for one that is: whoever chose it has to choose another. It knows
// no policy and no account, and asks nobody on the network.
package breach

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/FastFilter/xorfilter"
	"golang.org/x/text/unicode/norm"
)

// A compiled list is a header, an index and the shards. Shard n is a binary fuse
// filter with fingerprints of 16 bits, over the keys whose highest bits are n: a
// question reads that shard alone, half a megabyte in a list of a billion.
const (
	magic      = "coffer-breach/1\n"
	headerLen  = len(magic) + 8 + 8 + digestLen // magic, passwords, time, digest
	digestLen  = 32
	shardBits  = 12
	shards     = 1 << shardBits
	indexEntry = 8 + 4 + 4 // where, how long, checksum
	indexLen   = shards * indexEntry
	// mostShard is far more than a list of any size needs for one.
	mostShard = 256 << 20
)

var checksums = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is a compiled list that cannot be believed.
var ErrDamaged = errors.New("the compiled list is damaged; import it anew with coffer passwords import")

// Info is what a compiled list says of itself.
type Info struct {
	// Passwords is how many different ones it was made of.
	Passwords uint64
	// Made is when.
	Made time.Time
	// Digest is the same for the same passwords, in whatever order and form.
	Digest string
}

// String names the list: how long it is, and which.
func (i Info) String() string { return fmt.Sprintf("%d-passwords-%.16s", i.Passwords, i.Digest) }

// List is a compiled list in a file. Nothing of it stays in memory, and each
// question opens the file anew: one that took its place is asked at once.
type List struct{ Path string }

// Info reads what the list says of itself; fs.ErrNotExist means that there is none.
func (l List) Info() (Info, error) {
	f, err := os.Open(l.Path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	return readHeader(f)
}

func readHeader(r io.Reader) (i Info, err error) {
	var h [headerLen]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return Info{}, damaged(err)
	}
	if !bytes.HasPrefix(h[:], []byte(magic)) {
		return Info{}, ErrDamaged
	}
	rest := h[len(magic):]
	i.Passwords = binary.LittleEndian.Uint64(rest)
	i.Made = time.UnixMicro(int64(binary.LittleEndian.Uint64(rest[8:]))).UTC()
	i.Digest = hex.EncodeToString(rest[16:])
	return i, nil
}

func (i Info) header(digest []byte) []byte {
	h := append(make([]byte, 0, headerLen), magic...)
	h = binary.LittleEndian.AppendUint64(h, i.Passwords)
	h = binary.LittleEndian.AppendUint64(h, uint64(i.Made.UnixMicro()))
	return append(h, digest...)
}

// damaged tells a file that is too short from one that cannot be read.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

// Has reports whether the password is in the list, as it was typed or as it is
// normalised. Where there is no list, none is.
func (l List) Has(password string) (has bool, err error) {
	f, err := os.Open(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if _, err := readHeader(f); err != nil {
		return false, err
	}
	normal := norm.NFC.String(password)
	has, err = contains(f, keyOf(normal))
	if err == nil && !has && normal != password {
		has, err = contains(f, keyOf(password))
	}
	return has, err
}

// contains asks the key's shard.
func contains(list io.ReaderAt, key uint64) (has bool, err error) {
	var entry [indexEntry]byte
	n := int64(key >> (64 - shardBits))
	if _, err := list.ReadAt(entry[:], int64(headerLen)+n*indexEntry); err != nil {
		return false, damaged(err)
	}
	size := binary.LittleEndian.Uint32(entry[8:])
	if size == 0 {
		return false, nil
	}
	if size > mostShard {
		return false, ErrDamaged
	}
	shard := make([]byte, size)
	if _, err := list.ReadAt(shard, int64(binary.LittleEndian.Uint64(entry[:]))); err != nil {
		return false, damaged(err)
	}
	if crc32.Checksum(shard, checksums) != binary.LittleEndian.Uint32(entry[12:]) {
		return false, ErrDamaged
	}
	filter, err := xorfilter.LoadBinaryFuse[uint16](bytes.NewReader(shard))
	if err != nil {
		return false, damaged(err)
	}
	return filter.Contains(key), nil
}

// keyOf is what stands for a password: the beginning of its SHA-1, since that is
// what lists are published as.
func keyOf(password string) uint64 {
	sum := sha1.Sum([]byte(password))
	return binary.BigEndian.Uint64(sum[:])
}
