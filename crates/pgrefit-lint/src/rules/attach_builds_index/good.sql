CREATE INDEX CONCURRENTLY events_2025_kind ON events_2025 (kind);
