package event

import "strconv"

// LogPruned is what retention is about to remove.
type LogPruned struct {
	// First is the seq of the first line that goes.
	First uint64 `json:"first"`
	// Last is the seq of the last one, which ended a segment.
	Last uint64 `json:"last"`
	// Before is the time that all of them lie before.
	Before string `json:"before"`
	// Edge is the hashes of the tree's full subtrees up to the last of them, the largest first, in base64: with them, what is left can be proved without the hash tiles.
	Edge []string `json:"edge,omitempty"`
}

var logPruned = Kind{
	Name: "log_pruned", Level: Warning, Outcome: Success,
	Says: "Old lines are removed from the log",
	Doc:  "Retention removes whole segments that are older than the setting. This line is signed before the first of theirs goes; the hashes of the tree stay, so what is left can be proved, and the gap is an authorised one.",
	New:  func() Event { return LogPruned{} },
}

// Kind is log_pruned.
func (LogPruned) Kind() *Kind { return &logPruned }

func (e LogPruned) about() About { return About{Target: segment(e.First)} }

// AlertAcknowledged is a person who has seen to a line that waits for one.
type AlertAcknowledged struct {
	// Line is the seq of that line.
	Line uint64 `json:"line"`
	// Event is what stands in it.
	Event string `json:"event"`
}

var alertAcknowledged = Kind{
	Name: "alert_acknowledged", Level: Info, Outcome: Success,
	Says: "Seen to",
	Doc:  "An operator acknowledges a line with coffer log acknowledge. Until a sys_clock_step is acknowledged, retention removes nothing.",
	New:  func() Event { return AlertAcknowledged{} },
}

// Kind is alert_acknowledged.
func (AlertAcknowledged) Kind() *Kind { return &alertAcknowledged }

func (e AlertAcknowledged) about() About {
	return About{Target: "line:" + strconv.FormatUint(e.Line, 10)}
}

// DiskLow is a disk that is nearly full.
type DiskLow struct {
	// Free is how many bytes were left.
	Free int64 `json:"free"`
	// Reserve is how many were given back for what must be recorded.
	Reserve int64 `json:"reserve"`
}

var diskLow = Kind{
	Name: "sys_disk_low", Level: Critical, Outcome: Failure,
	Says: "The disk is nearly full: changes are refused until there is room",
	Doc:  "The disk of the data directory has little room left. New changes get 503; signing in and all that is refused is recorded from a reserve, which was given back.",
	New:  func() Event { return DiskLow{} },
}

// Kind is sys_disk_low.
func (DiskLow) Kind() *Kind { return &diskLow }

func (DiskLow) about() About { return About{Target: nodeTarget} }

// DiskRecovered is a disk that has room again.
type DiskRecovered struct {
	// Free is how many bytes are left, beside the reserve.
	Free int64 `json:"free"`
	// Reserve is how many were set aside again.
	Reserve int64 `json:"reserve"`
}

var diskRecovered = Kind{
	Name: "sys_disk_recovered", Level: Info, Outcome: Success,
	Says: "The disk has room again",
	Doc:  "The end of sys_disk_low: changes are taken again, and the reserve is set aside anew.",
	New:  func() Event { return DiskRecovered{} },
}

// Kind is sys_disk_recovered.
func (DiskRecovered) Kind() *Kind { return &diskRecovered }

func (DiskRecovered) about() About { return About{Target: nodeTarget} }
