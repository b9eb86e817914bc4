package event

import "fmt"

// LogCheckpoint carries the newest signed checkpoint: whoever keeps a copy of
// the log elsewhere keeps its anchors with it. The signed note is origin, size
// and root, a line each, a blank line, and "— origin signature".
type LogCheckpoint struct {
	// Size is how many lines the checkpoint covers.
	Size uint64 `json:"size"`
	// Origin is the log's name, and its key's.
	Origin string `json:"origin"`
	// Root is the tree's hash, in base64.
	Root string `json:"root"`
	// Signature is the key's id and the signature, in base64.
	Signature string `json:"signature"`
}

var logCheckpoint = Kind{
	Name: "log_checkpoint", Level: Info, Outcome: Success,
	Says: "Log signed up to here",
	Doc:  "The newest signed checkpoint, every hour in which lines came and every 10,000 lines. With it, a copy of the log that is kept elsewhere shows between which lines the original was changed.",
	New:  func() Event { return LogCheckpoint{} },
}

// Kind is log_checkpoint.
func (LogCheckpoint) Kind() *Kind { return &logCheckpoint }

func (e LogCheckpoint) about() About { return About{Target: checkpointOf(e.Size)} }

// LogEpochStarted is a break: from this line on, the log has another name and
// key, since what was signed before is not what is there.
type LogEpochStarted struct {
	// Origin is the log's name from here on.
	Origin string `json:"origin"`
	// Key is the public key that belongs to it, as log.pub has it.
	Key string `json:"key"`
	// Size is how many lines the last good checkpoint before the break covers; 0 if there is none.
	Size uint64 `json:"size"`
	// Root is that checkpoint's, in base64.
	Root string `json:"root,omitempty"`
	// Former is the log's name until here.
	Former string `json:"former,omitempty"`
	// Signature is that checkpoint's, in base64.
	Signature string `json:"signature,omitempty"`
	// Lost is how many lines were signed and are not there any more; where nothing at hand says which are others than were signed, all from the last good checkpoint on that Changed does not count.
	Lost uint64 `json:"lost"`
	// Changed is how many lines are others than security.log or the tree's hashes have under their numbers, with which the operator said to go on.
	Changed uint64 `json:"changed,omitempty"`
	// Which are their numbers, as in 3 or 7-9; of very many stretches the first.
	Which []string `json:"which,omitempty"`
	// Why is what the operator gave as the reason.
	Why Text `json:"why"`
}

var logEpochStarted = Kind{
	Name: "log_epoch_started", Level: Critical, Outcome: Success,
	Says: "The log goes on under a new name and key",
	Doc:  "An operator decided to go on from the lines at hand although they are not what was signed: after a restored backup, or after somebody changed the log. Verification reports the break for ever.",
	New:  func() Event { return LogEpochStarted{} },
}

// Kind is log_epoch_started.
func (LogEpochStarted) Kind() *Kind { return &logEpochStarted }

func (e LogEpochStarted) about() About { return About{Target: checkpointOf(e.Size)} }

func checkpointOf(size uint64) string { return fmt.Sprintf("checkpoint:%d", size) }
