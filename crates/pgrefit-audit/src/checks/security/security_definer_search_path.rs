//! Functions that run as their owner with the path of their caller.

use pgrefit_catalog::census::{Routine, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "security-definer-search-path",
    code: "SEC-05",
    group: Group::Security,
    title: "A SECURITY DEFINER function takes the search_path of its caller.",
    level: Status::Warn,
    required: false,
    matters: "It runs with the privileges of its owner, and looks up what it names in schemas that the caller \
              chooses: a caller can put a function or an operator of its own before the one that is meant. A path \
              with \"$user\" or with a schema in which everybody may make objects is no better. A path without \
              pg_temp at its end lets temporary tables come first, which is told as something to know. An empty \
              path is safe. A body that was parsed when the function was made (BEGIN ATOMIC, RETURN) looks up nothing \
              and is passed; what the functions that it calls look up is not known here.",
    cure: "Set a search_path on the function: trusted schemas, and pg_temp last.",
    sources: &[Source::Routines, Source::Namespaces],
    example: Some(Example {
        bad: include_str!("security_definer_search_path/bad.sql"),
        good: include_str!("security_definer_search_path/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for routine in facts.census.routines.iter().filter(|routine| routine.security_definer) {
        ruling.saw();
        if routine.bound {
            continue;
        }
        let path = Facts::option(&routine.settings, "search_path").map(schemas);
        let Some((status, what)) = judged(facts, path.as_deref()) else { continue };
        let name = facts.routine_name(routine);
        let mut found =
            ruling.found(status, &name, format!("{name} runs as {}, {what}", facts.role_name(routine.owner)));
        found.number("language", routine.language.as_str());
        let path = path.unwrap_or_else(|| vec!["pg_catalog".to_owned(), own_schema(facts, routine)]);
        // What lies in an open schema may be what the function needs: without it, the function breaks.
        if let Some(open) = path.iter().find(|name| name.as_str() != "$user" && is_open(facts, name)) {
            let open = quote_ident(open);
            found.hint(format!(
                "REVOKE CREATE ON SCHEMA {open} FROM PUBLIC, or name what the function uses with its schema and set a \
                 search_path without {open}; pg_temp last"
            ));
            continue;
        }
        found.hint("name each schema whose objects it uses without their schema, and pg_temp last").sql(
            format!("ALTER ROUTINE {name} SET search_path = {};", safe(&path)),
            "",
            true,
        );
    }
}

/// The schemas of a path, as they are: `"$user", public` is `$user`, `public`.
fn schemas(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path.trim_start();
    while !rest.is_empty() {
        let mut name = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            while let Some((part, behind)) = quoted.split_once('"') {
                name.push_str(part);
                rest = behind;
                let Some(more) = behind.strip_prefix('"') else { break };
                name.push('"');
                quoted = more;
            }
            rest = rest.split_once(',').map_or("", |(_, behind)| behind);
        } else {
            let (word, behind) = rest.split_once(',').unwrap_or((rest, ""));
            name = word.trim().to_lowercase();
            rest = behind;
        }
        found.push(name);
        rest = rest.trim_start();
    }
    found
}

/// Whether others may make objects in a schema of a path.
fn is_open(facts: &Facts<'_>, name: &str) -> bool {
    let namespace = facts.census.namespaces.iter().find(|it| it.name == name);
    name == "$user" || namespace.is_some_and(|it| Facts::public_privileges(it.acl.as_ref()).contains('C'))
}

/// The schema that it is in.
fn own_schema(facts: &Facts<'_>, routine: &Routine) -> String {
    facts.namespace(routine.namespace).map_or("pg_catalog".to_owned(), |it| it.name.clone())
}

/// The same path without `$user`, and with `pg_temp` last.
fn safe(path: &[String]) -> String {
    let kept = path.iter().map(String::as_str).filter(|name| !matches!(*name, "$user" | "pg_temp" | ""));
    kept.chain(["pg_temp"]).map(quote_ident).collect::<Vec<_>>().join(", ")
}

fn judged(facts: &Facts<'_>, path: Option<&[String]>) -> Option<(Status, String)> {
    let Some(path) = path else {
        return Some((Status::Warn, "and its caller chooses the search_path".to_owned()));
    };
    if let Some(name) = path.iter().find(|name| is_open(facts, name)) {
        return Some((
            Status::Warn,
            format!("and others may make objects in {}, which is in its search_path", quote_ident(name)),
        ));
    }
    let empty = path.iter().all(|name| matches!(name.as_str(), "" | "pg_catalog"));
    let last = path.last().is_some_and(|name| name == "pg_temp");
    (!empty && !last).then(|| (Status::Info, "and temporary tables of its caller come first".to_owned()))
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Routine;

    use super::{CHECK, schemas};
    use crate::sample::Sample;

    /// The SQL and the hint for a function with a path.
    fn cure(path: &str, acl: &str, bound: bool) -> Option<(Option<String>, String)> {
        let routine = Routine {
            oid: 1,
            namespace: 1,
            name: "f".to_owned(),
            signature: String::new(),
            owner: 10,
            kind: 'f',
            security_definer: true,
            bound,
            settings: vec![format!("search_path={path}")],
            language: "sql".to_owned(),
            volatility: 'v',
            acl: None,
            returns_trigger: false,
            has_comment: false,
        };
        let sample = Sample::new(18).with(|census| {
            census.namespaces[0].acl = Some(vec![acl.to_owned()]);
            census.routines.push(routine);
        });
        let finding = sample.verdict(&CHECK).findings.into_iter().next()?;
        Some((finding.remediation.map(|it| it.sql), finding.hint.unwrap_or_default()))
    }

    #[test]
    fn a_path_is_read_as_the_server_reads_it() {
        let check = |path: &str, expected: &[&str]| assert_eq!(schemas(path), expected, "{path}");
        check("", &[]);
        check("\"\"", &[""]);
        check("\"$user\", public", &["$user", "public"]);
        check("\"app, pg_temp\"", &["app, pg_temp"]);
        check("\"a\"\"b\",App , pg_temp", &["a\"b", "app", "pg_temp"]);
    }

    #[test]
    fn a_path_is_set_without_loss() {
        let sql = |path: &str| cure(path, "=U/app", false).and_then(|it| it.0).unwrap_or_default();
        let set = |path: &str| format!("ALTER ROUTINE public.f() SET search_path = {path};");
        assert_eq!(sql("\"app, pg_temp\""), set("\"app, pg_temp\", pg_temp"));
        assert_eq!(sql("\"$user\", pg_temp, \"App\""), set("\"App\", pg_temp"));
        assert_eq!(sql("public"), set("public, pg_temp"));
        assert_eq!(sql("public, pg_temp"), "");
    }

    #[test]
    fn an_open_schema_is_closed_and_not_taken_away() {
        let (sql, hint) = cure("public, pg_temp", "=UC/app", false).unwrap_or_default();
        assert_eq!(sql, None);
        assert!(hint.starts_with("REVOKE CREATE ON SCHEMA public FROM PUBLIC"), "{hint}");
    }

    #[test]
    fn a_body_whose_names_are_bound_looks_nothing_up() {
        assert_eq!(cure("public", "=UC/app", true), None);
    }
}
