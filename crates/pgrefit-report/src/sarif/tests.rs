//! The SARIF form against the schema of the standard.

use expect_test::expect;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::{render_sarif, unlinked, uri};
use crate::{Report, sample};

const SARIF_SCHEMA: &str = include_str!("../../tests/fixtures/sarif-schema-2.1.0.json");

/// The validator, without a pattern of the published schema that is no regular expression in ECMA's strict reading; it
/// is for a key that we do not write.
fn validator() -> Validator {
    let mut schema: Value = serde_json::from_str(SARIF_SCHEMA).unwrap();
    for owner in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{owner}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The only run of a report, after the whole was held against the schema.
#[track_caller]
fn run(report: &Report) -> Value {
    let validator = validator();
    let text = render_sarif(report);
    let log: Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {text}");
    log["runs"][0].clone()
}

#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let mut log: Value = serde_json::from_str(&render_sarif(&sample::lint())).unwrap();
    log["runs"][0]["results"][0]["level"] = json!("warn");
    assert!(!validator().is_valid(&log));
}

#[test]
fn every_report_is_valid() {
    let mut bare = sample::broken();
    bare.started_at = String::new();
    bare.outcome.error = None;
    for report in [sample::broken(), sample::audit(), sample::lint(), sample::checked(), bare] {
        run(&report);
    }
}

#[test]
fn results_with_their_places() {
    let run = run(&sample::lint());
    let results = run["results"].as_array().unwrap();
    let told = |key: &str| results.iter().map(|result| result[key].clone()).collect::<Vec<_>>();
    let update = "update-without-batches";
    assert_eq!(told("ruleId"), [update, update, "hostile-file", "at-the-end", "catalog-unread"]);
    assert_eq!(told("level"), ["warning", "warning", "error", "note", "error"]);
    assert_eq!(told("ruleIndex"), [0, 0, 2, 3, 5]);
    let prints: Vec<_> =
        results.iter().map(|result| result["partialFingerprints"]["pgrefit/v1"].to_string()).collect();
    assert_ne!(prints[0], prints[1]);
    assert_eq!(
        results[3]["locations"][0]["physicalLocation"]["region"],
        json!({"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 1})
    );
    assert_eq!(
        results[4]["locations"][0]["physicalLocation"],
        json!({"artifactLocation": {"uri": "pgrefit.toml"}, "region": {"startLine": 1}})
    );
}

#[test]
fn objects_of_a_database() {
    let mut report = sample::checked();
    report.findings[0] = report.findings[0].clone().kind("table");
    let results = run(&report)["results"].clone();
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), report.counted().count());
    assert!(results.iter().all(|result| result["locations"][0]["physicalLocation"].is_object()));
    assert_eq!(
        results[0]["locations"][0]["logicalLocations"],
        json!([{"fullyQualifiedName": "public.log_1", "kind": "table"}])
    );
}

#[test]
fn a_result_with_everything() {
    let results = run(&sample::lint())["results"].clone();
    expect![[r#"
        {
          "level": "warning",
          "locations": [
            {
              "logicalLocations": [
                {
                  "fullyQualifiedName": "orders"
                }
              ],
              "message": {
                "text": "all rows"
              },
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "migrations/V7__orders.sql"
                },
                "region": {
                  "endColumn": 29,
                  "endLine": 2,
                  "startColumn": 1,
                  "startLine": 2
                }
              }
            }
          ],
          "message": {
            "text": "every row of orders is updated at once"
          },
          "partialFingerprints": {
            "pgrefit/v1": "ad32d14e3f640323"
          },
          "relatedLocations": [
            {
              "id": 1,
              "message": {
                "text": "locked here first"
              },
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "migrations/V7__orders.sql"
                },
                "region": {
                  "endColumn": 33,
                  "endLine": 1,
                  "startColumn": 1,
                  "startLine": 1
                }
              }
            }
          ],
          "ruleId": "update-without-batches",
          "ruleIndex": 0
        }"#]]
    .assert_eq(&format!("{:#}", results[0]));
    expect![[r#"
        {
          "level": "error",
          "locations": [
            {
              "logicalLocations": [
                {
                  "fullyQualifiedName": "\"a|b\u001b[31m\""
                }
              ],
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "odd%2C%20100%25%3A%20a%7Cb%60.sql"
                },
                "region": {
                  "endColumn": 13,
                  "endLine": 3,
                  "startColumn": 2,
                  "startLine": 2
                }
              }
            }
          ],
          "message": {
            "text": "breaks `every` |\nform: \\]\\]> ::warning::100% \\[a\\](b) ￿\u0007\nhint: Do not,\r\nplease: <b>never</b>.\nfix (no lock, not reversible):\nSELECT '\\]\\]>', '```', '%', '::';\n\tSELECT 2;"
          },
          "partialFingerprints": {
            "pgrefit/v1": "f0d64f1f05a8b1ae"
          },
          "properties": {
            "numbers": {
              "rows": 12
            }
          },
          "ruleId": "hostile-file",
          "ruleIndex": 2
        }"#]].assert_eq(&format!("{:#}", results[2]));
}

