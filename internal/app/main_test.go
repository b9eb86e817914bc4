package app_test

import (
	"os"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
)

// elsewhere are the events that the whole application cannot be brought to
// write, each with where it is provoked or why it cannot be yet.
var elsewhere = map[string]string{
	"sys_crash recovered":          "internal/web, TestPanic: no page of ours panics",
	"authn_login_unlock forgotten": "internal/account, TestManyNamesHaveBoundedRoom: it takes a hundred thousand names",
	"delivery_fail unreadable":     "internal/deliver, TestUnreadable: no other version is at hand",
	"delivery_fail pruned":         "internal/deliver, TestPruned",
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveHere); dir != "" {
		serve(dir)
	}
	apptest.Main(m, func() error { return house.Unproduced(elsewhere) })
}
