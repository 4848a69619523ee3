//! What a linter is told.

/// How to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Major version of the server that the files are for.
    pub server_major: u32,
    /// The time zone of the sessions that run them, if it is known.
    pub time_zone: Option<String>,
    /// Ids of rules that are not asked.
    pub off: Vec<String>,
    /// Names of squawk's rules to ask too.
    pub squawk: Vec<String>,
    /// Whether the files judged ship together: then one must not take away what another one prepares.
    pub one_release: bool,
}

impl Default for Options {
    /// For the oldest server that pgrefit is tested on, without squawk's rules.
    fn default() -> Self {
        Self { server_major: 15, time_zone: None, off: Vec::new(), squawk: Vec::new(), one_release: false }
    }
}
