-- +goose Up

ALTER TABLE users ADD COLUMN admin INTEGER NOT NULL DEFAULT 0;  -- runs this installation
UPDATE users SET admin = 1 WHERE id = (SELECT id FROM users ORDER BY created_at, id LIMIT 1);

PRAGMA user_version = 2;
