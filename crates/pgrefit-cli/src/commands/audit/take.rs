//! Where the census comes from: a live database and its other nodes, or a file.

use std::path::Path;
use std::time::Duration;

use pgrefit_audit::Options;
use pgrefit_catalog::census::{Census, ExactRows, Relation};
use pgrefit_catalog::{Catalog, Name, Snapshot};
use pgrefit_pg::census::{CensusOptions, HistoryTable, census, merge, node_counters};
use pgrefit_pg::{Connector, Settings, count_rows};
use pgrefit_sql::parse_duration;

use crate::config::Config;
use crate::context::variable;
use crate::output::write_beside;
use crate::progress::Progress;
use crate::{Context, Exit, Failed};

/// What is read besides.
pub(super) struct Wanted<'a> {
    pub(super) deep: bool,
    pub(super) nodes: &'a [String],
    /// How long counting the rows of one table may take; none if they are not counted.
    pub(super) exact_limit: Option<Duration>,
}

/// Takes the census of the database, merges the counters of its other nodes, and counts rows.
pub(super) async fn live(
    context: &Context,
    config: &Config,
    options: &Options,
    wanted: &Wanted<'_>,
) -> Result<Census, Failed> {
    let connector = context.connector(config)?;
    let progress = Progress::new(&context.global);
    progress.say("reading the catalogs");
    let mut session = connector.read_only().await?;
    let how = CensusOptions {
        deep: wanted.deep,
        history_table: HistoryTable {
            schema: None,
            name: config.text("migrations.history_table").to_owned(),
        },
        ..CensusOptions::default()
    };
    let mut taken = census(&mut session, &how)
        .await
        .map_err(|error| Failed::from(error).within("failed to read the catalogs of the database"))?;
    drop(session);
    for url in wanted.nodes {
        add_node(context, config, url, &mut taken).await?;
    }
    if let Some(limit) = wanted.exact_limit {
        count(&connector, options, limit, &mut taken, &progress).await?;
    }
    Ok(taken)
}

/// Adds what another node counted.
async fn add_node(context: &Context, config: &Config, url: &str, taken: &mut Census) -> Result<(), Failed> {
    let settings = Settings::resolve(Some(url), &variable)?;
    let (host, port) = settings.first_host();
    let name = format!("{host}:{port}");
    let within =
        |error| Failed::from(error).within(&format!("failed to read the counters of the node {name}"));
    let connector = context.connector_to(config, settings);
    let mut session = connector.read_only().await.map_err(within)?;
    let counters = node_counters(&mut session).await.map_err(within)?;
    merge(taken, &name, counters).map_err(|error| {
        Failed::new(Exit::Usage, error.to_string())
            .hint("--node is another node of the same cluster, with the same database")
    })
}

/// Counts the rows of the tables that the contract names. A table that cannot be counted stays estimated.
async fn count(
    connector: &Connector,
    options: &Options,
    limit: Duration,
    taken: &mut Census,
    progress: &Progress,
) -> Result<(), Failed> {
    let session = connector.read_only().await?;
    let facts = pgrefit_audit::Facts::new(taken, options);
    let tables: Vec<(u32, Name)> = options
        .contract
        .rows
        .iter()
        .filter_map(|promise| facts.promised_table(&promise.table).ok())
        .map(|table: &Relation| (table.oid, Name::new(facts.schema_of(table), &table.name)))
        .collect();
    let mut counted = Vec::new();
    for (relation, name) in tables {
        progress.say(&format!("counting {name}"));
        match count_rows(&session, &name, limit).await {
            Ok(rows) => counted.push(ExactRows { relation, rows }),
            Err(error) => {
                tracing::warn!(target: "pgrefit", "{name} was not counted: {}", Failed::from(error).line());
            }
        }
    }
    taken.exact_rows = counted;
    Ok(())
}

/// Reads a census that was saved.
pub(super) fn read(path: &Path) -> Result<Census, Failed> {
    let wrong = |what: String| {
        Failed::new(Exit::Usage, format!("failed to read the snapshot {}: {what}", path.display()))
            .hint("take it with `pgrefit audit --save-snapshot`; that of `pgrefit snapshot` is for lint")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Census::from_json(&text).map_err(|error| wrong(error.to_string()))
}

/// Reads the schema of a snapshot by `pgrefit snapshot`.
pub(super) fn catalog(path: &Path) -> Result<Catalog, Failed> {
    let wrong = |what: String| {
        Failed::new(Exit::Usage, format!("failed to read the snapshot {}: {what}", path.display()))
            .hint("take it with `pgrefit snapshot --output FILE`, of a database that is as it should be")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Snapshot::from_json(&text).map(|it| it.catalog).map_err(|error| wrong(error.to_string()))
}

/// Writes a census, beside its name first.
pub(super) fn save(census: &Census, path: &Path) -> Result<(), Failed> {
    write_beside(path, &census.to_json())
        .map_err(|error| Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display())))
}

/// A limit of time.
pub(super) fn limit(text: &str) -> Result<Duration, Failed> {
    parse_duration(text).ok_or_else(|| {
        Failed::new(Exit::Usage, format!("--exact-limit is a duration such as 30s, not {text:?}"))
    })
}
