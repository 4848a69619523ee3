//! How a result reads: findings, tables and reports as text and JSON.
