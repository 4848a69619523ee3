//! What drops an object that is not expected.

use crate::script::Catalog;
use crate::{Kind, Object, Table};

impl Catalog {
    /// What drops an object of this catalog, the live one; none where it goes with that of another change.
    pub(super) fn unmake(&self, expected: &Self, object: &Object) -> Option<String> {
        let name = &object.name;
        let on = object.on.as_deref().unwrap_or_default();
        Some(match object.kind {
            Kind::Index | Kind::Constraint if self.goes_with_parent(expected, object) => return None,
            Kind::Index if self.is_on_partitioned(object) => format!("DROP INDEX {name};"),
            Kind::Index => format!("DROP INDEX CONCURRENTLY {name};"),
            Kind::Constraint if self.domain(object).is_some() => {
                format!("ALTER DOMAIN {on} DROP CONSTRAINT {name};")
            }
            Kind::Constraint => format!("ALTER TABLE {on} DROP CONSTRAINT {name};"),
            Kind::Trigger => format!("DROP TRIGGER {name} ON {on};"),
            Kind::Policy => format!("DROP POLICY {name} ON {on};"),
            Kind::Rule => format!("DROP RULE {name} ON {on};"),
            Kind::View if self.is_materialized(name) => format!("DROP MATERIALIZED VIEW {name};"),
            Kind::View => format!("DROP VIEW {name};"),
            Kind::Routine => format!("DROP ROUTINE {name};"),
            Kind::Extension => format!("-- DROP EXTENSION {name};"),
            Kind::Column => match name.rsplit_once('.') {
                Some((table, column)) => format!("-- ALTER TABLE {table} DROP COLUMN {column};"),
                None => format!("-- drop the column {name}"),
            },
            Kind::Schema | Kind::Type | Kind::Sequence | Kind::Table => {
                format!("-- DROP {} {name};", object.kind.to_string().to_uppercase())
            }
        })
    }

    fn is_materialized(&self, name: &str) -> bool {
        self.views.iter().any(|(it, view)| it.to_string() == name && view.materialized)
    }

    /// Whether an object of a partition is one of its partitioned table, too, which does not expect it either.
    fn goes_with_parent(&self, expected: &Self, object: &Object) -> bool {
        let place = self.table_of(object).and_then(|table| table.partition_of.as_ref());
        let Some((parent, parents)) =
            place.and_then(|it| Some((self.tables.get(&it.parent)?, expected.tables.get(&it.parent)?)))
        else {
            return false;
        };
        let own = |table: &Table| match object.kind {
            Kind::Index => table.indexes.keys().cloned().collect::<Vec<_>>(),
            _ => table.constraints.keys().cloned().collect(),
        };
        let known = own(parents);
        own(parent).iter().any(|name| !known.contains(name))
    }
}
