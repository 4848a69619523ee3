CREATE TABLE people (
    id bigint PRIMARY KEY,
    line1 text, line2 text,
    sha1 bytea, sha256 bytea, sha512 bytea,
    utf8 text,
    a1 int, a2 text, a3 date,
    year_2024 int, year_2025 int, year_2026 int
);
