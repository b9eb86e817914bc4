package seclog

import "context"

// Receipt says where a commit went, for pages that name the line they wrote.
type Receipt struct {
	// Commit is the commit's random id; empty if nothing was written.
	Commit string
	// First is the number of its first line, if Numbered: on PostgreSQL the
	// number comes a moment after the commit.
	First    uint64
	Numbered bool
}

type receiptKey struct{}

// WithReceipt gives a context whose next commit fills the receipt.
func WithReceipt(ctx context.Context) (context.Context, *Receipt) {
	r := &Receipt{}
	return context.WithValue(ctx, receiptKey{}, r), r
}

func receiptOf(ctx context.Context) *Receipt {
	r, _ := ctx.Value(receiptKey{}).(*Receipt)
	return r
}
