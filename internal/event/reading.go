package event

// LogRead is somebody who reads what the log says about everyone.
type LogRead struct {
	// Tool is what it was read with: query, tail, follow (a tail that goes on with what comes), or entries (an auditor's, over HTTP).
	Tool string `json:"tool"`
	// Format is how the lines were written out.
	Format string `json:"format"`
	// Fields are those that the query asks about, text for a free word. What it asks for is not told: people type secrets.
	Fields []string `json:"fields,omitempty"`
	// Length is the query's, in bytes; none where nothing was asked, so that all lines match.
	Length int `json:"length,omitempty"`
	// Newest is how many of the newest lines were asked for; none where all were, or of a follow only those to come.
	Newest int `json:"newest,omitempty"`
}

var logRead = Kind{
	Name: "log_read", Level: Info, Outcome: Success,
	Says: "Log read",
	Doc:  "Somebody reads the log's lines by way of Coffer. It is written before the first line is shown; if it cannot be, none is.",
	New:  func() Event { return LogRead{} },
}

// Kind is log_read.
func (LogRead) Kind() *Kind { return &logRead }

func (LogRead) about() About { return About{Target: activeLog} }

// LogExported is a copy of the log's lines, or of some, that leaves.
type LogExported struct {
	// From is the seq of the first line that it may hold.
	From uint64 `json:"from"`
	// To is the seq of the last.
	To uint64 `json:"to"`
	// Format is how the lines are written.
	Format string `json:"format"`
	// Lines is how many there are.
	Lines uint64 `json:"lines"`
}

var logExported = Kind{
	Name: "log_exported", Level: Info, Outcome: Success,
	Says: "Log exported",
	Doc:  "A copy of the log is written out by coffer log export. It is written before the first line leaves; if it cannot be, none does.",
	New:  func() Event { return LogExported{} },
}

// Kind is log_exported.
func (LogExported) Kind() *Kind { return &logExported }

func (LogExported) about() About { return About{Target: activeLog} }
