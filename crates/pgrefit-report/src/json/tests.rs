//! The JSON form against its schema: what is valid, and what must not be.

use expect_test::expect;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::{SCHEMA, SCHEMA_ID};
use crate::{Cell, Column, Fact, Report, Status, Table, sample};

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], SCHEMA_ID);
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

#[test]
fn the_schema_is_itself_valid() {
    jsonschema::draft202012::meta::validate(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
}

#[test]
fn the_schema_lists_every_status() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["$defs"]["status"]["enum"], json!(Status::ALL));
}

#[test]
fn reports_are_valid() {
    let mut bare = sample::broken();
    bare.target = None;
    bare.outcome.error = None;
    for report in [sample::broken(), sample::audit(), sample::lint(), sample::checked(), bare] {
        let json = parsed(&report);
        schema().validate(&json).unwrap();
    }
}

#[test]
fn every_value_keeps_its_type() {
    let check = |value: Cell, expected: Value| assert_eq!(json!(value), expected);
    check("text".into(), json!("text"));
    check((-3).into(), json!(-3));
    check(u64::MAX.into(), json!(i64::MAX));
    check(0.5.into(), json!(0.5));
    check(f64::INFINITY.into(), Value::Null);
    check(true.into(), json!(true));
    check(Cell::DurationMs(u64::MAX), json!(u64::MAX));
    check(Cell::Bytes(4096), json!(4096));
    check(Cell::Timestamp("2026-01-02T03:04:05Z".to_owned()), json!("2026-01-02T03:04:05Z"));
    check(Status::Blind.into(), json!("blind"));
    check(None::<i64>.into(), Value::Null);
}

#[test]
fn whole_report_in_reading_order() {
    expect![[r#"
        {
          "schema": "pgrefit.report/1",
          "pgrefit": "0.1.0",
          "command": "migrate",
          "started_at": "2026-01-02T03:04:05Z",
          "duration_ms": 3440,
          "target": {
            "database": "shop",
            "user": "migrator",
            "host": "db.example",
            "port": 5432,
            "server_version": "18.6"
          },
          "outcome": {
            "exit_code": 13,
            "status": "error",
            "summary": "1 of 2 migrations applied",
            "error": {
              "message": "failed to apply V2__broken.sql",
              "causes": [
                "column \"nope\" does not exist"
              ],
              "hint": "Correct the file and run `pgrefit migrate` again; nothing was changed.",
              "sqlstate": "42703",
              "location": {
                "file": "migrations/V2__broken.sql",
                "line": 2,
                "column": 9,
                "text": "\tSELECT nope FROM documents; -- größe",
                "excerpt": null
              }
            }
          },
          "facts": {
            "version": 1,
            "lock_wait_ms": 125000
          },
          "tables": {
            "migrations": [
              {
                "version": 1,
                "name": "größe 日本語 a | b",
                "status": "pass",
                "took_ms": 12,
                "share": 0.5,
                "applied_at": "2026-01-02T03:04:05Z"
              },
              {
                "version": 2,
                "name": "broken",
                "status": "error",
                "took_ms": null,
                "share": null,
                "applied_at": null
              }
            ]
          },
          "findings": [],
          "checks": []
        }
    "#]]
    .assert_eq(&sample::broken().to_json());
}

/// Each mutation of a valid report is refused.
#[test]
fn mutated_reports_are_invalid() {
    let schema = schema();
    let check = |report: Report, pointer: &str, value: Value| {
        let mut json = parsed(&report);
        *json.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&json), "{pointer} = {:#}", json.pointer(pointer).unwrap());
    };
    for (pointer, value) in [
        ("/schema", json!("pgrefit.report/2")),
        ("/command", json!("")),
        ("/started_at", json!("yesterday")),
        ("/duration_ms", json!("12 ms")),
        ("/duration_ms", json!(-1)),
        ("/target/port", json!(65536)),
        ("/outcome/exit_code", json!(256)),
        ("/outcome/status", json!("ok")),
        ("/outcome/error/sqlstate", json!("db error")),
        ("/outcome/error/causes", Value::Null),
        ("/outcome/error/location/line", json!(0)),
        ("/facts/lock_wait_ms", json!({"ms": 12})),
        ("/tables/migrations", json!({})),
        ("/tables/migrations/0/name", json!(["a"])),
        ("/findings", Value::Null),
    ] {
        check(sample::broken(), pointer, value);
    }
    for (pointer, value) in [
        ("/findings/0/check", json!("Primary Key")),
        ("/findings/0/status", json!("Fail")),
        ("/findings/0/numbers", json!({"Row Count": 1})),
        ("/findings/0/remediation/sql", json!("")),
        ("/findings/0/fingerprint", json!("12")),
    ] {
        check(sample::audit(), pointer, value);
    }
    for (pointer, value) in [
        ("/findings/0/location/excerpt/lines", json!([])),
        ("/findings/0/location/excerpt/end_line", json!(0)),
        ("/findings/0/labels", Value::Null),
        ("/findings/0/labels/0/location", Value::Null),
        ("/findings/0/caret", json!(["all rows"])),
        ("/findings/0/suppressed", json!(true)),
    ] {
        check(sample::lint(), pointer, value);
    }
    for (pointer, value) in [
        ("/checks", Value::Null),
        ("/checks/0/id", json!("Primary Key")),
        ("/checks/0/status", Value::Null),
        ("/checks/0/visible/seen", json!(-1)),
        ("/findings/0/confidence", json!("maybe")),
        ("/findings/0/kind", json!(1)),
    ] {
        check(sample::checked(), pointer, value);
    }
}

