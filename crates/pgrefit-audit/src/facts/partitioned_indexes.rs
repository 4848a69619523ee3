//! Indexes of partitioned tables: what each partition has of them, and the statements that complete them.

use pgrefit_catalog::census::{Index, RelationKind};
use pgrefit_catalog::quote_ident;

use super::Facts;
use crate::object;

/// For more partitions than this no list of statements is of use.
const MOST: usize = 100;

/// Partitioned tables within each other, at most.
const DEPTH: usize = 32;

/// What `ALTER INDEX … ATTACH PARTITION` locks: queries of that partition cannot be planned for a moment.
const ATTACH_LOCK: &str = "ACCESS EXCLUSIVE on the index of each partition";

/// The same, and what `CREATE INDEX ON ONLY` locks: writes by way of the partitioned table wait for a moment.
const ONLY_LOCK: &str = "ACCESS EXCLUSIVE on the index of each partition, SHARE on the partitioned table";

/// What an index of a partitioned table is, or is to be.
#[derive(Debug)]
struct Wanted<'b> {
    /// The index that is there; none if all of it is to be made.
    like: Option<&'b Index>,
    /// What stands behind the table; none if that cannot be written.
    body: Option<String>,
    /// What the names of parts begin with.
    stem: String,
}

/// What an index of a partitioned table lacks, and the statements that complete it.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    /// How many partitions there are, at the lowest level.
    pub(crate) partitions: usize,
    /// Partitions that have no such index.
    pub(crate) lacking: Vec<u32>,
    /// Indexes of partitions that have its form, and are not attached.
    pub(crate) loose: Vec<u32>,
    /// Indexes that are attached, and not usable.
    pub(crate) invalid: Vec<u32>,
    /// Partitions that are foreign tables, which can have no index.
    pub(crate) foreign: Vec<u32>,
    /// What takes long, and no strong lock.
    builds: Vec<String>,
    /// What takes a strong lock, and no time.
    joins: Vec<String>,
    /// Whether one of them cannot be written.
    unwritten: bool,
    /// How many names were given; that of the whole index is the first.
    named: usize,
}

impl Completion {
    /// Ready to run; none where that would not make it valid, or one of the statements cannot be written. What takes long comes
    /// first, so that a failure leaves nothing half done that is in the way.
    pub(crate) fn sql(&self) -> Option<String> {
        let whole = self.foreign.is_empty() && self.invalid.is_empty();
        let written = !self.unwritten && !self.joins.is_empty();
        let statements = || [&self.builds[..], &self.joins[..]].concat().join("\n");
        (whole && written).then(statements)
    }

    /// The strongest locks that the statements take.
    pub(crate) fn lock(&self) -> &'static str {
        let makes = self.joins.iter().any(|it| it.starts_with("CREATE"));
        if makes { ONLY_LOCK } else { ATTACH_LOCK }
    }

    fn attach(&mut self, whole: &str, part: &str) {
        self.joins.push(format!("ALTER INDEX {whole} ATTACH PARTITION {part};"));
    }
}

impl<'a> Facts<'a> {
    /// What an index of a partitioned table lacks to be valid.
    pub(crate) fn completion(&self, index: &Index) -> Completion {
        let wanted = Wanted {
            like: Some(index),
            // A constraint wants indexes that belong to constraints.
            body: self.index_body(index).filter(|_| self.constraint_of_index(index).is_none()),
            stem: self.relation(index.oid).map(|it| clip(&it.name).to_owned()).unwrap_or_default(),
        };
        let mut done = Completion { named: 1, ..Completion::default() };
        self.complete(&wanted, Some(index), &self.name(index.oid), index.table, 0, &mut done);
        done
    }

    /// The statements that make an index that is not unique on a partitioned table, and on each of its partitions first, with
    /// their lock; none if one has an index that begins so, is a foreign table, or there are very many.
    pub(crate) fn index_everywhere(
        &self,
        table: u32,
        columns: &[i16],
        body: &str,
    ) -> Option<(String, &'static str)> {
        // What is there may only have to be attached, or built anew.
        let relation = self.relation(table).filter(|_| !self.has_index_of(table, columns))?;
        let names = columns.iter().filter_map(|it| self.column(table, *it)).map(|it| it.name.as_str());
        let stem = [relation.name.as_str()].into_iter().chain(names).collect::<Vec<_>>().join("_");
        let wanted = Wanted { like: None, body: Some(body.to_owned()), stem: format!("{}_idx", clip(&stem)) };
        let mut done = Completion::default();
        let (create, qualified) = self.make(&wanted, "", "ONLY ", table, &mut done)?;
        done.joins.push(create);
        self.complete(&wanted, None, &qualified, table, 0, &mut done);
        Some((done.sql()?, done.lock()))
    }

