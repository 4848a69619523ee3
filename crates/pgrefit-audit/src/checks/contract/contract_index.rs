//! An index that the project promises and the database does not have.

use pgrefit_catalog::census::{Index, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::contract::IndexPromise;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-index",
    code: "CTR-03",
    group: Group::Contract,
    title: "An index of the contract is missing, or queries cannot use it.",
    level: Status::Fail,
    required: true,
    matters: "The contract says which queries must find their rows by an index. One that is invalid is not used, and one with a \
              predicate serves a part of the rows only.",
    cure: "CREATE INDEX CONCURRENTLY; drop an invalid one first, CONCURRENTLY too.",
    sources: &[Source::Relations, Source::Columns, Source::Indexes],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.contract.indexes.is_empty() {
        return ruling.skip("the contract names no index");
    }
    for promise in &facts.options.contract.indexes {
        ruling.saw();
        if let Err(fault) = kept(facts, promise) {
            let what = promise.name.clone().unwrap_or_else(|| format!("({})", promise.columns.join(", ")));
            ruling.fail(format!("{} {what}", promise.table), fault);
        }
    }
}

/// Why a promise is not kept.
fn kept(facts: &Facts<'_>, promise: &IndexPromise) -> Result<(), String> {
    let table = facts.promised_table(&promise.table)?;
    let columns = facts.promised_columns(table, &promise.columns)?;
    let named = |index: &Index| {
        let name = facts.relation(index.oid).map(|it| it.name.as_str());
        promise.name.as_deref().is_none_or(|wanted| Some(wanted) == name)
    };
    let key = |index: &Index| {
        let width = usize::try_from(index.key_columns).unwrap_or(0);
        index.columns.iter().take(width).copied().take(columns.len()).eq(columns.iter().copied())
    };
    let kind = |index: &Index| promise.method.as_deref().is_none_or(|it| it == facts.access_method(index));
    let found: Vec<&Index> =
        facts.indexes(table.oid).iter().filter(|it| named(it) && key(it) && kind(it)).copied().collect();
    let usable = |index: &&Index| {
        index.valid
            && index.ready
            && index.live
            && index.predicate.is_none()
            && (index.unique || !promise.unique)
    };
    match (found.first(), found.iter().find(|index| usable(index))) {
        (_, Some(_)) => Ok(()),
        (None, None) => Err("there is no such index".to_owned()),
        (Some(index), None) => Err(format!("{} {}", facts.name(index.oid), flaw(index))),
    }
}

fn flaw(index: &Index) -> &'static str {
    if !(index.valid && index.ready && index.live) {
        "is invalid: no query uses it"
    } else if index.predicate.is_some() {
        "is partial: it serves a part of the rows"
    } else {
        "is not unique"
    }
}