#[test]
fn checks_tell_how_they_ended() {
    let json = parsed(&sample::checked());
    expect![[r#"
        {
          "code": null,
          "grant": "GRANT pg_read_all_data TO auditor;",
          "group": "Vacuum",
          "id": "statistics-stale",
          "note": "pg_stats shows no rows of 4 tables to this role",
          "status": "blind",
          "title": "statistics older than the data",
          "visible": {
            "seen": 36,
            "total": 40
          }
        }"#]]
    .assert_eq(&format!("{:#}", json["checks"][4]));
    assert_eq!(json["checks"].as_array().unwrap().len(), 7);
    assert_eq!(json["findings"].as_array().unwrap().len(), 32);
    assert_eq!(json["findings"][27]["confidence"], "likely");
    assert_eq!(parsed(&sample::lint())["checks"], json!([]));
}

#[test]
fn places_and_reasons_are_told() {
    let json = parsed(&sample::lint());
    let second = &json["findings"][1];
    assert_eq!(
        second["location"]["excerpt"],
        json!({"lines": ["UPDATE orders SET note = '';"], "end_line": 3, "end_column": 29})
    );
    assert_eq!((&second["caret"], &second["suppressed"]), (&json!("all rows"), &Value::Null));
    assert_eq!(second["labels"][0]["message"], "locked here first");
    assert_eq!(json["findings"][4]["suppressed"], "the table is \"small\" ]]>");
    assert_ne!(json["findings"][0]["fingerprint"], second["fingerprint"]);
}

/// A key too many or too few is refused in every object whose keys are fixed.
#[test]
fn closed_objects_are_closed() {
    let schema = schema();
    let check = |report: Report, pointer: &str| {
        let json = parsed(&report);
        let keys: Vec<String> = json.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for key in keys {
            let mut less = json.clone();
            less.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(&key);
            assert!(!schema.is_valid(&less), "{pointer} without {key}");
        }
        let mut more = json;
        more.pointer_mut(pointer).unwrap()["password"] = json!("secret");
        assert!(!schema.is_valid(&more), "{pointer} with a password");
    };
    for pointer in ["", "/target", "/outcome", "/outcome/error", "/outcome/error/location"] {
        check(sample::broken(), pointer);
    }
    for pointer in ["/findings/0", "/findings/0/remediation"] {
        check(sample::audit(), pointer);
    }
    for pointer in ["/findings/0/location", "/findings/0/location/excerpt", "/findings/0/labels/0"] {
        check(sample::lint(), pointer);
    }
    for pointer in ["/checks/0", "/checks/0/visible"] {
        check(sample::checked(), pointer);
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only debug builds look")]
#[should_panic(expected = "a key is used twice")]
fn a_fact_given_twice_is_a_bug() {
    let mut report = sample::audit();
    report.facts = vec![Fact::new("rows", "Rows", 1), Fact::new("rows", "Rows", 2)];
    let _ = report.to_json();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only debug builds look")]
#[should_panic(expected = "a row of table sizes has the wrong length")]
fn a_row_of_the_wrong_length_is_a_bug() {
    Table::new("sizes", "Sizes", [Column::text("name", "Name")]).push([]);
}
