package main

import (
	"context"
	"errors"
	"fmt"

	"coffer/internal/app"
	"coffer/internal/fault"
)

// linked is a command that makes a link: its address begins with what the
// browser sees.
type linked struct {
	place
	URL string `env:"COFFER_URL" placeholder:"URL" help:"What the browser sees (as serve was told last)."`
}

func (c linked) open(ctx context.Context) (*app.Desk, error) {
	at := c.config()
	at.URL = c.URL
	return app.OpenDesk(ctx, at, app.Options{Version: version, Fatal: fatal})
}

type userAddCmd struct {
	linked
	Name string `arg:"" help:"The username: 3 to 64 letters, digits, dots, hyphens or underscores."`
	Role string `default:"holder" placeholder:"ROLE" help:"holder, auditor (reads the log) or admin (holder)."`
}

// Run makes the account and prints the link, which is all there is on standard
// output.
func (c *userAddCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	d.Slow = s.slow
	made, err := d.AddUser(ctx, c.Name, c.Role)
	if err != nil {
		return named(c.Name, err)
	}
	fmt.Fprintf(s.err, "%s is made, with the role %s, and sets a password with this link, once, within an hour.\n", c.Name, c.Role)
	s.hand(made, c.Name)
	if c.Role != "holder" {
		s.pending(made.Standing)
	}
	return nil
}

type userResetCmd struct {
	linked
	Name    string `arg:"" help:"The person's username."`
	Factors bool   `help:"Take their second factors off too, once the link is used."`
}

// Run prints the link. Until it is used, everything is as it was.
func (c *userResetCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	made, err := d.ResetUser(ctx, c.Name, c.Factors)
	if err != nil {
		return named(c.Name, err)
	}
	left := "The second factor stays."
	if c.Factors {
		left = "Authenticator app, passkeys and recovery codes go with the old password."
	}
	fmt.Fprintf(s.err, "%s sets a new password with this link, once, within an hour. %s Until then nothing changes.\n", c.Name, left)
	s.hand(made, c.Name)
	return nil
}

// hand prints a link, and what to know about it.
func (s streams) hand(made app.Made, name string) {
	fmt.Fprintf(s.err, "Whoever has it can use it: give it to %s alone.\n", name)
	fmt.Fprintln(s.out, made.Link.Reveal())
}

type userDisableCmd struct {
	place
	Name string `arg:"" help:"The person's username."`
}

// Run disables the account, and says what ended.
func (c *userDisableCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	ended, err := d.DisableUser(ctx, c.Name)
	if err != nil {
		return named(c.Name, err)
	}
	fmt.Fprintf(s.out, "%s is disabled; sessions ended: %d. Nothing is deleted; coffer user enable takes it back.\n", c.Name, ended)
	return nil
}

type userEnableCmd struct {
	place
	Name string `arg:"" help:"The person's username."`
}

// Run takes that back.
func (c *userEnableCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.EnableUser(ctx, c.Name); err != nil {
		return named(c.Name, err)
	}
	fmt.Fprintf(s.out, "%s is enabled again.\n", c.Name)
	return nil
}

// named says of whom a command could not do what it should, and what to do next.
func named(name string, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Unavailable {
		return err
	}
	next := ""
	if f.Kind == fault.NotFound {
		next = " See who there is with: coffer user list"
	}
	return fmt.Errorf("%s: %s%s", name, f.Text, next)
}
