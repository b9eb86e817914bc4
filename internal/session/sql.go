package session

// Statements for both engines; `$N` first appear in ascending order.
const (
	sqlFind = `SELECT t.rotated, s.id, s.account, t.level, s.created, s.seen, s.stepped, s.proof, s.after, s.ended, s.reason, a.username, a.role
FROM token t JOIN session s ON s.id = t.session JOIN account a ON a.id = s.account
WHERE t.hash = $1`

	sqlInsert = `INSERT INTO session (id, account, level, created, seen, stepped, source_ip, useragent, proof, after)
VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7, $8)`

	sqlInsertToken = `INSERT INTO token (hash, session, created, level) VALUES ($1, $2, $3, $4)`

	sqlPromote = `UPDATE session SET level = 'full', created = $1, seen = $1, stepped = $1, proof = $2
WHERE id = $3 AND level <> 'full' AND ended IS NULL`

	sqlUnprove = `UPDATE session SET stepped = 0 WHERE account = $1 AND id <> $2 AND ended IS NULL`

	sqlProve = `UPDATE session SET stepped = $1, proof = $2 WHERE id = $3 AND ended IS NULL`

	sqlHalfTokens = `DELETE FROM token WHERE session IN
(SELECT id FROM session WHERE account = $1 AND level <> 'full')`

	sqlHalf = `DELETE FROM session WHERE account = $1 AND level <> 'full'`

	sqlSetPending = `UPDATE session SET pending = $1 WHERE id = $2 AND ended IS NULL`

	sqlPending = `SELECT pending FROM session WHERE id = $1 AND ended IS NULL`

	sqlLive = `SELECT id FROM session
WHERE account = $1 AND level = 'full' AND ended IS NULL AND created > $2 AND seen > $3
ORDER BY created, id`

	sqlRotate = `UPDATE token SET rotated = $1 WHERE hash = $2 AND rotated IS NULL`

	sqlStep = `UPDATE session SET stepped = $1, seen = $1, proof = $2 WHERE id = $3 AND ended IS NULL`

	sqlSeen = `UPDATE session SET seen = $1 WHERE id = $2 AND ended IS NULL AND seen < $1`

	sqlEnd = `UPDATE session SET ended = $1, reason = $2 WHERE id = $3 AND ended IS NULL`

	sqlOpen = `SELECT id, created, seen, source_ip, useragent FROM session
WHERE account = $1 AND level = 'full' AND ended IS NULL
ORDER BY seen DESC, id`

	sqlOthers = `SELECT id FROM session
WHERE account = $1 AND id <> $2 AND level = 'full' AND ended IS NULL
ORDER BY created, id`

	sqlLately = `SELECT id FROM session
WHERE account = $1 AND ended IS NOT NULL
ORDER BY ended DESC, id LIMIT $2`

	sqlOver = `SELECT id, account, created, seen FROM session
WHERE level = 'full' AND ended IS NULL AND (created <= $1 OR seen <= $2)
ORDER BY seen, id LIMIT $3`

	sqlAnyOver = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM session
WHERE level = 'full' AND ended IS NULL AND (created <= $1 OR seen <= $2) LIMIT 1) AS due`

	sqlAnyOld = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM session WHERE ended <= $1 LIMIT 1) AS old`

	sqlAnyStuck = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM session WHERE level <> 'full' AND created <= $1 LIMIT 1) AS stuck`

	sqlStuck = `SELECT id, account, source_ip FROM session WHERE level <> 'full' AND created <= $1 ORDER BY created, id LIMIT $2`

	sqlDropTokensOf = `DELETE FROM token WHERE session = $1`

	sqlDropOne = `DELETE FROM session WHERE id = $1`

	sqlHereTokens = `DELETE FROM token WHERE session IN
(SELECT id FROM session WHERE account = $1 AND source_ip = $2 AND level <> 'full')`

	sqlHere = `DELETE FROM session WHERE account = $1 AND source_ip = $2 AND level <> 'full'`

	sqlPurgeTokens = `DELETE FROM token WHERE session IN
(SELECT id FROM session WHERE ended <= $1 ORDER BY ended, id LIMIT $2)`

	sqlPurge = `DELETE FROM session WHERE id IN
(SELECT id FROM session WHERE ended <= $1 ORDER BY ended, id LIMIT $2)`
)
