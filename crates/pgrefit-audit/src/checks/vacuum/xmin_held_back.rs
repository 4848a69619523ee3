//! What keeps VACUUM from removing dead rows, by cause.

use pgrefit_catalog::census::{Backend, PreparedTransaction, Slot, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{literal, terminate, thousands};
use crate::ruling::Found;
use crate::{Facts, Ruling};

/// Transactions from which on it is told.
const WARN: i64 = 10_000_000;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "xmin-held-back",
    code: "VAC-03",
    group: Group::Vacuum,
    title: "Something keeps VACUUM from removing dead rows.",
    level: Status::Fail,
    required: false,
    matters: "VACUUM removes and freezes only what no snapshot can see any more. A session with an old snapshot, a prepared \
              transaction, a replication slot, or a standby with hot_standby_feedback holds that limit back: dead rows pile up \
              in all tables, and every scan reads them. Told from ten million transactions on; a failure from \
              autovacuum_freeze_max_age on, because then freezing has begun to fail as well. The catalog_xmin of a logical \
              slot holds back catalogs only.",
    cure: "End the session or the prepared transaction. Bring the consumer of the slot back, or drop the slot.",
    sources: &[
        Source::Backends,
        Source::Progress,
        Source::PreparedTransactions,
        Source::Slots,
        Source::Replicas,
        Source::Settings,
    ],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.census.server.in_recovery {
        return ruling.skip("a standby removes no rows by itself");
    }
    for backend in facts.census.backends.iter().filter(|it| holds(facts, it)) {
        ruling.saw();
        let age = backend.xmin_age.max(backend.xid_age);
        if let Some(mut found) =
            held(facts, ruling, facts.backend_name(backend.pid), age, "has an old snapshot")
        {
            found.sql(terminate(backend), "", false);
        }
    }
    let here = |it: &&PreparedTransaction| it.database == facts.census.server.database;
    for prepared in facts.census.prepared_transactions.iter().filter(here) {
        ruling.saw();
        let what = "was prepared and not ended";
        if let Some(mut found) = held(facts, ruling, literal(&prepared.gid), Some(prepared.xid_age), what) {
            found.hint(format!(
                "in {}, COMMIT PREPARED or ROLLBACK PREPARED",
                quote_ident(&prepared.database)
            ));
        }
    }
    facts.census.slots.iter().for_each(|slot| judge_slot(facts, ruling, slot));
    for replica in &facts.census.replicas {
        ruling.saw();
        let name = quote_ident(replica.application.as_deref().unwrap_or("walreceiver"));
        if let Some(mut found) = held(facts, ruling, name, replica.xmin_age, "sends hot standby feedback") {
            found.hint("end the long query on the standby, or switch hot_standby_feedback off there");
        }
    }
}

fn judge_slot(facts: &Facts<'_>, ruling: &mut Ruling, slot: &Slot) {
    ruling.saw();
    let (age, what) = match (slot.xmin_age, slot.catalog_xmin_age) {
        (Some(xmin), catalog) if catalog.is_none_or(|catalog| xmin >= catalog) => {
            (Some(xmin), "is a slot that lags")
        }
        (_, catalog) => (catalog, "is a slot that lags, in the catalogs"),
    };
    let Some(mut found) = held(facts, ruling, quote_ident(&slot.name), age, what) else { return };
    found.hint("bring its consumer back; drop the slot only if nobody will need it again");
    if !slot.active {
        found.sql(format!("SELECT pg_drop_replication_slot({});", literal(&slot.name)), "", false);
    }
}

/// Snapshots of other databases matter to those. VACUUM does not wait for VACUUM; parallel workers have the snapshot of their
/// leader; replication is told apart.
fn holds(facts: &Facts<'_>, backend: &Backend) -> bool {
    let server = &facts.census.server;
    let elsewhere = backend.database.as_deref().is_some_and(|database| database != server.database);
    let own = backend.pid == server.pid || backend.leader.is_some() || elsewhere;
    let replica = facts.census.replicas.iter().any(|it| it.pid == backend.pid);
    let sends = backend.kind.as_deref() == Some("walsender");
    !own && !replica && !sends && facts.command_of(backend.pid) != Some("VACUUM")
}

