package query_test

import (
	"strings"
	"testing"

	"coffer/internal/event"
	"coffer/internal/query"
)

// said is what each event reads as. Every kind of the vocabulary stands here.
var said = []struct {
	e    event.Event
	want string
}{
	{event.UserCreated{Account: alice, Role: "holder"}, "Account created"},
	{event.SignupFailed{Account: alice, Reason: "name_taken"}, "Someone tried to sign up with your name"},
	{event.LoginSucceeded{Account: alice}, "Signed in"},
	{event.LoginSucceededAfterFail{Account: alice, Failures: 1}, "Signed in after 1 failed attempt"},
	{event.LoginSucceededAfterFail{Account: alice, Failures: 3}, "Signed in after 3 failed attempts"},
	{event.LoginFailed{Account: alice, Reason: "wrong_password"}, "Sign-in refused: wrong password"},
	{event.LoginFailed{Typed: "00", Reason: "unknown_name"}, "Sign-in refused: no account has this name"},
	{event.StepUpSucceeded{Account: alice, Method: "password"}, "Confirmed with your password"},
	{event.StepUpFailed{Account: alice, Method: "password"}, "Confirmation refused: wrong password"},
	{event.StepUpFailed{Account: alice, Method: "password", Reason: "locked"}, "Confirmation of identity refused: locked after too many wrong passwords"},
	{event.LoginFailed{Account: alice, Reason: "locked"}, "Sign-in refused: locked after too many wrong passwords"},
	{event.LoginFailedMax{Account: alice, Client: "address", Failures: 10}, "10 wrong passwords in a row"},
	{event.LoginFailedMax{Account: alice, Client: "strangers", Failures: 100}, "100 wrong passwords in a row, by strangers together"},
	{event.LoginLocked{Account: alice, Client: "address", Address: "192.0.2.1", Seconds: 1800, Reason: "maxretries"}, "Sign-in locked for 30 minutes, from 192.0.2.1"},
	{event.LoginLocked{Account: alice, Client: "device", Seconds: 60, Reason: "maxretries"}, "Sign-in locked for 1 minute, on a device known before"},
	{event.LoginLocked{Account: alice, Client: "session", Seconds: 7200, Reason: "maxretries"}, "Sign-in locked for 120 minutes, in a session"},
	{event.LoginLocked{Account: alice, Client: "strangers", Reason: "strangers"}, "Password locked on every device that never signed in, until you sign in on one that did"},
	{event.LoginUnlocked{Account: alice, Client: "address", Address: "192.0.2.1", Reason: "expired"}, "Sign-in unlocked: its time was over, for 192.0.2.1"},
	{event.LoginUnlocked{Account: alice, Client: "strangers", Reason: "operator"}, "Sign-in unlocked by an operator, for strangers"},
	{event.PasswordChanged{Account: alice}, "Password changed"},
	{event.PasswordChanged{Account: alice, Ended: 1}, "Password changed, and 1 other session ended"},
	{event.PasswordChanged{Account: alice, Ended: 2}, "Password changed, and 2 other sessions ended"},
	{event.PasswordChangeFailed{Account: alice, Reason: "wrong_password"}, "Password not changed: the present one did not match"},
	{event.SessionExpired{Account: alice, Reason: "ended"}, "Session ended on request"},
	{event.TokenReused{Account: alice}, "A replaced session token came back: somebody may hold a copy"},
	{event.TokenReused{Account: alice, Token: "code", Reason: "used"}, "A code or answer that serves once came back: somebody may hold a copy"},
	{event.StepUpSucceeded{Account: alice, Method: "totp"}, "Confirmed with your authenticator app"},
	{event.StepUpFailed{Account: alice, Method: "code"}, "Confirmation refused: wrong code"},
	{event.FactorEnrolled{Account: alice, Factor: "totp:f_1"}, "Authenticator app added"},
	{event.FactorEnrolled{Account: alice, Factor: "passkey:f_1"}, "Passkey added"},
	{event.FactorRemoved{Account: alice, Factor: "recovery:f_1"}, "Recovery codes removed"},
	{event.FactorFailed{Account: alice, Method: "code", Reason: "wrong"}, "Second step refused: wrong code"},
	{event.FactorFailed{Account: alice, Method: "code", Reason: "locked"}, "Second factor refused: too many wrong ones came before"},
	{event.FactorFailed{Account: alice, Method: "none", Address: "192.0.2.1", Reason: "abandoned"}, "The second step was never taken, after your right password, from 192.0.2.1"},
	{event.RecoveryUsed{Account: alice, Factor: "recovery:f_1", Left: 9}, "Recovery code used; 9 left"},
	{event.SequenceFailed{Account: alice, Page: "/x", Reason: "second_factor"}, "A step was skipped: the second factor is outstanding"},
	{event.SessionCreated{Account: alice}, "Session started"},
	{event.SessionRenewed{Account: alice}, "Session renewed"},
	{event.LoggedOut{Account: alice}, "Signed out"},
	{event.SessionExpired{Account: alice, Reason: "idle"}, "Session ended: not used for too long"},
	{event.SessionUsedAfterEnd{Account: alice, Reason: "logout"}, "A session was used after signing out"},
	{event.SessionsExceeded{Account: alice, Max: 10}, "Too many sessions: the oldest was ended"},
	{event.CardAdded{Owner: alice, Card: "c_1", Brand: "visa", Last4: "4242"}, "Card •••• 4242 added"},
	{event.CardViewed{Owner: alice, Card: "c_1", Last4: "4242", Part: "masked"}, "Card •••• 4242 viewed"},
	{event.CardViewed{Owner: alice, Card: "c_1", Last4: "4242", Part: "number"}, "Number of •••• 4242 shown"},
	{event.CardUpdated{Owner: alice, Card: "c_1", Last4: "4242", Fields: []string{"expiry", "cardholder_name"}}, "Card •••• 4242 updated: expiry, cardholder name"},
	{event.CardUpdated{Owner: alice, Card: "c_1", Last4: "4242"}, "Card •••• 4242 updated"},
	{event.CardDeleted{Owner: alice, Card: "c_1", Last4: "4242"}, "Card •••• 4242 deleted"},
	{event.InputInvalid{Form: "/x", Fields: []event.FieldRule{{Field: "card_number", Rule: "checksum"}, {Field: "expiry", Rule: "past"}}}, "Form refused: card number, expiry"},
	{event.InputInvalid{Form: "/x", Reason: "too_large"}, "Form refused: too large"},
	{event.AuthzFailed{Reason: "not_found", Resource: "card:1"}, "Access refused: there is nothing of this id"},
	{event.DirectReference{Owner: alice, Card: "c_1", Verb: "view"}, "Someone else asked for this card"},
	{event.DirectReference{Owner: alice, Card: "c_1", Verb: "reveal"}, "Someone else asked for this card’s number"},
	{event.DirectReference{Owner: alice, Card: "c_1", Verb: "delete"}, "Someone else tried to delete this card"},
	{event.CrossSite{Form: "/x", Site: "cross_site"}, "Post from another site refused"},
	{event.Extraneous{Form: "/x", Unknown: 1}, "Form refused: fields that it does not have, or given twice"},
	{event.LoginSucceeded{Account: alice, Unfamiliar: "both"}, "Signed in"},
	{event.UserReported{Account: alice, Line: "17", Event: "authn_login_success"}, "You reported line 17: this wasn’t me"},
	{event.UserExported{Account: alice, Cards: 2}, "Your data downloaded"},
	{event.UserErased{Account: alice, Cards: 1, Sessions: 2}, "Account erased, with 1 card"},
	{event.KeyDestroyed{Key: "data/u_a", Use: "data", Owner: alice}, "Key destroyed that sealed the cards"},
	{event.AuthzFailed{Reason: "reported", Resource: "card:c_1"}, "Number not shown: you reported something, and set no new password yet"},
	{event.RoleChanged{Account: alice, From: "holder", To: "auditor"}, "Your role was changed from holder to auditor"},
	{event.UserCreated{Account: alice, Role: "auditor"}, "Account made for you by an operator, as auditor"},
	{event.UserUpdated{Account: alice, Change: "enabled"}, "Your account was enabled again"},
	{event.UserUpdated{Account: alice, Change: "reset_started", Covers: "password"}, "An operator made a link that sets your password"},
	{event.UserUpdated{Account: alice, Change: "reset_used", Covers: "password", By: "system:cli:root"}, "Your password was set by an operator’s link"},
	{event.UserUpdated{Account: alice, Change: "factors_asked"}, "An administrator asks to take your second factors off"},
	{event.UserUpdated{Account: alice, Change: "factors_agreed"}, "Another administrator agreed to take your second factors off, a day later"},
	{event.UserUpdated{Account: alice, Change: "factors_kept"}, "Your second factors stay"},
	{event.UserArchived{Account: alice, Ended: 1}, "Your account was disabled"},
	{event.LoginFailed{Account: alice, Reason: "disabled"}, "Sign-in refused: the account is disabled"},
	{event.Excess404{}, "Many unknown paths asked for"},
	{event.PolicyViolated{Page: "/", Directive: "script-src-elem", Blocked: "inline"}, "A browser stopped something on a page: inline, against script-src-elem"},
	{event.PolicyViolated{Page: "/", Directive: "style-src"}, "A browser stopped something on a page, against style-src"},
	{event.RateLimited{Limit: "reveal", Allowed: "10/h", Account: alice}, "Number not shown: asked for too often"},
	{event.RateLimited{Limit: "cards", Allowed: "50", Account: alice}, "Card not added: no room for more"},
	{event.RateLimited{Limit: "request", Allowed: "50/s"}, "Refused: a limit was reached"},
	{event.KeyCreated{Key: "data/u_a", Use: "data", Owner: alice}, "Key made that seals your cards"},
	{event.KeyCreated{Key: "1", Use: "log"}, "Key created"},
	{event.DecryptFailed{Owner: alice, Card: "c_1"}, "This card’s number could not be opened"},
	{event.EncryptFailed{Owner: alice, Card: "c_1"}, "A card number could not be sealed"},
	{event.Startup{}, "Coffer started"},
	{event.Shutdown{}, "Coffer stopped"},
	{event.Crash{Reason: "recovered"}, "A request failed on a fault in Coffer; the server goes on"},
	{event.ConfigChanged{Setting: "limits"}, "A security setting changed"},
	{event.ClockStepped{Milliseconds: 2000}, "The machine's clock jumped"},
	{event.DiskLow{Free: 1}, "The disk is nearly full: changes are refused until there is room"},
	{event.DiskRecovered{Free: 1}, "The disk has room again"},
	{event.LogOpened{}, "Log opened"},
	{event.LogHeartbeat{}, "Nothing to report"},
	{event.LogRotated{Reason: "day"}, "Log segment closed: the day is over"},
	{event.LogCheckpoint{Size: 41}, "Log signed up to line 40"},
	{event.LogPruned{First: 3, Last: 40}, "Old lines removed from the log: 3 to 40"},
	{event.AlertAcknowledged{Line: 17, Event: "sys_clock_step"}, "Line 17 seen to"},
	{event.LogEpochStarted{Size: 41, Lost: 1}, "The log goes on under a new name and key; 1 signed line is not there any more"},
	{event.LogEpochStarted{Size: 41, Lost: 3}, "The log goes on under a new name and key; 3 signed lines are not there any more"},
	{event.LogEpochStarted{Lost: 3, Changed: 3}, "The log goes on under a new name and key; 3 signed lines are not there any more; 3 lines changed"},
	{event.LogEpochStarted{Changed: 1}, "The log goes on under a new name and key; 1 line changed"},
	{event.LogEpochStarted{}, "The log goes on under a new name and key"},
	{event.LogFileAltered{}, "The log's file was altered; it was written again from the database"},
	{event.DeliveryFailed{Delivery: "webhook", Status: 503, Reason: "refused"}, "Log lines are not delivered: the receiver refuses them"},
	{event.DeliveryRecovered{Delivery: "webhook", Behind: 12, Seconds: 95}, "Log lines are delivered again"},
	{event.LogRead{Tool: "query", Format: "csv"}, "Log read"},
	{event.LogExported{Format: "tlog-tiles"}, "Log exported"},
	{event.LogWitnessed{Size: 41, Witness: "w1"}, "Witness w1 signed the log up to line 40"},
	{event.LogVerified{Lines: 40, Size: 41}, "Log verified: 40 lines are what was sealed"},
	{event.LogVerifyFailed{Line: "7", Size: 41, Lines: 1, Reason: "database_edited"}, "A line in the database is not the one that was sealed: line 7"},
	{event.LogVerifyFailed{Line: "512", Size: 4100, Lines: 512, Reason: "index"}, "The index in the database is not that of its lines: among 512 lines from 512 on"},
	{event.LogVerifyFailed{Size: 41, More: 12, Reason: "more"}, "More in the database is not what was sealed than was written singly: 12"},
	{event.LogVerifyFailed{Size: 41, Reason: "root"}, "The log in the database does not lead to what was signed"},
	{event.LogVerifyFailed{Size: 41, Witness: "w1", Known: 52, Reason: "witness_ahead"}, "Witness w1 signed 52 lines, and there were 41"},
	{event.LogVerifyFailed{Size: 52, Witness: "w1", Known: 41, Reason: "witness_forked"}, "Witness w1 signed other first 41 lines than those that are there"},
	{event.MonitorDisabled{Monitor: "witness:w1", Reason: "refused"}, "A witness does not sign new lines: it refuses: w1"},
	{event.MonitorEnabled{Monitor: "witness:w1"}, "Watches over the log again: w1"},
	{event.EventsAggregated{Event: "authn_login_fail", Count: 400}, "400 refusals in a short time, written as one"},
}

