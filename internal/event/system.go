package event

// nodeTarget is completed with the node's name by Maker, which knows it.
const nodeTarget = "node:"

// Startup is a process that serves.
type Startup struct {
	// Database is the engine: sqlite, postgres.
	Database string `json:"database"`
	// URL is where browsers find it.
	URL string `json:"url"`
}

var startup = Kind{
	Name: "sys_startup", Level: Info, Outcome: Success,
	Says: "Coffer started",
	Doc:  "The server started. After a stop that was not clean, sys_crash stands before it.",
	New:  func() Event { return Startup{} },
}

// Kind is sys_startup.
func (Startup) Kind() *Kind { return &startup }

func (e Startup) about() About { return About{Target: nodeTarget} }

// Shutdown is a clean stop.
type Shutdown struct {
	// Seconds is how long it ran.
	Seconds int64 `json:"seconds"`
}

var shutdown = Kind{
	Name: "sys_shutdown", Level: Info, Outcome: Success,
	Says: "Coffer stopped",
	Doc:  "The server was asked to stop and did, with everything written.",
	New:  func() Event { return Shutdown{} },
}

// Kind is sys_shutdown.
func (Shutdown) Kind() *Kind { return &shutdown }

func (e Shutdown) about() About { return About{Target: nodeTarget} }

// Crash is a stop or a request that ended as it should not.
type Crash struct {
	Reason string `json:"-" in:"reason"`
	// Where is the place in the source, as file.go:12; never what was thrown,
	// which may hold anything.
	Where string `json:"where,omitempty"`
}

var crash = Kind{
	Name: "sys_crash", Level: Critical, Outcome: Failure,
	Says: "Coffer failed",
	Reasons: map[string]string{
		"unclean":   "Coffer had stopped without finishing: killed, or the machine went down",
		"recovered": "A request failed on a fault in Coffer; the server goes on",
	},
	Doc: "At start: the run before did not end cleanly (nothing that was acknowledged is lost). While running: a request met a fault in the program and was answered with 500.",
	New: func() Event { return Crash{} },
}

// Kind is sys_crash.
func (Crash) Kind() *Kind { return &crash }

func (e Crash) about() About { return About{Target: nodeTarget, Reason: e.Reason} }

// ConfigChanged is a setting that differs from the last run's.
type ConfigChanged struct {
	Setting string `json:"-" in:"target:setting"`
	// From is the value before.
	From string `json:"from"`
	// To is the value now.
	To string `json:"to"`
}

var configChanged = Kind{
	Name: "sys_config_changed", Level: Warning, Outcome: Success,
	Says: "A security setting changed",
	Doc:  "A setting that weighs on security is not what it was at the last start, a limit is off, or another certificate came into use.",
	New:  func() Event { return ConfigChanged{} },
}

// Kind is sys_config_changed.
func (ConfigChanged) Kind() *Kind { return &configChanged }

func (e ConfigChanged) about() About { return About{Target: "setting:" + e.Setting} }

// ClockStepped is a wall clock that jumped.
type ClockStepped struct {
	// Milliseconds is by how much; negative is backwards.
	Milliseconds int64 `json:"milliseconds"`
}

var clockStepped = Kind{
	Name: "sys_clock_step", Level: Warning, Outcome: Success,
	Says: "The machine's clock jumped",
	Doc:  "The wall clock moved more than a second away from the time that passed. Times in the log never run backwards, but those around this line are to be read with care.",
	New:  func() Event { return ClockStepped{} },
}

// Kind is sys_clock_step.
func (ClockStepped) Kind() *Kind { return &clockStepped }

func (e ClockStepped) about() About { return About{Target: nodeTarget} }
