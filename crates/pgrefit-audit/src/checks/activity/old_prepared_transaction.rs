//! Prepared transactions that nobody ends.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{DAY_S, MINUTE_S, literal, said, span};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "old-prepared-transaction",
    code: "ACT-04",
    group: Group::Activity,
    title: "A prepared transaction was not ended.",
    level: Status::Fail,
    required: true,
    matters: "It belongs to no session, so that nothing ends it, not even a restart. It keeps its locks, and it keeps VACUUM from \
              removing and freezing rows, to the end of the transaction ids. A transaction manager ends it within seconds; told \
              from ten minutes on, a failure from a day on.",
    cure: "Ask the transaction manager what became of it; then COMMIT PREPARED or ROLLBACK PREPARED, in its database.",
    sources: &[Source::PreparedTransactions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for prepared in &facts.census.prepared_transactions {
        ruling.saw();
        if prepared.age_s < 10.0 * MINUTE_S {
            continue;
        }
        let status = if prepared.age_s >= DAY_S { Status::Fail } else { Status::Warn };
        let (gid, database) = (literal(&prepared.gid), quote_ident(&prepared.database));
        let owner = quote_ident(&prepared.owner);
        let message =
            format!("{gid} of {owner} in {database} was prepared {} ago and not ended", said(prepared.age_s));
        ruling
            .found(status, gid.clone(), message)
            .number("age_ms", span(prepared.age_s))
            .number("age_transactions", prepared.xid_age)
            .hint(format!(
                "ask its transaction manager; then, in {database}, COMMIT PREPARED {gid} or ROLLBACK PREPARED {gid}"
            ));
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn ten_minutes_are_long() {
        let check = |age_s: f64, expected: Status| {
            assert_eq!(Sample::new(15).prepared("x", age_s, 1).status(&CHECK), expected, "{age_s}");
        };
        check(5.0, Status::Pass);
        check(700.0, Status::Warn);
        check(90_000.0, Status::Fail);
        assert_eq!(Sample::new(15).status(&CHECK), Status::Pass);
    }

    #[test]
    fn its_name_is_quoted() {
        assert_eq!(Sample::new(15).prepared("it's", 700.0, 1).objects(&CHECK), ["'it''s'"]);
    }
}
