//! Retires partitions that are wholly older than what is kept.

use pgrefit_catalog::Name;
use pgrefit_pg::partition::{PartitionedTable, detach_concurrently};

use super::keeper::Keeper;
use crate::convert::literal;
use crate::ranges;
use crate::{Due, Error, KeyType, MaintainEvent, Point, Then};

impl Keeper<'_> {
    pub(super) async fn retire(
        &mut self,
        table: &PartitionedTable,
        key: KeyType,
        present: Point,
    ) -> Result<(), Error> {
        let Some(retention) = self.set.retention else { return Ok(()) };
        if retention.then == Then::Drop {
            self.drop_left(&table.name).await?;
        }
        let Some(limit) = retention.limit(present) else { return Ok(()) };
        let due = ranges::due(table, key, limit);
        match retention.then {
            Then::Archive => self.report.due = due,
            Then::Detach => {
                for due in due {
                    self.pardon(table, &due.partition).await?;
                    self.detach(table, &due.partition).await?;
                }
            }
            Then::Drop => {
                for due in due {
                    self.drop_irreversibly(table, &due).await?;
                }
            }
        }
        Ok(())
    }

    async fn detach(&mut self, table: &PartitionedTable, partition: &Name) -> Result<(), Error> {
        let what = format!("detach the partition {partition}");
        (self.listener)(MaintainEvent::Detaching { partition });
        // Neither with a default partition nor before PostgreSQL 14 can it be done concurrently.
        if table.default_partition().is_some() || self.session.version_num() < 140_000 {
            let sql = format!("ALTER TABLE {} DETACH PARTITION {partition};\n", table.name);
            self.transact(&what, &sql).await?;
        } else {
            let cancel = self.session.cancel_handle();
            let work =
                detach_concurrently(&mut self.session, &table.name, partition, self.options.detach_limit);
            super::attended(self.stop, &cancel, work).await?.map_err(Error::server(what))?;
        }
        self.report.detached.push(partition.clone());
        (self.listener)(MaintainEvent::Detached { partition });
        Ok(())
    }

    /// A partition that is to be dropped says so before it is detached: after that, nothing else would tell it from a table that
    /// somebody wants to keep.
    async fn drop_irreversibly(&mut self, table: &PartitionedTable, due: &Due) -> Result<(), Error> {
        let partition = &due.partition;
        let mark = format!("COMMENT ON TABLE {partition} IS {};\n", literal(&condemned(&table.name)));
        self.transact(&format!("mark {partition} as one to be dropped"), &mark).await?;
        self.detach(table, partition).await?;
        self.drop_table(partition).await
    }

    /// Takes back what a run said that was to drop it, when dropping was what the configuration said.
    async fn pardon(&mut self, table: &PartitionedTable, partition: &Name) -> Result<(), Error> {
        let found = table.partitions.iter().find(|it| it.name == *partition);
        if found.and_then(|it| it.comment.as_ref()) != Some(&condemned(&table.name)) {
            return Ok(());
        }
        let sql = format!("COMMENT ON TABLE {partition} IS NULL;\n");
        self.transact(&format!("mark {partition} as one to be kept"), &sql).await
    }

    async fn drop_table(&mut self, partition: &Name) -> Result<(), Error> {
        self.transact(&format!("drop {partition}"), &format!("DROP TABLE {partition};\n")).await?;
        self.report.dropped.push(partition.clone());
        (self.listener)(MaintainEvent::Dropped { partition });
        Ok(())
    }

    /// Drops what a killed run has detached in order to drop it.
    async fn drop_left(&mut self, parent: &Name) -> Result<(), Error> {
        let sql = format!(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = {} \
             AND pg_catalog.obj_description(c.oid, 'pg_class') = {}",
            literal(&parent.schema),
            literal(&condemned(parent))
        );
        let looked = self.reader.simple(&sql).await;
        for row in looked.map_err(Error::server("look for what a former run has detached"))? {
            let [Some(schema), Some(name)] = <[_; 2]>::try_from(row).unwrap_or_default() else { continue };
            self.drop_table(&Name { schema, name }).await?;
        }
        Ok(())
    }
}

/// The comment on a partition that is going to be dropped.
fn condemned(parent: &Name) -> String {
    format!("pgrefit: was a partition of {parent}, older than what is kept, and is going to be dropped")
}
