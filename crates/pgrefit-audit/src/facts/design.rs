//! Columns as they were declared, and what a partitioned table is made of.

use pgrefit_catalog::census::{
    Column, ColumnType, ConstraintKind, Index, Node, Policy, Relation, RelationKind,
};
use pgrefit_catalog::quote_ident;

use super::Facts;
use crate::ruling::Found;

/// How deep partitions are followed.
const DEPTH: usize = 32;

/// What refuses the change of a type, and is not in a census.
pub(crate) const RETYPE_HINT: &str = "views that use it must be dropped first and made again; so must triggers that name it in WHEN, \
                                      and filters of publications";

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The type beneath domains and arrays.
    pub base: &'a ColumnType,
    /// Its `atttypmod`, of the column or of a domain.
    pub typmod: i32,
    /// It is the element of an array.
    pub is_array: bool,
    /// A domain is above it.
    pub is_domain: bool,
}

impl Held<'_> {
    /// The same of another type: `numeric`, or `numeric[]`.
    #[must_use]
    pub fn as_type(&self, to: &str) -> String {
        format!("{to}{}", if self.is_array { "[]" } else { "" })
    }
}

impl<'a> Facts<'a> {
    /// Columns as they were declared, with their table and the type beneath domains: not those of partitions, nor those that a
    /// child has from its parent.
    pub fn declared_columns(&self) -> impl Iterator<Item = (&'a Relation, &'a Column, &'a ColumnType)> {
        self.root_tables().flat_map(move |table| {
            let own = self.columns(table.oid).iter().filter(|column| !column.inherited);
            own.filter_map(move |column| Some((table, *column, self.base_type(column.type_oid)?)))
        })
    }