/// A finding if the age is one.
fn held<'a>(
    facts: &Facts<'_>,
    ruling: &'a mut Ruling,
    object: String,
    age: Option<i64>,
    what: &str,
) -> Option<Found<'a>> {
    let age = age.filter(|age| *age >= WARN)?;
    #[expect(clippy::cast_possible_truncation, reason = "a setting of at most two billion")]
    let limit = facts.number("autovacuum_freeze_max_age").map_or(200_000_000, |it| it as i64);
    let status = if age >= limit { Status::Fail } else { Status::Warn };
    let message = format!(
        "{object} {what}: nothing that died in the last {} transactions can be removed",
        thousands(age)
    );
    let mut found = ruling.found(status, object, message);
    found.number("age_transactions", age);
    Some(found)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{Replica, Slot};
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    const OLD: Option<i64> = Some(20_000_000);

    fn slot(change: impl FnOnce(&mut Slot)) -> Sample {
        let mut slot = Slot { name: "s".to_owned(), ..Slot::default() };
        change(&mut slot);
        Sample::new(18).with(|census| census.slots.push(slot))
    }

    fn replica(xmin_age: Option<i64>) -> Sample {
        let replica =
            Replica { pid: 7, application: Some("Standby 1".to_owned()), xmin_age, ..Replica::default() };
        Sample::new(18).with(|census| census.replicas.push(replica))
    }

    #[test]
    fn each_cause_is_named() {
        let check = |sample: Sample, expected: &[&str]| assert_eq!(sample.objects(&CHECK), expected);
        let session = || Sample::new(18).backend(7, |it| it.xmin_age = OLD);
        check(session(), &["backend 7 of app"]);
        check(Sample::new(18).backend(7, |it| it.xid_age = OLD), &["backend 7 of app"]);
        // Snapshots can be seen even of sessions that are hidden.
        check(
            Sample::new(18).hidden_backend(7).with(|it| it.backends[0].xmin_age = OLD),
            &["backend 7 of app"],
        );
        check(Sample::new(18).prepared("it's", 60.0, 20_000_000), &["'it''s'"]);
        check(slot(|it| it.xmin_age = OLD), &["s"]);
        check(slot(|it| it.catalog_xmin_age = OLD), &["s"]);
        check(replica(OLD), &["\"Standby 1\""]);
    }

    #[test]
    fn what_holds_nothing_back_is_not_told() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        check(Sample::new(18).backend(7, |it| it.xmin_age = Some(1_000_000)), Status::Pass);
        check(Sample::new(18).backend(7, |it| it.xmin_age = OLD).progress(7, "VACUUM", None), Status::Pass);
        check(Sample::new(18).backend(8, |it| (it.xmin_age, it.leader) = (OLD, Some(7))), Status::Pass);
        check(Sample::new(18).backend(0, |it| it.xmin_age = OLD), Status::Pass);
        let elsewhere = |it: &mut pgrefit_catalog::census::Backend| {
            (it.xmin_age, it.database) = (OLD, Some("shop".to_owned()));
        };
        check(Sample::new(18).backend(7, elsewhere), Status::Pass);
        check(slot(|_| {}), Status::Pass);
        check(replica(None), Status::Pass);
        check(Sample::new(18).backend(7, |it| it.xmin_age = OLD).standby(), Status::Skip);
    }

    #[test]
    fn from_the_age_of_freezing_on_it_fails() {
        let sample = |age| Sample::new(18).backend(7, |it| it.xmin_age = Some(age));
        assert_eq!(sample(200_000_000).status(&CHECK), Status::Fail);
        let later = sample(200_000_000).setting("autovacuum_freeze_max_age", "1000000000");
        assert_eq!(later.status(&CHECK), Status::Warn);
    }

    #[test]
    fn only_a_slot_without_a_consumer_has_sql() {
        let sql = |active| {
            let sample = slot(|it| (it.active, it.xmin_age) = (active, OLD));
            sample.verdict(&CHECK).findings.remove(0).remediation.map(|it| it.sql)
        };
        assert_eq!(sql(false).as_deref(), Some("SELECT pg_drop_replication_slot('s');"));
        assert_eq!(sql(true), None);
    }
}
