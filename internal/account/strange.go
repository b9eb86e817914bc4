package account

import (
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/limit"
)

const (
	sqlFamiliar = `SELECT what, used FROM familiar WHERE account = $1`

	sqlUsed = `INSERT INTO familiar (account, what, used) VALUES ($1, $2, $3)
ON CONFLICT (account, what) DO UPDATE SET used = excluded.used`

	sqlForgetUsed = `DELETE FROM familiar WHERE account = $1 AND used < $2`
)

const (
	// familiarFor is how long a network or browser stays familiar that is not used.
	familiarFor = DeviceAge
	// usedEvery is how often its last use is written: a usual sign-in only reads.
	usedEvery = 24 * time.Hour
	// maxKind bounds what is kept of what a browser says it is.
	maxKind = 128
)

// What a sign-in can be unfamiliar by, as the log has it.
const (
	newBrowser = "browser"
	newNetwork = "network"
	newBoth    = "both"
)

// strange tells what of a sign-in its person had not signed in with before: the
// kind of browser, the network, both, or nothing. From then on they have. The
// answer goes into the sign-in's own line, so that it is decided once, in the
// same commit, and never changes. A first sign-in is compared with nothing.
func strange(tx *db.Tx, account string, o event.Origin) (what string, err error) {
	last, err := familiar(tx, account)
	if err != nil {
		return "", err
	}
	old := tx.Now.Add(-familiarFor)
	browser, network := "browser:"+browserKind(o.UserAgent), "network:"+limit.GroupText(o.SourceIP)
	for _, w := range []string{browser, network} {
		if tx.Now.Sub(last[w]) < usedEvery {
			continue
		}
		if _, err := tx.Exec(sqlUsed, account, w, tx.Now.UnixMicro()); err != nil {
			return "", err
		}
	}
	forget, known := false, false
	for _, at := range last {
		forget, known = forget || at.Before(old), known || !at.Before(old)
	}
	if forget {
		_, err = tx.Exec(sqlForgetUsed, account, old.UnixMicro())
	}
	if !known {
		return "", err
	}
	return unfamiliar(last[browser].Before(old), last[network].Before(old)), err
}

func unfamiliar(browser, network bool) (what string) {
	switch {
	case browser && network:
		return newBoth
	case browser:
		return newBrowser
	case network:
		return newNetwork
	}
	return ""
}

// familiar reads when the person last signed in with what.
func familiar(tx *db.Tx, account string) (last map[string]time.Time, err error) {
	rows, err := tx.Query(sqlFamiliar, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	last = map[string]time.Time{}
	for rows.Next() {
		var what string
		var used int64
		if err := rows.Scan(&what, &used); err != nil {
			return nil, err
		}
		last[what] = time.UnixMicro(used)
	}
	return last, rows.Err()
}

// browserKind is what a browser says it is, without the numbers: its next
// version is the same browser.
func browserKind(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, event.CleanText(agent, 2*maxKind))
	return event.CleanText(agent, maxKind)
}
