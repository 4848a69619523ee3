//! The evidence as data: what the types insist on, the JSON form against its schema, and back.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::sample;
use super::{
    Blocks, Checklist, EVIDENCE_SCHEMA, EVIDENCE_SCHEMA_ID, Evidence, Execution, Line, LockSpan, Measurement,
    Quantity, Requirement, StageName, Step, Verdict, Way,
};
use crate::Status;
use crate::evidence::Phase;

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(EVIDENCE_SCHEMA).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], EVIDENCE_SCHEMA_ID);
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn parsed(evidence: &Evidence) -> Value {
    serde_json::from_str(&evidence.to_json()).unwrap()
}

#[test]
fn the_schema_is_itself_valid_and_knows_every_name() {
    let schema: Value = serde_json::from_str(EVIDENCE_SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    assert_eq!(schema["$defs"]["stage_name"]["enum"], json!(StageName::ALL));
    assert_eq!(schema["$defs"]["requirement"]["enum"], json!(Requirement::ALL));
    for name in StageName::ALL {
        assert_eq!(json!(name), name.as_str());
    }
}

/// What both forms have is described alike.
#[test]
fn the_schema_agrees_with_that_of_reports() {
    let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let (report, evidence) = (parsed(crate::SCHEMA), parsed(EVIDENCE_SCHEMA));
    for name in [
        "key",
        "value",
        "status",
        "target",
        "outcome",
        "failure",
        "location",
        "excerpt",
        "finding",
        "remediation",
        "label",
    ] {
        assert_eq!(evidence["$defs"][name], report["$defs"][name], "{name}");
    }
}

#[test]
fn evidence_is_valid_and_can_be_read_back() {
    let schema = schema();
    for (name, evidence) in sample::all() {
        let json = parsed(&evidence);
        schema.validate(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back: Evidence = serde_json::from_str(&evidence.to_json()).unwrap();
        assert_eq!(back.to_json(), evidence.to_json(), "{name}");
        // Not a number is not equal to itself.
        if name != "hostile" {
            assert_eq!(back, evidence, "{name}");
        }
    }
}

#[test]
fn mutated_evidence_is_invalid() {
    let schema = schema();
    let json = parsed(&sample::unverified());
    let check = |pointer: &str, value: Value| {
        let mut json = json.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&json), "{pointer} = {:#}", json.pointer(pointer).unwrap());
    };
    for (pointer, value) in [
        ("/schema", json!("pgrefit.evidence/2")),
        ("/run_id", json!("")),
        ("/started_at", json!("yesterday")),
        ("/duration_ms", json!(-1)),
        ("/stages/0/name", json!("dance")),
        ("/stages/0/facts/0/key", json!("Big Key")),
        ("/stages/0/facts/0/value", json!([1])),
        ("/checklist", json!([])),
        ("/checklist/0/requirement", json!("luck")),
        ("/checklist/0/measurement", Value::Null),
        ("/checklist/0/status", json!("blind")),
        ("/checklist/0/reason", json!("no")),
        ("/checklist/0/measurement/unit", json!("hours")),
        ("/checklist/0/evidence/part", json!("elsewhere")),
        ("/steps/0/way", json!("somehow")),
        ("/steps/0/statements/0/line", json!(0)),
        ("/steps/0/statements/1/predicted/locks/0/blocks", json!("everything")),
        ("/steps/0/predicted/wal_bytes", json!("8 kB")),
        ("/queries/0/after/p50_ms", json!(-1)),
        ("/traffic/0/buckets/0/failed", Value::Null),
        ("/backup/tables/0/status", json!("same")),
        ("/proofs/0/made_at", json!("then")),
        ("/findings", Value::Null),
    ] {
        check(pointer, value);
    }
}

/// A key too many or too few is refused in every object.
#[test]
fn closed_objects_are_closed() {
    let schema = schema();
    let json = parsed(&sample::unverified());
    for pointer in [
        "",
        "/policy",
        "/policy/limits/0",
        "/source",
        "/stages/0",
        "/stages/0/facts/0",
        "/checklist/0",
        "/checklist/0/measurement",
        "/checklist/0/evidence",
        "/steps/0",
        "/steps/0/statements/1",
        "/steps/0/statements/1/predicted",
        "/steps/0/statements/1/predicted/locks/0",
        "/verification/0",
        "/verification/0/quantity",
        "/queries/2",
        "/queries/2/before",
        "/queries/2/plan_change",
        "/traffic/0",
        "/traffic/0/buckets/0",
        "/traffic/0/total",
        "/backup",
        "/backup/tables/0",
        "/proofs/0",
        "/findings/0",
        "/links/0",
    ] {
        let keys: Vec<String> = json.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for key in keys {
            let mut less = json.clone();
            less.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(&key);
            assert!(!schema.is_valid(&less), "{pointer} without {key}");
        }
        let mut more = json.clone();
        more.pointer_mut(pointer).unwrap()["password"] = json!("secret");
        assert!(!schema.is_valid(&more), "{pointer} with a password");
    }
}