    /// The same, of these types of PostgreSQL itself.
    pub fn columns_of_type(
        &self,
        names: &'static [&'static str],
    ) -> impl Iterator<Item = (&'a Relation, &'a Column, &'a ColumnType)> {
        self.declared_columns().filter(move |(_, _, base)| base.is_built_in(names))
    }

    /// The same, where it is the type beneath domains and arrays.
    pub fn columns_holding(
        &self,
        names: &'static [&'static str],
    ) -> impl Iterator<Item = (&'a Relation, &'a Column, Held<'a>)> {
        let held = |(table, column, _)| Some((table, column, self.held(column)?));
        self.declared_columns().filter_map(held).filter(move |(_, _, held)| held.base.is_built_in(names))
    }

    /// What a column holds, beneath domains and arrays.
    #[must_use]
    pub fn held(&self, column: &Column) -> Option<Held<'a>> {
        let mut held = Held {
            base: self.type_of(column.type_oid)?,
            typmod: column.typmod,
            is_array: false,
            is_domain: false,
        };
        for _ in 0..DEPTH {
            let base = held.base;
            if base.kind == 'd' {
                held.is_domain = true;
                held.typmod = if held.typmod < 0 { base.typmod } else { held.typmod };
                held.base = self.type_of(base.base)?;
            } else if base.category == 'A' && base.element != 0 {
                held.is_array = true;
                held.base = self.type_of(base.element)?;
            } else {
                break;
            }
        }
        Some(held)
    }

    /// Tells how to give a column another type: `ALTER TABLE … TYPE …`, with `USING` a cast if there must be one; or why that is no
    /// matter of one statement.
    pub(crate) fn tell_retype(
        &self,
        told: &mut Found<'_>,
        (table, column): (u32, &Column),
        to: &str,
        (using, reversible): (bool, bool),
    ) {
        if let Some(why) = self.retype_hindrance(table, column) {
            told.hint(format!("ALTER COLUMN … TYPE {to} is not enough: {why}"));
            return;
        }
        let (name, column) = (self.name(table), quote_ident(&column.name));
        let using = if using { format!(" USING {column}::{to}") } else { String::new() };
        told.sql(
            format!("ALTER TABLE {name} ALTER COLUMN {column} TYPE {to}{using};"),
            "ACCESS EXCLUSIVE",
            reversible,
        )
        .hint(RETYPE_HINT);
    }

    /// Why the type of a column cannot be changed by a statement alone, as far as a census knows. It knows nothing of views.
    #[must_use]
    pub fn retype_hindrance(&self, table: u32, column: &Column) -> Option<String> {
        let declared = self.type_of(column.type_oid)?;
        if self.held(column)?.is_domain {
            return Some(format!(
                "its type is made of a domain ({}), whose CHECKs would be lost",
                crate::object::qualified(&declared.schema, &declared.name)
            ));
        }
        let mut open = vec![table];
        while let Some(oid) = open.pop() {
            let own = self.column_named(oid, &column.name);
            if let Some(why) = own.and_then(|own| self.own_hindrance(oid, own)) {
                return Some(why);
            }
            open.extend(self.children(oid));
        }
        None
    }

    /// The same, of one table without its children.
    fn own_hindrance(&self, table: u32, column: &Column) -> Option<String> {
        let (name, number) = (self.name(table), column.number);
        let names = |it: &Option<Node>| {
            it.as_ref().is_some_and(|it| it.columns().iter().any(|it| *it == number || *it == 0))
        };
        if self.relation(table).is_some_and(|it| it.of_type) {
            return Some(format!("{name} is made OF a type, whose attribute must be changed"));
        }
        // Zero is an expression, which may be of this column.
        if self.partition_key(table).is_some_and(|it| it.columns.iter().any(|it| *it == number || *it == 0)) {
            return Some(format!("{name} may be partitioned by it, which takes a new table"));
        }
        if column.generated.is_some() {
            return Some("it is generated: drop it, and add it with the other type".to_owned());
        }
        let columns = self.columns(table).iter();
        let from_it = |it: &&&Column| {
            it.generated.is_some() && self.default(table, it.number).is_some_and(|it| names(&it.expression))
        };
        if let Some(generated) = columns.filter(|it| it.number != number).find(from_it) {
            return Some(format!("{} is generated from it", self.column_name(table, generated.number)));
        }
        let policy = |it: &&Policy| it.relation == table && (names(&it.using) || names(&it.with_check));
        if let Some(policy) = self.census.policies.iter().find(policy) {
            return Some(format!("the policy {} may use it", self.part_name(table, &policy.name)));
        }
        if let Some(rule) = self.census.rules.iter().find(|it| it.relation == table) {
            return Some(format!("the rule {} may use it", self.part_name(table, &rule.name)));
        }
        let triggers = self.triggers(table).iter();
        if let Some(trigger) = triggers.filter(|it| !it.internal).find(|it| it.columns.contains(&number)) {
            return Some(format!("the trigger {} is for UPDATE OF it", self.part_name(table, &trigger.name)));
        }
        let own = self.constraints(table).iter();
        let keys = own.filter(|it| it.kind == ConstraintKind::ForeignKey && it.columns.contains(&number));
        let referring = self.referencing(table).iter().filter(|it| it.referenced_columns.contains(&number));
        let key = keys.chain(referring).next()?;
        Some(format!(
            "the foreign key {} binds it to a column that must be changed, too",
            self.part_name(key.relation, &key.name)
        ))
    }

    /// The ordinary tables that hold the rows of a table: itself, or its partitions.
    #[must_use]
    pub fn leaves(&self, table: u32) -> Vec<&'a Relation> {
        let (mut leaves, mut rest) = (Vec::new(), vec![(table, 0)]);
        while let Some((oid, depth)) = rest.pop() {
            match self.relation(oid) {
                Some(found) if found.kind == RelationKind::Partitioned && depth < DEPTH => {
                    rest.extend(self.children(oid).iter().map(|child| (*child, depth + 1)));
                }
                Some(found) if found.kind == RelationKind::Table => leaves.push(found),
                _ => {}
            }
        }
        leaves
    }

    /// Whether the statistics of all that holds its rows can be trusted.
    #[must_use]
    pub fn are_leaves_analysed(&self, table: u32) -> bool {
        self.leaves(table).iter().all(|leaf| self.is_analysed(leaf.oid))
    }

    /// Whether an index of one of these methods, that queries may use, has the column in its key: of the table, or of each of its
    /// partitions. One without the rows that are null will do.
    #[must_use]
    pub fn has_key_index(&self, table: u32, column: &Column, methods: &[&str]) -> bool {
        let serves = |index: &Index, number: i16| {
            let whole = index.predicate.as_ref().is_none_or(|it| it.only_not_null() == Some(number));
            let usable = index.valid && index.ready && index.live;
            usable && whole && index.columns.contains(&number) && methods.contains(&self.access_method(index))
        };
        let has = |table: u32, number: i16| self.indexes(table).iter().any(|index| serves(index, number));
        let leaves = self.leaves(table);
        let covered = |leaf: &&Relation| {
            self.column_named(leaf.oid, &column.name).is_some_and(|own| has(leaf.oid, own.number))
        };
        has(table, column.number) || (!leaves.is_empty() && leaves.iter().all(covered))
    }
}

