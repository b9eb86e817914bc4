package app

// Due reports whether the server's own check has something to do.
func (a *App) Due() (yes bool) { return !a.Now().Before(a.check.due) }
