-- +goose Up

ALTER TABLE users ADD COLUMN last_login INTEGER;
ALTER TABLE users ADD COLUMN temp_until INTEGER;  -- the password is good for one login until then; 0: it was used; NULL: it lasts
UPDATE users SET last_login = (SELECT max(auth_time) FROM logins WHERE user_id = users.id);

ALTER TABLE sessions ADD COLUMN void INTEGER NOT NULL DEFAULT 0;  -- its holder is told to end it, whenever it comes

CREATE TABLE invites (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,       -- SHA-256 of the code
    owner      INTEGER NOT NULL,           -- for the very first account, of a server that takes in nobody else
    email      TEXT NOT NULL,              -- the only one it is good for, canonical; empty: any
    created_by TEXT NOT NULL,              -- a user's id; empty: the server itself
    created_at INTEGER NOT NULL,
    expires_at INTEGER,                    -- NULL: when it is used
    used_at    INTEGER,
    used_by    TEXT NOT NULL DEFAULT ''    -- a user's id
) STRICT;

PRAGMA user_version = 3;
