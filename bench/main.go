// Command bench measures a built Coffer and, in the same run and on the same
// machine, what the same work costs without it: a bare net/http server, raw
// synced inserts, bare hashes. Times depend on the machine, ratios much less,
// so the targets are ratios wherever one makes sense.
//
// It sends load to loopback only, for about five minutes, and leaves nothing
// behind. It refuses no slow machine and judges nothing but the table's last
// column; what it cannot tell is what PostgreSQL does with a full database.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures, or is one of the processes that measuring starts.
func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "bare":
		return serveBare(args[1], args[2])
	case len(args) == 3 && args[0] == "forge":
		lines, err := strconv.Atoi(args[2])
		return errors.Join(err, forgeLog(args[1], lines))
	case len(args) != 1:
		return errors.New("usage: bench BINARY, for example: go run ./bench bin/coffer")
	}
	// Not the system's temporary directory, which is often kept in memory, where a sync costs nothing.
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := planOf(os.Getenv)
	fmt.Printf("%s on %s/%s, %d cores; median of %d rounds of %s each\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), p.rounds, p.window.during)
	m := &measurement{plan: p, binary: args[0], dir: dir, results: map[string][]result{}}
	err = m.all()
	print(os.Stdout, m.figures)
	return err
}
