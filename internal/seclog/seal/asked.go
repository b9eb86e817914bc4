package seal

// Asked is what the index event_asked holds: the rare events that Coffer itself
// asks for. SQLite uses it only where a query says the same.
const Asked = `event IN ('sys_clock_step', 'alert_acknowledged', 'log_pruned', 'log_rotated', 'log_epoch_started', 'log_checkpoint', 'sys_startup', 'sys_shutdown', 'sys_disk_low', 'sys_disk_recovered')`
