package event

// LogVerified is a log that was looked through and is what was sealed.
type LogVerified struct {
	// Lines is how many were compared; what retention removed is not among them.
	Lines uint64 `json:"lines"`
	// Size is how many lines the log had.
	Size uint64 `json:"size"`
}

var logVerified = Kind{
	Name: "log_verified", Level: Info, Outcome: Success,
	Says: "The log was looked through and is what was sealed",
	Doc:  "Every line in the database was compared with the tree's hashes, its columns and the index with the line, and the tree with what was signed. The server does so once a day; coffer log verify does, and judges the files as well.",
	New:  func() Event { return LogVerified{} },
}

// Kind is log_verified.
func (LogVerified) Kind() *Kind { return &logVerified }

func (LogVerified) about() About { return About{Target: activeLog} }

// LogVerifyFailed is a log that is not what was sealed, or what somebody signed
// or saw of it.
type LogVerifyFailed struct {
	// Line is the seq of the first line that is concerned; empty where none can be named.
	Line string `json:"-" in:"target:line"`
	// Size is how many lines there are, or were looked at.
	Size uint64 `json:"size"`
	// Lines is how many lines are concerned, or among how many something is wrong.
	Lines uint64 `json:"lines,omitempty"`
	// More is how many findings this stands for.
	More int `json:"more,omitempty"`
	// Witness is the name of the witness that knows otherwise.
	Witness string `json:"witness,omitempty"`
	// Known is how many lines it signed.
	Known  uint64 `json:"known,omitempty"`
	Reason string `json:"-" in:"reason"`
}

var logVerifyFailed = Kind{
	Name: "log_verify_fail", Level: Critical, Outcome: Failure,
	Says: "The log is not what was seen of it before",
	Reasons: map[string]string{
		"database_edited":  "A line in the database is not the one that was sealed",
		"database_missing": "A line that was sealed is missing from the database",
		"database_added":   "A line stands in the database that was never sealed",
		"column":           "The time, event or object that the database gives for a line is not what the line says",
		"tile":             "The tree's hashes in the database were changed",
		"index":            "The index in the database is not that of its lines",
		"root":             "The log in the database does not lead to what was signed",
		"more":             "More in the database is not what was sealed than was written singly",
		"witness_ahead":    "A witness signed more lines than there are: lines are missing",
		"witness_forked":   "A witness signed other lines than those that are there",
	},
	Doc: "Someone changed the database past Coffer, or put back an older copy of it: a line, a hash or the index in it is not what was sealed, or a witness says that it signed more lines of this log than there are, or other ones. The target names the line where one can be named. Keep a copy of everything and run coffer-verify; security.log, if that is consistent, has the lines as they were.",
	New: func() Event { return LogVerifyFailed{} },
}

// Kind is log_verify_fail.
func (LogVerifyFailed) Kind() *Kind { return &logVerifyFailed }

func (e LogVerifyFailed) about() About {
	if e.Line != "" {
		return About{Target: "line:" + e.Line, Reason: e.Reason}
	}
	return About{Target: checkpointOf(e.Size), Reason: e.Reason}
}
