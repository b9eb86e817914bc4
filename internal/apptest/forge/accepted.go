package forge

import (
	"os"
	"path/filepath"
)

const (
	intact     = "INTACT"
	unanchored = "UNANCHORED"
	tampered   = "TAMPERED"
	diverged   = "DIVERGED"
	incomplete = "INCOMPLETE"
)

// key are the arguments of somebody who has the key from elsewhere.
func key(args ...string) []string { return append([]string{"--key", "keep/log.pub"}, args...) }

// cases are all of them.
func (b *Bench) cases() (all []Case) {
	for _, some := range [][]Case{b.accepted(), b.pruned(), b.altered(), b.moved(), b.formless(), b.shortened(), b.resigned(), b.rewritten(), b.tiles(), b.proofs(), b.signed()} {
		all = append(all, some...)
	}
	return all
}

// accepted are logs that are as they should be.
func (b *Bench) accepted() []Case {
	good := func(name, about, verdict string, exit int, args ...string) Case {
		return Case{Name: name, About: about, Kind: "lines", Args: args, Exit: exit, Verdict: verdict}
	}
	return []Case{
		good("good", "a log as it was written, and the key from elsewhere", intact, 0, key("good/copy")...),
		good("good-file", "the same, by the name of its newest file", intact, 0, key("good/copy/security.log")...),
		good("good-no-key", "only what lay beside the log", unanchored, 0, "good/copy"),
		good("good-key-beside", "the key that lay beside the log", unanchored, 0, "--key", "good/copy/log.pub", "good/copy"),
		good("good-no-key-required", "the same, anchored demanded", incomplete, 2, "--require", "anchored", "good/copy"),
		good("good-against", "a checkpoint of yesterday fits", intact, 0, "--against", "keep/yesterday.checkpoint", "good/copy"),
		good("good-collector", "what a collector kept fits", intact, 0, "--against", "keep/collector.jsonl", "good/copy"),
		good("good-everything", "all demands met", intact, 0, "--policy", "keep/policy.txt", "--against", "keep/yesterday.checkpoint",
			"--require", "anchored,witnessed,fresh=1h", "good/copy"),
		good("good-one-witness", "one witness of two, both demanded", incomplete, 2, key("--policy", "keep/strict.txt", "--require", "witnessed", "good/copy")...),
		good("good-yesterday", "yesterday's checkpoint only: what came after is not judged", incomplete, 2, key("--checkpoint", "keep/yesterday.checkpoint", "good/copy")...),
		good("good-yesterday-allowed", "the same, and that is known", intact, 0, key("--checkpoint", "keep/yesterday.checkpoint", "--allow-unsigned", "good/copy")...),
		good("good-other-key", "the key of another log", incomplete, 2, "--key", "keep/other.pub", "good/copy"),
		b.epoch("epoch", "a new epoch, and both keys", intact, 0, "keep/log.pub", "keep/second.pub"),
		b.epoch("epoch-old-key", "a new epoch, and only the old key", incomplete, 2, "keep/log.pub"),
		b.epoch("epoch-old-elsewhere", "the old key from elsewhere, the new one from beside the log", intact, 0, "epoch-old-elsewhere/copy/log.pub", "keep/log.pub"),
		b.epoch("epoch-old-required", "the same, anchored demanded", incomplete, 2, "epoch-old-required/copy/log.pub", "keep/log.pub").with("--require", "anchored"),
		b.epoch("epoch-new-key", "a new epoch, and only the new key", intact, 0, "keep/second.pub"),
	}
}

// epoch is a log that went on under another name and key.
func (b *Bench) epoch(name, about, verdict string, exit int, keys ...string) Case {
	var args []string
	for _, k := range keys {
		args = append(args, "--key", k)
	}
	return Case{
		Name: name, About: about, Kind: "lines", Args: append(args, name+"/copy"), Exit: exit, Verdict: verdict,
		make: func(b *Bench, dir string) error {
			p := b.plan
			p.Epoch = b.plain(p.Lines / 2)
			if err := os.WriteFile(b.path("keep/second.pub"), []byte(PublicKey(OtherOrigin, "second epoch")+"\n"), 0o644); err != nil {
				return err
			}
			return Make(p).Copy().Write(filepath.Join(dir, "copy"), b.twin, b.path("good/copy"))
		},
	}
}
