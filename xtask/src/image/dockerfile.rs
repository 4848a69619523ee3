//! The last stage of the Dockerfile: what it says about user, entry point and labels holds for the image that is made here too.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::collections::BTreeMap;

/// How a container of the image starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) user: String,
    pub(crate) entry_point: Vec<String>,
    /// The folder in which it starts.
    pub(crate) folder: String,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Those of the repository's Dockerfile.
pub(crate) fn settings() -> Outcome<Settings> {
    let text = workspace::read(&workspace::root().join("Dockerfile"))?;
    parse(&text).map_err(|cause| Failure::because("understand the last stage of Dockerfile", cause))
}

/// The only way in which the last stage gets its files: all of them are laid out by `cargo xtask image rootfs`.
const FILES: &str = "--from=build /rootfs/ /";

/// Reads the last stage. What this does not know is an error: it would be missing in the image that is made here.
fn parse(text: &str) -> Result<Settings, String> {
    let mut settings = Settings {
        user: String::new(),
        entry_point: Vec::new(),
        folder: "/".to_owned(),
        labels: BTreeMap::new(),
    };
    let mut files = false;
    for (word, rest) in last_stage(text) {
        match word.as_str() {
            "FROM" if rest == "scratch AS pgrefit" => {}
            "COPY" if rest == FILES => files = true,
            "USER" => rest.clone_into(&mut settings.user),
            "WORKDIR" => rest.clone_into(&mut settings.folder),
            "LABEL" => settings.labels.extend([label(&rest)?]),
            "ENTRYPOINT" => {
                settings.entry_point =
                    serde_json::from_str(&rest).map_err(|error| format!("ENTRYPOINT: {error}"))?;
            }
            _ => {
                return Err(format!(
                    "`{word} {rest}` has no counterpart in the image that is built without an engine"
                ));
            }
        }
    }
    match (files, settings.user.is_empty(), settings.entry_point.is_empty()) {
        (false, ..) => Err(format!("`COPY {FILES}` is missing")),
        (_, true, _) => Err("USER is missing: it would run as root".to_owned()),
        (_, _, true) => Err("ENTRYPOINT is missing".to_owned()),
        _ => Ok(settings),
    }
}

/// The instructions from the last `FROM` on, each with what follows it.
fn last_stage(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let words = |line: &str| -> (String, String) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        (word.to_uppercase(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let all: Vec<_> = lines.map(words).collect();
    let start = all.iter().rposition(|(word, _)| word == "FROM").unwrap_or_default();
    all[start..].to_vec()
}

fn label(text: &str) -> Result<(String, String), String> {
    let quoted = |text: &str| text.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    let label = text.split_once('=').and_then(|(name, value)| Some((name.to_owned(), quoted(value)?)));
    label.ok_or_else(|| format!("`LABEL {text}` is not LABEL name=\"value\""))
}

/// The last stage alone, with its files in a folder `rootfs` beside it: the others compile in an image from a registry.
pub(crate) fn alone() -> Outcome<String> {
    let stages = last_stage(&workspace::read(&workspace::root().join("Dockerfile"))?);
    let lines = stages.iter().map(|(word, rest)| format!("{word} {}", rest.replace("--from=build ", "")));
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::{parse, settings};

    #[test]
    fn the_repository_has_a_dockerfile_that_is_understood() {
        let settings = settings().expect("settings");
        assert_eq!(settings.user, format!("{0}:{0}", super::super::rootfs::USER));
        assert_eq!(settings.entry_point, ["/pgrefit"]);
        assert!(!settings.labels.is_empty());
    }

    #[test]
    fn what_cannot_be_made_here_is_refused() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = parse(text).map(|settings| settings.user);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        };
        let stage = "FROM rust AS build\nRUN x\nFROM scratch AS pgrefit\nCOPY --from=build /rootfs/ /\n";
        let rest = "ENTRYPOINT [\"/x\"]\n";
        check(&format!("{stage}USER 1:1\n{rest}"), Ok("1:1"));
        check(&format!("{stage}# why\n\nuser 1:1\nLABEL \\\n  a=\"b c\"\n{rest}"), Ok("1:1"));
        check(&format!("{stage}{rest}"), Err("USER is missing: it would run as root"));
        check(&format!("{stage}USER 1\n"), Err("ENTRYPOINT is missing"));
        check("FROM scratch AS pgrefit\nUSER 1\n", Err("`COPY --from=build /rootfs/ /` is missing"));
        check(
            &format!("{stage}EXPOSE 80\n"),
            Err("`EXPOSE 80` has no counterpart in the image that is built without an engine"),
        );
        check(
            &format!("{stage}COPY a /a\n"),
            Err("`COPY a /a` has no counterpart in the image that is built without an engine"),
        );
        check(&format!("{stage}LABEL a=b\n"), Err("`LABEL a=b` is not LABEL name=\"value\""));
        check(
            &stage.replace("FROM scratch AS pgrefit", "FROM debian"),
            Err("`FROM debian` has no counterpart in the image that is built without an engine"),
        );
    }
}
