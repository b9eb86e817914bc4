package event

// LogWitnessed is a checkpoint that a witness elsewhere signed as well.
type LogWitnessed struct {
	// Size is how many lines the checkpoint covers.
	Size uint64 `json:"size"`
	// Witness is the name of the witness, as its key has it.
	Witness string `json:"witness"`
}

var logWitnessed = Kind{
	Name: "log_witnessed", Level: Info, Outcome: Success,
	Says: "A witness signed the log up to here",
	Doc:  "A witness signed the hour's checkpoint. Those between the hours are signed too and not written, or this line would bring the next.",
	New:  func() Event { return LogWitnessed{} },
}

// Kind is log_witnessed.
func (LogWitnessed) Kind() *Kind { return &logWitnessed }

func (e LogWitnessed) about() About { return About{Target: checkpointOf(e.Size)} }

// MonitorDisabled is something that watches over Coffer and does not any more.
type MonitorDisabled struct {
	Monitor string `json:"-" in:"target:monitor"`
	// Seconds is how long that has lasted.
	Seconds int64  `json:"seconds"`
	Reason  string `json:"-" in:"reason"`
}

var monitorDisabled = Kind{
	Name: "sys_monitor_disabled", Level: Warning, Outcome: Success,
	Says: "Something that watches over the log does not any more",
	Reasons: map[string]string{
		"unreachable": "A witness does not sign new lines: it cannot be reached, or hung up",
		"timeout":     "A witness does not sign new lines: it does not answer in time",
		"certificate": "A witness does not sign new lines: its certificate is not one to trust",
		"refused":     "A witness does not sign new lines: it refuses",
		"unknown_log": "A witness does not sign new lines: it does not know this log, or its key",
		"untrue":      "A witness does not sign new lines: its signatures are not its key's",
		"contradicts": "A witness does not sign new lines: it signed another history before",
		"quorum":      "Too few witnesses sign new lines",
	},
	Doc: "For five minutes there were newer lines than a witness signed. The monitor's name says which, or which quorum. It is written once.",
	New: func() Event { return MonitorDisabled{} },
}

// Kind is sys_monitor_disabled.
func (MonitorDisabled) Kind() *Kind { return &monitorDisabled }

func (e MonitorDisabled) about() About {
	return About{Subject: Nobody, Target: "monitor:" + e.Monitor, Reason: e.Reason}
}

// MonitorEnabled is the end of that.
type MonitorEnabled struct {
	Monitor string `json:"-" in:"target:monitor"`
	// Seconds is how long it was off.
	Seconds int64 `json:"seconds"`
}

var monitorEnabled = Kind{
	Name: "sys_monitor_enabled", Level: Info, Outcome: Success,
	Says: "Something watches over the log again",
	Doc:  "A witness, or a quorum of them, whose lateness was written signs new lines again.",
	New:  func() Event { return MonitorEnabled{} },
}

// Kind is sys_monitor_enabled.
func (MonitorEnabled) Kind() *Kind { return &monitorEnabled }

func (e MonitorEnabled) about() About {
	return About{Subject: Nobody, Target: "monitor:" + e.Monitor}
}
