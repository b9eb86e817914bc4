package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"coffer/internal/fault"
)

// userCmd is what looks after people.
type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Make an account, and a link by which its person sets a password."`
	Role    userRoleCmd    `cmd:"" help:"Give a person a role: holder, auditor or admin."`
	Reset   userResetCmd   `cmd:"" help:"Make a link by which a person sets a new password."`
	Unlock  userUnlockCmd  `cmd:"" help:"Lift the locks that wrong passwords brought on a name."`
	Disable userDisableCmd `cmd:"" help:"Keep a person from signing in, and end their sessions."`
	Enable  userEnableCmd  `cmd:"" help:"Let a disabled person sign in again."`
	List    userListCmd    `cmd:"" help:"List everyone who has an account."`
}

type userRoleCmd struct {
	place
	Name string `arg:"" help:"The person's username."`
	Role string `arg:"" help:"holder, auditor (reads the log) or admin."`
}

// Run changes the role, and says what it was.
func (c *userRoleCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	d.Slow = s.slow
	done, err := d.SetRole(ctx, c.Name, c.Role)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Unavailable {
		next := ""
		if f.Kind == fault.NotFound {
			next = " See who there is with: coffer user list"
		}
		return fmt.Errorf("%s: %s%s", c.Name, f.Text, next)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s was %s and is %s.\n", c.Name, done.From, c.Role)
	s.pending(done.Standing)
	return nil
}

type userUnlockCmd struct {
	place
	Name string `arg:"" help:"The person's username."`
}

// Run lifts the locks, and says how many.
func (c *userUnlockCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	locks, err := d.Unlock(ctx, c.Name)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Unavailable {
		return fmt.Errorf("%s: %s", c.Name, f.Text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is unlocked; locks lifted: %d.\n", c.Name, locks)
	return nil
}

type userListCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line."`
}

// Run prints a row for each person.
func (c *userListCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	people, err := d.People(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(s.out)
		for _, p := range people {
			err = errors.Join(err, out.Encode(map[string]any{
				"id": p.ID, "username": p.Username, "role": p.Role, "state": p.State(), "second_factor": p.SecondFactor,
				"created": stamp(p.Created), "last_login": stamp(p.LastLogin), "last_seen": stamp(p.LastSeen),
			}))
		}
		return err
	}
	t := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tROLE\tID\tSTATE\tSECOND FACTOR\tLAST SEEN")
	for _, p := range people {
		factor := map[bool]string{true: "yes", false: "no"}[p.SecondFactor]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Username, p.Role, p.ID, p.State(), factor, cmp.Or(stamp(p.LastSeen), "never"))
	}
	return t.Flush()
}

// stamp writes a time, and nothing for never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
