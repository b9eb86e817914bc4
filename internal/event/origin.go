package event

import "context"

type originKey struct{}

// With gives a context whose events carry o.
func With(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// System gives a context for what no visitor caused: a loop, a command.
func System(ctx context.Context, name string) context.Context {
	return With(ctx, Origin{Actor: "system:" + name})
}

// From gives the context's origin; without one there is no writing.
func From(ctx context.Context) (o Origin, ok bool) {
	o, ok = ctx.Value(originKey{}).(Origin)
	return o, ok
}
