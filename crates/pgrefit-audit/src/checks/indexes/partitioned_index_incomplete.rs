//! The index of a partitioned table that a partition has no part of.

use pgrefit_catalog::census::{ConstraintKind, Index, RelationKind, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::facts::partitioned_indexes::Completion;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "partitioned-index-incomplete",
    code: "IDX-14",
    group: Group::Indexes,
    title: "An index of a partitioned table is invalid: not every partition has its part.",
    level: Status::Fail,
    required: true,
    matters: "Made ON ONLY the partitioned table, an index is invalid until each partition has one of the same form that is \
              attached. Until then the partitions without are read from end to end, and a unique one keeps nothing apart in them: \
              that is a failure. A foreign key cannot refer to it. ATTACH never makes it valid \
              while a foreign table is among the partitions.",
    cure: "CREATE INDEX CONCURRENTLY on each partition that has none, and ALTER INDEX … ATTACH PARTITION of each that is not \
           attached. A primary key or unique constraint wants the same constraint on each partition.",
    sources: &[Source::Relations, Source::Indexes, Source::Inheritance],
    example: Some(Example {
        bad: include_str!("partitioned_index_incomplete/bad.sql"),
        good: include_str!("partitioned_index_incomplete/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for index in facts.declared_indexes() {
        if facts.relation(index.oid).is_none_or(|it| it.kind != RelationKind::PartitionedIndex) {
            continue;
        }
        ruling.saw();
        if !index.valid {
            tell(facts, index, ruling);
        }
    }
}

fn tell(facts: &Facts<'_>, index: &Index, ruling: &mut Ruling) {
    let lacks = facts.completion(index);
    let status = if index.unique { Status::Fail } else { Status::Warn };
    let mut found = ruling.found(status, facts.name(index.oid), message(&lacks));
    found.number("partitions_without", lacks.lacking.len());
    found.number("partitions_not_attached", lacks.loose.len());
    let Some(sql) = lacks.sql() else {
        found.hint(advice(facts, index, &lacks));
        return;
    };
    let again = lacks.lacking.is_empty() && lacks.loose.is_empty();
    let again = if again { "; if it stays invalid, it must be dropped and made anew" } else { "" };
    found.sql(sql, lacks.lock(), true).hint(format!(
        "ATTACH PARTITION locks the index of the partition ACCESS EXCLUSIVE: queries of that partition wait to be planned \
         meanwhile; set a lock_timeout{again}"
    ));
}

fn message(lacks: &Completion) -> String {
    let counts = [
        (lacks.lacking.len(), "have no such index"),
        (lacks.loose.len(), "have one that is not attached"),
        (lacks.invalid.len(), "have one that is invalid itself"),
        (lacks.foreign.len(), "are foreign tables, which can have none"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() {
        return "it is invalid, though each partition has its part".to_owned();
    }
    format!("it is invalid: of its partitions ({}), {}", lacks.partitions, told.join(", "))
}

/// What to do where there is no list of statements.
fn advice(facts: &Facts<'_>, index: &Index, lacks: &Completion) -> String {
    let (whole, table) = (facts.name(index.oid), facts.name(index.table));
    if !lacks.foreign.is_empty() {
        return if index.unique {
            "it cannot become valid while a foreign table is a partition: detach that, or keep rows apart by a unique index on \
             each partition that is a table; DROP INDEX of this one drops the parts that are attached to it, too"
                .to_owned()
        } else {
            format!(
                "ATTACH PARTITION cannot make it valid while a foreign table is a partition; queries use the indexes of the \
                 partitions all the same. One made by CREATE INDEX ON {table}, without ONLY, is valid, takes over what is of \
                 its form and not attached, and stops writes while it builds the rest"
            )
        };
    }
    if !lacks.invalid.is_empty() {
        let parts: Vec<String> = lacks.invalid.iter().map(|part| facts.name(*part)).collect();
        return format!(
            "REINDEX INDEX CONCURRENTLY each that is invalid, then ATTACH it once more to the index that it is part of: {}",
            parts.join(", ")
        );
    }
    let (how, there) = (by_hand(facts, index), loose(facts, lacks));
    let direct = lacks.lacking.iter().all(|it| facts.parents(*it) == [index.table]);
    let between =
        if direct { "" } else { "; a partition that is partitioned itself gets one ON ONLY it first" };
    format!("{how}; then ALTER INDEX {whole} ATTACH PARTITION each{between}{there}")
}

/// How to make what partitions have not, where the census cannot write it.
fn by_hand(facts: &Facts<'_>, index: &Index) -> String {
    let width = usize::try_from(index.key_columns).unwrap_or(0);
    let key = facts.column_list(index.table, &index.columns[..width.min(index.columns.len())]);
    let kind = match facts.constraint_of_index(index).map(|it| it.kind) {
        Some(ConstraintKind::PrimaryKey) => "PRIMARY KEY",
        Some(ConstraintKind::Unique) => "UNIQUE",
        _ => {
            let whole = facts.name(index.oid).replace('\'', "''");
            return format!(
                "SELECT pg_get_indexdef('{whole}'::regclass) shows its form: make that CONCURRENTLY on each partition without"
            );
        }
    };
    format!(
        "an index alone is not enough: on each partition without, CREATE UNIQUE INDEX CONCURRENTLY on ({key}) and ALTER TABLE … ADD \
         CONSTRAINT … {kind} USING INDEX it; or ALTER TABLE … ADD {kind} ({key}), which stops reads and writes while it builds"
    )
}

/// What is there to be attached.
fn loose(facts: &Facts<'_>, lacks: &Completion) -> String {
    if lacks.loose.is_empty() {
        return String::new();
    }
    let names: Vec<String> = lacks.loose.iter().map(|it| facts.name(*it)).collect();
    format!("; what only has to be attached: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::{ConstraintKind, Inheritance, Relation, RelationKind};

    use super::CHECK;
    use crate::sample::Sample;
    use crate::sample::constraints::constraint;
    use crate::sample::partitions::range;

    /// `public.e` with an index (200) on `at` that is invalid, and two partitions.
    fn sample() -> Sample {
        let bound = |from| range(1082, Some(from), Some(from + 1));
        let sample = Sample::new(18)
            .partitioned(100, "e", 'r', "at", "date")
            .partition(101, 100, "e_1", &bound(0))
            .attribute(101, 1, "at", "date")
            .partition(102, 100, "e_2", &bound(1))
            .attribute(102, 2, "at", "date");
        let sample = sample.btree(200, 100, "e_at", &[1], 0).change_index(|it| it.valid = false);
        sample.with(|census| of(census, 200).kind = RelationKind::PartitionedIndex)
    }

    fn of(census: &mut pgrefit_catalog::census::Census, oid: u32) -> &mut Relation {
        census.relations.iter_mut().find(|it| it.oid == oid).expect("a relation")
    }

    fn attached(sample: Sample, part: u32) -> Sample {
        let edge = Inheritance { child: part, parent: 200, detach_pending: false };
        sample.with(|census| census.inheritance.push(edge))
    }

    fn told(sample: &Sample) -> (String, String) {
        let found = sample.verdict(&CHECK).findings.remove(0);
        let cure = found.remediation.map(|it| format!("{}: {}", it.lock.unwrap_or_default(), it.sql));
        (found.message, cure.or(found.hint).unwrap_or_default())
    }

    #[test]
    fn what_is_there_is_attached_and_the_rest_is_made() {
        let (message, cure) = told(&sample().btree(202, 102, "e_2_own", &[2], 1));
        expect_test::expect![
            "it is invalid: of its partitions (2), 1 have no such index, 1 have one that is not attached"
        ]
        .assert_eq(&message);
        expect_test::expect![[r"
            ACCESS EXCLUSIVE on the index of each partition: CREATE INDEX CONCURRENTLY e_at_part1 ON public.e_1 USING btree (at any_ops);
            ALTER INDEX public.e_at ATTACH PARTITION public.e_at_part1;
            ALTER INDEX public.e_at ATTACH PARTITION public.e_2_own;"]]
        .assert_eq(&cure);
        let other = sample().btree(202, 102, "e_2_own", &[2], 1).change_index(|it| it.options = vec![3]);
        assert!(told(&other).0.ends_with("2 have no such index"));
        let invalid = sample().btree(202, 102, "e_2_own", &[2], 1).change_index(|it| it.valid = false);
        assert!(told(&invalid).0.ends_with("2 have no such index"));
    }

    #[test]
    fn a_name_that_is_taken_is_not_used() {
        let taken = sample().btree(300, 101, "e_at_part1", &[7], 1);
        assert!(told(&taken).1.contains("CONCURRENTLY e_at_part2 ON public.e_1"));
    }

    #[test]
    fn operator_classes_have_their_schema() {
        let classed = sample().change_index(|it| it.operator_class_schemas = vec!["Ext".to_owned()]);
        assert!(told(&classed).1.contains("USING btree (at \"Ext\".any_ops);"));
        let unknown = sample().change_index(|it| it.operator_class_schemas.clear());
        assert!(told(&unknown).1.starts_with("SELECT pg_get_indexdef('public.e_at'::regclass)"));
    }

    #[test]
    fn a_foreign_table_has_none() {
        let foreign = |unique| {
            let sample = sample().change_index(|it| it.unique = unique);
            told(&sample.with(|census| of(census, 102).kind = RelationKind::Foreign))
        };
        let (message, hint) = foreign(true);
        assert!(
            message.ends_with("1 have no such index, 1 are foreign tables, which can have none"),
            "{message}"
        );
        assert!(hint.starts_with("it cannot become valid"), "{hint}");
        assert!(foreign(false).1.starts_with("ATTACH PARTITION cannot make it valid"));
    }

    #[test]
    fn parts_that_are_all_there_are_looked_at_again() {
        let whole = attached(sample().btree(201, 101, "e_1_at", &[1], 1), 201);
        let whole = attached(whole.btree(202, 102, "e_2_at", &[2], 1), 202);
        let (message, cure) = told(&whole);
        assert_eq!(message, "it is invalid, though each partition has its part");
        assert!(cure.ends_with(": ALTER INDEX public.e_at ATTACH PARTITION public.e_2_at;"), "{cure}");
        let (message, cure) = told(&whole.change_index(|it| it.valid = false));
        assert!(message.ends_with("1 have one that is invalid itself"), "{message}");
        assert!(cure.ends_with("part of: public.e_2_at"), "{cure}");
    }

    #[test]
    fn a_constraint_wants_constraints() {
        let key = constraint(900, 100, "e_pkey", ConstraintKind::PrimaryKey, |it| it.index = Some(200));
        let sample = sample().change_index(|it| (it.unique, it.primary) = (true, true));
        let sample = sample.btree(202, 102, "e_2_at", &[2], 1).change_index(|it| it.unique = true);
        let (message, hint) = told(&sample.with(|census| census.constraints.push(key)));
        assert!(message.ends_with("2 have no such index"), "{message}");
        assert!(hint.contains("ALTER TABLE … ADD PRIMARY KEY (at)"), "{hint}");
    }

    #[test]
    fn tables_between_get_theirs() {
        let below = |sample: Sample| {
            let sample = sample.partition(103, 102, "e_2_1", &range(23, Some(0), Some(1)));
            sample
                .attribute(103, 1, "at", "date")
                .with(|census| of(census, 102).kind = RelationKind::Partitioned)
        };
        expect_test::expect![[r"
            ACCESS EXCLUSIVE on the index of each partition, SHARE on the partitioned table: CREATE INDEX CONCURRENTLY e_at_part1 ON public.e_1 USING btree (at any_ops);
            CREATE INDEX CONCURRENTLY e_at_part3 ON public.e_2_1 USING btree (at any_ops);
            ALTER INDEX public.e_at ATTACH PARTITION public.e_at_part1;
            CREATE INDEX e_at_part2 ON ONLY public.e_2 USING btree (at any_ops);
            ALTER INDEX public.e_at_part2 ATTACH PARTITION public.e_at_part3;
            ALTER INDEX public.e_at ATTACH PARTITION public.e_at_part2;"]]
        .assert_eq(&told(&below(sample())).1);
    }
}
