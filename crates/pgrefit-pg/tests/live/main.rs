//! Sessions against real servers. The server is a throwaway PostgreSQL; TLS is added by a proxy of the test's own.

mod connecting;
mod exported;
mod failing;
mod integrity;
mod killed;
mod lock;
mod partition;
mod pgbouncer;
mod place;
mod reading;
mod sent;
mod tapped;
mod tls;
mod tls_proxy;
mod tls_server;
mod wire;
mod workload;
mod writing;
