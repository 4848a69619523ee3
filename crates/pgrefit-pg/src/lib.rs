//! Connections to PostgreSQL: settings, TLS, time limits, sessions by type, the runner lock, introspection.
