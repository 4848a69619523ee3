//! The conversion of a table as migration files.
//!
//! *Adopting* (`adopt.rs`, `swap.rs`): what the table must have to become a partition is made beside the traffic, then one short transaction puts a
//! partitioned table in its place and attaches it. *Splitting* (`split.rs`): its rows are copied into partitions of their own, kept equal
//! by a trigger, compared, and one short transaction exchanges them.

mod adopt;
mod append;
mod definition;
mod dependents;
mod header;
mod parent;
mod rights;
mod split;
mod swap;

use pgrefit_catalog::{Name, Table, quote_ident};

use crate::judge::{inbound_survives, is_widened};
use crate::layout::Layout;
use crate::name::suffixed;
use crate::{Error, Facts, Judgement, MigrationDraft, PartitionSet, judge};

/// The files that convert a table, numbered from `first_version`: those that adopt it as a partition, and with `move` those that split it.
///
/// Nothing is asked and nothing is written. The files name what is there now; generate them anew when the table has changed since.
///
/// # Errors
/// [`Error::Refused`] with the judgement, if anything is in the way.
pub fn convert(facts: &Facts, set: &PartitionSet, first_version: i64) -> Result<Vec<MigrationDraft>, Error> {
    let judgement = judge(facts, set);
    let refused = |judgement: &Judgement| Error::Refused {
        table: facts.name().to_string(),
        judgement: Box::new(judgement.clone()),
    };
    if !judgement.is_possible() {
        return Err(refused(&judgement));
    }
    let (Some(table), Some(layout)) = (facts.catalog_table(), Layout::of(facts, set)) else {
        return Err(refused(&judgement));
    };
    let job = Job { facts, set, table, layout, judgement };
    let mut texts = adopt::files(&job).ok_or_else(|| refused(&job.judgement))?;
    if set.move_rows {
        texts.extend(split::files(&job).ok_or_else(|| refused(&job.judgement))?);
    }
    let stem = words(&facts.name().name);
    let draft = |(version, (what, sql)): (i64, (&str, String))| MigrationDraft {
        version,
        name: format!("{stem}_{what}"),
        sql,
    };
    Ok((first_version..).zip(texts).map(draft).collect())
}

/// What a file is called behind the table's name, and its text.
type Text = (&'static str, String);

/// What a conversion is generated from.
struct Job<'a> {
    facts: &'a Facts,
    set: &'a PartitionSet,
    table: &'a Table,
    layout: Layout,
    judgement: Judgement,
}

impl Job<'_> {
    /// The table's name: the partitioned table will have it.
    fn name(&self) -> &Name {
        self.facts.name()
    }

    /// The key, quoted.
    fn key(&self) -> String {
        quote_ident(&self.set.key)
    }

    /// What something that belongs to the table is called when the table is a partition.
    fn old(&self, name: &str) -> String {
        suffixed(name, &self.layout.suffix)
    }

    fn qualified(&self, name: &str) -> Name {
        Name::new(self.name().schema.clone(), name)
    }

    /// Whether a unique index must be made anew with the key.
    fn is_widened(&self, index: &str) -> bool {
        is_widened(self.facts, self.set, index)
    }

    /// Foreign keys that refer to the table, and whether each is made anew.
    fn inbound(&self) -> impl Iterator<Item = (&pgrefit_pg::partition::ForeignKey, bool)> {
        self.facts.table.inbound.iter().map(|key| {
            let dropped = self.judgement.accepts(&crate::judge::inbound_name(key));
            (key, inbound_survives(self.facts, self.set, key) && !dropped)
        })
    }

    /// The helper that makes the key never NULL.
    fn set_check(&self) -> String {
        quote_ident(&suffixed(&self.name().name, &format!("{}_set", crate::name::shortened(&self.set.key))))
    }

    /// The helper that says where the table ends as a partition.
    fn bound_check(&self) -> String {
        quote_ident(&suffixed(&self.name().name, &self.layout.suffix))
    }
}

/// All names that splitting needs besides those of partitions: they must be free.
pub(crate) fn names_of_split(facts: &Facts) -> impl Iterator<Item = String> {
    split::names(&facts.name().name).into_iter()
}

/// All names that the old table and what belongs to it are given: they must be free.
pub(crate) fn names_of_old(facts: &Facts, layout: &Layout) -> Vec<String> {
    let Some(table) = facts.catalog_table() else { return Vec::new() };
    let old = |name: &String| suffixed(name, &layout.suffix);
    let mut names = vec![layout.old.name.clone()];
    names.extend(table.indexes.keys().map(old));
    names.extend(parent::identity_sequences(facts).map(|(_, sequence, _)| old(&sequence.name)));
    names
}

pub(crate) use rights::of_tables as rights_of;

/// A table's name as words of a file name.
fn words(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let words: String = name.chars().map(word).collect();
    let words = words.trim_matches('_');
    if words.is_empty() { "table".to_owned() } else { words.to_owned() }
}

/// A string literal that means the same whatever `standard_conforming_strings` is.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}