    /// The same in words, where the statements cannot be told.
    pub(crate) fn index_everywhere_hint(&self, table: u32, body: &str) -> String {
        let name = self.name(table);
        if self.has_foreign_partition(table) {
            return format!(
                "CREATE INDEX CONCURRENTLY … {body} on each partition that is a table and has no such index; then CREATE INDEX ON \
                 {name}, which takes those over: one ON ONLY would never become valid, because foreign tables can have none"
            );
        }
        format!(
            "CREATE INDEX CONCURRENTLY … {body} on each partition that has no such index; then CREATE INDEX ON ONLY {name}, and ALTER \
             INDEX … ATTACH PARTITION the index of each partition: until the last one it is invalid"
        )
    }

    /// Whether a foreign table is among the partitions, or the partitions of those.
    fn has_foreign_partition(&self, table: u32) -> bool {
        let kind = |oid| self.relation(oid).map(|it| it.kind);
        self.tree(table).into_iter().any(|oid| kind(oid) == Some(RelationKind::Foreign))
    }

    /// Whether the table or one of its partitions has an index that begins with these columns, usable or not.
    fn has_index_of(&self, table: u32, columns: &[i16]) -> bool {
        self.tree(table).into_iter().any(|oid| {
            let own = |number: &i16| {
                let name = &self.column(table, *number)?.name;
                self.column_named(oid, name).map(|it| it.number)
            };
            let own: Vec<i16> = columns.iter().filter_map(own).collect();
            let begins = |index: &&Index| {
                let first: Vec<i16> = index.columns.iter().take(own.len()).copied().collect();
                own.iter().all(|number| first.contains(number))
            };
            self.indexes(oid).iter().copied().any(|index| begins(&index))
        })
    }

    /// A table and its partitions, at all levels.
    fn tree(&self, table: u32) -> Vec<u32> {
        let (mut found, mut open) = (Vec::new(), vec![(table, 0)]);
        while let Some((oid, depth)) = open.pop() {
            found.push(oid);
            let partitioned = self.relation(oid).is_some_and(|it| it.kind == RelationKind::Partitioned);
            if partitioned && depth < DEPTH {
                open.extend(self.children(oid).iter().map(|child| (*child, depth + 1)));
            }
        }
        found
    }

    /// One level: the index of a partitioned table, which may have to be made yet, and what its partitions have of it.
    fn complete(
        &self,
        wanted: &Wanted<'_>,
        own: Option<&Index>,
        whole: &str,
        table: u32,
        depth: usize,
        done: &mut Completion,
    ) {
        let joined = done.joins.len();
        for partition in self.attached_partitions(table) {
            let part = own.and_then(|own| self.part_on(own, partition));
            let loose = wanted.like.filter(|_| part.is_none()).and_then(|like| self.loose(like, partition));
            done.loose.extend(loose.map(|it| it.oid));
            let kind = self.relation(partition).map(|it| it.kind);
            if kind == Some(RelationKind::Partitioned) && depth < DEPTH {
                let name = match part.or(loose) {
                    Some(found) => self.name(found.oid),
                    None => self.make_branch(wanted, partition, done),
                };
                self.complete(wanted, part.or(loose), &name, partition, depth + 1, done);
                if part.is_none() {
                    done.attach(whole, &name);
                }
                continue;
            }
            done.partitions += 1;
            if kind == Some(RelationKind::Foreign) {
                done.foreign.push(partition);
            } else if let Some(part) = part {
                done.invalid.extend((!Self::is_usable(part)).then_some(part.oid));
            } else if let Some(loose) = loose {
                done.attach(whole, &self.name(loose.oid));
            } else {
                self.make_leaf(wanted, whole, partition, done);
            }
        }
        // Nothing is missing at this level: attached once more, the last part lets the server look again.
        let again = own.filter(|own| !own.valid && done.joins.len() == joined);
        if let Some(part) = again.and_then(|own| self.children(own.oid).last()) {
            done.attach(whole, &self.name(*part));
        }
    }

    /// An index to be made on a partition that has rows.
    fn make_leaf(&self, wanted: &Wanted<'_>, whole: &str, partition: u32, done: &mut Completion) {
        done.lacking.push(partition);
        let Some((create, name)) = self.make(wanted, "CONCURRENTLY ", "", partition, done) else { return };
        done.builds.push(create);
        done.attach(whole, &name);
    }

