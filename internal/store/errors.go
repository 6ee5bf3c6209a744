package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vsay/internal/wire"
)

// fault turns what the driver says into what the rest of vsay understands: no
// row is wire.ErrNotFound, anything unforeseen is wire.ErrUnavailable with the
// driver's words behind it for the log. Its own results pass unchanged.
func fault(err error) error {
	var known *wire.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return wire.ErrNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return errors.Join(wire.ErrUnavailable.With("the storage does not answer: try again in a while"), fmt.Errorf("store: %w", err))
}

// fault is the function of that name, for a file that the person who runs this
// process can mend: it says which one and how. The storage of a server is nobody's
// business but its log's.
func (d *db) fault(err error) error {
	err = fault(err)
	var e *sqlite.Error
	if !d.own || !errors.As(err, &e) {
		return err
	}
	said := wire.ErrInternal.With("%s cannot be used: %s", d.path, e.Error())
	if isDamage(err) {
		said = said.With("%s is damaged: remove it and run vsay login", d.path)
	}
	return errors.Join(said, err)
}

// isDamage tells whether err says that the file is no sound database.
func isDamage(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	primary := e.Code() & 0xff
	return primary == sqlite3.SQLITE_NOTADB || primary == sqlite3.SQLITE_CORRUPT
}

// Reason is what the storage itself said, for the one who runs it; nil where it is
// not the storage that failed.
func Reason(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	return e
}

// isUnique tells whether err is a second row with the same value in a column
// that the index named by column ("users.email") keeps unique.
func isUnique(err error, column string) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	unique := e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	return unique && strings.Contains(e.Error(), column)
}

// Full tells whether err says that nothing can be written because there is no room.
func Full(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC)
}

// isRace tells whether err may come of another process that prepares the same
// file right now, so that a second look may show it ready.
func isRace(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	primary := e.Code() & 0xff
	return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED || primary == sqlite3.SQLITE_CONSTRAINT ||
		strings.Contains(e.Error(), "already exists") || strings.Contains(e.Error(), "duplicate column name")
}

// isMissing tells whether err says that a table is not there.
func isMissing(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && strings.Contains(e.Error(), "no such table")
}
