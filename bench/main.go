// Command bench measures a built Coffer and, in the same run and on the same
// machine, what the same work costs without it: a bare net/http server, raw
// synced inserts, bare hashes. Times depend on the machine, ratios much less,
// so the targets are ratios wherever one makes sense.
//
// It sends load to loopback only, for about three minutes, and leaves nothing
// behind. It refuses no slow machine and judges nothing but the table's last
// column; what it cannot tell is how the figures grow with a full database.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 3 && args[0] == "bare" {
		return serveBare(args[1], args[2])
	}
	if len(args) != 1 {
		return fmt.Errorf("usage: bench BINARY, for example: go run ./bench bin/coffer")
	}
	// Not the system's temporary directory, which is often kept in memory, where a sync costs nothing.
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("%s on %s/%s, %d cores; median of %d rounds of %s each\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds, window)
	m := &measurement{binary: args[0], dir: dir, results: map[string][]result{}}
	figures, err := m.all()
	if err != nil {
		return err
	}
	print(os.Stdout, figures)
	return nil
}
