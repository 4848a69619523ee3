//! A pool of PostgreSQL connections that is observable and hands out clean ones only.
