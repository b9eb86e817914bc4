package event

// RoleChanged is a person who may do other things from now on.
type RoleChanged struct {
	Account string `json:"-" in:"subject"`
	// From is the role until here: holder, auditor or admin.
	From string `json:"from"`
	// To is the role from here on.
	To string `json:"to"`
}

var roleChanged = Kind{
	Name: "authz_change", Level: Warning, Outcome: Success,
	Says: "A person's role was changed",
	Doc:  "An operator gave a person another role, and with it other rights. The actor is who did it, the subject whose role it is.",
	New:  func() Event { return RoleChanged{} },
}

// Kind is authz_change.
func (RoleChanged) Kind() *Kind { return &roleChanged }

func (e RoleChanged) about() About { return About{Subject: e.Account, Target: account(e.Account)} }
