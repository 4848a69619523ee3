//! Languages that reach beyond the database.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "untrusted-language",
    code: "SEC-12",
    group: Group::Security,
    title: "A language is installed whose functions reach the server's files.",
    level: Status::Info,
    required: false,
    matters: "Functions in an untrusted language run as the user of the server, without a limit. Only a superuser \
              can make them, but whoever may call them gets what they do. Told of languages beside C and the \
              built-in ones.",
    cure: "Drop it if no function uses it; else look at who owns and may call those functions.",
    sources: &[Source::Languages],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for language in &facts.census.languages {
        ruling.saw();
        if language.trusted || matches!(language.name.as_str(), "c" | "internal" | "sql") {
            continue;
        }
        let name = quote_ident(&language.name);
        let message =
            format!("functions in {name} reach the server's files; there are {}", language.routines);
        ruling
            .info(&name, message)
            .number("functions", language.routines)
            .hint("drop the language if nothing needs it");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Language;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn built_in_ones_are_left_alone() {
        let check = |name: &str, trusted: bool, expected: &[&str]| {
            let language = Language { name: name.to_owned(), trusted, routines: 2 };
            let sample = Sample::new(18).with(|census| census.languages.push(language));
            assert_eq!(sample.objects(&CHECK), expected, "{name}");
        };
        check("c", false, &[]);
        check("internal", false, &[]);
        check("plpgsql", true, &[]);
        check("plpython3u", false, &["plpython3u"]);
    }
}
