//! A schema that is not what the migrations make.

use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "schema-drift",
    code: "HIS-05",
    group: Group::History,
    title: "The schema is not what the migrations make.",
    level: Status::Warn,
    required: true,
    matters: "Somebody changed it by hand, or a migration did something else here than elsewhere: the next migration may fail, and \
              a restored or new database is another one. Asked with --drift, which builds the migrations that are applied once \
              on a scratch server and keeps the result by their digest, or with --expected FILE, a `pgrefit snapshot`. The two \
              catalogs are compared in a form in which PostgreSQL's own rewriting makes no difference. To read definitions, \
              tables are opened (ACCESS SHARE); behind an ACCESS EXCLUSIVE lock the check gives up after two seconds, and is blind.",
    cure: "Take the change back with the SQL of the finding, or write it as a migration.",
    sources: &[],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let Some(drift) = &facts.options.drift else {
        return ruling.skip("not asked: --drift or --expected FILE");
    };
    if let Some(why) = &drift.blind {
        return ruling.missed(why.as_str(), None);
    }
    ruling.saw_many(drift.objects);
    ruling.keep_order();
    for change in &drift.changes {
        let mut found = ruling.warn(change.object.as_str(), change.message.as_str());
        if let Some(sql) = &change.remedy {
            found.sql(sql.as_str(), change.lock, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;
    use crate::{Drift, SchemaChange};

    fn check(drift: Option<Drift>, status: Status, objects: &[&str]) {
        let mut sample = Sample::new(18);
        sample.options.drift = drift;
        let expected: Vec<String> = objects.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!((sample.status(&CHECK), sample.objects(&CHECK)), (status, expected));
    }

    #[test]
    fn what_was_compared_is_told() {
        let change = SchemaChange {
            object: "table public.a".to_owned(),
            message: "table public.a is missing".to_owned(),
            remedy: Some("CREATE TABLE public.a ();".to_owned()),
            lock: "",
        };
        check(None, Status::Skip, &[]);
        check(Some(Drift { objects: 3, ..Drift::default() }), Status::Pass, &[]);
        let changes = vec![change];
        check(Some(Drift { objects: 3, changes, blind: None }), Status::Warn, &["table public.a"]);
        let blind = Some("a table is locked".to_owned());
        check(Some(Drift { blind, ..Drift::default() }), Status::Blind, &[]);
    }
}
