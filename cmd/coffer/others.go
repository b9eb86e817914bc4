package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"text/tabwriter"
	"time"

	"coffer/internal/app"
)

type migrateCmd struct {
	app.Config
	AsOwner bool   `help:"On PostgreSQL: also make a role for serve that cannot change what the log has."`
	Role    string `placeholder:"NAME" default:"coffer_app" help:"That role (coffer_app)."`
}

// Run brings the schema up, and says from where to where.
func (c *migrateCmd) Run(ctx context.Context, s streams) error {
	from, to, err := app.Migrate(ctx, c.Config)
	if err != nil {
		return err
	}
	if from == to {
		fmt.Fprintf(s.out, "The schema is at version %d: nothing to do.\n", to)
	} else {
		fmt.Fprintf(s.out, "The schema was brought from version %d to %d.\n", from, to)
	}
	if !c.AsOwner {
		return nil
	}
	return c.separate(ctx, s)
}

// separate prints what it did, and how serve is to be started from now on.
func (c *migrateCmd) separate(ctx context.Context, s streams) error {
	done, err := app.Separate(ctx, c.Config, c.Role)
	if err != nil {
		return err
	}
	for _, statement := range done.Done {
		fmt.Fprintln(s.out, statement+";")
	}
	fmt.Fprintf(s.err, "Give %s a password (as in \\password %s) or a line in pg_hba.conf, and start serve with its URL:\n"+
		"  --database postgres://%s@HOST/DATABASE%s\nMigrations, and coffer log new-epoch, go on as the owner.\n", c.Role, c.Role, c.Role, searchPath(done.Schema))
	return nil
}

// searchPath is what the URL needs where the tables are not where PostgreSQL
// looks by itself.
func searchPath(schema string) string {
	if schema == "public" {
		return ""
	}
	return "?search_path=" + schema
}

type configCmd struct{ app.Config }

// Run prints what is in force, where it comes from, and the table of limits.
func (c *configCmd) Run(s streams, o origins) error {
	rows, limits, err := app.Describe(c.Config, o.of)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "SETTING\tVALUE\tFROM")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Flag, r.Value, r.From)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(t, "\nLIMIT\tVALUE\tDEFAULT\tPER\tCOUNTS")
	for _, l := range limits {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Value, l.Default, l.Per, l.Counts)
	}
	return t.Flush()
}

type healthcheckCmd struct{ app.Config }

// Run asks the vault on this machine; the exit code is the answer.
func (c *healthcheckCmd) Run(ctx context.Context, s streams) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return &app.Wrong{Flag: "listen", Value: c.Listen, Want: "give the address and port of the vault"}
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	at := net.JoinHostPort(host, port) + "/healthz"
	status, err := http.StatusBadRequest, error(nil)
	if !c.HTTPS() {
		status, err = c.ask(ctx, "http://"+at)
	}
	if status == http.StatusBadRequest && err == nil { // what a server says that speaks HTTPS
		status, err = c.ask(ctx, "https://"+at)
	}
	if err != nil {
		fmt.Fprintf(s.err, "no answer: %v\n", err)
		return errNo
	}
	if status != http.StatusOK {
		fmt.Fprintf(s.err, "not well: %d %s\n", status, http.StatusText(status))
		return errNo
	}
	fmt.Fprintln(s.out, "ok")
	return nil
}

// ask gives the status of the answer. Nothing secret is sent or believed, and
// whoever could answer in the server's stead on this machine has it already; the
// certificate is for another name than this address.
func (c *healthcheckCmd) ask(ctx context.Context, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	direct := http.Client{Transport: &http.Transport{ // never by way of a proxy
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: c.ServerName()},
	}}
	res, err := direct.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "coffer", version)
	return err
}
