//! A foreign key that the project promises and the database does not keep.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Constraint, ConstraintKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::contract::ForeignKeyPromise;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-foreign-key",
    code: "CTR-02",
    group: Group::Contract,
    title: "A foreign key of the contract is missing, not validated or not enforced.",
    level: Status::Fail,
    required: true,
    matters: "The contract says which rows may rely on others being there. A key that is NOT VALID was never checked for the \
              rows of before; one that is NOT ENFORCED, or whose triggers are disabled, be it on one partition, is not \
              checked for those that come.",
    cure: "Add the key NOT VALID, repair the rows, and VALIDATE it.",
    sources: &[Source::Relations, Source::Columns, Source::Constraints, Source::Triggers],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.contract.foreign_keys.is_empty() {
        return ruling.skip("the contract names no foreign key");
    }
    for promise in &facts.options.contract.foreign_keys {
        ruling.saw();
        if let Err(fault) = kept(facts, promise) {
            let object = format!("{} ({})", promise.table, promise.columns.join(", "));
            ruling.fail(object, fault);
        }
    }
}

/// Why a promise is not kept.
fn kept(facts: &Facts<'_>, promise: &ForeignKeyPromise) -> Result<(), String> {
    let table = facts.promised_table(&promise.table)?;
    let referenced = facts.promised_table(&promise.references)?;
    let columns: BTreeSet<i16> = facts.promised_columns(table, &promise.columns)?.into_iter().collect();
    // The order in which a key names its columns says nothing.
    let is_of = |key: &Constraint| {
        key.kind == ConstraintKind::ForeignKey
            && key.columns.iter().copied().collect::<BTreeSet<_>>() == columns
    };
    let keys = facts.constraints(table.oid).iter();
    let faults = keys
        .filter(|key| key.referenced == Some(referenced.oid) && is_of(key))
        .map(|key| facts.fault_of_foreign_key(key))
        .collect::<Vec<_>>();
    if faults.contains(&None) {
        return Ok(());
    }
    let first = faults.into_iter().flatten().next();
    Err(first.unwrap_or_else(|| format!("there is no foreign key to {}", promise.references)))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{RelationKind, Trigger};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::contract::ForeignKeyPromise;
    use crate::sample::Sample;
    use crate::sample::constraints::{column, foreign_key, int4, trigger};

    /// A key (b, a) of a partitioned table with one partition, of which the contract says (a, b).
    fn sample(triggers: Vec<Trigger>) -> Sample {
        let mut sample = Sample::new(18)
            .relation(100, RelationKind::Partitioned, "t", |_| {})
            .relation(101, RelationKind::Table, "t_1", |_| {})
            .relation(200, RelationKind::Table, "u", |_| {})
            .with(|census| {
                census.types.push(int4());
                census.columns.extend([column(100, 1, "a", 23), column(100, 2, "b", 23)]);
                let key = |oid, table, parent| {
                    let mut key = foreign_key(oid, table, 200, 'a');
                    (key.columns, key.referenced_columns, key.parent) = (vec![2, 1], vec![2, 1], parent);
                    key
                };
                census.constraints.extend([key(1, 100, None), key(2, 101, Some(1))]);
                census.triggers = triggers;
            });
        sample.options.contract.foreign_keys = vec![ForeignKeyPromise {
            table: "t".to_owned(),
            columns: vec!["a".to_owned(), "b".to_owned()],
            references: "u".to_owned(),
        }];
        sample
    }

    #[test]
    fn the_order_of_columns_says_nothing() {
        assert_eq!(sample(Vec::new()).status(&CHECK), Status::Pass);
        let other = sample(Vec::new()).with(|census| census.constraints[0].columns = vec![2, 3]);
        assert_eq!(other.status(&CHECK), Status::Fail);
    }

    #[test]
    fn each_partition_must_be_checked() {
        let of = |constraint, enabled| Trigger {
            internal: true,
            constraint: Some(constraint),
            ..trigger(1, 101, "RI", enabled)
        };
        assert_eq!(sample(vec![of(2, 'O')]).status(&CHECK), Status::Pass);
        assert_eq!(sample(vec![of(2, 'D')]).status(&CHECK), Status::Fail);
        assert_eq!(sample(vec![of(1, 'D')]).status(&CHECK), Status::Fail);
        assert_eq!(sample(vec![of(3, 'D')]).status(&CHECK), Status::Pass);
    }
}
