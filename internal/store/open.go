package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// db is one SQLite file: a single writer, so that writes queue in Go and not
// in lock retries, and a few readers that never wait for it.
type db struct {
	path        string
	own         bool // it is the client's: who runs vsay can mend it
	write, read *sql.DB
	group       group                               // writes in company
	watch       func(took time.Duration, err error) // told of every write; or nil
}

// Two processes that open one new file at once trip over each other's
// migrations; the one that lost looks again, for at most so long.
const migratePatience = 10 * time.Second

// open makes or opens a SQLite file that only its owner can read, and brings it
// to the newest of migrations (*.sql at the root of the file system, each of
// which ends by setting PRAGMA user_version to its own number). With fast the
// file is trusted to be sound; without, it is checked first.
func open(ctx context.Context, path string, migrations fs.FS, fast bool) (*db, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	ofdLocks()
	d := &db{path: path, own: fast}
	if d.write, err = connect(path, 1, "&_txlock=immediate&_pragma=secure_delete(1)&_pragma=journal_size_limit(67108864)"); err != nil {
		return nil, err
	}
	if d.read, err = connect(path, 4, "&_query_only=1"); err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	if err := d.prepare(ctx, migrations, fast); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *db) prepare(ctx context.Context, migrations fs.FS, fast bool) error {
	if err := d.migrate(ctx, migrations); err != nil {
		return err
	}
	if fast {
		return nil
	}
	return d.check(ctx)
}

// ofdLocks asks for locks that survive when something else in this process
// opens and closes a database file; where there are none, nothing is lost that
// was had before.
var ofdLocks = sync.OnceFunc(func() { _, _ = sqlite.OFDLocking(true) })

func connect(path string, conns int, more string) (*sql.DB, error) {
	const pragmas = "?_busy_timeout=5000&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_dqs=0"
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", fileURI(path)+pragmas+more)
	if err != nil {
		return nil, fault(err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

// fileURI names an absolute path for SQLite, which takes no settings behind any other name.
func fileURI(path string) string {
	slashed := "/" + strings.TrimPrefix(filepath.ToSlash(path), "/") // C:/x is /C:/x in a URI
	return (&url.URL{Scheme: "file", Path: slashed, OmitHost: true}).String()
}

func (d *db) close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// migrate brings the file to the newest schema, and refuses one that is newer
// still. A file that is current costs one read.
func (d *db) migrate(ctx context.Context, migrations fs.FS) error {
	want, err := newest(migrations)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(migratePatience); ; {
		have, err := d.version(ctx)
		if err == nil && have == want {
			return nil
		}
		if err == nil && have > want {
			return fmt.Errorf("%s was written by a newer vsay (its schema is %d, this one knows %d): upgrade this vsay", d.path, have, want)
		}
		if err == nil {
			err = d.up(ctx, migrations)
		}
		if isDamage(err) && !d.own {
			return fmt.Errorf("%s is damaged (%w): put a backup in its place", d.path, err)
		}
		if err != nil && (!isRace(err) || ctx.Err() != nil || time.Now().After(deadline)) {
			return fmt.Errorf("%s cannot be opened: %w", d.path, d.fault(err))
		}
		if err != nil {
			pause(ctx, 20*time.Millisecond)
		}
	}
}

func (d *db) version(ctx context.Context) (v int64, err error) {
	err = d.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v)
	return v, err
}

func (d *db) up(ctx context.Context, migrations fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, d.write, migrations)
	if err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil {
		return err
	}
	if have, err := d.version(ctx); err != nil || have != p.ListSources()[len(p.ListSources())-1].Version {
		return errors.Join(err, fmt.Errorf("the last migration does not set PRAGMA user_version to its number (it is %d)", have))
	}
	return nil
}

func newest(migrations fs.FS) (int64, error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return 0, err
	}
	var v int64
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		v = max(v, n)
	}
	return v, nil
}

func (d *db) check(ctx context.Context) error {
	var verdict string
	if err := d.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("%s cannot be read: %w", d.path, d.fault(err))
	}
	if verdict != "ok" {
		return fmt.Errorf("%s is damaged (%s): put a backup in its place", d.path, verdict)
	}
	return nil
}

// tx runs f alone among all writers. What f did is on disk when tx returns nil,
// and undone when it returns an error.
func (d *db) tx(ctx context.Context, f func(*sql.Tx) error) (err error) {
	defer d.written(time.Now(), &err)
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return d.fault(err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := f(tx); err != nil {
		return d.fault(err)
	}
	return d.fault(tx.Commit())
}

// exec is a write of one statement. It tells how many rows it changed.
func (d *db) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	defer d.written(time.Now(), &err)
	res, err := d.write.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, d.fault(err)
	}
	n, err = res.RowsAffected()
	return n, d.fault(err)
}

// written tells who watches how a write went that began then.
func (d *db) written(began time.Time, err *error) {
	if d.watch != nil {
		d.watch(time.Since(began), *err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
