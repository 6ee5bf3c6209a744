-- +goose Up

ALTER TABLE logins ADD COLUMN client TEXT NOT NULL DEFAULT '';   -- what it was last used from: a browser, or a vsay
ALTER TABLE logins ADD COLUMN seen_ip TEXT NOT NULL DEFAULT '';  -- and from which address
ALTER TABLE logins ADD COLUMN seen_at INTEGER;                   -- NULL: not since the password was given
ALTER TABLE logins ADD COLUMN ends_at INTEGER;                   -- of its latest token; NULL: a day after the password was given

PRAGMA user_version = 8;
