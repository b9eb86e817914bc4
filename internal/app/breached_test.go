package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/factor/breach"
)

// stolen is a password of the lists here; it is long, and like nothing.
const stolen = "walnut-ferry-77-comet"

// importList imports passwords at a desk, as the command does.
func importList(h *house.House, passwords ...string) (done app.ListImport, err error) {
	h.Helper()
	d, err := app.OpenDesk(context.Background(), h.Setup.Config, app.Options{Now: h.Now})
	if err != nil {
		h.Fatal(err)
	}
	defer d.Close()
	text := strings.Join(passwords, "\n")
	return d.ImportPasswords(context.Background(), app.ListSource{In: strings.NewReader(text), Size: int64(len(text)), Form: breach.Auto})
}

// listOf is what the log calls a list.
func listOf(h *house.House) string {
	h.Helper()
	lists, err := app.PasswordsInForce(h.Setup.Config)
	if err != nil || lists.Own == nil {
		h.Fatalf("PasswordsInForce = %+v, %v, want a list", lists, err)
	}
	return lists.Own.String()
}

const listChanged = "sys_config_changed level=WARNING target=setting:breached-passwords "

// TestBreachedPasswords holds that a list that is imported beside a running
// server is in the log, and in force at once at the sign-up and at the change.
func TestBreachedPasswords(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		if _, err := importList(h, stolen, "another one of them"); err != nil {
			t.Fatal(err)
		}
		l := h.Wrote(listChanged + "data.from=none data.to=*")
		if !strings.HasPrefix(l[0].Actor, "system:cli:") || !strings.HasPrefix(member(l[0].Data, "to"), "2-passwords-") {
			t.Errorf("the import is told as %s by %s, want two passwords by a command", l[0].Data, l[0].Actor)
		}
		for _, typed := range []string{stolen, "another one of them"} {
			l = h.Browser(far).Post("/signup", "username", "bob", "password", typed).Is(422, "in a list of stolen ones", "nowhere else").Wrote("input_validation_fail target=route:/signup")
			if fieldRules(l[0].Data) != "password:breached" {
				t.Errorf("the sign-up breaks %s, want password:breached", fieldRules(l[0].Data))
			}
		}
		l = alice.Post(newPassword, "current_password", house.Password, "new_password", stolen).Is(422, "in a list of stolen ones").Wrote("input_validation_fail actor=$alice target=route:/settings/password")
		if fieldRules(l[0].Data) != "new_password:breached" {
			t.Errorf("the change breaks %s, want new_password:breached", fieldRules(l[0].Data))
		}
		h.Tick(time.Minute) // what a command announced is no news
		h.Wrote()

		if done, err := importList(h, "another one of them", stolen, stolen); err != nil || !done.Known || done.Passwords != 2 || done.Lines != 3 {
			t.Errorf("ImportPasswords of the same = %+v, %v, want it to be known", done, err)
		}
		h.Wrote()
		before := listOf(h)
		if _, err := importList(h, "none of the others"); err != nil {
			t.Fatal(err)
		}
		h.Wrote(listChanged + "data.from=" + before + " data.to=*")
		alice.Post(newPassword, "current_password", house.Password, "new_password", stolen).To(security).Wrote("authn_password_change", "session_renewed")
		left, err := filepath.Glob(filepath.Join(h.Dir(), "passwords.*"))
		if err != nil || len(left) != 2 {
			t.Errorf("%v, %v is left of the imports, want list and lock", left, err)
		}
	})
}

// TestBreachedListByHand holds that a list that came or went without the command
// is in the log within a minute, or with the next start, once.
func TestBreachedListByHand(t *testing.T) {
	house.Both(t, func(h *house.House) {
		if _, err := importList(h, stolen); err != nil {
			t.Fatal(err)
		}
		h.Wrote(listChanged)
		name, file := listOf(h), filepath.Join(h.Dir(), "passwords.filter")
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		h.Tick(time.Minute)
		h.Wrote(listChanged + "actor=system:passwords data.from=" + name + " data.to=none")
		h.Tick(time.Minute)
		h.Wrote()
		h.Stop()
		if err := os.WriteFile(file, kept, 0o640); err != nil {
			t.Fatal(err)
		}
		h.Start()
		h.Wrote("sys_startup", listChanged+"actor=system:serve data.from=none data.to="+name)
		h.Browser(far).Post("/signup", "username", "bob", "password", stolen).Is(422, "stolen").Wrote("input_validation_fail")
		h.Tick(time.Minute)
		h.Wrote()
	})
}

