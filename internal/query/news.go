package query

import (
	"context"
	"slices"
	"strings"
	"time"

	"coffer/internal/event"
)

const (
	// newsPage and newsPages bound how far back news are looked for.
	newsPage, newsPages = 200, 5
	// MostNews is how many of them are told singly.
	MostNews = 4
)

// News are what happened since a person's last visit that was not good.
type News struct {
	// Since is when that visit began.
	Since time.Time
	// Failed is how many sign-ins were refused, and LastFailed the last of them.
	Failed     int
	LastFailed Entry
	// Others are the newest of all else; More is how many there are beyond them.
	Others []Entry
	More   int
}

// None reports that all was well.
func (n News) None() (none bool) { return n.Failed == 0 && len(n.Others) == 0 }

// notGood are the beginnings of events that a person should know of who was
// away, whoever acted: a stranger who has the password acts as they do.
var notGood = []string{
	"authn_login_lock", "authn_token_reuse", "authn_factor_", "authn_recovery_", "authn_reset_", "authn_password_", "authz_change",
	"malicious_direct_reference", "crypt_decrypt_fail", "user_reported", "user_updated",
}

// News tells what was not good between the sign-in of this session and the last
// one before it that was familiar: one that was not is no visit, but news.
func (r *Reader) News(ctx context.Context, person, session string) (n News, err error) {
	before, began := uint64(0), false
	for range newsPages {
		m, err := r.Mine(ctx, person, Wish{}, before, newsPage)
		if err != nil {
			return News{}, err
		}
		for _, e := range m.Entries {
			unfamiliar, signIn := e.SignIn()
			switch {
			case !began:
				began = signIn && e.Session == session
			case signIn && unfamiliar == "":
				n.Since = e.At
				return n, nil
			case e.Event == (event.LoginFailed{}).Kind().Name:
				n.fail(e)
			case signIn, slices.ContainsFunc(notGood, func(p string) bool { return strings.HasPrefix(e.Event, p) }):
				n.add(e)
			}
		}
		if before = m.Next; !m.More {
			break
		}
	}
	return n, nil
}

func (n *News) fail(e Entry) {
	if n.Failed++; n.Failed == 1 {
		n.LastFailed = e
	}
}

func (n *News) add(e Entry) {
	if len(n.Others) < MostNews {
		n.Others = append(n.Others, e)
		return
	}
	n.More++
}
