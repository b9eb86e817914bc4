package limit

// Statements for both engines; `$N` first appear in ascending order. A row's
// until is when its lock ends, and 0 where there is none; without one, the row is
// forgotten once kept is past.
const (
	sqlCounted = `SELECT failures, until, typed FROM throttle WHERE name = $1 AND client = $2`

	sqlCount = `INSERT INTO throttle (name, client, account, typed, failures, changed, kept, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name, client) DO UPDATE SET account = excluded.account, typed = excluded.typed,
failures = excluded.failures, changed = excluded.changed, kept = excluded.kept, until = excluded.until`

	sqlDropCount = `DELETE FROM throttle WHERE name = $1 AND client = $2`

	sqlClaim = `UPDATE throttle SET account = $1, typed = '' WHERE name = $2`

	sqlOfAccount = `SELECT name, client, account, typed, until FROM throttle WHERE account = $1 ORDER BY client`

	sqlForgetAccount = `DELETE FROM throttle WHERE account = $1`

	sqlSurplus = `SELECT changed FROM throttle WHERE account = '' ORDER BY changed DESC LIMIT 1 OFFSET $1`

	sqlAnyOver = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM throttle
WHERE until > 0 AND (until <= $1 OR account = '' AND changed <= $2) LIMIT 1) found`

	sqlOver = `SELECT name, client, account, typed, until FROM throttle
WHERE until > 0 AND (until <= $1 OR account = '' AND changed <= $2)
ORDER BY until, changed LIMIT $3`

	sqlAnyOld = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM throttle
WHERE until = 0 AND (kept <= $1 OR account = '' AND changed <= $2) LIMIT 1) found`

	sqlForget = `DELETE FROM throttle WHERE (name, client) IN (SELECT name, client FROM throttle
WHERE until = 0 AND (kept <= $1 OR account = '' AND changed <= $2) LIMIT $3)`
)
