//! Differences between real catalogs: `rich` has one object of every kind, `changed` is the same after one change of every
//! kind. Each was read from PostgreSQL 15 and 18; the SQL is among the introspection tests of `pgrefit-pg`.

use expect_test::expect_file;
use pgrefit_catalog::{Catalog, Comparison, Difference, Name};

const RICH_15: &str = include_str!("rich.15.json");
const RICH_18: &str = include_str!("rich.18.json");
const CHANGED_15: &str = include_str!("changed.15.json");
const CHANGED_18: &str = include_str!("changed.18.json");

fn read(json: &str) -> Catalog {
    serde_json::from_str(json).expect("a catalog")
}

fn exact(expected: &str, live: &str) -> Difference {
    read(expected).difference(&read(live), Comparison::Exact)
}

#[test]
fn every_kind_of_change_is_one_line() {
    expect_file!["changes.txt"].assert_eq(&exact(RICH_18, CHANGED_18).to_string());
    expect_file!["changes_reversed.txt"].assert_eq(&exact(CHANGED_18, RICH_18).to_string());
}

#[test]
fn a_schema_has_no_difference_from_itself_on_any_major() {
    for (left, right) in
        [(RICH_15, RICH_15), (RICH_15, RICH_18), (RICH_18, RICH_15), (CHANGED_15, CHANGED_18)]
    {
        assert_eq!(exact(left, right).to_string(), "");
        assert!(exact(left, right).is_empty());
        assert_eq!(read(left).fingerprint(), read(right).fingerprint());
    }
}

#[test]
fn fingerprints_do_not_depend_on_the_major() {
    let expected = exact(RICH_15, CHANGED_15).fingerprint(None);
    for (rich, changed) in [(RICH_15, CHANGED_18), (RICH_18, CHANGED_15), (RICH_18, CHANGED_18)] {
        assert_eq!(exact(rich, changed).fingerprint(None), expected);
    }
}

#[test]
fn fingerprints_differ_with_what_they_name() {
    let there = exact(RICH_18, CHANGED_18);
    let back = exact(CHANGED_18, RICH_18);
    let mut partial = there.clone();
    partial.changes.pop();
    let mut reordered = there.clone();
    reordered.changes.reverse();
    assert_eq!(there.fingerprint(None).len(), 24);
    assert_eq!(there.fingerprint(None), reordered.fingerprint(None));
    assert_ne!(there.fingerprint(None), back.fingerprint(None));
    assert_ne!(there.fingerprint(None), partial.fingerprint(None));
    assert_ne!(read(RICH_18).fingerprint(), read(CHANGED_18).fingerprint());
}

#[test]
fn the_logical_comparison_leaves_out_how_rows_are_kept() {
    let exact = exact(RICH_18, CHANGED_18);
    let logical = read(RICH_18).difference(&read(CHANGED_18), Comparison::Logical);
    let left_out: Vec<_> = exact.changes.iter().filter(|change| !logical.changes.contains(change)).collect();
    let lines: Vec<_> = left_out.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "table public.parent: column order is b, a, expected a, b",
            "table public.people: options is autovacuum_vacuum_scale_factor=0.01, expected \
             autovacuum_vacuum_scale_factor=0.01, fillfactor=70",
            "column public.people.payload: storage is main, expected external",
        ]
    );
}

#[test]
fn catalogs_and_differences_survive_json() {
    let catalog = read(RICH_18);
    let json = serde_json::to_string(&catalog).expect("JSON");
    assert_eq!(read(&json), catalog);
    let difference = exact(RICH_18, CHANGED_18);
    let json = serde_json::to_string(&difference).expect("JSON");
    assert_eq!(serde_json::from_str::<Difference>(&json).expect("a difference"), difference);
}

#[test]
fn versions_of_extensions_and_servers_are_informational() {
    let mut other = read(RICH_18);
    other.server_major = 13;
    other.extensions.get_mut("plpgsql").expect("installed").version = "0.1".to_owned();
    assert!(read(RICH_18).difference(&other, Comparison::Exact).is_empty());
}

#[test]
fn an_extension_is_there_or_not_and_in_its_schema() {
    let mut live = read(RICH_18);
    live.extensions.get_mut("plpgsql").expect("installed").schema = "public".to_owned();
    let difference = read(RICH_18).difference(&live, Comparison::Exact);
    assert_eq!(difference.to_string(), "extension plpgsql: schema is public, expected pg_catalog\n");
    live.extensions.clear();
    let difference = read(RICH_18).difference(&live, Comparison::Exact);
    assert_eq!(difference.to_string(), "extension plpgsql: missing\n");
}

#[test]
fn a_missing_table_is_one_change() {
    let mut live = read(RICH_18);
    live.tables.remove(&Name::new("public", "people")).expect("there");
    let difference = read(RICH_18).difference(&live, Comparison::Exact);
    assert_eq!(difference.to_string(), "table public.people: missing\n");
}

#[test]
fn a_missing_constraint_includes_its_index() {
    let mut live = read(RICH_18);
    let people = live.tables.get_mut(&Name::new("public", "people")).expect("there");
    people.constraints.remove("people_pkey").expect("there");
    people.indexes.remove("people_pkey").expect("there");
    let difference = read(RICH_18).difference(&live, Comparison::Exact);
    assert_eq!(difference.to_string(), "constraint people_pkey on public.people: missing\n");
}

#[test]
fn what_is_not_in_order_is_found() {
    let table = Name::new("Odd.Schema", "Mixed \"Case\" Table");
    let rich = read(RICH_18);
    let open: Vec<_> = rich.unvalidated_constraints().collect();
    assert_eq!(open, [("later", &table), ("later_fk", &table)]);
    assert_eq!(rich.invalid_indexes().count(), 0);
    let changed = read(CHANGED_18);
    let people = Name::new("public", "people");
    let invalid: Vec<_> = changed.invalid_indexes().collect();
    assert_eq!(invalid, [(Name::new("public", "People Tags"), &people)]);
    assert!(changed.has_index(&invalid[0].0) && rich.without_invalid_indexes() == rich);
    let sound = changed.without_invalid_indexes();
    assert!(!sound.has_index(&invalid[0].0));
    assert_eq!(sound.tables[&people].indexes.len() + 1, changed.tables[&people].indexes.len());
}

#[test]
fn an_empty_database_may_have_extensions() {
    let mut catalog = Catalog::empty(18);
    assert!(catalog.is_empty());
    catalog.schemas.insert("public".to_owned());
    catalog.extensions.clone_from(&read(RICH_18).extensions);
    assert!(catalog.is_empty());
    catalog.schemas.insert("app".to_owned());
    assert!(!catalog.is_empty());
    assert!(!read(RICH_18).is_empty());
}

#[test]
fn shared_columns_are_those_whose_content_can_be_compared() {
    let (rich, changed) = (read(RICH_18), read(CHANGED_18));
    let shared = rich.shared_columns(&changed);
    let names: Vec<_> = shared.keys().map(ToString::to_string).collect();
    let odd = "\"Odd.Schema\".\"Mixed \"\"Case\"\" Table\"";
    assert_eq!(
        names,
        [odd, "public.child", "public.events", "public.parent", "public.people", "public.scratchpad"]
    );
    assert_eq!(shared[&Name::new("public", "child")], ["c"]);
    assert!(!shared[&Name::new("public", "people")].contains(&"json".to_owned()));
}
