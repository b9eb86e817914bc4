package seal

import "strings"

// Asked is what the index event_asked holds: the rare events that Coffer itself
// asks for. SQLite uses it only where a query says the same. Their rows say the
// target, and hold the line as it is; all other rows do neither.
const Asked = `event IN ('sys_clock_step', 'alert_acknowledged', 'log_pruned', 'log_rotated', 'log_epoch_started', 'log_checkpoint', 'sys_startup', 'sys_shutdown', 'sys_disk_low', 'sys_disk_recovered', 'sys_monitor_disabled', 'sys_monitor_enabled')`

var askedEvents = func() map[string]bool {
	names := map[string]bool{}
	for i, name := range strings.Split(Asked, "'") {
		if i%2 == 1 {
			names[name] = true
		}
	}
	return names
}()

func asked(event string) (yes bool) { return askedEvents[event] }