// TestBreachedListDamaged holds that nothing is let through unchecked, and that
// visitor, operator and log are told.
func TestBreachedListDamaged(t *testing.T) {
	h := house.Open(t, "sqlite")
	file := filepath.Join(h.Dir(), "passwords.filter")
	if err := os.WriteFile(file, []byte("no list at all"), 0o640); err != nil {
		t.Fatal(err)
	}
	l := h.Browser(far).Post("/signup", "username", "bob", "password", house.Password).Is(422, "cannot be seen at the moment").Wrote("input_validation_fail")
	if fieldRules(l[0].Data) != "password:unchecked" {
		t.Errorf("the sign-up breaks %s, want password:unchecked", fieldRules(l[0].Data))
	}
	h.Tick(time.Minute)
	h.Wrote(listChanged + "data.from=none data.to=damaged")
	if warned := strings.Join(h.Warnings(), "\n"); !strings.Contains(warned, "passwords.filter cannot be used") || !strings.Contains(house.Told(), "import it anew") {
		t.Errorf("the warnings are %q, want the file and what to do", warned)
	}
	if _, err := importList(h, stolen); err != nil {
		t.Fatal(err)
	}
	h.Wrote(listChanged + "data.from=damaged")
	h.Person("bob", far)
}

// TestImportRefused holds that a list that cannot be used changes nothing, and
// that two imports do not meet.
func TestImportRefused(t *testing.T) {
	h := house.Open(t, "sqlite")
	if _, err := importList(h); err == nil || !strings.Contains(err.Error(), "no password in it") {
		t.Errorf("ImportPasswords of nothing = %v", err)
	}
	d, err := app.OpenDesk(t.Context(), h.Setup.Config, app.Options{Now: h.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var second error
	_, err = d.ImportPasswords(t.Context(), app.ListSource{In: strings.NewReader(stolen), Form: breach.Auto, Progress: func(int) {
		_, second = importList(h, stolen)
		h.Tick(time.Minute) // the watch leaves it alone
	}})
	if err != nil || second == nil || !strings.Contains(second.Error(), "another import is under way") {
		t.Errorf("two imports at once = %v and %v, want one", err, second)
	}
	h.Wrote(listChanged)
}

// TestPasswordMin holds that the setting is in force on the pages and at each
// door, is in the log, and can lower nothing.
func TestPasswordMin(t *testing.T) {
	h := house.On(t, t.TempDir(), db.Config{}, func(s *house.Setup) { s.PasswordMin = "14" })
	h.Wrote(append(house.FirstStart(false), "sys_config_changed target=setting:password-min data.from=8 data.to=14")...)
	b := h.Browser(home)
	b.Get("/signup").Is(200, "At least 14 characters; 15 is better", `data-least="14"`, "good from 14 characters on").Wrote()
	b.Post("/signup", "username", "alice", "password", "tulip-canary!").Is(422, "Please use 14 characters or more").Wrote("input_validation_fail")
	alice := h.Person("alice", home)
	alice.Get(security).Is(200, "At least 14 characters", `data-least="14"`).Wrote()
	alice.Post(newPassword, "current_password", house.Password, "new_password", "heron-canary!").Is(422, "Please use 14 characters or more").Wrote("input_validation_fail")
	for _, value := range []string{"7", "0", "-1", "65", "many", "8.5"} {
		c := h.Setup.Config
		c.PasswordMin = value
		if _, err := app.New(t.Context(), c, app.Options{}); err == nil || !strings.Contains(err.Error(), "from 8 to 64") {
			t.Errorf("--password-min %s = %v, want it refused", value, err)
		}
	}
}
