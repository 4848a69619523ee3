//! One set: what is read, and in which order things are done.

use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_pg::partition::{PartitionedTable, detach_finalize, extremes, partitioned_table, resolve};
use pgrefit_pg::{Connector, Migrator, ReadOnly, Stop};

use super::MaintainOptions;
use crate::ranges::{self, range_key};
use crate::{Error, KeyType, MaintainEvent, Method, PartitionSet, Point, SetReport, Step};

/// How long the highest number of a key is looked for; with an index it takes no time.
const LOOK: Duration = Duration::from_secs(20);

/// Works on one set.
pub(super) struct Keeper<'a> {
    pub(super) session: Migrator,
    pub(super) reader: ReadOnly,
    pub(super) set: &'a PartitionSet,
    pub(super) options: &'a MaintainOptions,
    pub(super) stop: &'a Stop,
    pub(super) listener: &'a mut (dyn FnMut(MaintainEvent<'_>) + Send),
    pub(super) report: &'a mut SetReport,
    /// How long was waited for locks so far.
    pub(super) waited: Duration,
}

impl<'a> Keeper<'a> {
    /// With sessions of its own, so that what one set does to a session is not there for the next.
    pub(super) async fn open(
        connector: &Connector,
        set: &'a PartitionSet,
        options: &'a MaintainOptions,
        stop: &'a Stop,
        listener: &'a mut (dyn FnMut(MaintainEvent<'_>) + Send),
        report: &'a mut SetReport,
    ) -> Result<Self, Error> {
        let session = connector.migrator().await.map_err(Error::server("open a session"))?;
        let reader = connector.read_only().await.map_err(Error::server("open a session"))?;
        Ok(Self { session, reader, set, options, stop, listener, report, waited: Duration::ZERO })
    }

    /// All that is to be done for the set, in an order in which each step is of use without the next: rows must have a place first.
    pub(super) async fn run(&mut self, now: Point) -> Result<(), Error> {
        let name = self.find().await?;
        self.report.name = Some(name.clone());
        let mut table = self.read(&name).await?;
        if let Some(pending) = table.pending_detach().map(|pending| pending.name.clone()) {
            self.finalize(&name, &pending).await?;
            table = self.read(&name).await?;
        }
        if let Some(default) = table.default_partition() {
            let rows = default.rows.map_or_else(String::new, |rows| format!(", about {rows} rows are in it"));
            self.report.warnings.push(format!(
                "{} is a default partition{rows}: attaching reads it while nobody else can, and no partition can be detached concurrently",
                default.name
            ));
        }
        match &self.set.method {
            Method::Range(step) => self.range(*step, table, now).await,
            Method::List(parts) => self.list(parts, &table).await,
        }
    }

    async fn range(&mut self, step: Step, mut table: PartitionedTable, now: Point) -> Result<(), Error> {
        let unfit = |problem| Error::Unfit { table: table.name.to_string(), problem };
        let key = range_key(&table, &self.set.key, step).map_err(unfit)?;
        let present = self.present(&table, key, now).await?;
        // What is made stays made when the rest fails, and what is old becomes due all the same.
        let made = self.make_ahead(step, key, &table, present).await;
        if !self.report.made.is_empty() {
            table = self.read(&table.name).await?;
        }
        let (taken, unknown) = ranges::taken(&table, key);
        self.report.ready_until = ranges::ready_until(&taken, present);
        let gaps = ranges::gaps(&taken);
        self.report
            .warnings
            .extend(unknown.iter().map(|name| format!("the bound of {name} is not understood")));
        self.report
            .warnings
            .extend(gaps.iter().map(|(from, to)| format!("rows from {from} to {to} have no partition")));
        if matches!(made, Err(Error::Stopped)) {
            return made;
        }
        let retired = self.retire(&table, key, present).await;
        made.and(retired)
    }

    /// The present moment, or the highest number there is.
    async fn present(&mut self, table: &PartitionedTable, key: KeyType, now: Point) -> Result<Point, Error> {
        if key.is_time() {
            return Ok(now);
        }
        let what = format!("find the highest {}", self.set.key);
        let found = extremes(&mut self.reader, &table.name, &self.set.key, LOOK).await;
        let found = found.map_err(Error::server(what))?.ok_or_else(|| Error::Unfit {
            table: table.name.to_string(),
            problem: format!("the highest {} is not found in time: it needs an index", self.set.key),
        })?;
        Ok(found.max.and_then(|text| key.point(&text)).unwrap_or(Point::Number(0)))
    }

    async fn find(&mut self) -> Result<Name, Error> {
        let found = resolve(&self.reader, &self.set.table).await;
        let found = found.map_err(Error::server(format!("find the table {}", self.set.table)))?;
        found.ok_or_else(|| Error::NoTable { table: self.set.table.clone() })
    }

    pub(super) async fn read(&mut self, name: &Name) -> Result<PartitionedTable, Error> {
        let read = partitioned_table(&mut self.reader, name).await;
        read.map_err(Error::server(format!("read the partitions of {name}")))?.ok_or_else(|| Error::Unfit {
            table: name.to_string(),
            problem: "it is not partitioned".to_owned(),
        })
    }

    async fn finalize(&mut self, parent: &Name, partition: &Name) -> Result<(), Error> {
        let what = format!("end the detach of {partition}");
        let cancel = self.session.cancel_handle();
        let work = detach_finalize(&mut self.session, parent, partition, self.options.detach_limit);
        super::attended(self.stop, &cancel, work).await?.map_err(Error::server(what))?;
        self.report.finalized.push(partition.clone());
        (self.listener)(MaintainEvent::Finalized { partition });
        Ok(())
    }
}
