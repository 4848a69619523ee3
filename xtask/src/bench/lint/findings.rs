//! What pgrefit finds with squawk's rules, and what squawk finds itself.

use crate::failure::{Failure, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Findings of both by rule.
pub(super) struct Findings {
    by_rule: BTreeMap<String, [usize; 2]>,
}

impl Findings {
    pub(super) fn read(ours: &[u8], theirs: &[u8]) -> Outcome<Self> {
        let parsed = |bytes: &[u8], whose: &str| {
            serde_json::from_slice::<Value>(bytes)
                .map_err(|cause| Failure::because(format!("read the JSON of {whose}"), cause))
        };
        let (ours, theirs) = (parsed(ours, "pgrefit")?, parsed(theirs, "squawk")?);
        let ours = ours["findings"].as_array().into_iter().flatten().map(|found| &found["check"]);
        let theirs = theirs.as_array().into_iter().flatten().map(|found| &found["rule_name"]);
        let mut by_rule: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        let mut count = |rule: &Value, whose: usize| {
            let rule = rule.as_str().unwrap_or_default();
            by_rule.entry(rule.trim_start_matches("squawk/").to_owned()).or_default()[whose] += 1;
        };
        ours.for_each(|rule| count(rule, 0));
        theirs.for_each(|rule| count(rule, 1));
        Ok(Self { by_rule })
    }

    /// Findings of pgrefit and of squawk.
    pub(super) fn totals(&self) -> [usize; 2] {
        let total = |whose: usize| self.by_rule.values().map(|counts| counts[whose]).sum();
        [total(0), total(1)]
    }

    /// Whether both find as much by every rule.
    pub(super) fn agree(&self) -> bool {
        self.by_rule.values().all(|[ours, theirs]| ours == theirs)
    }

    /// The totals, and every rule on which they differ.
    pub(super) fn lines(&self) -> String {
        let [ours, theirs] = self.totals();
        let mut lines = format!("findings by squawk's rules: pgrefit {ours}, squawk {theirs}\n");
        for (rule, [ours, theirs]) in self.by_rule.iter().filter(|(_, [ours, theirs])| ours != theirs) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "  {rule}: pgrefit {ours}, squawk {theirs}");
        }
        lines
    }

    pub(super) fn to_json(&self) -> Value {
        let [ours, theirs] = self.totals();
        json!({ "pgrefit": ours, "squawk": theirs, "by_rule": self.by_rule })
    }
}

#[cfg(test)]
mod tests {
    use super::Findings;

    #[test]
    fn rules_are_compared_one_by_one() {
        let check = |ours: &[&str], theirs: &[&str], agree: bool, lines: &str| {
            let list = |rules: &[&str], key: &str| {
                let all: Vec<_> = rules.iter().map(|rule| format!("{{\"{key}\": \"{rule}\"}}")).collect();
                format!("[{}]", all.join(","))
            };
            let ours = format!("{{\"findings\": {}}}", list(ours, "check"));
            let theirs = list(theirs, "rule_name");
            let found = Findings::read(ours.as_bytes(), theirs.as_bytes()).expect("JSON");
            assert_eq!((found.agree(), found.lines().as_str()), (agree, lines));
        };
        check(&[], &[], true, "findings by squawk's rules: pgrefit 0, squawk 0\n");
        check(&["squawk/a"], &["a"], true, "findings by squawk's rules: pgrefit 1, squawk 1\n");
        check(
            &["squawk/a", "b"],
            &["a", "a"],
            false,
            "findings by squawk's rules: pgrefit 2, squawk 2\n  a: pgrefit 1, squawk 2\n  b: pgrefit 1, squawk 0\n",
        );
    }
}
