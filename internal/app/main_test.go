package app_test

import (
	"testing"

	"coffer/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }
