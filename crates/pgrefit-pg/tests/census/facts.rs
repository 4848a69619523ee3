//! What the rows say of the fixture, on every version.

use pgrefit_catalog::census::{Bound, Census, Column, Constraint, ConstraintKind, Index, Relation, Sequence};
use pgrefit_pg::census::{NodeError, merge, node_counters};

use super::live::Live;
use super::take;

const ODD: &str = "Mixed Case; --";

fn relation<'a>(census: &'a Census, name: &str) -> &'a Relation {
    census.relations.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("no relation {name}"))
}

fn column<'a>(census: &'a Census, table: &str, name: &str) -> &'a Column {
    let oid = relation(census, table).oid;
    census.columns.iter().find(|it| it.relation == oid && it.name == name).expect(name)
}

fn index<'a>(census: &'a Census, name: &str) -> &'a Index {
    let oid = relation(census, name).oid;
    census.indexes.iter().find(|it| it.oid == oid).expect(name)
}

fn sequence<'a>(census: &'a Census, name: &str) -> &'a Sequence {
    let oid = relation(census, name).oid;
    census.sequences.iter().find(|it| it.relation == oid).expect(name)
}

fn constraint<'a>(census: &'a Census, name: &str) -> &'a Constraint {
    census.constraints.iter().find(|it| it.name == name).expect(name)
}

#[tokio::test]
async fn the_rows_are_right_on_every_version() {
    for live in Live::all() {
        live.fixture("odd").await;
        let census = take(&live, "postgres", "odd").await;
        relations(&census);
        columns(&census);
        indexes(&census);
        constraints(&census);
        sequences(&census);
        others(&census);
        statistics(&census);
        if live.major >= 18 {
            newest(&census);
        }
    }
}

fn relations(census: &Census) {
    let people = relation(census, "people");
    assert_eq!((people.rows, people.shows_statistics, people.persistence), (Some(1000.0), true, 'p'));
    assert!(people.pages > 0 && people.toast.is_some() && people.xid_age.is_some());
    assert_eq!(people.access_method.as_deref(), Some("heap"));
    let odd = relation(census, ODD);
    assert_eq!(odd.options, ["fillfactor=70", "autovacuum_enabled=off"]);
    assert!(odd.row_security && !odd.row_security_forced);
    let view = relation(census, "sight");
    assert_eq!((view.rows, view.xid_age, view.mxid_age), (None, None, None));
    // Of the fixture, not of the server.
    assert_eq!(relation(census, "pg_class").namespace, people.namespace);
    let schema = census.namespaces.iter().find(|it| it.name == "Odd \"Schema\"").expect("the schema");
    assert!(schema.has_comment && schema.oid == odd.namespace);
    let (events, part) = (relation(census, "events"), relation(census, "events_2026"));
    let bound = part.bound.as_ref().and_then(pgrefit_catalog::census::Node::bound);
    assert!(part.is_partition && matches!(bound, Some(Bound::Range { .. })), "{bound:?}");
    let key = census.partition_keys.iter().find(|it| it.relation == events.oid).expect("a key");
    assert_eq!((key.strategy, key.columns.as_slice()), ('r', [2].as_slice()));
    assert_eq!(key.default_partition, Some(relation(census, "events_rest").oid));
    for (child, parent) in
        [("events_2026", "events"), ("child", "parent"), ("events_2026_at_idx", "events_at")]
    {
        let (child, parent) = (relation(census, child).oid, relation(census, parent).oid);
        assert!(census.inheritance.iter().any(|it| it.child == child && it.parent == parent));
    }
}

fn columns(census: &Census) {
    let people = relation(census, "people").oid;
    let names: Vec<_> =
        census.columns.iter().filter(|it| it.relation == people).map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        ["id", "big", "name", "mood", "amount", "tags", "key", "made", "lower_name"],
        "in order, and without dropped ones"
    );
    let name = column(census, "people", "name");
    assert!(name.not_null && name.has_default && name.has_comment);
    assert_eq!((name.statistics_target, name.storage, name.compression), (Some(200), 'x', None));
    assert_eq!(column(census, "people", "big").identity, Some('a'));
    assert_eq!(column(census, "people", "id").statistics_target, None);
    assert_eq!(column(census, "people", "lower_name").generated, Some('s'));
    let type_of = |column: &Column| census.types.iter().find(|it| it.oid == column.type_oid).expect("a type");
    let tags = type_of(column(census, "people", "tags"));
    assert_eq!((tags.name.as_str(), tags.category, tags.element), ("_text", 'A', 25));
    let amount = type_of(column(census, "people", "amount"));
    assert_eq!((amount.kind, amount.base), ('d', 20));
    let functions = |name: &str| {
        let number = column(census, "people", name).number;
        let found = census.defaults.iter().find(|it| it.relation == people && it.number == number);
        found.expect("a default").clone()
    };
    assert_eq!(functions("key").functions, ["pg_catalog.gen_random_uuid"]);
    assert_eq!(functions("made").functions, ["pg_catalog.now"]);
    assert_eq!(functions("id").functions, ["pg_catalog.nextval"]);
    let computed = functions("lower_name");
    assert_eq!(computed.functions, ["pg_catalog.lower"]);
    assert_eq!(computed.expression.expect("an expression").columns(), [name.number]);
}

fn indexes(census: &Census) {
    let number = |name| column(census, "people", name).number;
    let name = index(census, "people_name");
    assert_eq!(name.columns, [0, number("key"), number("made")]);
    assert_eq!((name.key_columns, name.unique, name.valid), (2, true, true));
    assert_eq!(name.options, [3, 0]);
    assert_eq!(name.operator_class_names, ["text_ops", "uuid_ops"]);
    assert_eq!(name.operator_class_schemas, ["pg_catalog", "pg_catalog"]);
    assert_eq!(
        name.predicate.as_ref().and_then(pgrefit_catalog::census::Node::only_not_null),
        Some(number("amount"))
    );
    assert_eq!(name.expressions.as_ref().expect("expressions").columns(), [number("name")]);
    let depends: Vec<i16> =
        census.index_dependencies.iter().filter(|it| it.index == name.oid).map(|it| it.column).collect();
    assert_eq!(depends, [number("name"), number("amount"), number("key"), number("made")]);
    let primary = index(census, "people_pkey").oid;
    assert!(
        census.index_dependencies.iter().any(|it| it.index == primary && it.column == 1),
        "of constraints, too"
    );
    let invalid = index(census, "people_invalid");
    assert!(!invalid.valid && !invalid.being_built);
}

fn constraints(census: &Census) {
    let later = constraint(census, "later");
    assert!(!later.validated && later.enforced && later.kind == ConstraintKind::Check);
    assert_eq!(later.relation, relation(census, ODD).oid);
    let above = constraint(census, "above");
    assert_eq!((above.relation, above.domain.as_deref()), (0, Some("public.positive")));
    let key = census.constraints.iter().find(|it| it.kind == ConstraintKind::ForeignKey).expect("a key");
    assert_eq!(key.referenced, Some(relation(census, "people").oid));
    assert_eq!((key.columns.as_slice(), key.referenced_columns.as_slice()), ([2].as_slice(), [1].as_slice()));
    assert_eq!((key.on_delete, key.on_update, key.match_type), (Some('c'), Some('a'), Some('s')));
    assert!(census.triggers.iter().any(|it| it.internal && it.constraint == Some(key.oid)));
    let touched = census.triggers.iter().find(|it| it.name == "touched").expect("a trigger");
    assert_eq!((touched.enabled, touched.internal, touched.events), ('D', false, 19));
}

fn sequences(census: &Census) {
    let last = |name| {
        let found = sequence(census, name);
        (found.last_value, found.is_called, found.readable)
    };
    assert_eq!(last("unowned"), (Some(900), true, true));
    assert_eq!(last("unused"), (Some(1), false, true));
    assert_eq!(last("restarted"), (Some(501), false, true));
    assert_eq!(last("odd seq"), (Some(1), true, true));
    assert_eq!(last("people_id_seq"), (Some(1000), true, true));
    assert_eq!((sequence(census, "unowned").max, sequence(census, "unowned").cycle), (1000, true));
    let uses = |name: &str| {
        let oid = relation(census, name).oid;
        let uses = census.sequence_uses.iter().filter(move |it| it.sequence == oid);
        uses.map(|it| (it.column, it.owned, it.drawn)).collect::<Vec<_>>()
    };
    assert_eq!(uses("people_id_seq"), [(1, true, true)]);
    assert_eq!(uses("people_big_seq"), [(2, true, true)]);
    assert_eq!(uses("unowned"), [(1, false, true)]);
    assert!(uses("unused").is_empty());
}

fn others(census: &Census) {
    let touch = census.routines.iter().find(|it| it.name == "touch").expect("a function");
    assert!(touch.security_definer && touch.returns_trigger && touch.acl.is_none());
    assert_eq!(touch.settings, ["app.secret=?"]);
    let act = census.routines.iter().find(|it| it.name == "act").expect("a procedure");
    assert_eq!((act.kind, act.signature.as_str(), act.language.as_str()), ('p', "integer, text[]", "sql"));
    let policy = &census.policies[0];
    assert_eq!((policy.name.as_str(), policy.command, policy.roles.as_slice()), ("own", 'r', [0].as_slice()));
    assert!(policy.using.is_some() && policy.with_check.is_none());
    assert_eq!(census.publications[0].relations, [relation(census, "people").oid]);
    assert_eq!(census.rules[0].name, "quiet");
    assert_eq!((census.event_triggers[0].name.as_str(), census.event_triggers[0].enabled), ("watching", 'O'));
    assert!(census.foreign_servers[0].public_mapping && census.foreign_servers[0].mappings == 1);
    assert_eq!(census.default_privileges[0].kind, 'r');
    let history = census.history.as_ref().expect("a history");
    assert_eq!(history.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(history[1].checksum.as_deref(), Some("456"));
    assert!(census.databases.iter().any(|it| it.name == "odd" && it.xid_age > 0 && it.encoding == "UTF8"));
    assert!(census.settings.iter().any(|it| it.name == "wal_compression" && it.enumvals.is_some()));
    assert!(census.server.is_superuser && census.server.system_identifier.is_some());
    assert!(census.backends.iter().all(|it| it.pid != census.server.pid && !it.hidden));
    assert!(census.wal_files.as_ref().is_some_and(|it| it.files > 0 && it.bytes > 0));
    assert!(
        census.roles.iter().any(|it| it.name == "postgres" && it.superuser && it.expired_for_s.is_none())
    );
    assert!(census.checkpoints.is_some() && census.archiver.is_some());
    assert_eq!(census.io.is_empty(), census.server.major() < 16);
}

fn statistics(census: &Census) {
    let largest = |table, name| {
        let column = column(census, table, name);
        let found = census
            .column_statistics
            .iter()
            .find(|it| (it.relation, it.number, it.inherited) == (column.relation, column.number, false));
        found.unwrap_or_else(|| panic!("no statistics of {table}.{name}")).largest
    };
    assert_eq!(largest("people", "id"), Some(1000));
    assert_eq!(largest(ODD, "select"), Some(900));
    let name = column(census, "people", "name");
    let small =
        census.column_statistics.iter().any(|it| (it.relation, it.number) == (name.relation, name.number));
    assert!(!small, "a small table is left alone but for its integer keys");
    let tables = census.relations.iter().filter(|it| matches!(it.access_method.as_deref(), Some("heap")));
    assert!(census.relation_statistics.len() >= tables.count());
    assert!(census.index_statistics.iter().any(|it| it.index == index(census, "people_pkey").oid));
}

fn newest(census: &Census) {
    assert!(!constraint(census, "idle").enforced);
    let soon = constraint(census, "soon");
    assert_eq!((soon.kind, soon.validated), (ConstraintKind::NotNull, false));
    assert_eq!(column(census, "newest", "c").generated, Some('v'));
}

#[tokio::test]
async fn an_interrupted_detach_is_seen() {
    let live = Live::start(18, &[]);
    live.fixture("odd").await;
    let mut reader = live.writer("odd").await;
    reader.batch("BEGIN; SELECT FROM leaving").await.expect("read");
    let mut writer = live.writer("odd").await;
    writer.batch("SET statement_timeout = '300ms'").await.expect("set");
    writer.batch("ALTER TABLE leaving DETACH PARTITION leaving_1 CONCURRENTLY").await.expect_err("cancelled");
    let census = take(&live, "postgres", "odd").await;
    let child = relation(&census, "leaving_1").oid;
    assert!(census.inheritance.iter().any(|it| it.child == child && it.detach_pending));
}

#[tokio::test]
async fn the_counters_of_another_node_are_added() {
    let live = Live::start(18, &[]);
    live.fixture("odd").await;
    let mut census = take(&live, "postgres", "odd").await;
    let node = node_counters(&mut live.reader("postgres", "odd").await).await.expect("counters");
    let of_people = |census: &Census| {
        let oid = index(census, "people_pkey").oid;
        census.index_statistics.iter().find(|it| it.index == oid).expect("counters").scans
    };
    let (before, oid) = (of_people(&census), index(&census, "people_pkey").oid);
    let there = node.indexes.iter().find(|it| it.index == oid).expect("counters").scans;
    assert!(there > 0, "the foreign key looked it up");
    let mut elsewhere = node.clone();
    merge(&mut census, "standby", node).expect("merged");
    assert_eq!(of_people(&census), before + there);
    assert_eq!(census.nodes[0].name, "standby");
    let other = node_counters(&mut live.reader("postgres", "postgres").await).await.expect("counters");
    let error = merge(&mut census, "other", other).expect_err("another database");
    assert!(matches!(error, NodeError::OtherDatabase { .. }), "{error}");
    elsewhere.server.system_identifier = Some(1);
    let error = merge(&mut census, "elsewhere", elsewhere).expect_err("another cluster");
    assert!(matches!(error, NodeError::OtherCluster { .. }), "{error}");
}
