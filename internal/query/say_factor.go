package query

import (
	"fmt"
	"strings"

	"coffer/internal/event"
)

// methods are what a person proves themselves with, in a sentence.
var methods = map[string]string{
	"password": "password", "code": "code", "totp": "authenticator app", "passkey": "passkey", "recovery": "recovery code",
}

// factors are the kinds of what can be added and taken away.
var factors = map[string]string{
	"totp": "Authenticator app", "passkey": "Passkey", "recovery": "Recovery codes",
}

// sayFactor is Say for the ways to prove who somebody is.
func sayFactor(what event.Event) string {
	switch what := what.(type) {
	case event.FactorEnrolled:
		return factorOf(what.Factor) + " added"
	case event.FactorRemoved:
		return factorOf(what.Factor) + " removed"
	case event.FactorFailed:
		switch what.Reason {
		case "wrong":
			return "Second step refused: wrong " + methods[what.Method]
		case "abandoned":
			return "The second step was never taken, after your right password, from " + what.Address
		}
	case event.RecoveryUsed:
		return fmt.Sprintf("Recovery code used; %d left", what.Left)
	}
	return ""
}

func factorOf(target string) string {
	kind, _, _ := strings.Cut(target, ":")
	return factors[kind]
}
