//! `cargo xtask changelog`: what the changelog says of one version, for the text of its release.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::process::ExitCode;

/// Print the section of CHANGELOG.md about a version, which must be that of Cargo.toml
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Such as 1.2.3, or as its tag v1.2.3
    version: String,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let version = args.version.strip_prefix('v').unwrap_or(&args.version);
    let own = env!("CARGO_PKG_VERSION");
    if version != own {
        return Err(Failure::because(format!("release {version}"), format!("Cargo.toml has version {own}")));
    }
    let text = workspace::read(&workspace::root().join("CHANGELOG.md"))?;
    let section = section(&text, version);
    let section =
        section.ok_or_else(|| Failure::new(format!("find something about {version} in CHANGELOG.md")))?;
    println!("{section}");
    Ok(ExitCode::SUCCESS)
}

/// Everything below `## [1.2.3]` up to the next version; nothing where it says nothing.
fn section<'a>(text: &'a str, version: &str) -> Option<&'a str> {
    let heading = format!("## [{version}]");
    let start = text.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at, line))
    });
    let (start, _) = start.into_iter().find(|(_, line)| line.starts_with(&heading))?;
    let rest = &text[start..];
    let section = rest.find("\n## ").map_or(rest, |end| &rest[..end]).trim();
    (!section.is_empty()).then_some(section)
}

#[cfg(test)]
mod tests {
    use super::{Args, run, section};

    #[test]
    fn a_version_has_the_text_up_to_the_next() {
        let text = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- A.\n\n## [1.2.30]\n\n- B.\n";
        let check =
            |version, expected: Option<&str>| assert_eq!(section(text, version), expected, "{version}");
        check("1.2.3", Some("### Added\n\n- A."));
        check("1.2.30", Some("- B."));
        check("1.2", None);
        // Nothing has been written about it.
        check("Unreleased", None);
    }

    #[test]
    fn another_version_than_that_of_the_code_is_not_released() {
        let chain = run(&Args { version: "v99.0.0".to_owned() }).expect_err("another").chain();
        assert!(chain.starts_with("failed to release 99.0.0: Cargo.toml has version "), "{chain}");
    }
}
