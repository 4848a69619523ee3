//! Judges migration files: what each statement will do to a database, and what to write instead.
mod action;
mod types;
mod schema;
