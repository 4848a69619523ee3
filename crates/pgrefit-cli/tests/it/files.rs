//! Folders of migrations that cannot be used: each is one clear error, and nothing is recorded.
