-- +goose Up

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO meta (key, value) VALUES ('born', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL COLLATE NOCASE UNIQUE,
    email         TEXT NOT NULL UNIQUE,        -- canonical: lower case
    password_hash TEXT NOT NULL,
    password_gen  INTEGER NOT NULL DEFAULT 1,  -- grows when the password changes, not when it is rehashed
    disabled      INTEGER NOT NULL DEFAULT 0,
    epoch         INTEGER NOT NULL DEFAULT 1,  -- grows when every token there is must die
    key_id        TEXT NOT NULL UNIQUE,        -- of the API key, as are the next three
    key_gen       INTEGER NOT NULL,
    key_mac       BLOB NOT NULL,
    key_sealed    BLOB NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE logins (
    id         TEXT PRIMARY KEY,               -- the sid of its tokens
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    auth_time  INTEGER NOT NULL,
    ip         TEXT NOT NULL,                  -- where the password was given
    revoked_at INTEGER
) STRICT;
CREATE INDEX logins_user ON logins (user_id, ip);
CREATE INDEX logins_age ON logins (auth_time);

CREATE TABLE revocations (                     -- append only
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,                     -- login, logins (all others of the user), key, machine
    subject TEXT NOT NULL
) STRICT;

CREATE TABLE machines (
    agent_id      TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT NOT NULL COLLATE NOCASE,
    wanted_name   TEXT NOT NULL,               -- what the agent asked to be called
    description   TEXT NOT NULL,
    os            TEXT NOT NULL,
    arch          TEXT NOT NULL,
    ip            TEXT NOT NULL,
    agent_version TEXT NOT NULL,
    labels        TEXT NOT NULL,               -- a JSON object
    public_key    BLOB NOT NULL UNIQUE,
    key_gen       INTEGER NOT NULL,            -- of the API key it was enrolled with
    counter       INTEGER NOT NULL,
    cpu           REAL NOT NULL DEFAULT 0,
    memory        REAL NOT NULL DEFAULT 0,
    disk          REAL NOT NULL DEFAULT 0,
    uptime        INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    last_active   INTEGER,
    UNIQUE (user_id, name)
) STRICT;

CREATE TABLE sessions (                        -- outlive their machine and user, as history
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    agent_id     TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    username     TEXT NOT NULL,
    machine_name TEXT NOT NULL,
    source       TEXT NOT NULL,
    command      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    last_active  INTEGER NOT NULL,
    ended_at     INTEGER,
    exit_code    INTEGER,
    secret_hash  BLOB
) STRICT;
CREATE UNIQUE INDEX sessions_name ON sessions (agent_id, name) WHERE ended_at IS NULL AND name <> '';
CREATE INDEX sessions_running ON sessions (agent_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_user ON sessions (user_id, started_at);

CREATE TABLE failures (                        -- wrong passwords in a row, of an account
    key   TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last  INTEGER NOT NULL
) STRICT;

CREATE TABLE tries (                           -- wrong passwords of late, from an address
    key TEXT NOT NULL,
    at  INTEGER NOT NULL
) STRICT;
CREATE INDEX tries_key ON tries (key, at);

CREATE TABLE buckets (                         -- of tokens: full again at
    key     TEXT PRIMARY KEY,
    full_at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 1;
