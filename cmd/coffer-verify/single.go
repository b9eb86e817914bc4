package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/proof"
)

// judgeFile judges one event by its proof.
func judgeFile(o options) (*proof.Report, error) {
	b, err := proof.ReadFile(o.paths[0])
	if err != nil {
		return nil, absent(o.paths[0], err)
	}
	c := proof.Case{Require: o.require, Now: now()}
	if err := places(nil).trust(&c, o, ""); err != nil {
		return nil, err
	}
	return proof.JudgeProof(b, o.paths[0], c), nil
}

// The files of --save. The key is the server's own word of the first time, so it
// anchors nothing; the checkpoint has been out of the server's reach since then.
const (
	savedCheckpoint = "checkpoint"
	savedKey        = "log.pub"
	savedBegin      = "begin" // when the first look was
)

// watch looks at a log that a server serves, once: has it only grown since the
// last time? What it saw is kept for the next, and so is the key that the server
// showed the first time, where none is given.
func watch(ctx context.Context, o options) (*proof.Report, error) {
	url := o.paths[0]
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		return nil, errors.New("watch takes a URL")
	}
	if err := os.MkdirAll(o.save, 0o755); err != nil {
		return nil, fmt.Errorf("--save %s: %s", o.save, proof.Because(err))
	}
	found, err := find(ctx, url)
	if err != nil {
		return unanswered(err), nil
	}
	c := proof.Case{Own: found.Own, Tiles: found.Tiles, Require: o.require, Now: now(), HashesOnly: true}
	saved, pub := filepath.Join(o.save, savedCheckpoint), found.Pub
	if exists(saved) {
		o.against = append(o.against, saved)
		c.Begin = begin(o.save)
	}
	if b, err := proof.ReadFile(filepath.Join(o.save, savedKey)); err == nil {
		pub = string(b)
	}
	if err := places(nil).trust(&c, o, pub); err != nil {
		return nil, err
	}
	if err := places(nil).compare(&c, o); err != nil {
		return nil, err
	}
	r := proof.Judge(ctx, c)
	if err := remember(r, found, o.save); err != nil {
		r.Add(proof.Finding{
			Verdict: proof.Incomplete, What: "unsaved", Sentence: "what was seen could not be kept in " + proof.Escape(o.save),
			Detail: proof.Because(err), Next: "Make room there, or choose another directory with --save, and run it again.",
		})
	}
	return r, nil
}

// remember keeps what was seen: the newest if all was well, and the other
// history beside it if not. The saved one is never lost to that.
func remember(r *proof.Report, found proof.Found, dir string) error {
	switch r.Exit {
	case proof.Intact.Exit():
		first := map[string]string{savedKey: found.Pub, savedBegin: now().UTC().Format(time.RFC3339) + "\n"}
		for name, text := range first {
			if path := filepath.Join(dir, name); !exists(path) && text != "" {
				if err := replace(path, []byte(text)); err != nil {
					return err
				}
			}
		}
		return replace(filepath.Join(dir, savedCheckpoint), found.Own.Note)
	case proof.Diverged.Exit():
		name := "other"
		if c, err := proof.Peek(found.Own.Note); err == nil {
			name = fmt.Sprintf("other-%d-%x", c.Size, c.Root[:4])
		}
		return replace(filepath.Join(dir, name+".note"), found.Own.Note)
	}
	return nil
}

// begin is when the first look was, as far as that was kept.
func begin(dir string) time.Time {
	b, err := proof.ReadFile(filepath.Join(dir, savedBegin))
	if err != nil {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, strings.TrimSpace(string(b))) // without it, no date is said
	return at
}

// replace writes a file so that it is never half there.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// unanswered is the report about a server that gives no checkpoint.
func unanswered(err error) *proof.Report {
	return proof.Nothing(proof.Incomplete, "the server gave no checkpoint, so nothing was judged", proof.Because(err),
		"Try again. A server that stays silent is a finding too.")
}
