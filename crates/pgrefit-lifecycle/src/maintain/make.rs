//! Makes partitions: a table beside the partitioned one with all that it needs, then attached for a moment's lock.
//!
//! A table that is made and not attached yet says so in its comment. A run that finds one, left by a run that was killed, makes it anew.

use pgrefit_catalog::{Name, quote_ident};
use pgrefit_pg::partition::{Bound, PartitionedTable};

use super::keeper::Keeper;
use crate::convert::{literal, rights_of};
use crate::layout::Part;
use crate::name::suffixed;
use crate::ranges;
use crate::{Error, Interval, KeyType, ListPart, MaintainEvent, Point, Step};

/// A partition that is wanted.
struct Wanted {
    name: Name,
    /// `FOR VALUES …`.
    bound: String,
    /// The same as a condition.
    condition: String,
}

impl Keeper<'_> {
    /// Makes the partition that `present` is in, and those ahead of it, as far as they are not there.
    pub(super) async fn make_ahead(
        &mut self,
        step: Step,
        key: KeyType,
        table: &PartitionedTable,
        present: Point,
    ) -> Result<(), Error> {
        let (taken, _) = ranges::taken(table, key);
        for (from, to) in wanted(step, present, self.set.ahead) {
            for (from, to) in ranges::missing(&taken, from, to) {
                // A part of an interval, where others were cut in another way before.
                let label = if step.floor(from) == Some(from) { step } else { Step::Calendar(Interval::Day) };
                let part = Part::new(self.set, &table.name, label, Some(from), to);
                let column = quote_ident(&self.set.key);
                let (bound, condition) = (part.bound(key), part.condition(key, &column));
                self.make(table, &Wanted { name: part.name, bound, condition }).await?;
            }
        }
        Ok(())
    }

    /// Makes the partitions of a list that are not there.
    pub(super) async fn list(&mut self, parts: &[ListPart], table: &PartitionedTable) -> Result<(), Error> {
        let unfit = |problem| Error::Unfit { table: table.name.to_string(), problem };
        if table.strategy != pgrefit_pg::partition::Strategy::List {
            return Err(unfit(format!("it is partitioned by {}, not by a list", table.key_definition)));
        }
        ranges::key_column(table, &self.set.key).map_err(unfit)?;
        let taken: Vec<&String> = table
            .partitions
            .iter()
            .filter_map(|partition| match &partition.bound {
                Bound::List(values) => Some(values.iter().flatten()),
                _ => None,
            })
            .flatten()
            .collect();
        for part in parts {
            let missing = part.values.iter().filter(|value| !taken.contains(value)).count();
            if missing == 0 {
                continue;
            }
            if missing < part.values.len() {
                let text = format!(
                    "of the values of \"{}\" some have a partition already, and others have none",
                    part.name
                );
                self.report.warnings.push(text);
                continue;
            }
            let name = self.set.partition_name(&table.name.name, &part.name);
            let values = part.values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
            let column = quote_ident(&self.set.key);
            let wanted = Wanted {
                name: Name::new(table.name.schema.clone(), name),
                bound: format!("FOR VALUES IN ({values})"),
                condition: format!("{column} IS NOT NULL AND {column} IN ({values})"),
            };
            self.make(table, &wanted).await?;
        }
        Ok(())
    }

    async fn make(&mut self, table: &PartitionedTable, wanted: &Wanted) -> Result<(), Error> {
        let (parent, partition) = (&table.name, &wanted.name);
        self.clear(parent, partition).await?;
        let check = quote_ident(&suffixed(&partition.name, "bound"));
        let form = self.form(table).await?;
        let foreign_keys =
            form.foreign_keys.iter().map(|key| format!("ALTER TABLE {partition} ADD {key};\n"));
        let sql = format!(
            "CREATE TABLE {partition} (\n    LIKE {parent} INCLUDING ALL EXCLUDING IDENTITY,\n    CONSTRAINT {check} CHECK ({})\n){}{};\n\
             COMMENT ON TABLE {partition} IS {};\n{}{}{}",
            wanted.condition,
            form.with,
            form.tablespace,
            literal(&half_made(parent)),
            foreign_keys.collect::<String>(),
            form.more.replace("$partition", &partition.to_string()),
            rights_of(&literal(&parent.to_string()), &[literal(&partition.to_string())]),
        );
        self.transact(&format!("make the partition {partition}"), &sql).await?;
        let attach = format!(
            "ALTER TABLE {parent} ATTACH PARTITION {partition} {};\nALTER TABLE {partition} DROP CONSTRAINT {check};\n\
             COMMENT ON TABLE {partition} IS NULL;\n",
            wanted.bound
        );
        self.transact(&format!("attach the partition {partition}"), &attach).await?;
        self.report.made.push(partition.clone());
        (self.listener)(MaintainEvent::Made { partition });
        Ok(())
    }

    /// Removes what a killed run has left under this name, which is empty; anything else under it is somebody's.
    async fn clear(&mut self, parent: &Name, partition: &Name) -> Result<(), Error> {
        let sql = format!(
            "SELECT pg_catalog.obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relname = {}",
            literal(&partition.schema),
            literal(&partition.name)
        );
        let looked = self.reader.simple(&sql).await;
        let rows = looked.map_err(Error::server(format!("look whether the name {partition} is free")))?;
        let Some(row) = rows.into_iter().next() else { return Ok(()) };
        let comment = row.into_iter().next().flatten();
        let taken = |problem: &str| Error::Unfit {
            table: parent.to_string(),
            problem: format!("{partition} is needed for a partition, and the name is taken by {problem}"),
        };
        if comment != Some(half_made(parent)) {
            return Err(taken("something else"));
        }
        let looked = self.session.simple(&format!("SELECT FROM {partition} LIMIT 1")).await;
        if !looked.map_err(Error::server(format!("look into {partition}")))?.is_empty() {
            return Err(taken("a table that a former run has left, into which somebody has written since"));
        }
        self.transact(
            &format!("remove {partition}, which a former run has left"),
            &format!("DROP TABLE {partition};\n"),
        )
        .await
    }

    /// What partitions of a table have that `LIKE` does not say.
    async fn form(&mut self, table: &PartitionedTable) -> Result<Form, Error> {
        let sql = include_str!("form.sql").replace("$parent", &table.oid.to_string());
        let looked = self.reader.simple(&sql).await;
        let rows =
            looked.map_err(Error::server(format!("read what partitions of {} are made of", table.name)))?;
        let mut form = Form::default();
        for row in rows {
            let [Some(kind), Some(text)] = <[_; 2]>::try_from(row).unwrap_or_default() else { continue };
            match kind.as_str() {
                "with" => form.with = format!(" WITH ({text})"),
                "tablespace" => form.tablespace = format!(" TABLESPACE {text}"),
                "foreign key" => form.foreign_keys.push(text),
                _ => form.more.extend([text.as_str(), ";\n"]),
            }
        }
        Ok(form)
    }
}

/// What partitions of a table have that `LIKE` does not say, as SQL.
#[derive(Default)]
struct Form {
    with: String,
    tablespace: String,
    foreign_keys: Vec<String>,
    more: String,
}

/// The interval that `present` is in and so many behind it, as far as they can be written down.
fn wanted(step: Step, present: Point, ahead: u32) -> Vec<(Point, Point)> {
    let Some(first) = step.floor(present) else { return Vec::new() };
    let pair = |at: i64| Some((step.add(first, at)?, step.add(first, at + 1)?));
    (0..=i64::from(ahead)).map_while(pair).collect()
}

/// The comment on a table that is made and not attached yet.
fn half_made(parent: &Name) -> String {
    format!("pgrefit: becomes a partition of {parent}")
}
