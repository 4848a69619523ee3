//! The server: who may ask, what is answered, and how much of it at once.

mod answer;
mod guard;
mod host;
mod listen;
mod secrets;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

pub(crate) use listen::{Limits, listen};
pub(crate) use secrets::Secrets;

use crate::board::Board;

/// Certificate and key of the server, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What answering takes.
pub(crate) struct Site {
    pub(crate) board: Arc<Board>,
    pub(crate) secrets: Arc<Secrets>,
    /// Whether only this machine may ask, so that a page from elsewhere must not make a browser here ask for it.
    pub(crate) is_local: bool,
}

/// All that is answered. Every answer is made of what is known already.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(answer::root))
        .route("/databases/{name}", get(answer::database))
        .route("/metrics", get(answer::metrics))
        .route("/status", get(answer::status))
        .route("/healthz", get(answer::healthz))
        .route("/readyz", get(answer::readyz))
        .layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .with_state(site)
}
