//! Counters of the other nodes of a cluster: a standby counts the scans of its own queries only.

use std::collections::HashMap;

use pgrefit_catalog::census::{
    Census, IndexStatistics, RelationStatistics, Server, ServerNode, Source, Unseen,
};

use super::collect::Collector;
use super::server::Place;
use crate::{Error, ReadOnly};

/// What a node counted.
#[derive(Clone, Debug)]
pub struct NodeCounters {
    /// The node.
    pub server: Server,
    /// Its tables.
    pub relations: Vec<RelationStatistics>,
    /// Its indexes.
    pub indexes: Vec<IndexStatistics>,
    /// Why there are none, if that is so.
    pub unseen: Option<Unseen>,
}

/// Why counters of a node say nothing about a database.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeError {
    /// Another cluster, or one that does not tell.
    #[error("failed to take the counters of \"{name}\": it is not a node of the same cluster")]
    OtherCluster {
        /// The node.
        name: String,
    },
    /// Another database of the cluster.
    #[error("failed to take the counters of \"{name}\": they are those of the database \"{database}\"")]
    OtherDatabase {
        /// The node.
        name: String,
        /// Its database.
        database: String,
    },
    /// It counted nothing that could be read.
    #[error("failed to take the counters of \"{name}\": {why}")]
    Unseen {
        /// The node.
        name: String,
        /// Why.
        why: String,
    },
}

/// Reads the counters of the node that `session` is connected to, as [`census`](super::census) does.
///
/// # Locks
/// `ACCESS SHARE` on system catalogs.
///
/// # Errors
/// As [`census`](super::census).
pub async fn node_counters(session: &mut ReadOnly) -> Result<NodeCounters, Error> {
    let moment = session.snapshot().await?;
    let place = Place::read(&moment).await?;
    let mut collector = Collector::start(&moment, None).await?;
    let server = collector.server(&place).await?;
    let relations = collector.plain(Source::RelationStatistics).await?;
    let indexes = collector.plain(Source::IndexStatistics).await?;
    let unseen = collector.unseen.into_values().next();
    Ok(NodeCounters { server, relations, indexes, unseen })
}

/// Adds what another node of the cluster counted; `name` is what it is called in `nodes`.
///
/// Reads are summed. Writes, rows and `VACUUM` happen on the primary only, and stay its own.
///
/// # Errors
/// [`NodeError`] if it is no node of the same cluster, or looks at another database; `census` is as before then.
pub fn merge(census: &mut Census, name: &str, node: NodeCounters) -> Result<(), NodeError> {
    let name = name.to_owned();
    let (here, there) = (&census.server, &node.server);
    if here.system_identifier.is_none() || here.system_identifier != there.system_identifier {
        return Err(NodeError::OtherCluster { name });
    }
    if (&here.database, here.database_oid) != (&there.database, there.database_oid) {
        return Err(NodeError::OtherDatabase { name, database: there.database.clone() });
    }
    if let Some(unseen) = node.unseen {
        return Err(NodeError::Unseen { name, why: unseen.text });
    }
    let mut relations: HashMap<u32, RelationStatistics> =
        node.relations.into_iter().map(|it| (it.relation, it)).collect();
    for own in &mut census.relation_statistics {
        if let Some(other) = relations.remove(&own.relation) {
            add_relation(own, &other);
        }
    }
    let mut indexes: HashMap<u32, IndexStatistics> =
        node.indexes.into_iter().map(|it| (it.index, it)).collect();
    for own in &mut census.index_statistics {
        if let Some(other) = indexes.remove(&own.index) {
            add_index(own, &other);
        }
    }
    let (in_recovery, counted_for_s) = (node.server.in_recovery, node.server.counted_for_s);
    census.nodes.push(ServerNode { name, in_recovery, counted_for_s });
    Ok(())
}

fn add_relation(own: &mut RelationStatistics, other: &RelationStatistics) {
    own.seq_scans += other.seq_scans;
    own.seq_rows += other.seq_rows;
    own.index_scans += other.index_scans;
    own.heap_blocks_read += other.heap_blocks_read;
    own.heap_blocks_hit += other.heap_blocks_hit;
    own.last_seq_scan_age_s = least(own.last_seq_scan_age_s, other.last_seq_scan_age_s);
}

fn add_index(own: &mut IndexStatistics, other: &IndexStatistics) {
    own.scans += other.scans;
    own.entries_read += other.entries_read;
    own.rows_fetched += other.rows_fetched;
    own.blocks_read += other.blocks_read;
    own.blocks_hit += other.blocks_hit;
    own.last_scan_age_s = least(own.last_scan_age_s, other.last_scan_age_s);
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
