-- +goose Up

CREATE TABLE signing_keys (                    -- of tokens; the first one comes of the master key
    kid        TEXT PRIMARY KEY,
    sealed     BLOB NOT NULL,                  -- under the master key, tied to the kid
    made_at    INTEGER NOT NULL,
    retired_at INTEGER                         -- since then it verifies only; NULL: it signs
) STRICT;
CREATE UNIQUE INDEX signing_keys_one ON signing_keys (retired_at IS NULL) WHERE retired_at IS NULL;

PRAGMA user_version = 5;
