package proof

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	// Width is the number of hashes in a full tile, and of lines in a full bundle.
	Width = 1 << tileHeight
	// MaxLine is the longest line that a bundle can carry.
	MaxLine    = math.MaxUint16
	tileHeight = 8
	maxLevel   = 7
)

// Tile is a full one: 256 neighbouring nodes of one height, 8 times its level.
type Tile struct {
	Level  int
	N      uint64
	Hashes []byte
}

// Root is the node above a full tile: a hash of the tile one level up.
func (t Tile) Root() Hash { return subtree(t.Hashes) }

var (
	errPath   = errors.New("no path of a tile")
	errBundle = errors.New("no bundle of so many lines")
)

// TilePath is where a tile is found; width 0 means a full one.
func TilePath(level int, n uint64, width int) string {
	return "tile/" + strconv.Itoa(level) + "/" + place(n, width)
}

// EntriesPath is where a bundle of lines is found; width 0 means a full one.
func EntriesPath(n uint64, width int) string { return "tile/entries/" + place(n, width) }

// place writes n in groups of three digits, all but the last marked by an x.
func place(n uint64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width > 0 && width < Width {
		path += ".p/" + strconv.Itoa(width)
	}
	return path
}

// ParseTilePath reads a path of TilePath or EntriesPath, and none that is
// written otherwise. The width of a full one is Width.
func ParseTilePath(path string) (level int, n uint64, width int, entries bool, err error) {
	rest, found := strings.CutPrefix(path, "tile/")
	kind, where, ok := strings.Cut(rest, "/")
	entries, width = kind == "entries", Width
	if !entries {
		level, err = strconv.Atoi(kind)
	}
	groups, part, partial := strings.Cut(where, ".p/")
	if err == nil && partial {
		width, err = strconv.Atoi(part)
	}
	if err == nil {
		n, err = strconv.ParseUint(strings.ReplaceAll(strings.ReplaceAll(groups, "x", ""), "/", ""), 10, 63)
	}
	again := TilePath(level, n, width)
	if entries {
		again = EntriesPath(n, width)
	}
	if err != nil || !found || !ok || level < 0 || level > maxLevel || width < 1 || width > Width || again != path {
		return 0, 0, 0, false, errPath
	}
	return level, n, width, entries, nil
}

// Bundle puts lines, given without their newlines, behind their lengths.
func Bundle(lines [][]byte) []byte {
	size := 0
	for _, l := range lines {
		size += 2 + len(l)
	}
	b := make([]byte, 0, size)
	for _, l := range lines {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(l))), l...)
	}
	return b
}

// ReadBundle takes a bundle of exactly width lines apart; 0 means a full one.
func ReadBundle(b []byte, width int) (lines [][]byte, err error) {
	if width == 0 {
		width = Width
	}
	for range width {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, errBundle
		}
		end := 2 + int(binary.BigEndian.Uint16(b))
		lines, b = append(lines, b[2:end:end]), b[end:]
	}
	if len(b) > 0 {
		return nil, errBundle
	}
	return lines, nil
}

// Tree reads the nodes of a tree out of its tiles, wherever those come from.
// It checks every tile against the root before it believes a hash in it.
func Tree(c Checkpoint, tile func(level int, n uint64, width int) ([]byte, error)) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(c.Size), Hash: c.Root}, tiles(tile))
}

// tiles is a function as a tlog.TileReader.
type tiles func(level int, n uint64, width int) ([]byte, error)

// Height says that tiles are 256 wide.
func (tiles) Height() int { return tileHeight }

// SaveTiles keeps nothing.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles reads one after another.
func (read tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, t := range wanted {
		b, err := read(t.L, uint64(t.N), t.W)
		if err != nil {
			return nil, err
		}
		data[i] = b
	}
	return data, nil
}
