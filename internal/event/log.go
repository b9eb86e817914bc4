package event

import "fmt"

// activeLog is the target that names the log as a whole.
const activeLog = "log:security.log"

// LogOpened is the first line of a log.
type LogOpened struct{}

var logOpened = Kind{
	Name: "log_opened", Level: Info, Outcome: Success,
	Says: "Log opened",
	Doc:  "The first line of an installation's log, written once.",
	New:  func() Event { return LogOpened{} },
}

// Kind is log_opened.
func (LogOpened) Kind() *Kind { return &logOpened }

func (LogOpened) about() About { return About{Target: activeLog} }

// LogHeartbeat is a line that says that the log is alive.
type LogHeartbeat struct{}

var logHeartbeat = Kind{
	Name: "log_heartbeat", Level: Info, Outcome: Success,
	Says: "Nothing to report",
	Doc:  "No line was written for five minutes. The newest line of a log that is alive is never older, so one that was frozen shows.",
	New:  func() Event { return LogHeartbeat{} },
}

// Kind is log_heartbeat.
func (LogHeartbeat) Kind() *Kind { return &logHeartbeat }

func (LogHeartbeat) about() About { return About{Target: activeLog} }

// LogRotated is the last line of a segment.
type LogRotated struct {
	// First is the seq of the segment's first line.
	First uint64 `json:"first"`
	// Last is the seq of its last line, this one.
	Last uint64 `json:"last"`
	// Bytes is the segment's size before this line.
	Bytes  int64  `json:"bytes"`
	Reason string `json:"-" in:"reason"`
}

var logRotated = Kind{
	Name: "log_rotated", Level: Info, Outcome: Success,
	Says: "Log segment closed",
	Reasons: map[string]string{
		"size": "Log segment closed: full",
		"day":  "Log segment closed: the day is over",
	},
	Doc: "The last line of a segment. security.log is renamed to the target's number and begins anew.",
	New: func() Event { return LogRotated{} },
}

// Kind is log_rotated.
func (LogRotated) Kind() *Kind { return &logRotated }

func (e LogRotated) about() About { return About{Target: segment(e.First), Reason: e.Reason} }

// LogFileAltered is a file of the log that is not what Coffer wrote.
type LogFileAltered struct {
	// Segment is the seq of the segment's first line.
	Segment uint64 `json:"segment"`
	// Offset is how many bytes of the file had been known to be right.
	Offset int64 `json:"offset"`
	// Kept is the name under which the altered file was kept.
	Kept string `json:"kept,omitempty"`
}

var logFileAltered = Kind{
	Name: "log_file_altered", Level: Critical, Outcome: Failure,
	Says: "The log's file was altered; it was written again from the database",
	Doc:  "A file of the log is shorter than it was, or differs in what was written before. It is kept aside as evidence, and written again from the database.",
	New:  func() Event { return LogFileAltered{} },
}

// Kind is log_file_altered.
func (LogFileAltered) Kind() *Kind { return &logFileAltered }

func (e LogFileAltered) about() About { return About{Target: segment(e.Segment)} }

// EventsAggregated stands for refusals that came too fast to be written singly.
type EventsAggregated struct {
	Event string `json:"-" in:"target:event"`
	// Address is the address they came from, for IPv6 the /64 network; left out when they are summed over all.
	Address string `json:"address,omitempty"`
	// Count is how many events this stands for.
	Count int `json:"count"`
	// Subjects counts the different accounts concerned: always 0, since what concerns a known account is never summed up.
	Subjects int `json:"subjects"`
	// Addresses counts the different addresses; beyond 500 it is an estimate, mostly within 2 %.
	Addresses int `json:"addresses"`
	// Typed counts the different names that no account has, in the same way.
	Typed int `json:"typed"`
	// Common are the commonest of all these values and of what was asked for, the most frequent first.
	Common []Tally `json:"common,omitempty"`
	// LeftOut counts values for which the line had no room.
	LeftOut int `json:"left_out,omitempty"`
	// From is the start of the time that the sum covers.
	From string `json:"from"`
	// To is its end.
	To string `json:"to"`
}

// Tally is a value and how often it came.
type Tally struct {
	// Value is an address, an account, or what stands for a typed name.
	Value string `json:"value"`
	// Count is how often it came; where the sum covers very many values, at least.
	Count int `json:"count"`
}

var eventsAggregated = Kind{
	Name: "log_events_aggregated", Level: Warning, Outcome: Failure,
	Says: "Refusals summed up: too many to write singly",
	Doc:  "Refusals of visitors who are not signed in, beyond 20 a minute per event and address (IPv6: /64 network), are summed up once a minute instead of filling the disk. None is dropped in silence. The outcome is that of what was summed up.",
	New:  func() Event { return EventsAggregated{} },
}

// Kind is log_events_aggregated.
func (EventsAggregated) Kind() *Kind { return &eventsAggregated }

func (e EventsAggregated) about() About {
	return About{Subject: Nobody, Target: "event:" + e.Event}
}

// segment is the target that names a segment, by the number in its file's name.
func segment(first uint64) string { return fmt.Sprintf("segment:%012d", first) }
