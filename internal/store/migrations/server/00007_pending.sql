-- +goose Up

ALTER TABLE machines ADD COLUMN pending INTEGER NOT NULL DEFAULT 0; -- until its owner accepts it

PRAGMA user_version = 7;
