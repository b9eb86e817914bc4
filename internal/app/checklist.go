package app

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog"
	"coffer/internal/web"
	"coffer/internal/web/admin"
)

// backedUpSetting is the row that says which keys were copied elsewhere: new
// ones open the item again.
const backedUpSetting = "keys-backed-up"

// checklist says how the installation stands, to an administrator.
func (a *App) checklist(ctx context.Context, person string, b web.Before) ([]admin.Item, error) {
	var backedUp string
	err := a.read.QueryRow(ctx, selectSetting, backedUpSetting).Scan(&backedUp)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Wrap(fault.Unavailable, seclog.Sorry, err)
	}
	who, err := a.people.Look(ctx, person)
	if err != nil {
		return nil, err
	}
	return []admin.Item{
		a.keysItem(backedUp == a.keyNames()), a.httpsItem(b), proxyItem(b), a.witnessItem(), factorItem(who.SecondFactor),
	}, nil
}

// keyNames are the keys there are, in one text.
func (a *App) keyNames() string {
	var names []string
	for _, k := range a.keys.Keys() {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (a *App) keysItem(done bool) admin.Item {
	i := admin.Item{Key: "keys", Title: "Keys", Done: done, State: "Backed up, as an administrator said. New keys open this line again."}
	if !done {
		dir, err := filepath.Abs(filepath.Join(a.Data, "keys"))
		if err != nil {
			dir = "keys"
		}
		i.State = "Without its keys nothing in the vault can be opened, by anybody."
		i.Do = "Copy " + dir + " to where the end of this machine does not reach, and where others cannot read it."
		i.Says = "I have backed them up"
	}
	return i
}

func (a *App) httpsItem(b web.Before) admin.Item {
	i := admin.Item{Key: "https", Title: "HTTPS", Done: a.secure || b.Secure, State: "What browsers send is sealed on its way."}
	if i.Done {
		return i
	}
	i.Do = "Give serve a certificate (--acme NAME, or --tls-cert and --tls-key), or put HTTPS before it and say its address: --url https://…"
	i.State = "Passwords and numbers cross the network in clear."
	host, _, _ := net.SplitHostPort(a.listener.Addr().String()) // a listener's own address has both parts
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		i.State = "Only this machine can reach Coffer now, so nothing crosses a network yet."
	}
	return i
}

func proxyItem(b web.Before) admin.Item {
	i := admin.Item{Key: "proxy", Title: "Proxy", Done: true, State: "Your browser reaches Coffer directly, so the log has its own address."}
	switch {
	case b.Trusted:
		i.State = "The proxy at " + b.Peer + " is believed when it says who is behind it."
	case b.Forwarded:
		i.Done = false
		i.State = "A proxy at " + b.Peer + " stands before Coffer, and is not believed: the log and the limits take everybody for it."
		i.Do = "Give serve its address: --trusted-proxies " + b.Peer
	}
	return i
}

func (a *App) witnessItem() admin.Item {
	i := admin.Item{Key: "witness", Title: "Witness", Done: len(a.set.Witnesses) > 0, State: "Somebody elsewhere signs how far the log goes."}
	if !i.Done {
		i.State = "Nobody elsewhere knows how far the log goes: whoever has this machine could write it anew."
		i.Do = "Name a witness to serve: --witness. Until then, keep a checkpoint elsewhere now and then."
	}
	return i
}

func factorItem(done bool) admin.Item {
	i := admin.Item{Key: "factor", Title: "Second factor", Done: done, State: "Your password alone does not let anybody in as you."}
	if !done {
		i.State = "Your password alone is enough to act as an administrator."
		i.Do = "Add a second factor to your account."
		i.To = web.Link{To: "/settings/security", Text: "Security"}
	}
	return i
}

// backedUp notes that the keys were copied elsewhere; saying it twice is saying
// it once.
func (a *App) backedUp(ctx context.Context) error {
	names := a.keyNames()
	err := a.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		var before string
		err := tx.QueryRow(selectSetting, backedUpSetting).Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if before == names {
			return nil, errSaid
		}
		_, err = tx.Exec(upsertSetting, backedUpSetting, names)
		return []event.Event{event.ConfigChanged{Setting: backedUpSetting, From: "no", To: "yes"}}, err
	})
	if errors.Is(err, errSaid) {
		return nil
	}
	return err
}

// errSaid says that there is nothing to note.
var errSaid = fault.New(fault.Conflict, "That is noted already.")
