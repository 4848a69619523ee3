//! What `pg_class` and its neighbours say of a table, and what of that keeps it from being archived.

use pgrefit_catalog::Name;
use pgrefit_pg::digest::SentColumn;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Row, Snapshot};

use super::exchange;
use crate::{Error, Obstacle, Parent};

/// The row of `facts.sql`.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
pub(super) struct Facts {
    pub(super) oid: u32,
    pub(super) table: Name,
    pub(super) kind: String,
    pub(super) is_temporary: bool,
    pub(super) owner: String,
    pub(super) is_owner: bool,
    pub(super) row_security: bool,
    pub(super) bytes: u64,
    pub(super) can_create: bool,
    pub(super) is_partition: bool,
    pub(super) parent: Option<Parent>,
    pub(super) parent_owner: Option<String>,
    pub(super) is_parent_owner: bool,
    pub(super) default_partition: Option<String>,
    pub(super) child: Option<String>,
    pub(super) role: String,
    pub(super) database: String,
    pub(super) version_num: u32,
    pub(super) encoding: String,
}

type Got<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Facts {
    fn of(row: &Row) -> Got<Self> {
        let version_num: i64 = row.try_get("version_num")?;
        let bytes: i64 = row.try_get("bytes")?;
        Ok(Self {
            oid: row.try_get("oid")?,
            table: Name::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?),
            kind: row.try_get("kind")?,
            is_temporary: row.try_get("is_temporary")?,
            owner: row.try_get("owner")?,
            is_owner: row.try_get("is_owner")?,
            row_security: row.try_get("row_security")?,
            bytes: bytes.unsigned_abs(),
            can_create: row.try_get("can_create")?,
            is_partition: row.try_get::<_, Option<bool>>("is_partition")?.unwrap_or_default(),
            parent: parent(row)?,
            parent_owner: row.try_get("parent_owner")?,
            is_parent_owner: row.try_get::<_, Option<bool>>("is_parent_owner")?.unwrap_or(true),
            default_partition: row.try_get("default_partition")?,
            child: row.try_get("child")?,
            role: row.try_get("role")?,
            database: row.try_get("database")?,
            version_num: u32::try_from(version_num)?,
            encoding: row.try_get("encoding")?,
        })
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        if self.kind != "table" {
            found.push(Obstacle::NotATable { kind: self.kind.clone() });
        }
        if self.is_temporary {
            found.push(Obstacle::Temporary);
        }
        let not_owner = |table: &Name, owner: &str| Obstacle::NotOwner {
            table: table.clone(),
            role: self.role.clone(),
            owner: owner.to_owned(),
        };
        if !self.is_owner {
            found.push(not_owner(&self.table, &self.owner));
        }
        if self.row_security {
            found.push(Obstacle::RowSecurity { role: self.role.clone() });
        }
        if !self.can_create {
            found.push(Obstacle::NoCreate { schema: self.table.schema.clone() });
        }
        found.extend(
            self.child
                .as_ref()
                .and_then(|child| child.parse().ok())
                .map(|child| Obstacle::HasChildren { child }),
        );
        found.extend(self.parent_obstacles(not_owner));
        found
    }

    fn parent_obstacles(&self, not_owner: impl Fn(&Name, &str) -> Obstacle) -> Vec<Obstacle> {
        let Some(parent) = &self.parent else { return Vec::new() };
        if !self.is_partition {
            return vec![Obstacle::Inherits { parent: parent.table.clone() }];
        }
        let owner = self.parent_owner.as_deref().unwrap_or_default();
        let foreign = (!self.is_parent_owner).then(|| not_owner(&parent.table, owner));
        let default = self.default_partition.as_ref().and_then(|name| name.parse().ok());
        foreign.into_iter().chain(default.map(|partition| Obstacle::DefaultPartition { partition })).collect()
    }
}

fn parent(row: &Row) -> Got<Option<Parent>> {
    let schema: Option<String> = row.try_get("parent_schema")?;
    let name: Option<String> = row.try_get("parent_name")?;
    let Some((schema, name)) = schema.zip(name) else { return Ok(None) };
    Ok(Some(Parent {
        table: Name::new(schema, name),
        oid: row.try_get("parent_oid")?,
        key: row.try_get::<_, Option<String>>("key")?.unwrap_or_default(),
        bound: row.try_get::<_, Option<String>>("bound")?.unwrap_or_default(),
        constraint: row.try_get("bound_constraint")?,
    }))
}

/// `None` where there is no such table.
pub(super) async fn facts(snapshot: &Snapshot<'_>, table: &Name) -> Result<Option<Facts>, Error> {
    let params: pgrefit_pg::Params<'_> = &[(&table.schema, Type::NAME), (&table.name, Type::NAME)];
    let rows = snapshot.query(include_str!("facts.sql"), params).await.map_err(Error::Source)?;
    let facts = rows.first().map(Facts::of).transpose();
    facts.map_err(|error| Error::Source(exchange(error)))
}

/// What keeps the table from being archived; nothing if it can be.
pub(super) async fn obstacles(
    snapshot: &Snapshot<'_>,
    facts: &Facts,
    columns: &[SentColumn],
) -> Result<Vec<Obstacle>, Error> {
    let mut found = facts.obstacles();
    if !found.is_empty() {
        // What follows has no meaning for a view.
        return Ok(found);
    }
    found.extend(references(snapshot, facts.oid).await?);
    found.extend(needs(snapshot, facts.oid).await?);
    let kept = columns.iter().filter(|column| !column.is_generated);
    found.extend(kept.clone().filter_map(|column| {
        let why = column.obstacle.clone()?;
        Some(Obstacle::Column { column: column.name.clone(), why })
    }));
    if kept.count() == 0 {
        found.push(Obstacle::NoColumns);
    }
    Ok(found)
}

async fn references(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<Obstacle>, Error> {
    let rows =
        snapshot.query(include_str!("references.sql"), &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
    let one = |row: &Row| -> Got<Obstacle> {
        let by = Name::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?);
        Ok(Obstacle::Referenced { by, constraint: row.try_get("constraint_name")? })
    };
    rows.iter().map(one).collect::<Got<_>>().map_err(|error| Error::Source(exchange(error)))
}

async fn needs(snapshot: &Snapshot<'_>, oid: u32) -> Result<Vec<Obstacle>, Error> {
    let rows =
        snapshot.query(include_str!("needs.sql"), &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
    let one = |row: &Row| -> Got<Obstacle> { Ok(Obstacle::Needed { by: row.try_get("needed_by")? }) };
    rows.iter().map(one).collect::<Got<_>>().map_err(|error| Error::Source(exchange(error)))
}
