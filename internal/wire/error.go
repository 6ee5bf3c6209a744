package wire

import (
	"errors"
	"fmt"
)

// Error is one failure in every place it can show up: a sentence for people, a
// code for programs, an HTTP status, a WebSocket close code, an exit status.
// Only Code and Message travel.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"error"`
	Status  int    `json:"-"` // HTTP
	Close   int    `json:"-"` // WebSocket
	Exit    int    `json:"-"` // of the vsay command
}

// The exit codes of every vsay command.
const (
	ExitFailed      = 1
	ExitUsage       = 2
	ExitUnreachable = 3
	ExitSignedOut   = 4
	ExitNotFound    = 5
)

// Every failure vsay can name. The sentence says what to do next where there
// is something to do; With gives it a better one without changing what it is.
var (
	ErrBadRequest  = &Error{"bad_request", "the request makes no sense", 400, 4400, ExitFailed}
	ErrProtocol    = &Error{"protocol", "the other end sent something that makes no sense", 400, 1008, ExitFailed}
	ErrUnauthed    = &Error{"unauthorized", "not signed in: run vsay login", 401, 4401, ExitSignedOut}
	ErrReauth      = &Error{"reauth_required", "this login is too old to be extended: run vsay login", 401, 4401, ExitSignedOut}
	ErrForbidden   = &Error{"forbidden", "not allowed", 403, 4403, ExitNotFound}
	ErrUninvited   = &Error{"uninvited", "signup is by invitation on this server: ask an administrator for one and give it as --invite", 403, 4403, ExitNotFound}
	ErrPending     = &Error{"pending", "this machine waits until its owner lets it in: vsay ls approve", 403, 4403, ExitNotFound}
	ErrNotFound    = &Error{"not_found", "no such thing, or it is not yours", 404, 4404, ExitNotFound}
	ErrMethod      = &Error{"method", "this address does not take that method", 405, 4400, ExitFailed}
	ErrTaken       = &Error{"taken", "already taken", 409, 4409, ExitFailed}
	ErrTooLarge    = &Error{"too_large", "the body is too large", 413, 1009, ExitFailed}
	ErrNotJSON     = &Error{"not_json", "send JSON, with Content-Type: application/json", 415, 4400, ExitFailed}
	ErrSlowDown    = &Error{"slow_down", "too many tries: wait a little", 429, 4429, ExitFailed}
	ErrInternal    = &Error{"internal", "something went wrong on the server; its log has the details", 500, 1011, ExitFailed}
	ErrOffline     = &Error{"offline", "machine is offline", 503, 4503, ExitFailed}
	ErrUnavailable = &Error{"unavailable", "the server is busy or starting: try again", 503, 1013, ExitUnreachable}
	ErrLinkLost    = &Error{"link_lost", "the link to the session broke", 503, 1012, ExitUnreachable}
	ErrGone        = &Error{"gone", "that session has ended", 404, 4404, ExitNotFound}
	ErrStolen      = &Error{"superseded", "another viewer took this session over", 409, 4409, ExitFailed}
	ErrUnreachable = &Error{"unreachable", "cannot reach the server", 503, 1011, ExitUnreachable}
)

var known = []*Error{
	ErrBadRequest, ErrProtocol, ErrUnauthed, ErrReauth, ErrForbidden, ErrUninvited, ErrNotFound, ErrMethod, ErrTaken,
	ErrTooLarge, ErrNotJSON, ErrSlowDown, ErrInternal, ErrOffline, ErrUnavailable, ErrLinkLost, ErrGone,
	ErrStolen, ErrUnreachable, ErrPending,
}

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// Is holds for errors of one code, so that it survives a trip through JSON.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// With is the same failure with a sentence that fits the case better.
func (e *Error) With(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// AsError finds the Error in err; anything else is ErrInternal, which tells
// nobody what it was.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrInternal
}

// Received is the Error that came as a code and a sentence, whole again. Of an
// unknown code, from a newer server, the status tells most.
func Received(code, message string, status int) *Error {
	for _, e := range known {
		if e.Code == code || (code == "" && e.Status == status) {
			if message == "" {
				return e
			}
			return e.With("%s", message)
		}
	}
	e := &Error{Code: code, Message: message, Status: status, Close: 1011, Exit: ExitFailed}
	switch status {
	case 401:
		e.Exit = ExitSignedOut
	case 403, 404:
		e.Exit = ExitNotFound
	}
	return e
}

// OfClose is the Error behind a WebSocket close code and its reason, which is
// an Error's Code.
func OfClose(code int, reason string) *Error {
	for _, e := range known {
		if e.Code == reason {
			return e
		}
	}
	for _, e := range known {
		if e.Close == code {
			return e
		}
	}
	return ErrLinkLost
}
