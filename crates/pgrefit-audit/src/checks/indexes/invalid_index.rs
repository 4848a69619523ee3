//! An index that queries may not use.

use pgrefit_catalog::census::{Index, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "invalid-index",
    code: "IDX-01",
    group: Group::Indexes,
    title: "An index is invalid: no query may use it.",
    level: Status::Fail,
    required: true,
    matters: "CREATE INDEX CONCURRENTLY that failed leaves an index which each write maintains and no query uses; CREATE INDEX \
              IF NOT EXISTS then takes it for done. A unique one does not keep the rows apart that were there before: that is \
              a failure. One that has a valid twin is needless. Without a valid index of its TOAST table, a table's long \
              values cannot be read. Indexes that somebody builds at this moment, leftovers of REINDEX and indexes of \
              partitioned tables are not looked at here.",
    cure: "REINDEX INDEX CONCURRENTLY builds it anew; drop it if it has a valid twin. For a unique one, remove what is double \
           first: the REINDEX fails otherwise, and leaves another invalid index.",
    sources: &[Source::Relations, Source::Indexes, Source::Progress],
    example: Some(Example {
        bad: include_str!("invalid_index/bad.sql"),
        good: include_str!("invalid_index/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in &facts.census.indexes {
        let Some(table) = facts.relation(index.table).filter(|table| !table.of_extension) else { continue };
        let kind = facts.relation(index.oid).map(|it| it.kind);
        if kind == Some(RelationKind::PartitionedIndex) || facts.is_leftover(index) {
            continue;
        }
        if Facts::is_usable(index) || index.being_built {
            ruling.saw();
        } else if facts.has_hidden_builds() {
            ruling.missed(
                "which indexes are being built is hidden from this role",
                Some(facts.grant_monitor()),
            );
        } else {
            ruling.saw();
            tell(facts, index, table.kind, ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, index: &Index, table_kind: RelationKind, ruling: &mut Ruling) {
    let (name, table) = (facts.name(index.oid), facts.name(index.table));
    let cost = if index.ready { ", and each write maintains it" } else { "" };
    let in_toast = table_kind == RelationKind::Toast;
    // What is there for something else than queries is not dropped, whatever is beside it.
    let is_free = facts.index_guard(index).is_none() && facts.constraint_of_index(index).is_none();
    if let Some(twin) = facts.twin(index).filter(|_| is_free || in_toast) {
        let (sql, lock) = facts.drop_index(index);
        let message =
            format!("the index is invalid and needless: {} has the same form{cost}", facts.name(twin.oid));
        ruling.warn(name, message).number("table_rows", facts.rows(index.table)).sql(sql, lock, true);
        return;
    }
    if in_toast {
        tell_toast(facts, index, ruling);
        return;
    }
    let (status, message) = if index.unique {
        (Status::Fail, format!("the unique index is invalid: {table} may hold what it forbids{cost}"))
    } else {
        (Status::Warn, format!("the index is invalid: no query on {table} may use it{cost}"))
    };
    let (sql, lock) = if !index.live {
        // What is being dropped cannot be built anew.
        facts.drop_index(index)
    } else if index.exclusion {
        (format!("REINDEX INDEX {name};"), "ACCESS EXCLUSIVE")
    } else {
        (format!("REINDEX INDEX CONCURRENTLY {name};"), "SHARE UPDATE EXCLUSIVE")
    };
    let mut found = ruling.found(status, name, message);
    found.number("table_rows", facts.rows(index.table)).sql(sql, lock, true);
    if index.unique && index.live && !index.exclusion {
        let first = doubles(facts, index).map_or_else(
            || "look for rows with the same key first".to_owned(),
            |it| format!("find the doubles first: {it}"),
        );
        found.hint(format!(
            "{first} While there are any, REINDEX CONCURRENTLY fails and leaves another invalid index, …_ccnew, to be dropped"
        ));
    }
}

/// The only index of a TOAST table: dropping it makes nothing better, and the server refuses to build it anew.
fn tell_toast(facts: &Facts<'_>, index: &Index, ruling: &mut Ruling) {
    let owner =
        facts.toast_owner(index.table).map_or_else(|| facts.name(index.table), |owner| facts.name(owner));
    let name = facts.name(index.oid);
    let message =
        format!("no other index of the TOAST table of {owner} is valid: its long values may be unreadable");
    ruling.fail(name.clone(), message).hint(format!(
        "do not drop it: REINDEX refuses an invalid index of a TOAST table, and so nothing would bring it back. Restore {owner} from \
         a backup, or copy the files of the server and let somebody who knows it mark {name} valid in pg_index and REINDEX it"
    ));
}

/// The query that finds what a unique index forbids; none where the census cannot say what that is.
fn doubles(facts: &Facts<'_>, index: &Index) -> Option<String> {
    let width = usize::try_from(index.key_columns).ok()?;
    let key = index.columns.get(..width).filter(|_| index.predicate.is_none())?;
    let as_column = |(number, collation): (&i16, &u32)| {
        facts.column(index.table, *number).is_some_and(|it| it.collation == *collation)
    };
    if key.len() != index.collations.len() || !key.iter().zip(&index.collations).all(as_column) {
        return None;
    }
    let columns = facts.column_list(index.table, key);
    let set = |number: &i16| format!("{} IS NOT NULL", facts.column_list(index.table, &[*number]));
    let set = if index.nulls_not_distinct {
        String::new()
    } else {
        format!(" WHERE {}", key.iter().map(set).collect::<Vec<_>>().join(" AND "))
    };
    // Rows of tables that inherit from it are in other indexes.
    let only = if facts.children(index.table).is_empty() { "" } else { "ONLY " };
    let table = facts.name(index.table);
    Some(format!(
        "SELECT {columns}, count(*) FROM {only}{table}{set} GROUP BY {columns} HAVING count(*) > 1;"
    ))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Progress;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn a_hidden_build_makes_it_blind() {
        let sample = |relation: Option<u32>| {
            let build = Progress {
                pid: 1,
                command: "CREATE INDEX CONCURRENTLY".to_owned(),
                relation,
                phase: None,
                done: None,
                total: None,
            };
            let sample = Sample::new(18).heap(100, "t", 1, 1e3).btree(101, 100, "i", &[1], 1);
            sample.change_index(|it| it.valid = false).with(|census| census.progress.push(build))
        };
        assert_eq!(sample(None).status(&CHECK), Status::Blind);
        assert_eq!(sample(Some(7)).objects(&CHECK), ["public.i"]);
        assert_eq!(sample(Some(7)).change_index(|it| it.being_built = true).status(&CHECK), Status::Pass);
    }

    fn told(sample: &Sample) -> (Status, String, String) {
        let found = sample.verdict(&CHECK).findings.remove(0);
        let sql = found.remediation.map(|it| it.sql).unwrap_or_default();
        (found.status, sql, found.hint.unwrap_or_default())
    }

    fn invalid(name: &str) -> Sample {
        let sample = Sample::new(18).heap(100, "t", 1, 1e3).attribute(100, 1, "a", "int8");
        sample
            .attribute(100, 2, "b", "int8")
            .btree(101, 100, name, &[1, 2], 1)
            .change_index(|it| it.valid = false)
    }

    #[test]
    fn a_unique_one_says_how_to_find_the_doubles() {
        let unique = invalid("i").change_index(|it| it.unique = true);
        let (status, sql, hint) = told(&unique);
        assert_eq!((status, sql.as_str()), (Status::Fail, "REINDEX INDEX CONCURRENTLY public.i;"));
        let query = "SELECT a, b, count(*) FROM public.t WHERE a IS NOT NULL AND b IS NOT NULL GROUP BY a, b HAVING count(*) > 1;";
        assert!(hint.contains(query), "{hint}");
        let nulls = unique.change_index(|it| it.nulls_not_distinct = true);
        assert!(told(&nulls).2.contains("FROM public.t GROUP BY a, b HAVING"));
        let expression = nulls.change_index(|it| it.columns = vec![0, 2]);
        assert!(told(&expression).2.starts_with("look for rows with the same key"));
    }

    #[test]
    fn one_with_a_valid_twin_is_dropped() {
        let check = |sample: Sample, expected: (Status, &str)| {
            let (status, sql, _) = told(&sample);
            assert_eq!((status, sql.as_str()), expected);
        };
        let drop = (Status::Warn, "DROP INDEX CONCURRENTLY public.i;");
        let twin = |unique: bool, twin: bool| {
            let sample = invalid("i").change_index(|it| it.unique = unique);
            sample.btree(102, 100, "other", &[1, 2], 1).change_index(|it| it.unique = twin)
        };
        check(twin(false, false), drop);
        check(twin(false, true), drop);
        check(twin(true, true), drop);
        let build = "REINDEX INDEX CONCURRENTLY public.i;";
        check(twin(true, false), (Status::Fail, build));
        check(twin(false, false).with(|it| it.indexes[0].replica_identity = true), (Status::Warn, build));
        check(twin(false, false).with(|it| it.indexes[1].columns = vec![2, 1]), (Status::Warn, build));
    }

    #[test]
    fn a_leftover_of_an_invalid_one_is_told_once() {
        let sample = invalid("i").btree(102, 100, "i_ccnew", &[1, 2], 1).change_index(|it| it.valid = false);
        assert_eq!(sample.objects(&CHECK), ["public.i"]);
        let leftover = crate::check("leftover-index").expect("a check");
        assert_eq!(sample.objects(leftover), ["public.i_ccnew"]);
        let alone = invalid("i_ccnew");
        assert_eq!(alone.objects(&CHECK), ["public.i_ccnew"]);
        assert_eq!(alone.status(leftover), Status::Pass);
    }

    #[test]
    fn the_only_index_of_a_toast_table_is_not_dropped() {
        let sample = Sample::new(18).documents(1_000.0, 3).btree(201, 101, "pg_toast_100_index", &[1, 2], 1);
        let sample = sample.change_index(|it| it.valid = false).with(|it| {
            it.relations.iter_mut().find(|it| it.oid == 201).expect("it").namespace = 99;
        });
        let (status, sql, hint) = told(&sample);
        assert_eq!((status, sql.as_str()), (Status::Fail, ""));
        assert!(hint.starts_with("do not drop it") && hint.contains("public.documents"), "{hint}");
        let twin = sample.btree(202, 101, "pg_toast_100_index_2", &[1, 2], 1);
        assert_eq!(told(&twin).1, "DROP INDEX pg_toast.pg_toast_100_index;");
    }
}
