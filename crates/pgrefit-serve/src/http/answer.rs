//! What each path is answered with.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use pgrefit_metrics::Metrics;

use super::Site;
use crate::{metrics, page, status};

pub(super) async fn root(State(site): State<Arc<Site>>) -> Html<String> {
    Html(page::root(&site.board))
}

pub(super) async fn database(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    match page::of(&site.board, &name) {
        Some(page) => Html(page).into_response(),
        None => (StatusCode::NOT_FOUND, "no database of that name is watched\n").into_response(),
    }
}

pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    encoded(Metrics::CONTENT_TYPE, metrics::encode(&site.board))
}

pub(super) async fn status(State(site): State<Arc<Site>>) -> Response {
    encoded("application/json", status::json(&site.board))
}

/// The process lives.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The first round over every database has ended. One that is down is told, and makes nobody unready.
pub(super) async fn readyz(State(site): State<Arc<Site>>) -> (StatusCode, &'static str) {
    if site.board.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the first round is not done\n")
    }
}

fn encoded(content_type: &'static str, text: Result<String, impl std::error::Error>) -> Response {
    let kind: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, content_type)];
    match text {
        Ok(text) => (kind, text).into_response(),
        Err(error) => {
            tracing::error!(target: "pgrefit", "failed to answer: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
