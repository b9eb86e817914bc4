package app_test

import (
	"os"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
)

// elsewhere are the events that are not the whole application's to provoke.
var elsewhere = map[string]string{}

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveHere); dir != "" {
		serve(dir)
	}
	apptest.Main(m, func() error { return house.Unproduced(elsewhere) })
}
