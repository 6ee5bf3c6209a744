package wire

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads exactly one JSON value from b into v. It refuses what
// encoding/json lets pass: a name twice, a name in another case, anything after
// the value, invalid UTF-8. Names it does not know are ignored, since the other
// end may be newer. The error is an ErrBadRequest that quotes nothing of b.
func Decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return badJSON(err)
	}
	return nil
}

// DecodeFrom is Decode for a stream, which it reads to its end.
func DecodeFrom(r io.Reader, v any) error {
	if err := json.UnmarshalRead(r, v); err != nil {
		return badJSON(err)
	}
	return nil
}

// Unfinished is the JSON pointer of the value that b breaks off in: "/password" of
// `{"password":"abc`; empty, when b ends anywhere else. It fails as Decode does on
// what is no beginning of JSON.
func Unfinished(b []byte) (string, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(b))
	for {
		_, err := d.ReadToken()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			if kind, n := d.StackIndex(d.StackDepth()); kind != jsontext.KindBeginObject || n%2 == 0 {
				return "", nil // in a name, or in a list
			}
			return string(d.StackPointer()), nil
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", badJSON(err)
		}
	}
}

func badJSON(err error) error {
	var wrongType *json.SemanticError
	if errors.As(err, &wrongType) && wrongType.JSONPointer != "" {
		return errors.Join(ErrBadRequest.With("the JSON body has a wrong type at %q", string(wrongType.JSONPointer)), err)
	}
	return errors.Join(ErrBadRequest.With("the body is not one valid JSON value"), err)
}

// Encode writes v as JSON, the same for the same v. The types of this package cannot fail
// to encode.
func Encode(v any) []byte {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true), json.Deterministic(true)) // a path may hold anything
	if err != nil {
		panic("wire: " + err.Error())
	}
	return b
}
