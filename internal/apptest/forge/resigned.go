package forge

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coffer/internal/proof"
)

func segmentName(first int) string { return fmt.Sprintf("security-%012d.log", first) }

// resigned are logs whose checkpoint is not the log's.
func (b *Bench) resigned() []Case {
	n := b.plan.Lines
	sealed := func(name, about string, exit int, verdict string, made func(b *Bench) []byte) Case {
		return forged(name, about, "checkpoint", exit, verdict, func(b *Bench, c *Copy) { c.Checkpoint = made(b) })
	}
	text := func(b *Bench) string { return string(b.Good.Head) }
	all := []Case{
		sealed("checkpoint-missing", "no checkpoint", 2, incomplete, func(*Bench) []byte { return nil }),
		sealed("checkpoint-empty", "an empty checkpoint", 2, incomplete, func(*Bench) []byte { return []byte{} }),
		sealed("checkpoint-garbage", "something else for a checkpoint", 2, incomplete, func(*Bench) []byte { return []byte("no checkpoint at all\n") }),
		sealed("checkpoint-unsigned", "its text alone", 2, incomplete, func(b *Bench) []byte {
			before, _, _ := strings.Cut(text(b), "\n\n")
			return []byte(before + "\n")
		}),
		sealed("checkpoint-edited", "another size in it", 1, tampered, func(b *Bench) []byte {
			return []byte(strings.Replace(text(b), fmt.Sprintf("\n%d\n", n), fmt.Sprintf("\n%d\n", n-1), 1))
		}),
		sealed("checkpoint-signature", "one bit of its signature", 1, tampered, func(b *Bench) []byte {
			head := bytes.Clone(b.Good.Head)
			at := bytes.Index(head, []byte("— "+Origin+" ")) + len("— "+Origin+" ") + 20
			if head[at]++; head[at] == '0' || head[at] == ':' || head[at] == '[' || head[at] == '{' || head[at] == ',' {
				head[at] = 'A' // still base64, and another bit
			}
			return head
		}),
		sealed("checkpoint-other-origin", "another log's, by another key", 2, incomplete, func(b *Bench) []byte {
			return b.Good.at(n, signer(OtherOrigin, "other"), OtherOrigin)
		}),
		sealed("checkpoint-other-key", "under this log's name, by another key", 1, tampered, func(b *Bench) []byte {
			return b.Good.at(n, signer(Origin, "impostor"), Origin)
		}),
		sealed("checkpoint-renamed", "by this log's key, for another name", 1, tampered, func(b *Bench) []byte {
			return b.Good.at(n, signer(Origin, "log"), OtherOrigin)
		}),
	}
	older := forged("checkpoint-older", "an older one: what came after it is not signed", "unsigned", 2, incomplete, func(b *Bench, c *Copy) {
		c.Checkpoint = b.Good.at(b.yesterday(), signer(Origin, "log"), Origin)
	})
	empty := sealed("checkpoint-of-nothing", "signed when there was no line yet", 2, incomplete, func(b *Bench) []byte {
		return b.Good.at(0, signer(Origin, "log"), Origin)
	})
	empty.What = "unsigned"
	args := func(name, about string, exit int, verdict string, args ...string) Case {
		return Case{Name: name, About: about, Kind: "lines", Args: args, Exit: exit, Verdict: verdict}
	}
	return append(all, older, empty,
		args("against-broken", "the checkpoint that was kept had another size written into it", 1, diverged, key("--against", "keep/broken.checkpoint", "good/copy")...),
		args("key-impostor", "a key of the same name that is not the log's", 1, tampered, "--key", "keep/impostor.pub", "good/copy"),
		b.replaced(),
	)
}

// replaced is a log written anew by somebody else, with key and all, while
// somebody kept yesterday's checkpoint.
func (b *Bench) replaced() Case {
	return Case{
		Name: "replaced-against", About: "everything replaced, key and name too, and yesterday's checkpoint", Kind: "lines",
		Args: []string{"--against", "keep/yesterday.checkpoint", "replaced-against/copy"}, Exit: 1, Verdict: diverged,
		make: func(b *Bench, dir string) error {
			p := b.plan
			p.Fork = 1
			l := Make(p)
			c := l.Copy()
			c.Checkpoint, c.Pub = l.at(p.Lines, signer(OtherOrigin, "other"), OtherOrigin), PublicKey(OtherOrigin, "other")+"\n"
			for _, s := range c.Segments { // its own checkpoints would betray it
				for i, line := range s.Lines {
					if bytes.Contains(line, []byte(`"event":"log_checkpoint"`)) {
						s.Lines[i] = bytes.Replace(line, []byte(`"log_checkpoint"`), []byte(`"log_heartbeat"`), 1)
					}
				}
			}
			l = &Log{}
			for _, s := range c.Segments {
				l.Lines = append(l.Lines, s.Lines...)
			}
			c.Checkpoint = l.at(p.Lines, signer(OtherOrigin, "other"), OtherOrigin)
			return c.Write(filepath.Join(dir, "copy"), nil, "")
		},
	}
}

// proofs are files that prove one line.
func (b *Bench) proofs() []Case {
	mid := b.plain(b.plan.Lines / 3)
	one := func(name, about string, exit int, verdict, keyFile string, do func(p *proof.ProofFile)) Case {
		args := []string{"proof", "--key", keyFile, name + "/line.tlog-proof"}
		if keyFile == "" {
			args = []string{"proof", name + "/line.tlog-proof"}
		}
		return Case{Name: name, About: about, Kind: "proof", Exit: exit, Verdict: verdict, Args: args, make: func(b *Bench, dir string) error {
			p := b.Good.prove(mid)
			do(&p)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "line.tlog-proof"), p.Marshal(), 0o644)
		}}
	}
	const pub = "keep/log.pub"
	return []Case{
		one("proof-good", "a line and its proof", 0, intact, pub, func(*proof.ProofFile) {}),
		one("proof-no-key", "the same, without a key", 2, incomplete, "", func(*proof.ProofFile) {}),
		one("proof-edited", "another line", 1, tampered, pub, func(p *proof.ProofFile) { p.Extra = flipAfter(bytes.Clone(p.Extra), `"node":"`, 0) }),
		one("proof-moved", "another place", 1, tampered, pub, func(p *proof.ProofFile) { p.Index++ }),
		one("proof-short", "a hash less", 1, tampered, pub, func(p *proof.ProofFile) { p.Hashes = p.Hashes[1:] }),
		one("proof-hash", "one bit of a hash", 1, tampered, pub, func(p *proof.ProofFile) { p.Hashes[2][5] ^= 1 }),
		one("proof-no-line", "no line in it", 2, incomplete, pub, func(p *proof.ProofFile) { p.Extra = nil }),
		one("proof-other-key", "another log's key", 2, incomplete, "keep/other.pub", func(*proof.ProofFile) {}),
		one("proof-impostor", "a key of the same name", 1, tampered, "keep/impostor.pub", func(*proof.ProofFile) {}),
		one("proof-checkpoint", "one letter of the checkpoint's root", 1, tampered, pub, func(p *proof.ProofFile) {
			p.Checkpoint = bytes.Clone(p.Checkpoint)
			root := bytes.SplitAfterN(p.Checkpoint, []byte("\n"), 4)[2]
			root[0] = map[bool]byte{true: 'B', false: 'A'}[root[0] == 'A']
		}),
	}
}
