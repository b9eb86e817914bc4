package event

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A sample is an event whose line stands in testdata, written by hand from the
// line's specification. Files are added, never changed: they are the promise to
// whoever reads the log.
type sample struct {
	file   string
	origin Origin
	event  Event
}

const (
	somebody   = "u_7f3k"
	theSession = "9c1185a5c5e9fc54"
	oneCard    = "c_q2x4"
	cardPath   = "/view_credit_card/c_q2x4"
	signature  = "Dzyb1gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

// oneSigned is of the form of a signature, and of no key.
var oneSigned = Signed{
	Credential: "AQIDBAUGBwg", Nonce: "Zm9ydHktdHdvLWJ5dGVz", ClientData: "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
	AuthenticatorData: "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA", Signature: "MEUCIQDfAKE",
}

func system(name string) Origin { return Origin{Actor: systemActor + name} }

func samples() []sample {
	return []sample{
		{"user_created", visitor("POST", "/signup"), UserCreated{Account: somebody, Role: "holder"}},
		{"user_created-operator", system("cli:root"), UserCreated{Account: somebody, Role: "auditor"}},
		{"authn_signup_fail", visitor("POST", "/signup"), SignupFailed{Account: somebody, Reason: "name_taken"}},
		{"authn_login_success", visitor("POST", "/login"), LoginSucceeded{Account: somebody, Session: theSession, Method: "password"}},
		{"authn_login_successafterfail", visitor("POST", "/login"), LoginSucceededAfterFail{Account: somebody, Session: theSession, Method: "password", Failures: 3}},
		{"authn_login_fail", visitor("POST", "/login"), LoginFailed{Account: somebody, Reason: "wrong_password", Attempt: 3}},
		{"authn_login_fail-unknown", visitor("POST", "/login"), LoginFailed{Typed: "5f2c9e0b7a41d386", Reason: "unknown_name"}},
		{"authn_login_fail-locked", visitor("POST", "/login"), LoginFailed{Account: somebody, Reason: "locked"}},
		{"authn_login_fail_max", visitor("POST", "/login"), LoginFailedMax{Account: somebody, Client: "address", Failures: 10}},
		{"authn_login_lock", visitor("POST", "/login"), LoginLocked{Account: somebody, Client: "address", Address: "203.0.113.9", Seconds: 1800, Reason: "maxretries"}},
		{"authn_login_lock-strangers", visitor("POST", "/login"), LoginLocked{Typed: "5f2c9e0b7a41d386", Client: "strangers", Reason: "strangers"}},
		{"authn_login_unlock", system("locks"), LoginUnlocked{Account: somebody, Client: "address", Address: "2001:db8::/64", Reason: "expired"}},
		{"authn_login_unlock-owner", visitor("POST", "/login"), LoginUnlocked{Account: somebody, Client: "strangers", Reason: "owner"}},
		{"authn_stepup_success", person("POST", "/confirm"), StepUpSucceeded{Account: somebody, Session: theSession, Method: "password"}},
		{"authn_stepup_fail", person("POST", "/confirm"), StepUpFailed{Account: somebody, Session: theSession, Method: "password"}},
		{"authn_stepup_fail-locked", person("POST", "/confirm"), StepUpFailed{Account: somebody, Session: theSession, Method: "password", Reason: "locked"}},
		{"authn_password_change", person("POST", "/settings/password"), PasswordChanged{Account: somebody, Session: theSession, Ended: 2, Signed: Unsigned}},
		{"authn_password_change_fail", person("POST", "/settings/password"), PasswordChangeFailed{Account: somebody, Session: theSession, Reason: "wrong_password"}},
		{"authn_factor_enrolled", person("POST", "/settings/passkeys/finish"), FactorEnrolled{
			Account: somebody, Session: theSession, Factor: "passkey:f_2m8q", Credential: "AQIDBAUGBwg", Algorithm: -7,
			PublicKey: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", RP: "cards.example.org", Origin: "https://cards.example.org", Signed: Unsigned,
		}},
		{"authn_factor_enrolled-totp", person("POST", "/settings/totp"), FactorEnrolled{Account: somebody, Session: theSession, Factor: "totp:f_2m8q", Signed: oneSigned}},
		{"authn_factor_removed", person("POST", "/settings/totp/remove"), FactorRemoved{Account: somebody, Session: theSession, Factor: "totp:f_2m8q", Signed: Unsigned}},
		{"authn_factor_fail", visitor("POST", "/login/verify"), FactorFailed{Account: somebody, Step: "login", Method: "code", Reason: "wrong"}},
		{"authn_factor_fail-abandoned", system("sessions"), FactorFailed{Account: somebody, Step: "login", Method: "none", Address: "203.0.113.9", Reason: "abandoned"}},
		{"authn_recovery_used", visitor("POST", "/login/verify"), RecoveryUsed{Account: somebody, Factor: "recovery:f_2m8q", Left: 9}},
		{"sequence_fail", visitor("POST", "/create_credit_card"), SequenceFailed{Account: somebody, Page: "/create_credit_card", Reason: "second_factor"}},
		{"authn_login_success-unfamiliar", visitor("POST", "/login"), LoginSucceeded{Account: somebody, Session: theSession, Method: "password", Unfamiliar: "both"}},
		{"user_reported", person("POST", "/activity/17/report"), UserReported{Account: somebody, Line: "17", Event: "authn_login_success", Ended: 2}},
		{"user_exported", person("GET", "/settings/export"), UserExported{Account: somebody, Cards: 3, Signed: Unsigned}},
		{"user_erased", person("POST", "/settings/delete"), UserErased{Account: somebody, Cards: 3, Sessions: 2, Signed: Unsigned}},
		{"authz_change", system("cli:root"), RoleChanged{Account: somebody, From: "holder", To: "auditor"}},
		{"authn_login_fail-disabled", visitor("POST", "/login"), LoginFailed{Account: somebody, Reason: "disabled", Attempt: 1}},
		{"authn_password_change_fail-link_used", visitor("GET", "/reset/{token}"), PasswordChangeFailed{Account: somebody, Reason: "link_used"}},
		{"user_updated", system("cli:root"), UserUpdated{Account: somebody, Change: "enabled"}},
		{"user_updated-reset_started", person("POST", "/people/u_9zzt/reset"), UserUpdated{Account: "u_9zzt", Change: "reset_started", Covers: "password"}},
		{"user_updated-reset_used", visitor("POST", "/reset/{token}"), UserUpdated{Account: somebody, Change: "reset_used", Covers: "factors", By: "system:cli:root", Ended: 2}},
		{"user_archived", person("POST", "/people/u_9zzt/lock"), UserArchived{Account: "u_9zzt", Ended: 1}},

		{"session_created", visitor("POST", "/login"), SessionCreated{Account: somebody, Session: theSession, Method: "password"}},
		{"session_renewed", person("POST", "/confirm"), SessionRenewed{Account: somebody, Session: theSession}},
		{"session_logout", person("POST", "/logout"), LoggedOut{Account: somebody, Session: theSession}},
		{"session_expired", system("sessions"), SessionExpired{Account: somebody, Session: theSession, Reason: "idle"}},
		{"session_expired-cap", visitor("POST", "/login"), SessionExpired{Account: somebody, Session: "0d4f61c2aa97be35", Reason: "cap"}},
		{"session_expired-ended", person("POST", "/settings/sessions/end_others"), SessionExpired{Account: somebody, Session: "0d4f61c2aa97be35", Reason: "ended"}},
		{"session_use_after_expire", visitor("GET", "/activity"), SessionUsedAfterEnd{Account: somebody, Session: theSession, Reason: "logout"}},
		{"excess_sessions_exceeded", visitor("POST", "/login"), SessionsExceeded{Account: somebody, Max: 10}},
		{"authn_token_reuse", visitor("GET", "/activity"), TokenReused{Account: somebody, Session: theSession}},
		{"authn_token_reuse-used", visitor("POST", "/login/verify"), TokenReused{Account: somebody, Token: "code", Reason: "used"}},

		{"sensitive_create", person("POST", "/create_credit_card"), CardAdded{Owner: somebody, Card: oneCard, Brand: "visa", Last4: "4242"}},
		{"sensitive_read", person("GET", cardPath), CardViewed{Owner: somebody, Card: oneCard, Last4: "4242", Part: "masked"}},
		{"sensitive_read-number", person("POST", cardPath+"/reveal"), CardViewed{Owner: somebody, Card: oneCard, Last4: "4242", Part: "number"}},
		{"sensitive_read-signed", person("POST", cardPath+"/reveal"), CardViewed{Owner: somebody, Card: oneCard, Last4: "4242", Part: "number", Signed: oneSigned}},
		{"sensitive_update", person("POST", "/create_credit_card"), CardUpdated{Owner: somebody, Card: oneCard, Last4: "4242", Fields: []string{"expiry", "label"}}},
		{"sensitive_delete", person("POST", cardPath+"/delete"), CardDeleted{Owner: somebody, Card: oneCard, Last4: "4242"}},

		{"input_validation_fail", visitor("POST", "/signup"), InputInvalid{Form: "/signup", Fields: []FieldRule{{"username", "too_short"}, {"password", "common"}}}},
		{"input_validation_fail-size", person("POST", "/create_credit_card"), InputInvalid{Form: "/create_credit_card", Reason: "too_large"}},
		{"authz_fail", visitor("GET", "/create_credit_card"), AuthzFailed{Reason: "signed_out", Resource: "route:/create_credit_card"}},
		{"authz_fail-card", person("GET", "/view_credit_card/1"), AuthzFailed{Reason: "not_found", Resource: "card:1"}},
		{"authz_fail-reported", person("POST", cardPath+"/reveal"), AuthzFailed{Reason: "reported", Resource: "card:" + oneCard}},
		{"authz_fail-role", person("POST", "/people/u_9zzt/lock"), AuthzFailed{Reason: "role", Resource: "route:/people/{id}/lock"}},
		{"malicious_direct_reference", person("POST", cardPath+"/reveal"), DirectReference{Owner: "u_9zzt", Card: oneCard, Verb: "reveal"}},
		{"malicious_csrf", person("POST", "/create_credit_card"), CrossSite{Account: "u_7f3k", Form: "/create_credit_card", Site: "cross_site"}},
		{"malicious_extraneous", visitor("POST", "/signup"), Extraneous{Form: "/signup", Unknown: 2}},
		{"malicious_excess_404", visitor("GET", "/wp-admin"), Excess404{}},
		{"malicious_csp_violation", visitor("POST", "/csp-report"), PolicyViolated{
			Page: "/view_credit_card/c_q2x4", Directive: "script-src-elem", Blocked: "https://evil.example", Source: "moz-extension://5e1f", Line: 7,
		}},
		{"malicious_csp_violation-more", visitor("POST", "/csp-report"), PolicyViolated{Page: "/", Directive: "style-src-attr", Blocked: "inline", More: 80}},
		{"excess_rate_limit_exceeded", visitor("POST", "/signup"), RateLimited{Limit: "signup", Allowed: "30/h"}},
		{"excess_rate_limit_exceeded-person", person("POST", cardPath+"/reveal"), RateLimited{Limit: "reveal", Allowed: "10/h", Account: somebody}},

		{"crypt_key_created", system("start"), KeyCreated{Key: "k_log1", Use: "log"}},
		{"crypt_key_created-owner", person("POST", "/create_credit_card"), KeyCreated{Key: "k_own1", Use: "data", Owner: somebody}},
		{"crypt_key_destroyed", person("POST", "/settings/delete"), KeyDestroyed{Key: "data/u_7f3k", Use: "data", Owner: somebody}},
		{"crypt_decrypt_fail", person("POST", cardPath+"/reveal"), DecryptFailed{Owner: somebody, Card: oneCard}},
		{"crypt_encrypt_fail", person("POST", "/create_credit_card"), EncryptFailed{Owner: somebody}},

		{"sys_startup", system("serve"), Startup{Database: "sqlite", URL: "http://localhost:8880"}},
		{"sys_shutdown", system("serve"), Shutdown{Seconds: 86400}},
		{"sys_crash", system("serve"), Crash{Reason: "unclean"}},
		{"sys_crash-recovered", person("GET", cardPath), Crash{Reason: "recovered", Where: "cards.go:87"}},
		{"sys_config_changed", system("serve"), ConfigChanged{Setting: "limits", From: "signup=30/h,login=20/min", To: "signup=5/h,login=off"}},
		{"sys_disk_low", system("disk"), DiskLow{Free: 50331648, Reserve: 33554432}},
		{"sys_disk_recovered", system("disk"), DiskRecovered{Free: 9663676416, Reserve: 33554432}},
		{"log_pruned", system("retention"), LogPruned{
			First: 0, Last: 39, Before: "2025-10-20T16:51:27.123456Z",
			Edge: []string{"Q2hhcmxlcyBCYWJiYWdlIGFuZCBBZGEgTG92ZWxhY2U=", "VGhlIEFuYWx5dGljYWwgRW5naW5lIHdlYXZlcyBub3c="},
		}},
		{"alert_acknowledged", system("cli:root"), AlertAcknowledged{Line: 17, Event: "sys_clock_step"}},
		{"sys_clock_step", system("clock"), ClockStepped{Milliseconds: -5400000}},

		{"log_opened", system("serve"), LogOpened{}},
		{"log_heartbeat", system("sealer"), LogHeartbeat{}},
		{"log_rotated", system("sealer"), LogRotated{First: 0, Last: 41, Bytes: 64 << 20, Reason: "size"}},
		{"log_checkpoint", system("sealer"), LogCheckpoint{
			Size: 41, Origin: "coffer.invalid/k3v9", Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Signature: signature,
		}},
		{"log_epoch_started", system("cli:ada"), LogEpochStarted{
			Origin: "coffer.invalid/p2x7", Key: "coffer.invalid/p2x7+0f3c9a61+AXn2rQ0mU5b8hQ4v7S1kzJx3cY6dE9wFtGmLpNaRoB2i",
			Size: 41, Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Former: "coffer.invalid/k3v9", Signature: signature,
			Lost: 3, Why: "restored the backup of the 23rd",
		}},
		{"log_epoch_started-changed", system("cli:ada"), LogEpochStarted{
			Origin: "coffer.invalid/p2x7", Key: "coffer.invalid/p2x7+0f3c9a61+AXn2rQ0mU5b8hQ4v7S1kzJx3cY6dE9wFtGmLpNaRoB2i",
			Size: 17, Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Former: "coffer.invalid/k3v9", Signature: signature,
			Lost: 4, Changed: 4, Which: []string{"17", "30-32"}, Why: "no backup has them",
		}},
		{"log_file_altered", system("log"), LogFileAltered{Segment: 12, Offset: 20480, Kept: "security.log.altered-1"}},
		{"log_read", system("cli:ada"), LogRead{Tool: "query", Format: "csv", Fields: []string{"actor", "event", "text"}, Length: 44}},
		{"log_read-all", system("cli:ada"), LogRead{Tool: "tail", Format: "text", Newest: 10}},
		{"log_exported", system("cli:ada"), LogExported{From: 0, To: 40, Format: "tlog-tiles", Lines: 41}},
		{"log_witnessed", system("witness"), LogWitnessed{Size: 41, Witness: "witness.example.org/w1"}},
		{"log_verified", system("verify"), LogVerified{Lines: 40, Size: 41}},
		{"log_verify_fail-line", system("verify"), LogVerifyFailed{Line: "0", Size: 41, Lines: 1, Reason: "database_edited"}},
		{"log_verify_fail", system("witness"), LogVerifyFailed{Size: 41, Witness: "witness.example.org/w1", Known: 52, Reason: "witness_ahead"}},
		{"sys_monitor_disabled", system("witness"), MonitorDisabled{Monitor: "witness:witness.example.org/w1", Seconds: 301, Reason: "timeout"}},
		{"sys_monitor_enabled", system("witness"), MonitorEnabled{Monitor: "witness:witness.example.org/w1", Seconds: 1260}},
		{"log_events_aggregated", system("flood"), EventsAggregated{
			Event: "authn_login_fail", Address: "203.0.113.9", Count: 412, Addresses: 1, Typed: 2,
			Common: []Tally{{"5f2c9e0b7a41d386", 400}, {"0b7a41d3865f2c9e", 12}},
			From:   "2026-11-24T16:50:00.000000Z", To: "2026-11-24T16:50:59.900000Z",
		}},

		{"delivery_fail", system("deliver"), DeliveryFailed{
			Delivery: "webhook", Receiver: "https://hooks.example.org", Next: 40, Attempts: 3, Status: 503, Reason: "refused",
		}},
		{"delivery_fail-syslog", system("deliver"), DeliveryFailed{
			Delivery: "syslog", Receiver: "tls://logs.example.org:6514", Next: 40, Attempts: 3, Reason: "unreachable",
		}},
		{"delivery_recovered", system("deliver"), DeliveryRecovered{
			Delivery: "webhook", Receiver: "https://hooks.example.org", Next: 40, Behind: 12, Seconds: 95,
		}},
	}
}

// golden reads a line of testdata, without its newline.
func golden(tb testing.TB, file string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func TestGoldenLines(t *testing.T) {
	for _, s := range samples() {
		r, err := maker.Record(s.origin, staged, s.event)
		if err != nil {
			t.Errorf("%s: %v", s.file, err)
			continue
		}
		if got, want := string(r.Line(41, r.At)), golden(t, s.file); got != want {
			t.Errorf("line of %s:\n got %s\nwant %s", s.file, got, want)
		}
	}
}

// TestGoldenFilesStillRead takes every file there is, so that one which no
// sample makes any more must still be read, and written again the same.
func TestGoldenFilesStillRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < len(samples()) {
		t.Fatalf("Glob() = %d files, %v, want at least %d", len(files), err, len(samples()))
	}
	for _, file := range files {
		want := golden(t, strings.TrimSuffix(filepath.Base(file), ".json"))
		l, err := Parse([]byte(want))
		if err != nil {
			t.Errorf("Parse(%s): %v", file, err)
			continue
		}
		if got := again(t, l); got != want {
			t.Errorf("%s written again:\n got %s\nwant %s", file, got, want)
		}
	}
}

// again decodes a line and writes it anew, from what it says of its origin.
func again(tb testing.TB, l Line) string {
	tb.Helper()
	e, err := l.Decode()
	if err != nil {
		tb.Fatalf("Decode(%s): %v", l.Event, err)
	}
	at, err := time.Parse(time.RFC3339Nano, l.Datetime)
	if err != nil {
		tb.Fatal(err)
	}
	o := Origin{
		Actor: l.Actor, SourceIP: l.SourceIP, PeerIP: l.PeerIP, UserAgent: l.UserAgent,
		Method: l.RequestMethod, URI: l.RequestURI, RequestID: l.RequestID, Session: l.Session,
	}
	r, err := Maker{Node: l.Node, Version: l.Version}.Record(o, at, e)
	if err != nil {
		tb.Fatal(err)
	}
	return string(r.Line(l.Seq, r.At))
}

// TestDecodeGivesTheEvent compares values, since a line could be the same with
// a field lost on the way there and back.
func TestDecodeGivesTheEvent(t *testing.T) {
	for _, s := range samples() {
		l, err := Parse([]byte(golden(t, s.file)))
		if err != nil {
			t.Fatal(err)
		}
		want := s.event
		if k := want.Kind(); k.fill != nil {
			want = k.fill(want)
		}
		if got, err := l.Decode(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Decode(%s) = %#v, %v, want %#v", s.file, got, err, want)
		}
	}
}

func TestEveryKindHasAGoldenLine(t *testing.T) {
	have := map[string]bool{}
	for _, s := range samples() {
		have[s.file] = true
	}
	for _, k := range All {
		if !have[k.Name] {
			t.Errorf("no sample %s.json", k.Name)
		}
	}
}
