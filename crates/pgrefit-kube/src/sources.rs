//! The manifests as people read them: their comments, which are gone once they are rendered.

use crate::error::Error;
use crate::exit_codes::ExitCodes;
use crate::failure::explained;
use crate::field::Field;
use crate::lint::Found;
use crate::problem::Problems;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How deep folders of manifests may lie.
const DEPTH_MAX: usize = 8;

/// Holds the comments beside each failure policy against the exit codes: all are named, there or in the file that the
/// comment says it is as in (`As in migration-job.yaml`).
///
/// # Errors
/// When a file cannot be read.
pub fn check_sources(dir: &Path, codes: &ExitCodes) -> Result<Vec<Found>, Error> {
    let mut files = Vec::new();
    collect(dir, DEPTH_MAX, &mut files)?;
    let texts: Vec<_> =
        files.into_iter().map(|path| Ok((read(&path)?, path))).collect::<Result<_, Error>>()?;
    let missing = |(text, path): &(String, PathBuf)| {
        let missing = unexplained(text, codes);
        let elsewhere = |(other, name): &(String, PathBuf)| refers_to(text, name) && has_policy(other);
        let excused = missing.is_empty() || texts.iter().any(elsewhere);
        (has_policy(text) && !excused).then(|| problem(path, &missing))
    };
    Ok(texts.iter().filter_map(missing).collect())
}

fn collect(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { path: dir.to_owned(), source };
    let entries: Vec<_> =
        std::fs::read_dir(dir).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn has_policy(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "podFailurePolicy:")
}

fn refers_to(text: &str, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let reference = format!("As in {name}");
    text.lines().map(str::trim).any(|line| line.starts_with('#') && line.contains(&reference))
}

/// The codes that no comment line begins with, as in `#   75  try again`.
fn unexplained(text: &str, codes: &ExitCodes) -> Vec<u8> {
    let comments = text.lines().filter_map(|line| line.trim().strip_prefix('#'));
    let named: BTreeSet<u8> =
        comments.filter_map(|comment| comment.split_whitespace().next()?.parse().ok()).collect();
    explained(codes).into_iter().filter(|code| !named.contains(code)).collect()
}

fn problem(path: &Path, missing: &[u8]) -> Found {
    let list = missing.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let mut problems = Problems::default();
    let why = format!("no comment beside the policy says what {list} means");
    problems.strict("exit-code-comment", &Field::of("podFailurePolicy"), why);
    let problem = problems.into_vec().remove(0);
    Found { file: path.to_owned(), object: String::new(), problem }
}

#[cfg(test)]
mod tests {
    use super::{refers_to, unexplained};
    use crate::exit_codes::ExitCodes;
    use std::path::Path;

    fn codes() -> ExitCodes {
        ExitCodes::parse("| 0 | done | Complete |\n| 75 | again | retry |\n").expect("a table")
    }

    #[test]
    fn comments_explain_codes() {
        let check = |text, expected: &[u8]| assert_eq!(unexplained(text, &codes()), expected, "{text}");
        check("  #  0  done\n  # 75  again\n  # 137  killed\n  # 143  ended\n", &[]);
        check("  #  0  done\n  # 137  killed\n", &[75, 143]);
        check("values: [0, 75, 137, 143]\n", &[0, 75, 137, 143]);
    }

    #[test]
    fn a_comment_may_point_elsewhere() {
        let job = Path::new("k8s/base/migration-job.yaml");
        assert!(refers_to("  # As in migration-job.yaml: 75 …\n", job));
        assert!(!refers_to("name: As in migration-job.yaml\n", job));
        assert!(!refers_to("# As in audit-cronjob.yaml\n", job));
    }
}