    /// An index to be made on a partition that is partitioned itself, and its name.
    fn make_branch(&self, wanted: &Wanted<'_>, partition: u32, done: &mut Completion) -> String {
        if self.children(partition).is_empty() {
            done.partitions += 1;
            done.lacking.push(partition);
        }
        let Some((create, name)) = self.make(wanted, "", "ONLY ", partition, done) else {
            return String::new();
        };
        done.joins.push(create);
        name
    }

    /// A statement that makes an index, and its name; none if it cannot be written.
    fn make(
        &self,
        wanted: &Wanted<'_>,
        how: &str,
        only: &str,
        table: u32,
        done: &mut Completion,
    ) -> Option<(String, String)> {
        let named = self.new_name(&wanted.stem, table, done);
        let (Some(body), Some((new, qualified))) = (&wanted.body, named) else {
            done.unwritten = true;
            return None;
        };
        let unique = if wanted.like.is_some_and(|it| it.unique) { "UNIQUE " } else { "" };
        Some((format!("CREATE {unique}INDEX {how}{new} ON {only}{} {body};", self.name(table)), qualified))
    }

    /// The partitions of a table without those that are being detached, by name.
    fn attached_partitions(&self, table: u32) -> Vec<u32> {
        let edges = self.census.inheritance.iter();
        let pending: Vec<u32> = edges.filter(|it| it.detach_pending).map(|it| it.child).collect();
        let mut found = self.children(table).to_vec();
        found.retain(|it| !pending.contains(it));
        found.sort_by_key(|it| self.name(*it));
        found
    }

    /// The part of an index that is on a partition.
    fn part_on(&self, index: &Index, partition: u32) -> Option<&'a Index> {
        let mut parts = self.children(index.oid).iter().filter_map(|part| self.index(*part));
        parts.find(|part| part.table == partition)
    }

    /// An index on a partition that could be attached as it is.
    fn loose(&self, like: &Index, partition: u32) -> Option<&'a Index> {
        let is_branch =
            |it: &Index| self.relation(it.oid).is_some_and(|it| it.kind == RelationKind::PartitionedIndex);
        let fits = |it: &&Index| {
            // Of a table that is partitioned itself, it may lack parts too.
            let usable = Self::is_usable(it) || (is_branch(it) && it.live);
            usable && self.parents(it.oid).is_empty() && self.is_attachable(like, it)
        };
        self.indexes(partition).iter().copied().find(fits)
    }

    /// Whether the server lets an index be part of another: the same but for the numbers of columns. Its order need not be, but
    /// then it serves other queries.
    fn is_attachable(&self, whole: &Index, part: &Index) -> bool {
        let place = |number: i16| {
            if number == 0 {
                return Some(0);
            }
            let name = &self.column(whole.table, number)?.name;
            self.column_named(part.table, name).map(|it| it.number)
        };
        let columns: Option<Vec<i16>> = whole.columns.iter().map(|it| place(*it)).collect();
        // Trees have the numbers in them.
        let trees = whole.expressions.iter().chain(&whole.predicate);
        let same_numbers =
            trees.flat_map(pgrefit_catalog::census::Node::columns).all(|it| it != 0 && place(it) == Some(it));
        let kind = |index| self.constraint_of_index(index).map(|it| it.kind);
        columns.as_ref() == Some(&part.columns)
            && same_numbers
            && whole.expressions == part.expressions
            && whole.predicate == part.predicate
            && whole.key_columns == part.key_columns
            && whole.operator_classes == part.operator_classes
            && whole.collations == part.collations
            && whole.options == part.options
            && (whole.unique, whole.immediate) == (part.unique, part.immediate)
            && whole.nulls_not_distinct == part.nulls_not_distinct
            && !whole.exclusion
            && !part.exclusion
            && self.access_method(whole) == self.access_method(part)
            && (kind(whole).is_none() || kind(whole) == kind(part))
    }

    /// A name for an index on a table that nothing there has, quoted, and with its schema; none if very many were given.
    fn new_name(&self, stem: &str, table: u32, done: &mut Completion) -> Option<(String, String)> {
        let relation = self.relation(table)?;
        let is_taken = |name: &str| {
            let mut others = self.census.relations.iter();
            others.any(|it| it.namespace == relation.namespace && it.name == name)
        };
        while done.named <= MOST {
            let name = match done.named {
                0 => stem.to_owned(),
                number => format!("{stem}_part{number}"),
            };
            done.named += 1;
            if !is_taken(&name) {
                return Some((quote_ident(&name), object::qualified(self.schema_of(relation), &name)));
            }
        }
        None
    }
}

/// The beginning of a name, so that more fits behind it: the server cuts names at 63 bytes.
fn clip(name: &str) -> &str {
    const KEPT_BYTES: usize = 50;
    let mut end = name.len().min(KEPT_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
