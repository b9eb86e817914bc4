package app

import (
	"strings"
	"testing"
)

const (
	layer     = "1 0 0:74 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l/A,upperdir=/u,workdir=/w\n"
	anonymous = "12 1 8:1 /var/lib/docker/volumes/3f2a9b0c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8/_data /data rw,relatime master:2 - ext4 /dev/sda1 rw\n"
	named     = "13 1 8:1 /var/lib/docker/volumes/coffer/_data /data rw,relatime - ext4 /dev/sda1 rw\n"
	bound     = "14 1 8:1 /home/ada/cards /data rw,relatime - ext4 /dev/sda1 rw\n"
	ownDisk   = "15 1 8:17 /volumes/3f2a9b0c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8/_data /data rw - xfs /dev/sdb1 rw\n"
	spaced    = `16 1 8:1 /home/ada/cards /my\040data rw,relatime - ext4 /dev/sda1 rw` + "\n"
	above     = "17 1 8:1 /srv/coffer /srv rw,relatime - ext4 /dev/sda1 rw\n"
	proc      = "18 1 0:77 / /proc rw,nosuid - proc proc rw\n"
)

func TestPassing(t *testing.T) {
	for name, c := range map[string]struct {
		mounts, dir string
		container   bool
		want        bool
	}{
		"a volume without a name":            {layer + proc + anonymous, "/data", true, true},
		"the same, on a disk of its own":     {layer + ownDisk, "/data", true, true},
		"a directory in such a volume":       {layer + anonymous, "/data/cards", true, true},
		"a named volume":                     {layer + anonymous + named, "/data", true, false},
		"a named volume below":               {layer + named + anonymous, "/data", true, true},
		"a directory of the host":            {layer + bound, "/data", true, false},
		"a directory in one of the host":     {layer + above, "/srv/data", true, false},
		"a space in its name":                {layer + spaced, "/my data", true, false},
		"no mount":                           {layer + proc, "/data", true, true},
		"a mount beside it with a like name": {layer + bound, "/data2", true, true},
		"no container":                       {"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", "/data", false, false},
		"nothing to read":                    {"", "/data", true, false},
		"a line that is none":                {"x\n" + bound, "/data", true, false},
	} {
		if got := passing(strings.NewReader(c.mounts), c.dir, c.container); got != c.want {
			t.Errorf("%s: passing = %v, want %v", name, got, c.want)
		}
	}
}
