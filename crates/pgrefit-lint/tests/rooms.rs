//! Every rule's examples, judged: the bad one offends its rule and those it names, the good one offends none.

use std::collections::BTreeSet;

use pgrefit_lint::{Linter, Options, RULES, Rule, Source};

fn offended(rule: &Rule, text: &str) -> BTreeSet<String> {
    // What ships together is asked for by one rule; the other is only said of files for other runners.
    let options = Options { one_release: rule.id == "contract-with-expand", ..Options::default() };
    let is_migration = !matches!(rule.id, "concurrent-index-if-not-exists" | "non-repeatable-change");
    let mut linter = Linter::new(options);
    linter.learn(rule.before);
    let judged = linter.judge(&Source { file: "V2__example.sql", text, is_migration });
    judged
        .findings
        .into_iter()
        .filter(|finding| finding.suppressed.is_none())
        .map(|finding| finding.check)
        .collect()
}

#[test]
fn bad_examples_offend_their_rule_and_good_ones_none() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let expected: BTreeSet<String> = [rule.id].iter().chain(rule.also).map(ToString::to_string).collect();
        let bad = offended(rule, rule.bad);
        if bad != expected {
            wrong.push(format!("{}: bad.sql offends {bad:?}, not {expected:?}", rule.id));
        }
        let good = offended(rule, rule.good);
        if !good.is_empty() {
            wrong.push(format!("{}: good.sql offends {good:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_list_and_named_like_its_rule() {
    let rooms = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules")).expect("the rooms");
    let rooms: BTreeSet<String> = rooms
        .filter_map(|entry| {
            Some(entry.ok()?.file_name().into_string().ok()?.strip_suffix(".rs")?.replace('_', "-"))
        })
        .collect();
    let listed: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(rooms, listed);
}

#[test]
fn before_scripts_are_quiet_to_learn_and_parse() {
    for rule in RULES {
        assert!(pgrefit_lint::parses(rule.before), "{}", rule.id);
    }
}