func TestSay(t *testing.T) {
	missing := map[string]bool{}
	for _, k := range event.All {
		missing[k.Name] = true
	}
	for _, c := range said {
		delete(missing, c.e.Kind().Name)
		e := entry(t, c.e)
		if got := query.Say(e); got != c.want {
			t.Errorf("Say(%s %+v) = %q, want %q", e.Event, c.e, got, c.want)
		}
	}
	for name := range missing {
		t.Errorf("no sentence is expected of %s", name)
	}
}

// TestSayOfTheUnknown reads a line that a newer Coffer wrote.
func TestSayOfTheUnknown(t *testing.T) {
	e := query.Entry{Event: "card_teleported", Description: "Card teleported"}
	if got := query.Say(e); got != "Card teleported" {
		t.Errorf("Say of an unknown event = %q, want its description", got)
	}
}

// entry makes the entry that a reader would make of the event's line.
func entry(t *testing.T, e event.Event) query.Entry {
	t.Helper()
	rec, err := event.Maker{Node: "n", Version: "1"}.Record(event.Origin{}, moment, e)
	if err != nil {
		t.Fatal(err)
	}
	l, err := event.Parse(rec.Line(7, rec.At))
	if err != nil {
		t.Fatal(err)
	}
	what, err := l.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(l.Description) == "" {
		t.Errorf("%s has no description", l.Event)
	}
	return query.Entry{Event: l.Event, Description: l.Description, Reason: l.Reason, What: what}
}
