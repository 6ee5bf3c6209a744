package server

import "context"

type requestKey struct{}

// withRequest gives a request a name that its answer, its lines in the log and its
// records in the audit log have in common.
func withRequest(ctx context.Context) (context.Context, string) {
	id := randomID()[:16]
	return context.WithValue(ctx, requestKey{}, id), id
}

// requestID is the name of the request that a context belongs to, if to any.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
