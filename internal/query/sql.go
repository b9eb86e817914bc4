package query

const (
	// The index knows lines in blocks of 1024; see seal.Block.
	selectBlocksDown = `SELECT block, lines FROM mention WHERE name = $1 AND block >= $2 AND block <= $3 ORDER BY block DESC LIMIT $4`
	selectBlocksUp   = `SELECT block, lines FROM mention WHERE name = $1 AND block >= $2 AND block <= $3 ORDER BY block LIMIT $4`
	countMentions    = `SELECT CAST(COALESCE(SUM(LENGTH(lines)), 0) / 2 AS BIGINT) FROM (
		SELECT lines FROM mention WHERE name = $1 AND block >= $2 AND block <= $3 ORDER BY block DESC LIMIT $4) AS part`
	selectAll     = `SELECT seq, line FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3`
	selectAllDown = `SELECT seq, line FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`
	selectNumbers = `SELECT seq, line FROM event
		WHERE seq IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ORDER BY seq`
	selectSize     = `SELECT pruned, size FROM head WHERE id = 1`
	selectNumbered = `SELECT commit_id, line FROM event WHERE seq = $1`
	selectCommit   = `SELECT commit_id, line FROM event WHERE commit_id = $1 ORDER BY seq LIMIT 1`

	selectExtent = `SELECT (SELECT MIN(seq) FROM event), size FROM head WHERE id = 1`
	selectTime   = `SELECT seq, at FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT 1`
	selectNamed  = `SELECT id FROM account WHERE username_key = $1`
	selectName   = `SELECT username FROM account WHERE id = $1`

	selectRolled = `SELECT next, (SELECT size FROM head WHERE id = 1) FROM rolled WHERE id = 1`
	selectSums   = `SELECT at - at % 60000000, event, COUNT(*) FROM event
		WHERE seq >= $1 AND seq < $2 GROUP BY at - at % 60000000, event`
	updateRolled = `UPDATE rolled SET next = $1 WHERE id = 1 AND next = $2`
	upsertSum    = `INSERT INTO rollup (width, start, event, level, outcome, lines) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (width, start, event, level, outcome) DO UPDATE SET lines = rollup.lines + excluded.lines`
	// The row without an event tells how far the sums go, as of the same moment:
	// read apart, lines could be counted twice or not at all.
	selectRows = `SELECT start, event, level, outcome, lines FROM rollup WHERE width = $1 AND start >= $2 AND start < $3
		UNION ALL SELECT 0, '', '', '', next FROM rolled`
	selectTally = `SELECT 0, event, level, outcome, CAST(SUM(lines) AS BIGINT) FROM (
		SELECT event, level, outcome, lines FROM rollup WHERE width = $1 AND start >= $2 AND start < $3
		UNION ALL SELECT event, level, outcome, lines FROM rollup WHERE width = $4 AND start >= $5 AND start < $6
		UNION ALL SELECT event, level, outcome, lines FROM rollup WHERE width = $4 AND start >= $7 AND start < $8
		UNION ALL SELECT event, level, outcome, lines FROM rollup WHERE width = $9 AND start >= $10 AND start < $11
		UNION ALL SELECT event, level, outcome, lines FROM rollup WHERE width = $9 AND start >= $12 AND start < $13
		) AS parts GROUP BY event, level, outcome
		UNION ALL SELECT 0, '', '', '', next FROM rolled`
)

// Statements are all of the above, for the test that prepares each on both engines.
func Statements() []string {
	return []string{
		selectBlocksDown, selectBlocksUp, countMentions, selectAll, selectAllDown, selectNumbers, selectSize,
		selectNumbered, selectCommit, selectOwn, selectExtent, selectTime, selectNamed, selectName,
		selectRolled, selectSums, updateRolled, upsertSum, selectRows, selectTally,
	}
}
