-- +goose Up

CREATE TABLE viewer_tickets (                  -- each opens one terminal, once
    hash       BLOB PRIMARY KEY,               -- SHA-256 of what the client has
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_id   TEXT NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
    epoch      INTEGER NOT NULL,               -- of the user, as in a token
    agent_id   TEXT NOT NULL REFERENCES machines (agent_id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,                  -- '': any of the user's there
    read_only  INTEGER NOT NULL,
    origin     TEXT NOT NULL,                  -- of the page that asked; '': no page did
    token_ends INTEGER NOT NULL,               -- of the token that asked
    ends_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX viewer_tickets_age ON viewer_tickets (ends_at);

PRAGMA user_version = 4;
