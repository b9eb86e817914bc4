package account

// Statements for both engines; `$N` first appear in ascending order. A changed
// password is a new credential with a new id; hashing the same one again
// changes only the body.
const (
	sqlInsertAccount = `INSERT INTO account (id, username, username_key, role, created)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (username_key) DO NOTHING`

	sqlInsertCredential = `INSERT INTO credential (id, account, kind, body, created)
VALUES ($1, $2, 'password', $3, $4)`

	sqlRecovered = `UPDATE credential SET name = $1 WHERE id = $2`

	sqlProven = `UPDATE credential SET name = '' WHERE account = $1 AND kind = 'password'`

	sqlNameHolder = `SELECT id FROM account WHERE username_key = $1`

	sqlByName = `SELECT a.id, a.username, a.role, COALESCE(c.id, ''), COALESCE(c.body, ''), COALESCE(c.name, ''), COALESCE(a.disabled, 0)
FROM account a LEFT JOIN credential c ON c.account = a.id AND c.kind = 'password'
WHERE a.username_key = $1`

	sqlByID = `SELECT a.id, a.username, a.role, COALESCE(c.id, ''), COALESCE(c.body, ''), COALESCE(c.name, ''), COALESCE(a.disabled, 0)
FROM account a LEFT JOIN credential c ON c.account = a.id AND c.kind = 'password'
WHERE a.id = $1`

	sqlFailures = `SELECT a.failures FROM account a JOIN credential c ON c.account = a.id WHERE c.id = $1`

	sqlFailed = `UPDATE account SET failures = failures + 1 WHERE id = $1`

	sqlAttempt = `SELECT failures FROM account WHERE id = $1`

	sqlCameIn = `UPDATE account SET failures = 0, last_login = $1 WHERE id = $2`

	sqlDropCredential = `DELETE FROM credential WHERE id = $1`

	sqlPassword = `SELECT a.created, c.created FROM account a JOIN credential c ON c.account = a.id AND c.kind = 'password'
WHERE a.id = $1`

	sqlRehash = `UPDATE credential SET body = $1 WHERE id = $2`
)
