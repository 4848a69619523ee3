//! The catalogs. Large results are sorted here and not by the server, which would write them to disk.

use std::collections::HashMap;

use pgrefit_catalog::census::{Census, ColumnDefault, Index, Node, Routine, Source};
use serde::Deserialize;
use tokio_postgres::types::Type;

use super::collect::{Collector, Query};
use super::redact;
use crate::{Error, Params};

#[derive(Deserialize)]
struct Default {
    relation: u32,
    number: i16,
    generated: bool,
    expression: Node,
}

#[derive(Deserialize)]
struct Named {
    oid: u32,
    name: String,
}

#[derive(Deserialize)]
struct Qualified {
    oid: u32,
    schema: String,
    name: String,
}

impl Collector<'_> {
    pub(super) async fn catalog(&mut self, census: &mut Census) -> Result<(), Error> {
        census.namespaces = self.plain(Source::Namespaces).await?;
        census.relations = self.plain(Source::Relations).await?;
        census.relations.sort_unstable_by_key(|it| it.oid);
        census.inheritance = self.plain(Source::Inheritance).await?;
        census.partition_keys = self.plain(Source::PartitionKeys).await?;
        census.columns = self.plain(Source::Columns).await?;
        census.columns.sort_unstable_by_key(|it| (it.relation, it.number));
        census.types = self.plain(Source::Types).await?;
        census.defaults = self.defaults().await?;
        census.indexes = self.indexes().await?;
        census.index_dependencies = self.plain(Source::IndexDependencies).await?;
        census.index_dependencies.sort_unstable_by_key(|it| (it.index, it.column));
        census.constraints = self.plain(Source::Constraints).await?;
        census.constraints.sort_unstable_by_key(|it| it.oid);
        let checks = Query::new(include_str!("check_expressions.sql"));
        census.check_expressions = self.read(Source::Constraints, checks).await?;
        census.check_expressions.sort_unstable_by_key(|it| it.constraint);
        census.triggers = self.plain(Source::Triggers).await?;
        census.triggers.sort_unstable_by_key(|it| it.oid);
        census.rules = self.plain(Source::Rules).await?;
        census.policies = self.plain(Source::Policies).await?;
        census.sequences = self.plain(Source::Sequences).await?;
        census.sequence_uses = self.plain(Source::SequenceUses).await?;
        census.routines = self.routines().await?;
        census.languages = self.plain(Source::Languages).await?;
        census.foreign_servers = self.plain(Source::ForeignServers).await?;
        census.event_triggers = self.plain(Source::EventTriggers).await?;
        Ok(())
    }

    /// Dependencies do not tell which function of the server itself a default calls; its tree does.
    async fn defaults(&mut self) -> Result<Vec<ColumnDefault>, Error> {
        let mut found: Vec<Default> = self.plain(Source::Defaults).await?;
        found.sort_unstable_by_key(|it| (it.relation, it.number));
        let called: Vec<Vec<u32>> = found.iter().map(|it| it.expression.functions()).collect();
        let names = self.function_names(Source::Defaults, called.concat()).await?;
        let defaults = found.into_iter().zip(called).map(|(it, called)| ColumnDefault {
            relation: it.relation,
            number: it.number,
            functions: called.iter().filter_map(|oid| names.get(oid).cloned()).collect(),
            expression: it.generated.then_some(it.expression),
        });
        Ok(defaults.collect())
    }

    /// Functions as `schema.name`, by oid.
    async fn function_names(
        &mut self,
        source: Source,
        mut oids: Vec<u32>,
    ) -> Result<HashMap<u32, String>, Error> {
        oids.sort_unstable();
        oids.dedup();
        let params: Params<'_> = &[(&oids, Type::OID_ARRAY)];
        let names = Query::new(include_str!("function_names.sql")).with(params);
        let names: Vec<Named> = self.read(source, names).await?;
        Ok(names.into_iter().map(|it| (it.oid, it.name)).collect())
    }

    async fn indexes(&mut self) -> Result<Vec<Index>, Error> {
        let mut indexes: Vec<Index> = self.plain(Source::Indexes).await?;
        indexes.sort_unstable_by_key(|it| it.oid);
        let classes = Query::new(include_str!("operator_classes.sql"));
        let classes: Vec<Qualified> = self.read(Source::Indexes, classes).await?;
        let classes: HashMap<u32, (String, String)> =
            classes.into_iter().map(|it| (it.oid, (it.schema, it.name))).collect();
        let calls = |index: &Index| index.expressions.as_ref().map(Node::functions).unwrap_or_default();
        let functions =
            self.function_names(Source::Indexes, indexes.iter().flat_map(calls).collect()).await?;
        for index in &mut indexes {
            index.functions =
                calls(index).iter().map(|oid| functions.get(oid).cloned().unwrap_or_default()).collect();
            let named =
                index.operator_classes.iter().map(|oid| classes.get(oid).cloned().unwrap_or_default());
            (index.operator_class_schemas, index.operator_class_names) = named.unzip();
        }
        Ok(indexes)
    }

    async fn routines(&mut self) -> Result<Vec<Routine>, Error> {
        let mut routines: Vec<Routine> = self.plain(Source::Routines).await?;
        routines.sort_unstable_by_key(|it| it.oid);
        for settings in routines.iter_mut().map(|it| &mut it.settings) {
            *settings = std::mem::take(settings).into_iter().map(redact::assignment).collect();
        }
        Ok(routines)
    }
}
