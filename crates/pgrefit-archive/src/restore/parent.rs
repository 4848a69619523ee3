//! The place in a partitioned table that a restored table goes back to.

use pgrefit_catalog::{Name, quote_ident};
use pgrefit_pg::types::Type;

use super::{Back, begin};
use crate::failpoint::reach;
use crate::ledger::{Change, literal};
use crate::plan::exchange;
use crate::run::{Patience, is_lock};
use crate::{Error, Event, ForeignKey, Parent, Placement, State};

/// Says what the bounds say until the table is attached.
const BOUND: &str = "pgrefit_archive_bound";

impl Back<'_> {
    /// The parent to go back to, if that is wanted and there is one.
    pub(super) async fn check_parent(&mut self) -> Result<(), Error> {
        let Some(parent) = self.wanted_parent() else { return Ok(()) };
        let missing = self.columns_that_parent_lacks(&parent).await?;
        if let Some(column) = missing.first() {
            let why = format!("{} has no column \"{column}\" any more: restore it on its own", parent.table);
            return Err(Error::NotRestorable { table: self.record.table().clone(), why });
        }
        Ok(())
    }

    fn wanted_parent(&self) -> Option<Parent> {
        self.record.plan.parent.clone().filter(|_| self.placement == Placement::AsBefore)
    }

    /// Adds foreign keys, and attaches the table if there is a parent; whether it did.
    pub(super) async fn place(&mut self) -> Result<bool, Error> {
        for key in self.record.plan.foreign_keys.clone() {
            self.add(&key).await?;
        }
        let attached = match self.wanted_parent() {
            Some(parent) if self.is_partitioned(&parent.table).await? => {
                self.add_columns(&parent).await?;
                self.bound(&parent).await?;
                reach("bound but not attached");
                self.again("ATTACH PARTITION", &self.attach(&parent)).await?;
                true
            }
            Some(parent) => {
                let note = format!("{} is gone: {} is a table of its own", parent.table, self.record.table());
                self.job.tell(Event::Note(note));
                self.again("ledger", "").await?;
                false
            }
            None => {
                self.again("ledger", "").await?;
                false
            }
        };
        self.reload().await?;
        Ok(attached)
    }

    /// `sql` and the ledger's row in one transaction, again while others hold its locks.
    async fn again(&mut self, lock: &'static str, sql: &str) -> Result<(), Error> {
        let job = self.job;
        let mut patience = Patience::new(job, self.record.table(), lock);
        loop {
            match self.once(sql).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let _ = self.session.batch("ROLLBACK").await;
                    match error {
                        Error::Source(error) if is_lock(&error) => patience.pause(error).await?,
                        other => return Err(other),
                    }
                }
            }
        }
    }

    async fn once(&mut self, sql: &str) -> Result<(), Error> {
        self.session.batch(&format!("{}; {sql}", begin(self.job))).await.map_err(Error::Source)?;
        let change = Change::to(State::Restored);
        self.ledger.change(&mut self.session, &self.record, self.job.tool, &change).await?;
        reach("attached but not committed");
        self.session.batch("COMMIT").await.map_err(Error::Source)
    }

    fn attach(&self, parent: &Parent) -> String {
        let table = self.record.table();
        let drop = parent
            .constraint
            .as_ref()
            .map(|_| format!("; ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {BOUND}"));
        let attach = format!("ALTER TABLE {} ATTACH PARTITION {table} {}", parent.table, parent.bound);
        attach + &drop.unwrap_or_default()
    }

    /// `NOT VALID` first, so that no other table is locked while this one is read. Each is looked for: an earlier run may have
    /// come so far.
    async fn add(&mut self, key: &ForeignKey) -> Result<(), Error> {
        let (table, name) = (self.record.table().clone(), quote_ident(&key.name));
        if self.constraint(&key.name).await?.is_none() {
            let definition = key.definition.trim_end_matches(" NOT VALID");
            let sql = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID");
            self.patiently("ADD FOREIGN KEY", &sql).await?;
        }
        if self.constraint(&key.name).await? == Some(false) && !key.definition.ends_with(" NOT VALID") {
            self.patiently("VALIDATE CONSTRAINT", &format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))
                .await?;
        }
        Ok(())
    }

    async fn bound(&mut self, parent: &Parent) -> Result<(), Error> {
        let Some(check) = &parent.constraint else { return Ok(()) };
        if self.constraint(BOUND).await?.is_none() {
            let sql = format!("ALTER TABLE {} ADD CONSTRAINT {BOUND} CHECK ({check})", self.record.table());
            self.patiently("ADD CHECK", &sql).await?;
        }
        Ok(())
    }

    async fn patiently(&mut self, lock: &'static str, sql: &str) -> Result<(), Error> {
        let job = self.job;
        let mut patience = Patience::new(job, self.record.table(), lock);
        loop {
            job.check_stop()?;
            match self.session.batch(sql).await {
                Err(error) if is_lock(&error) => patience.pause(error).await?,
                other => return other.map_err(Error::Source),
            }
        }
    }

    /// Whether the table's constraint of this name is valid; `None` where it has none.
    async fn constraint(&mut self, name: &str) -> Result<Option<bool>, Error> {
        let sql = format!(
            "SELECT convalidated FROM pg_catalog.pg_constraint WHERE conrelid = {}::pg_catalog.regclass AND conname = {}",
            literal(&self.record.table().to_string()),
            literal(name)
        );
        let rows = self.session.simple(&sql).await.map_err(Error::Source)?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()).map(|valid| valid == "t"))
    }

    async fn is_partitioned(&mut self, table: &Name) -> Result<bool, Error> {
        let sql = "SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'p'";
        let params: pgrefit_pg::Params<'_> = &[(&table.schema, Type::NAME), (&table.name, Type::NAME)];
        Ok(!self.session.query(sql, params).await.map_err(Error::Source)?.is_empty())
    }

    /// Columns of the archive that the parent lacks, if there is a parent.
    async fn columns_that_parent_lacks(&mut self, parent: &Parent) -> Result<Vec<String>, Error> {
        if !self.is_partitioned(&parent.table).await? {
            return Ok(Vec::new());
        }
        let has = self.columns(&parent.table).await?;
        let own = self.record.plan.columns.iter().map(|column| column.name.clone());
        Ok(own.filter(|column| !has.iter().any(|(name, _)| name == column)).collect())
    }

    /// Columns that the parent was given since then, with its defaults.
    async fn add_columns(&mut self, parent: &Parent) -> Result<(), Error> {
        let (wanted, has) =
            (self.columns(&parent.table).await?, self.columns(&self.record.table().clone()).await?);
        let missing = wanted.iter().filter(|(name, _)| !has.iter().any(|(own, _)| own == name));
        for (name, definition) in missing {
            let sql =
                format!("ALTER TABLE {} ADD COLUMN {} {definition}", self.record.table(), quote_ident(name));
            self.patiently("ADD COLUMN", &sql).await?;
        }
        Ok(())
    }

    /// Names, and types with defaults.
    async fn columns(&mut self, table: &Name) -> Result<Vec<(String, String)>, Error> {
        let params: pgrefit_pg::Params<'_> = &[(&table.to_string(), Type::TEXT)];
        self.session.batch(&begin(self.job)).await.map_err(Error::Source)?;
        let rows = self.session.query(include_str!("columns.sql"), params).await;
        self.session.batch("ROLLBACK").await.map_err(Error::Source)?;
        let rows = rows.map_err(Error::Source)?;
        let pair = |row: &pgrefit_pg::Row| Ok((row.try_get("name")?, row.try_get("definition")?));
        let pairs: Result<_, Box<dyn std::error::Error + Send + Sync>> = rows.iter().map(pair).collect();
        pairs.map_err(|error| Error::Source(exchange(error)))
    }
}
