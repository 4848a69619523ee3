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
              predicate serves a part of the rows only, one in another collation than its column's no ordinary comparison. What \
              must be unique must be so in these columns or in fewer of them.",
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
        let own = index.columns.get(..width(index)).unwrap_or_default();
        // What is unique in fewer columns has at most one row to find.
        let fewer = promise.unique && index.unique && own.iter().all(|it| columns.contains(it));
        own.starts_with(&columns) || (own.len() < columns.len() && fewer)
    };
    let kind = |index: &Index| promise.method.as_deref().is_none_or(|it| it == facts.access_method(index));
    let found: Vec<&Index> =
        facts.indexes(table.oid).iter().filter(|it| named(it) && key(it) && kind(it)).copied().collect();
    let flaws: Vec<_> = found.iter().map(|index| flaw(facts, promise, index)).collect();
    if flaws.contains(&None) {
        return Ok(());
    }
    let first = found.iter().zip(flaws).find_map(|(index, flaw)| Some((index, flaw?)));
    Err(first.map_or("there is no such index".to_owned(), |(index, flaw)| {
        format!("{} {flaw}", facts.name(index.oid))
    }))
}

/// How many columns are its key.
fn width(index: &Index) -> usize {
    usize::try_from(index.key_columns).unwrap_or(0)
}

/// Why an index does not do what the promise says, if so.
fn flaw(facts: &Facts<'_>, promise: &IndexPromise, index: &Index) -> Option<&'static str> {
    if !(index.valid && index.ready && index.live) {
        Some("is invalid: no query uses it")
    } else if index.predicate.is_some() {
        Some("is partial: it serves a part of the rows")
    } else if !facts.has_collations_of_columns(index, promise.columns.len()) {
        Some("is in another collation than its column: ordinary comparisons do not use it")
    } else if promise.unique && !index.unique {
        Some("is not unique")
    } else if promise.unique && !promise.columns.is_empty() && width(index) > promise.columns.len() {
        Some("is unique in more columns than these")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Index, RelationKind};

    use super::CHECK;
    use crate::contract::IndexPromise;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, int4, unique_index};

    /// What is said of an index of the first columns of `t (a, b, c)`, of which the contract says (a, b).
    fn told(unique: bool, columns: &[i16], change: impl FnOnce(&mut Index)) -> Vec<String> {
        let mut index = Index {
            columns: columns.to_vec(),
            key_columns: i16::try_from(columns.len()).expect("few"),
            collations: vec![0; columns.len()],
            ..unique_index(300, 100, 1)
        };
        change(&mut index);
        let mut sample = Sample::new(18)
            .relation(100, RelationKind::Table, "t", |_| {})
            .relation(300, RelationKind::Index, "i", |_| {})
            .with(|census| {
                census.types.push(int4());
                census
                    .columns
                    .extend([(1, "a"), (2, "b"), (3, "c")].map(|(at, name)| column(100, at, name, 23)));
                census.indexes.push(index);
            });
        let columns = vec!["a".to_owned(), "b".to_owned()];
        sample.options.contract.indexes =
            vec![IndexPromise { table: "t".to_owned(), columns, unique, ..IndexPromise::default() }];
        sample.verdict(&CHECK).findings.into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn what_is_unique_is_so_in_these_columns() {
        let check = |unique: bool, columns: &[i16], expected: &[&str]| {
            assert_eq!(told(unique, columns, |_| {}), expected, "{unique} {columns:?}");
        };
        check(true, &[1, 2], &[]);
        check(true, &[1], &[]);
        check(true, &[1, 2, 3], &["public.i is unique in more columns than these"]);
        check(true, &[2, 1], &["there is no such index"]);
        check(false, &[1, 2, 3], &[]);
        check(false, &[1], &["there is no such index"]);
        assert_eq!(told(true, &[1, 2], |it| it.unique = false), ["public.i is not unique"]);
    }

    #[test]
    fn an_index_of_another_collation_does_not_serve() {
        let other = told(false, &[1, 2], |it| it.collations = vec![0, 950]);
        assert!(other[0].contains("in another collation"), "{other:?}");
        assert!(told(false, &[1, 2, 3], |it| it.collations = vec![0, 0, 950]).is_empty());
    }
}
