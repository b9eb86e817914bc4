package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"coffer/internal/app"
	"coffer/internal/factor/breach"
)

// passwordsCmd is what looks after the lists that new passwords are compared with.
type passwordsCmd struct {
	Status passwordsStatusCmd `cmd:"" default:"withargs" help:"Show which lists are in force; without a command, too."`
	Import passwordsImportCmd `cmd:"" help:"Put a list of stolen passwords in force, in place of the one before."`
}

type passwordsStatusCmd struct {
	place
	JSON bool `name:"json" help:"As a JSON object."`
}

// Run says what new passwords are compared with.
func (c *passwordsStatusCmd) Run(s streams) error {
	lists, err := app.PasswordsInForce(c.config())
	if err != nil {
		return err
	}
	if c.JSON {
		told := map[string]any{"common": lists.Common, "own": nil}
		if lists.Own != nil {
			told["own"] = toldList(*lists.Own)
		}
		return json.NewEncoder(s.out).Encode(told)
	}
	fmt.Fprintf(s.out, "Built in: %d common passwords.\n", lists.Common)
	if lists.Own == nil {
		fmt.Fprintln(s.out, "Your own: none. Import one with: coffer passwords import FILE")
		return nil
	}
	fmt.Fprintf(s.out, "Your own: %d stolen passwords, imported %s, digest %.16s.\n", lists.Own.Passwords, stamp(lists.Own.Made), lists.Own.Digest)
	return nil
}

func toldList(i breach.Info) map[string]any {
	return map[string]any{"passwords": i.Passwords, "imported": stamp(i.Made), "digest": i.Digest}
}

type passwordsImportCmd struct {
	place
	File   string `arg:"" help:"The list as text; - is standard input."`
	Format string `default:"auto" placeholder:"FORMAT" help:"plain, sha1 or auto (auto)."`
	JSON   bool   `name:"json" help:"What came of it as a JSON object."`
}

// Help says what a list is, and what becomes of it.
func (passwordsImportCmd) Help() string {
	return `One password a line (plain), or its SHA-1 in hex as Have I Been Pwned publishes
it, HASH or HASH:COUNT (sha1). The list is compiled into DIR/passwords.filter and
is not needed afterwards. New passwords that are in it are refused, at once, by a
running coffer serve too; passwords that people have are left as they are.
To go back: remove that file.`
}

// Run imports the list, and says what is in force now.
func (c *passwordsImportCmd) Run(ctx context.Context, s streams) error {
	form := breach.Form(c.Format)
	if form != breach.Auto && form != breach.Plain && form != breach.SHA1 {
		return &app.Wrong{Flag: "format", Value: c.Format, Want: "give plain, sha1 or auto"}
	}
	in, size, err := opened(c.File)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", c.File, err)
	}
	defer in.Close()
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	bar := newBar(s, "percent")
	done, err := d.ImportPasswords(ctx, app.ListSource{In: in, Size: size, Form: form, Progress: func(percent int) { bar.at(uint64(percent), 100) }})
	bar.end()
	if errors.Is(err, context.Canceled) {
		return errors.New("ended; the list before is still in force")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return c.told(s, done)
}

func (c *passwordsImportCmd) told(s streams, done app.ListImport) error {
	if c.JSON {
		told := toldList(done.Info)
		told["form"], told["lines"], told["skipped"], told["known"] = done.Form, done.Lines, done.Skipped, done.Known
		return json.NewEncoder(s.out).Encode(told)
	}
	fmt.Fprintf(s.out, "%d stolen passwords are in force, of %d lines (%s).\n", done.Passwords, done.Lines, done.Form)
	if done.Skipped > 0 {
		fmt.Fprintf(s.err, "%d lines are longer than a password can be, or no text, and were left out.\n", done.Skipped)
	}
	if done.Known {
		fmt.Fprintln(s.err, "They are the same as before.")
	}
	return nil
}

// opened opens a list, and says how long it is where that is known.
func opened(name string) (in io.ReadCloser, size int64, err error) {
	if name == "-" {
		return os.Stdin, 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, unwrapped(err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("it is a directory")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// unwrapped leaves out the name, which is said already.
func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
