-- +goose Up
-- Two type names that SQLite has and PostgreSQL has not, so that the tables
-- are one text for both. The quoted one is how SQLite knows the column that
-- is the table's own key (a BIGINT primary key would be a second tree there).
CREATE DOMAIN blob AS bytea;
CREATE DOMAIN "INTEGER" AS BIGINT;

