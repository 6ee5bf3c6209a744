-- +goose Up

ALTER TABLE machines ADD COLUMN own_description TEXT NOT NULL DEFAULT ''; -- its owner's word; empty: what the machine says counts
ALTER TABLE machines ADD COLUMN own_labels TEXT NOT NULL DEFAULT '{}';    -- likewise

PRAGMA user_version = 9;
