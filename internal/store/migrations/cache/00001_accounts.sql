-- +goose Up
CREATE TABLE accounts (
    host     TEXT NOT NULL,              -- a URL without a path's last slash
    user_id  TEXT NOT NULL,
    email    TEXT NOT NULL,
    username TEXT NOT NULL,
    login    TEXT NOT NULL,              -- the token's sid
    token    TEXT NOT NULL,
    issued   INTEGER NOT NULL,           -- ms, as all times here
    expires  INTEGER NOT NULL,
    claimed  INTEGER NOT NULL DEFAULT 0, -- until then one process is busy with a refresh
    PRIMARY KEY (host, user_id)
) STRICT;

CREATE TABLE hosts (
    host    TEXT PRIMARY KEY,
    user_id TEXT NOT NULL, -- the account that is meant there; empty: none
    used    INTEGER NOT NULL -- grows with each login; the largest is the host that is meant
) STRICT;

PRAGMA user_version = 1;
