-- +goose Up

CREATE TABLE audit (                           -- append only; pruned from its beginning
    seq      INTEGER PRIMARY KEY,              -- 1, 2, 3 …: a number that is missing was taken out
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    result   TEXT NOT NULL,                    -- ok, denied, failed
    user_id  TEXT NOT NULL,                    -- who, as are the next two; empty: nobody known
    username TEXT NOT NULL,
    login    TEXT NOT NULL,
    ip       TEXT NOT NULL,
    owner_id TEXT NOT NULL,                    -- the user whom it is about, if not the one who did it
    agent_id TEXT NOT NULL,
    machine  TEXT NOT NULL,                    -- its name then
    session  TEXT NOT NULL,
    request  TEXT NOT NULL,
    detail   TEXT NOT NULL,                    -- a JSON object
    hash     BLOB NOT NULL                     -- SHA-256 of the hash before and of all of the above
) STRICT;
CREATE INDEX audit_user ON audit (user_id, seq);
CREATE INDEX audit_owner ON audit (owner_id, seq);
CREATE INDEX audit_at ON audit (at);

-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;
-- +goose StatementEnd

CREATE TABLE audit_seals (                     -- where the chain ends (head), and what was pruned (anchor)
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL,
    mac  BLOB NOT NULL                         -- by a key that is not in this file
) STRICT;

PRAGMA user_version = 6;