/// Who edits the file cannot tick a line either.
#[test]
fn a_line_without_a_measurement_is_not_read_as_met() {
    let json = parsed(&sample::good());
    let check = |pointer: &str, value: Value, expected: &str| {
        let mut json = json.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        let error = serde_json::from_value::<Evidence>(json).unwrap_err().to_string();
        assert!(error.contains(expected), "{pointer}: {error}");
    };
    check(
        "/checklist/0/measurement",
        Value::Null,
        "\"Verified backup exists\" is pass without what that takes",
    );
    check("/checklist/0/status", json!("info"), "is info without");
    check("/checklist/0/status", json!("blind"), "is blind without");
    check("/schema", json!("pgrefit.evidence/9"), "is not pgrefit.evidence/1");
    check("/stages/0/facts/0/value", json!({"a": 1}), "is not a single value");
    check("/findings/0/numbers/rows", json!([1]), "is not a single value");
}

#[test]
fn a_checklist_has_each_requirement_once() {
    let mut list = Checklist::default();
    assert_eq!((list.lines().len(), list.count(Status::Blind)), (17, 17));
    assert!(!list.is_met());
    let measured = |verdict| {
        let measurement = Measurement::new("0 of 311", Quantity::Count(0));
        Line::measured(Requirement::ConstraintsValid, verdict, measurement)
    };
    let mut check = |line: Line, status: Status| {
        list.set(line);
        assert_eq!(
            (list.lines().len(), list.count(status)),
            (17, 1 + usize::from(status == Status::Blind) * 16)
        );
    };
    check(measured(Verdict::Met), Status::Pass);
    check(measured(Verdict::MetWithRemark), Status::Warn);
    check(measured(Verdict::NotMet), Status::Fail);
    check(Line::not_required(Requirement::ConstraintsValid, "nothing to apply"), Status::Skip);
    check(Line::not_measured(Requirement::ConstraintsValid, "no permission"), Status::Blind);
    let requirements: Vec<Requirement> = list.lines().iter().map(Line::requirement).collect();
    assert_eq!(requirements, Requirement::ALL);
    for (name, evidence) in sample::all() {
        assert_eq!(evidence.checklist.is_met(), ["good", "nothing", "crowded"].contains(&name), "{name}");
    }
}

#[test]
fn whom_a_lock_keeps_out() {
    let check = |mode: &str, expected: Blocks| assert_eq!(Blocks::by_mode(mode), expected, "{mode}");
    check("ACCESS SHARE", Blocks::Nothing);
    check("RowExclusiveLock", Blocks::Nothing);
    check("share update exclusive", Blocks::Nothing);
    check("ShareLock", Blocks::Writes);
    check("SHARE ROW EXCLUSIVE", Blocks::Writes);
    check("ExclusiveLock", Blocks::Writes);
    check("ACCESS EXCLUSIVE", Blocks::ReadsAndWrites);
    check("AccessExclusiveLock", Blocks::ReadsAndWrites);
    check("who knows", Blocks::ReadsAndWrites);
}

#[test]
fn the_longest_window_is_without_a_pause() {
    let check = |locks: &[(&str, &str, u64, u64)], expected: u64| {
        let mut step = Step::new("V1__x", 1, Way::Transaction);
        let mut execution = Execution::new(0, 100);
        execution.locks = locks
            .iter()
            .map(|(relation, mode, from, to)| LockSpan::new(*relation, *mode, *from, *to))
            .collect();
        step.predicted = Some(execution);
        assert_eq!(step.strong_lock_ms(Phase::Predicted), Some(expected));
        assert_eq!(step.strong_lock_ms(Phase::Actual), None);
    };
    check(&[], 0);
    check(&[("a", "ACCESS SHARE", 0, 90)], 0);
    check(&[("a", "SHARE", 10, 30), ("a", "ACCESS EXCLUSIVE", 20, 50)], 40);
    check(&[("a", "SHARE", 10, 30), ("a", "SHARE", 31, 50)], 20);
    check(&[("a", "SHARE", 10, 90), ("a", "SHARE", 20, 30), ("a", "SHARE", 85, 95)], 85);
    check(&[("a", "SHARE", 10, 30), ("b", "SHARE", 20, 60)], 40);
    check(&[("a", "SHARE", 30, 10)], 0);
    for (phase, expected) in [(Phase::Predicted, 61), (Phase::Actual, 74)] {
        assert_eq!(sample::good().strong_lock_ms(phase), Some(expected));
    }
}

#[test]
fn a_statement_in_brief_begins_with_its_words() {
    let check = |sql: &str, limit: usize, expected: &str| {
        assert_eq!(super::Statement::new(1, sql).brief(limit), expected);
    };
    check("ALTER TABLE a\n\tADD b int;", 99, "ALTER TABLE a ADD b int;");
    check("-- Why.\n\n  -- And how.\nSELECT 1;", 99, "SELECT 1;");
    check("-- Only a comment.", 99, "-- Only a comment.");
    check("SELECT größe FROM t", 9, "SELECT gr…");
    check("", 9, "");
}