/// What a type is called in the catalogs.
pub(crate) trait BuiltIn {
    /// Whether it is one of these types of PostgreSQL itself.
    fn is_built_in(&self, names: &[&str]) -> bool;
}

impl BuiltIn for ColumnType {
    fn is_built_in(&self, names: &[&str]) -> bool {
        self.schema == "pg_catalog" && names.contains(&self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ColumnDefault, Node, PartitionKey, Policy, RelationKind, Rule};

    use crate::Facts;
    use crate::sample::Sample;

    #[test]
    fn what_stands_in_the_way_of_a_type_is_known() {
        let check = |change: fn(Sample) -> Sample, expected: Option<&str>| {
            let sample = Sample::new(18)
                .relation(100, RelationKind::Table, "t", |_| {})
                .column(100, "c", "money", |_| {})
                .column(100, "g", "text", |_| {});
            let sample = change(sample);
            let facts = Facts::new(&sample.census, &sample.options);
            let why = facts.retype_hindrance(100, facts.column(100, 1).expect("a column"));
            assert_eq!(why.as_deref(), expected);
        };
        check(|it| it, None);
        check(
            |it| it.with(|census| census.relations[0].of_type = true),
            Some("public.t is made OF a type, whose attribute must be changed"),
        );
        check(
            |it| {
                it.with(|census| {
                    let key = PartitionKey {
                        relation: 100,
                        strategy: 'r',
                        columns: vec![0],
                        default_partition: None,
                    };
                    census.partition_keys.push(key);
                })
            },
            Some("public.t may be partitioned by it, which takes a new table"),
        );
        check(
            |it| {
                it.with(|census| {
                    census.columns[1].generated = Some('s');
                    let expression = Some(Node::new("{VAR :varno 1 :varattno 1}"));
                    census.defaults.push(ColumnDefault {
                        relation: 100,
                        number: 2,
                        functions: Vec::new(),
                        expression,
                    });
                })
            },
            Some("public.t.g is generated from it"),
        );
        check(
            |it| {
                it.with(|census| {
                    census.policies.push(Policy {
                        relation: 100,
                        name: "p".to_owned(),
                        command: '*',
                        permissive: true,
                        roles: vec![0],
                        using: Some(Node::new("{VAR :varno 1 :varattno 1}")),
                        with_check: None,
                    });
                })
            },
            Some("the policy public.t.p may use it"),
        );
        check(
            |it| {
                it.with(|census| {
                    census.rules.push(Rule { relation: 100, name: "r".to_owned(), enabled: 'D' });
                })
            },
            Some("the rule public.t.r may use it"),
        );
        check(
            |it| {
                it.with(|census| {
                    (census.types[0].kind, census.types[0].base) = ('d', census.types[1].oid);
                })
            },
            Some("its type is made of a domain (pg_catalog.money), whose CHECKs would be lost"),
        );
    }
}
