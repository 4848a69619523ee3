//! What every request goes through: who may ask, with what, and what the answer forbids to a browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::host::is_this_machine;
use crate::page;

/// Paths that anybody may ask for: they tell nothing.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// How a browser is told to ask for a name and a password, and everything else for the token.
const CHALLENGE: &str = "Basic realm=\"pgrefit: any name, the token as password\", Bearer";

/// Lets a request pass, or answers it.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let path = counted_as(request.uri().path());
    let mut response = match refusal(&site, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    secure(response.headers_mut());
    site.board.count_request(path, response.status().as_u16());
    response
}

fn refusal(site: &Site, request: &Request) -> Option<Response> {
    let headers = request.headers();
    if has_body(headers) {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here\n").into_response());
    }
    let host = text(headers, header::HOST.as_str());
    if site.is_local && host.is_some_and(|host| !is_this_machine(host)) {
        let said = "this exporter is only for this machine; ask for it as localhost\n";
        return Some((StatusCode::MISDIRECTED_REQUEST, said).into_response());
    }
    let authorization = text(headers, header::AUTHORIZATION.as_str());
    if !OPEN.contains(&request.uri().path()) && !site.secrets.lets_in(authorization) {
        let challenge = [(header::WWW_AUTHENTICATE, CHALLENGE)];
        return Some(
            (StatusCode::UNAUTHORIZED, challenge, "the token is missing or wrong\n").into_response(),
        );
    }
    None
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = text(headers, header::CONTENT_LENGTH.as_str()).is_some_and(|length| length.trim() != "0");
    length || headers.contains_key(header::TRANSFER_ENCODING)
}

/// The word of the metrics for a path.
fn counted_as(path: &str) -> &'static str {
    match path {
        "/metrics" => "/metrics",
        "/status" => "/status",
        "/healthz" => "/healthz",
        "/readyz" => "/readyz",
        "/" => "/",
        path if path.starts_with(page::PATH) => "/",
        _ => "other",
    }
}

/// No answer is kept, taken for something else, or shown within another page. What a page may do stands in the page itself too.
fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
