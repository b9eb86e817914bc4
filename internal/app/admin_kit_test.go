package app_test

import (
	"context"
	"strings"

	"coffer/internal/apptest/house"
)

// operator is the actor of what a test types on the command line.
const operator = "actor=*"

// admin signs up somebody whom the command line makes an administrator.
func admin(h *house.House, name, address string) *house.Browser {
	h.Helper()
	b := h.Person(name, address)
	become(h, name, "admin")
	return b
}

// become gives a person a role on the command line, beside the running Coffer.
func become(h *house.House, name, role string) {
	h.Helper()
	d := desk(h)
	defer d.Close()
	if _, err := d.SetRole(context.Background(), name, role); err != nil {
		h.Fatalf("SetRole(%s, %s) = %v", name, role, err)
	}
	lines := h.Wrote("authz_change " + operator + " subject=$" + name + " data.to=" + role)
	if len(lines) != 1 || !strings.HasPrefix(lines[0].Actor, "system:cli:") {
		h.Errorf("the role was given by %v, want the command line", lines)
	}
}
