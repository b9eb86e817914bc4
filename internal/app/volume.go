package app

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// unnamed is the root of a volume that a container engine made for one
// container because nobody named any: the next container gets another.
var unnamed = regexp.MustCompile(`/volumes/[0-9a-f]{64}/_data$`)

// volumeWarnings says so when the data will not outlast this container.
func (a *App) volumeWarnings() []string {
	dir, err := filepath.Abs(a.Data)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil
	}
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil // no Linux
	}
	defer mounts.Close()
	_, err = os.Stat("/.dockerenv")
	if !passing(mounts, dir, err == nil) {
		return nil
	}
	return []string{fmt.Sprintf("cards and keys go with the container; start it with -v coffer:%s", dir)}
}

// passing reads a table in the form of Linux's mountinfo and says whether what
// holds dir goes with the container: its own layer, or a volume without a name.
func passing(mountinfo io.Reader, dir string, container bool) (goes bool) {
	var root, point string
	for lines := bufio.NewScanner(mountinfo); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 5 {
			continue
		}
		// Of mounts on one place the last is seen.
		if p := unescaped(f[4]); holds(p, dir) && len(p) >= len(point) {
			root, point = unescaped(f[3]), p
		}
	}
	return unnamed.MatchString(root) || container && point == "/"
}

func holds(point, dir string) (inside bool) {
	return point == "/" || dir == point || strings.HasPrefix(dir, point+"/")
}

// escape is how mountinfo writes a blank, a tab, a newline and a backslash.
var escape = regexp.MustCompile(`\\[0-7]{3}`)

func unescaped(path string) string {
	return escape.ReplaceAllStringFunc(path, func(octal string) string {
		n, err := strconv.ParseUint(octal[1:], 8, 8)
		if err != nil {
			return octal
		}
		return string([]byte{byte(n)})
	})
}
