//! The pool against real servers: what comes back, what is handed out, what is counted.

mod bouncer;
mod clean;
mod failing;
mod names;
mod place;
mod replan;
mod retrying;
mod session;
mod size;
mod stray;
mod tls;
mod torture;
