//! What a benchmark must reach, and whether it did. Pure.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Met,
    Missed,
    /// What it is judged by did not run: never met.
    NotMeasured,
}

#[derive(Debug, PartialEq)]
pub(super) struct Goal {
    text: String,
    verdict: Verdict,
}

impl Goal {
    pub(super) fn new(text: impl Into<String>, is_met: bool) -> Self {
        Self { text: text.into(), verdict: if is_met { Verdict::Met } else { Verdict::Missed } }
    }

    pub(super) fn not_measured(text: impl Into<String>) -> Self {
        Self { text: text.into(), verdict: Verdict::NotMeasured }
    }

    pub(super) fn is_missed(&self) -> bool {
        self.verdict == Verdict::Missed
    }

    pub(super) fn line(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "MISSED",
            Verdict::NotMeasured => "not measured",
        };
        format!("{}: {verdict}", self.text)
    }

    pub(super) fn to_json(&self) -> Value {
        let is_met = match self.verdict {
            Verdict::Met => Some(true),
            Verdict::Missed => Some(false),
            Verdict::NotMeasured => None,
        };
        json!({ "goal": self.text, "met": is_met })
    }
}

#[cfg(test)]
mod tests {
    use super::Goal;
    use serde_json::Value;

    #[test]
    fn only_what_was_measured_is_met_or_missed() {
        let check = |goal: Goal, line: &str, is_missed: bool, met: Value| {
            assert_eq!((goal.line().as_str(), goal.is_missed()), (line, is_missed));
            assert_eq!(goal.to_json()["met"], met, "{line}");
        };
        check(Goal::new("a", true), "a: met", false, true.into());
        check(Goal::new("a", false), "a: MISSED", true, false.into());
        check(Goal::not_measured("a"), "a: not measured", false, Value::Null);
    }
}
