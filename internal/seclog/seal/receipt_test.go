package seal_test

import (
	"testing"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// receiptFits commits two events and compares the line that the receipt names.
func (n *node) receiptFits(t *testing.T, name string) (fits bool) {
	ctx, receipt := seclog.WithReceipt(event.System(t.Context(), "test"))
	err := n.Commit(ctx, func(*db.Tx) ([]event.Event, error) {
		return []event.Event{event.ConfigChanged{Setting: name, From: "0"}, event.LogHeartbeat{}}, nil
	})
	if err != nil || !receipt.Numbered {
		t.Errorf("Commit() = %v with receipt %+v, want a number", err, receipt)
		return false
	}
	var line seal.Text
	if err := n.read.QueryRow(t.Context(), `SELECT line FROM event WHERE seq = $1`, receipt.First).Scan(&line); err != nil {
		t.Errorf("line %d: %v", receipt.First, err)
		return false
	}
	p, err := event.Parse(line)
	return err == nil && p.Target() == "setting:"+name
}
