//! The scripts that make one table again: with all that is its own, or bare, for a server that has nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use pgrefit_catalog::{Catalog, ConstraintKind, DataType, Name, Table};
use serde::{Deserialize, Serialize};

/// The script that makes a table, in two halves: rows are loaded between them, before there are triggers and indexes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Makes the table.
    pub create: String,
    /// Adds constraints, indexes, triggers, policies.
    pub finish: String,
}

/// A foreign key of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Its name, unquoted.
    pub name: String,
    /// `pg_get_constraintdef`.
    pub definition: String,
}

/// The scripts that make one table again.
pub(crate) struct Definition {
    /// Where the rest of the database is; without foreign keys.
    pub(crate) full: Script,
    /// In an empty database.
    pub(crate) bare: Script,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Sequences that are dropped with the table.
    pub(crate) sequences: Vec<Name>,
}

impl Definition {
    /// `extensions` are those that the table cannot be made without.
    pub(crate) fn of(catalog: &Catalog, name: &Name, extensions: &[String]) -> Self {
        let catalog = catalog.without_invalid_indexes();
        let mut full = Catalog::empty(catalog.server_major);
        let is_own = |sequence: &pgrefit_catalog::Sequence| {
            sequence.owned_by.as_ref().is_some_and(|(table, _)| table == name)
        };
        let own = catalog.sequences.iter().filter(|(_, sequence)| is_own(sequence));
        full.sequences = own.map(|(name, sequence)| (name.clone(), sequence.clone())).collect();
        let mut foreign_keys = Vec::new();
        if let Some(table) = catalog.tables.get(name) {
            let mut table = alone(table, &full);
            foreign_keys = take_foreign_keys(&mut table);
            full.tables.insert(name.clone(), table);
        }
        let bare = self::bare(&catalog, &full, extensions);
        Self {
            full: halves(&full),
            bare: halves(&bare),
            foreign_keys,
            sequences: full.sequences.into_keys().collect(),
        }
    }
}

/// The statements of the script for the table without what can wait come first, all others after the rows.
fn halves(catalog: &Catalog) -> Script {
    let mut plain = catalog.clone();
    for table in plain.tables.values_mut() {
        (table.constraints, table.indexes) = (BTreeMap::new(), BTreeMap::new());
        (table.triggers, table.policies, table.rules) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        (table.row_security, table.row_security_forced) = (false, false);
    }
    let (create, whole) = (plain.to_sql(), catalog.to_sql());
    let first: BTreeSet<String> = statements(&create).into_iter().collect();
    let rest = statements(&whole).into_iter().filter(|statement| !first.contains(statement));
    Script { finish: rest.map(|statement| statement + ";\n").collect(), create }
}

fn statements(sql: &str) -> Vec<String> {
    let script = pgrefit_sql::Script::parse(sql);
    let texts = script.statements().iter().filter_map(|statement| sql.get(statement.range.clone()));
    texts.map(|text| text.trim().trim_end_matches(';').trim_end().to_owned()).collect()
}

fn take_foreign_keys(table: &mut Table) -> Vec<ForeignKey> {
    let is_one = |constraint: &pgrefit_catalog::Constraint| constraint.kind == ConstraintKind::ForeignKey;
    let found = table.constraints.iter().filter(|(_, constraint)| is_one(constraint));
    let keys = found
        .map(|(name, constraint)| ForeignKey {
            name: name.clone(),
            definition: constraint.definition.clone(),
        })
        .collect();
    table.constraints.retain(|_, constraint| !is_one(constraint));
    keys
}

/// The table as it is when it is no partition. An identity without a sequence of its own was that of the partitioned table.
fn alone(table: &Table, own: &Catalog) -> Table {
    let mut table = table.clone();
    let was_partition = table.partition_of.take().is_some();
    for column in &mut table.columns {
        let has_sequence = own
            .sequences
            .values()
            .any(|sequence| sequence.owned_by.as_ref().is_some_and(|(_, owner)| *owner == column.name));
        if was_partition && !has_sequence {
            column.identity = None;
        }
    }
    table
}

/// What does not concern the rows is left out, what the rest needs is added.
fn bare(catalog: &Catalog, full: &Catalog, extensions: &[String]) -> Catalog {
    let mut bare = Catalog::empty(catalog.server_major);
    for (name, table) in &full.tables {
        bare.tables.insert(name.clone(), stripped(table));
    }
    let wanted = catalog.extensions.iter().filter(|(name, _)| extensions.contains(name));
    bare.extensions = wanted.map(|(name, extension)| (name.clone(), extension.clone())).collect();
    add_needed(catalog, &mut bare);
    let extended = bare.extensions.values().map(|extension| extension.schema.clone());
    let named = bare.tables.keys().chain(bare.types.keys()).map(|name| name.schema.clone());
    let called = bare.routines.values().map(|routine| routine.name.schema.clone());
    let schemas = extended.chain(named).chain(called).filter(|schema| catalog.schemas.contains(schema));
    bare.schemas = schemas.collect();
    bare
}

fn stripped(table: &Table) -> Table {
    let mut table = table.clone();
    for column in &mut table.columns {
        column.default = None;
        column.identity = None;
    }
    table.triggers.clear();
    table.policies.clear();
    table.rules.clear();
    (table.row_security, table.row_security_forced) = (false, false);
    table
}

/// Types and routines that are mentioned, and what these mention in turn. Every name in a definition is qualified.
fn add_needed(catalog: &Catalog, bare: &mut Catalog) {
    let mut text = bare.tables.values().fold(String::new(), |text, table| text + &words(table));
    loop {
        let before = bare.types.len() + bare.routines.len();
        for (name, data_type) in &catalog.types {
            if !bare.types.contains_key(name) && mentions(&text, name) {
                text += &words_of_type(data_type);
                bare.types.insert(name.clone(), data_type.clone());
            }
        }
        for (signature, routine) in &catalog.routines {
            if !bare.routines.contains_key(signature) && mentions(&text, &routine.name) {
                let result = routine.result.as_deref().unwrap_or_default();
                let _ = write!(text, " {} {result} {}", routine.arguments, routine.source);
                bare.routines.insert(signature.clone(), routine.clone());
            }
        }
        if bare.types.len() + bare.routines.len() == before {
            return;
        }
    }
}

/// One too many does no harm.
fn mentions(text: &str, name: &Name) -> bool {
    text.contains(&name.to_string())
}

fn words(table: &Table) -> String {
    let mut words = String::new();
    for column in &table.columns {
        let generated = column.generated.as_ref().map(|generated| generated.expression.as_str());
        let _ = write!(words, " {} {}", column.data_type, generated.unwrap_or_default());
    }
    let constraints = table.constraints.values().map(|constraint| &constraint.definition);
    let indexes = table.indexes.values().map(|index| &index.definition);
    constraints.chain(indexes).fold(words, |words, definition| words + " " + definition)
}

fn words_of_type(data_type: &DataType) -> String {
    let checks = |constraints: &BTreeMap<String, pgrefit_catalog::Constraint>| {
        constraints.values().fold(String::new(), |text, check| text + " " + &check.definition)
    };
    match data_type {
        DataType::Enum { .. } => String::new(),
        DataType::Domain { base, constraints, .. } => format!(" {base}{}", checks(constraints)),
        DataType::Composite { attributes } => {
            attributes.iter().fold(String::new(), |text, attribute| text + " " + &attribute.data_type)
        }
        DataType::Range { subtype, functions, .. } => format!(" {subtype} {}", functions.join(" ")),
    }
}
