//! Foreign keys that say the same.

use std::collections::BTreeMap;

use pgrefit_catalog::census::{Constraint, ConstraintKind, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "duplicate-foreign-key",
    code: "CON-07",
    group: Group::Constraints,
    title: "Two foreign keys refer from the same columns to the same columns.",
    level: Status::Warn,
    required: false,
    matters: "Each write is checked twice. If they differ in what ON DELETE or ON UPDATE does, both act, and the stricter one wins \
              in ways nobody expects. A key of a \
              partition counts beside the one that it has from its table. Keys that share some of their columns, or go to different tables, are not the same.",
    cure: "Drop the one that is not needed; of two that differ, decide first which is meant.",
    sources: &[Source::Constraints],
    example: Some(Example {
        bad: include_str!("duplicate_foreign_key/bad.sql"),
        good: include_str!("duplicate_foreign_key/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let mut same: BTreeMap<_, Vec<&Constraint>> = BTreeMap::new();
    for key in facts.census.constraints.iter().filter(|it| is_checked(facts, it)) {
        if key.parent.is_none() {
            ruling.saw();
        }
        let mut pairs: Vec<_> = key.columns.iter().zip(&key.referenced_columns).collect();
        pairs.sort_unstable();
        same.entry((key.relation, key.referenced, pairs)).or_default().push(key);
    }
    for keys in same.values_mut() {
        // What a partition has from its table stays; then the one that checked every row; of those, the older.
        keys.sort_by_key(|key| (key.parent.is_none(), !key.validated, key.oid));
        let Some((kept, rest)) = keys.split_first() else { continue };
        for key in rest.iter().filter(|key| key.parent.is_none()) {
            report(facts, ruling, kept, key);
        }
    }
}

/// Whether it is a key that the rows of its table are checked by: one that was declared, or one that a partition has from its
/// table. The rows that the server keeps for each partition of the table referred to are no keys by themselves.
fn is_checked(facts: &Facts<'_>, key: &Constraint) -> bool {
    let root = facts.declared(key);
    let of_table =
        root.oid == key.oid || (root.relation != key.relation && root.referenced == key.referenced);
    key.kind == ConstraintKind::ForeignKey
        && key.enforced
        && of_table
        && facts.lasting_table(key.relation).is_some()
}

fn report(facts: &Facts<'_>, ruling: &mut Ruling, kept: &Constraint, key: &Constraint) {
    let (table, keeper) = (facts.name(key.relation), facts.part_name(kept.relation, &kept.name));
    let acts = |key: &Constraint| (key.on_delete, key.on_update, key.match_type);
    let object = facts.part_name(key.relation, &key.name);
    if acts(kept) == acts(key) {
        let sql = format!("ALTER TABLE {table} DROP CONSTRAINT {};", quote_ident(&key.name));
        ruling.warn(object, format!("it says the same as {keeper}")).sql(sql, "ACCESS EXCLUSIVE", true);
    } else {
        ruling
            .warn(
                object,
                format!("it joins the same columns as {keeper}, and does something else about changes"),
            )
            .hint("decide which of the two is meant, and drop the other");
    }
}