#[test]
fn rules_with_their_help() {
    let driver = &run(&sample::lint())["tool"]["driver"];
    let ids: Vec<_> = driver["rules"].as_array().unwrap().iter().map(|rule| rule["id"].clone()).collect();
    assert_eq!(
        ids,
        [
            "update-without-batches",
            "never-found",
            "hostile-file",
            "at-the-end",
            "file-is-fine",
            "catalog-unread",
            "server-version"
        ]
    );
    expect![[r#"
        {
          "fullDescription": {
            "text": "an UPDATE of every row"
          },
          "help": {
            "markdown": "Every row is locked until the end.\n\n```sql\nUPDATE t SET a = 1;\n```\n",
            "text": "Every row is locked until the end.\n\n```sql\nUPDATE t SET a = 1;\n```\n"
          },
          "helpUri": "https://pgrefit.example/rules/update-without-batches",
          "id": "update-without-batches",
          "shortDescription": {
            "text": "an UPDATE of every row"
          }
        }"#]]
    .assert_eq(&format!("{:#}", driver["rules"][0]));
    assert_eq!(driver["name"], "pgrefit");
}

#[test]
fn a_failure_is_a_notification() {
    expect![[r#"
        [
          {
            "executionSuccessful": false,
            "exitCode": 13,
            "exitCodeDescription": "1 of 2 migrations applied",
            "startTimeUtc": "2026-01-02T03:04:05Z",
            "toolExecutionNotifications": [
              {
                "level": "error",
                "locations": [
                  {
                    "physicalLocation": {
                      "artifactLocation": {
                        "uri": "migrations/V2__broken.sql"
                      },
                      "region": {
                        "startColumn": 9,
                        "startLine": 2
                      }
                    }
                  }
                ],
                "message": {
                  "text": "failed to apply V2__broken.sql\ncaused by: column \"nope\" does not exist\nSQLSTATE 42703\nhint: Correct the file and run `pgrefit migrate` again; nothing was changed."
                }
              }
            ]
          }
        ]"#]].assert_eq(&format!("{:#}", run(&sample::broken())["invocations"]));
    let fine = &run(&sample::lint())["invocations"][0];
    assert_eq!((&fine["executionSuccessful"], &fine["exitCode"]), (&json!(true), &json!(1)));
    assert_eq!(fine["toolExecutionNotifications"], json!([]));
}

#[test]
fn paths_are_references() {
    let check = |path: &str, expected: &str| assert_eq!(uri(path), expected);
    check("migrations/V1__a.sql", "migrations/V1__a.sql");
    check("./V1__a.sql", "V1__a.sql");
    check("../V1 é%.sql", "../V1%20%C3%A9%25.sql");
    check("a:b?#\\.sql", "a%3Ab%3F%23%5C.sql");
    check("/srv/V1.sql", "file:///srv/V1.sql");
}

#[test]
fn brackets_are_no_links() {
    let check = |text: &str, expected: &str| assert_eq!(unlinked(text), expected);
    check("a[1] = '{}'", "a[1] = '{}'");
    check("[a](1)", r"\[a\](1)");
}
