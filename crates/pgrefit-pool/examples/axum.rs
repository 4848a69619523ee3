//! A small service: two pools, so that reports do not take the connections of requests, and `/metrics` for Prometheus.
//!
//! `DATABASE_URL=postgres://… cargo run -p pgrefit-pool --example axum`, then `curl localhost:3000/visits/home`. Makes the table
//! `public.example_visits` if it is not there. `PGREFIT_POOL_…` change the pool, `LISTEN` the address.

use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use pgrefit_pool::{Error, Metrics, Outcome, Pool, PoolConfig, PoolSettings, Retry};
use serde_json::{Value, json};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS public.example_visits (page text PRIMARY KEY, visits bigint NOT NULL DEFAULT 0)";
const COUNT: &str = "INSERT INTO public.example_visits AS v VALUES ($1, 1) \
                     ON CONFLICT (page) DO UPDATE SET visits = v.visits + 1 RETURNING visits";
const REPORT: &str = "SELECT page, visits FROM public.example_visits ORDER BY visits DESC LIMIT 100";

#[derive(Clone)]
struct Service {
    requests: Pool,
    reports: Pool,
    metrics: Metrics,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let metrics = Metrics::new()?;
    let PoolSettings { connection, pool } = PoolSettings::from_env()?;
    let pool = PoolConfig { connections_min: pool.connections_min.max(1), ..pool };
    let reports = pool.bulkhead("reports", 2, Duration::from_mins(1));
    let service = Service {
        requests: Pool::new(connection.clone(), pool, &metrics)?,
        reports: Pool::new(connection, reports, &metrics)?,
        metrics,
    };
    service.requests.get().await?.batch_execute(TABLE).await?;
    // Before the first request comes: a login takes as long as a hundred small queries.
    service.requests.warm_up().await?;
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let server = axum::serve(listener, routes(service.clone()));
    server.with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?;
    for pool in [service.requests, service.reports] {
        pool.close(Duration::from_secs(5)).await;
    }
    Ok(())
}

fn routes(service: Service) -> Router {
    Router::new()
        .route("/visits/{page}", get(visit))
        .route("/report", get(report))
        .route("/metrics", get(metrics))
        .with_state(service)
}

/// Counts a visit. A lost connection or a deadlock is no reason to bother the visitor.
async fn visit(State(service): State<Service>, Path(page): Path<String>) -> Result<Json<Value>, Failure> {
    let counted = service.requests.transaction(Retry::default(), |transaction| {
        let page = page.clone();
        Box::pin(async move { transaction.query_one(COUNT, &[&page]).await })
    });
    let row = timed(&service, "visit by page", counted).await?;
    Ok(Json(json!({ "page": page, "visits": row.get::<_, i64>(0) })))
}

async fn report(State(service): State<Service>) -> Result<Json<Value>, Failure> {
    let query = async { service.reports.get().await?.query(REPORT, &[]).await };
    let rows = timed(&service, "visits of all pages", query).await?;
    let page =
        |row: &pgrefit_pool::Row| json!({ "page": row.get::<_, &str>(0), "visits": row.get::<_, i64>(1) });
    Ok(Json(rows.iter().map(page).collect()))
}

async fn metrics(State(service): State<Service>) -> Response {
    match service.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Records how long the operation took, under its name.
async fn timed<T>(
    service: &Service,
    name: &'static str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let began = Instant::now();
    let result = work.await;
    let outcome = if result.is_ok() { Outcome::Done } else { Outcome::Failed };
    if let Err(error) = service.metrics.operations().observe(name, outcome, began.elapsed()) {
        tracing::warn!("{error}");
    }
    result
}

/// What the visitor is told: whether it is worth trying again, and nothing of the database.
struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!("{}: {:?}", self.0, std::error::Error::source(&self.0));
        let status = if self.0.is_timeout() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        status.into_response()
    }
}
