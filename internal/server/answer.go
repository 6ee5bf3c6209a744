package server

import (
	"bytes"
	"context"
	"errors"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vsay/internal/wire"
)

const maxBody = 64 << 10 // bytes

// retryError is a failure that passes by itself.
type retryError struct {
	failure *wire.Error
	after   time.Duration
}

func (e retryError) Error() string { return e.failure.Error() }
func (e retryError) Unwrap() error { return e.failure }

// later is e, with a word on when to try again.
func later(e *wire.Error, after time.Duration) error { return retryError{e, after} }

// answer writes a success.
func answer(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(append(wire.Encode(body), '\n'))
	return ignoreLost(err)
}

// ignoreLost drops the error of a write to a client: it has gone, and there is
// nobody to tell.
func ignoreLost(error) error { return nil }

// fail is where every failure is logged and written: the sentence as the body,
// the code beside it. What an unforeseen error says goes to the log alone.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := wire.AsError(err)
	var retry retryError
	foreseen := errors.As(err, &retry) || errors.Is(err, wire.ErrOffline)
	switch {
	case r.Context().Err() != nil && errors.Is(err, context.Canceled):
		return // the client has gone
	case e.Status >= http.StatusInternalServerError && !foreseen:
		s.log.Error("request failed", "request", requestID(r.Context()), "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if rec, ok := w.(*recorder); ok {
		if rec.status != 0 {
			return // half an answer, or a WebSocket, was sent
		}
		rec.dull = retry.failure == errFullGate
	}
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(retry.after.Seconds())))))
	}
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set(wire.ErrorHeader, e.Code)
	_ = answer(w, e.Status, wire.ErrorBody{Error: e.Message})
}

// read decodes the body of a request, strictly.
func read[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var v T
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return v, wire.ErrNotJSON
	}
	b := bytes.NewBuffer(make([]byte, 0, bytes.MinRead+min(max(r.ContentLength, 0), maxBody))) // no larger than it has to be
	_, err = b.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return v, tooLarge(b.Bytes())
	}
	if err != nil {
		return v, errors.Join(wire.ErrBadRequest.With("the body broke off"), err)
	}
	return v, wire.Decode(b.Bytes(), &v)
}

// tooLarge is what to say of a body that begins so. Where it is the password that
// does not end, that is what is wrong.
func tooLarge(beginning []byte) error {
	where, err := wire.Unfinished(beginning)
	switch {
	case err != nil:
		return err
	case strings.HasSuffix(where, "password"):
		return errLongPassword
	}
	return wire.ErrTooLarge
}

// readOptional is read for a route that asks for no body.
func readOptional[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	if r.ContentLength == 0 {
		var none T
		return none, nil
	}
	return read[T](w, r)
}
