//! The exit codes of pgrefit and what a Job should do about each, read from the page that is generated from them.

use crate::error::Error;
use std::collections::BTreeMap;
use std::path::Path;

/// What a process ends with that was killed: 128 and the number of the signal, SIGKILL and SIGTERM. Killed pods are
/// replaced, whatever they were doing: the next run finds out how far they came.
pub(crate) const KILLED: [u8; 2] = [137, 143];

/// One exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitCode {
    /// What it says.
    pub meaning: String,
    /// Whether another attempt may go better, and is safe.
    pub retry: bool,
}

/// All exit codes, by number.
#[derive(Debug, Clone, Default)]
pub struct ExitCodes(BTreeMap<u8, ExitCode>);

impl ExitCodes {
    /// Reads the page.
    ///
    /// # Errors
    /// When it cannot be read, or has no table of codes.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text).ok_or_else(|| Error::ExitCodes { path: path.to_owned() })
    }

    /// Reads the rows `| code | meaning | what the Job does |`; nothing when there are none, or when one of them says
    /// something else than Complete, fail or retry.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rows = text.lines().filter_map(cells).filter(|[code, ..]| code.parse::<u8>().is_ok());
        let codes: BTreeMap<_, _> = rows.map(code).collect::<Option<_>>()?;
        (!codes.is_empty()).then_some(Self(codes))
    }

    /// The codes that pgrefit itself ends with.
    pub(crate) fn own(&self) -> impl Iterator<Item = u8> {
        self.0.keys().copied()
    }

    /// Whether a Job should try again after such an end.
    #[must_use]
    pub fn retry(&self, code: u8) -> bool {
        KILLED.contains(&code) || self.0.get(&code).is_some_and(|code| code.retry)
    }
}

fn cells(line: &str) -> Option<[&str; 3]> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (code, rest) = inner.split_once('|')?;
    let (meaning, job) = rest.rsplit_once('|')?;
    Some([code.trim(), meaning.trim(), job.trim()])
}

fn code([code, meaning, job]: [&str; 3]) -> Option<(u8, ExitCode)> {
    let retry = match job {
        "retry" => true,
        "fail" | "Complete" => false,
        _ => return None,
    };
    Some((code.parse().ok()?, ExitCode { meaning: meaning.to_owned(), retry }))
}

#[cfg(test)]
mod tests {
    use super::ExitCodes;

    #[test]
    fn the_table_is_read() {
        let text = "# Exit codes\n\n| code | meaning | Job |\n|---:|---|---|\n| 0 | done | Complete |\n| 2 | a `|` b | fail |\n| 75 | again | retry |\n";
        let codes = ExitCodes::parse(text).expect("a table");
        assert_eq!(codes.own().collect::<Vec<_>>(), [0, 2, 75]);
        assert_eq!(
            [0, 2, 75, 137, 143, 139].map(|code| codes.retry(code)),
            [false, false, true, true, true, false]
        );
    }

    #[test]
    fn what_is_no_table_of_codes() {
        for text in ["", "| code | meaning | Job |", "| 1 | x | perhaps |", "| 300 | x | fail |"] {
            assert!(ExitCodes::parse(text).is_none(), "{text}");
        }
    }
}
