package query

const (
	// selectActivity finds by two indexes and joins the numbers. The person's
	// own successes lie among the first few of theirs, so the second part does
	// not go far; that most lines are found by both is cheaper than to ask.
	selectActivity = `SELECT line FROM event WHERE seq IN (
		SELECT seq FROM (SELECT seq FROM event WHERE subject = $1 AND subject <> '' AND seq < $2
			ORDER BY seq DESC LIMIT $3) AS about
		UNION SELECT seq FROM (SELECT seq FROM event WHERE actor = $1 AND actor <> subject AND actor <> '' AND outcome = 'success' AND seq < $2
			ORDER BY seq DESC LIMIT $3) AS done)
		ORDER BY seq DESC LIMIT $3`
	// The joined '' keeps both engines from choosing the person's index, which
	// may be long, over the card's.
	selectCardActivity = `SELECT line FROM event WHERE target = $1 AND target <> ''
		AND (subject || '' = $2 OR (actor || '' = $2 AND outcome = 'success')) AND seq < $3
		ORDER BY seq DESC LIMIT $4`
	selectHistory = `SELECT line FROM event WHERE target = $1 AND target <> '' AND subject || '' = $2
		ORDER BY seq DESC LIMIT $3`
	selectNumbered = `SELECT commit_id, line FROM event WHERE seq = $1`
	selectCommit   = `SELECT commit_id, line FROM event WHERE commit_id = $1 ORDER BY seq LIMIT 1`
)

// Statements are all of the above, for the test that prepares each on both engines.
func Statements() []string {
	return []string{selectActivity, selectCardActivity, selectHistory, selectNumbered, selectCommit}
}
