//! What a linter is told.

use crate::rule::{Judge, Rule};

/// How to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Major version of the server that the files are for.
    pub server_major: u32,
    /// The time zone of the sessions that run them, if it is known.
    pub time_zone: Option<String>,
    /// Ids of rules that are not asked; `all` is every rule but those about files that cannot be read or run.
    pub off: Vec<String>,
    /// Names of squawk's rules to ask too.
    pub squawk: Vec<String>,
    /// Whether the files judged ship together: then one must not take away what another one prepares.
    pub one_release: bool,
}

impl Options {
    /// Whether the rule is not asked.
    pub(crate) fn is_off(&self, rule: &Rule) -> bool {
        let by_name =
            |name: &String| name == rule.id || name == "all" && !matches!(rule.judge, Judge::Reader);
        self.off.iter().any(by_name)
    }
}

impl Default for Options {
    /// For the oldest server that pgrefit is tested on, without squawk's rules.
    fn default() -> Self {
        Self { server_major: 15, time_zone: None, off: Vec::new(), squawk: Vec::new(), one_release: false }
    }
}
