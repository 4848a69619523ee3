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
              path is safe.",
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
        let path: Option<Vec<&str>> = Facts::option(&routine.settings, "search_path")
            .map(|path| path.split(',').map(str::trim).collect());
        let Some((status, what)) = judged(facts, path.as_deref()) else { continue };
        let name = facts.routine_name(routine);
        ruling
            .found(status, &name, format!("{name} runs as {}, {what}", facts.role_name(routine.owner)))
            .number("language", routine.language.as_str())
            .hint("name each schema whose objects it uses without their schema, and pg_temp last")
            .sql(format!("ALTER ROUTINE {name} SET search_path = {};", safe(facts, routine, path)), "", true);
    }
}

/// Whether others may make objects in a schema of a path.
fn is_open(facts: &Facts<'_>, name: &str) -> bool {
    let name = name.trim_matches('"');
    let namespace = facts.census.namespaces.iter().find(|it| it.name == name);
    name == "$user" || namespace.is_some_and(|it| Facts::public_privileges(it.acl.as_ref()).contains('C'))
}

/// The same path without what is open, and with `pg_temp` last; where there is none, one to begin with.
fn safe(facts: &Facts<'_>, routine: &Routine, path: Option<Vec<&str>>) -> String {
    let own = facts.namespace(routine.namespace).map_or("pg_catalog".to_owned(), |it| quote_ident(&it.name));
    let path = path.unwrap_or_else(|| vec!["pg_catalog", &own]);
    let kept = path.into_iter().filter(|name| !is_open(facts, name) && *name != "pg_temp");
    kept.chain(["pg_temp"]).collect::<Vec<_>>().join(", ")
}

fn judged(facts: &Facts<'_>, path: Option<&[&str]>) -> Option<(Status, String)> {
    let Some(path) = path else {
        return Some((Status::Warn, "and its caller chooses the search_path".to_owned()));
    };
    if let Some(name) = path.iter().find(|name| is_open(facts, name)) {
        return Some((
            Status::Warn,
            format!("and others may make objects in {name}, which is in its search_path"),
        ));
    }
    let empty = path.iter().all(|name| matches!(*name, "" | "\"\"" | "pg_catalog"));
    let last = path.last() == Some(&"pg_temp");
    (!empty && !last).then(|| (Status::Info, "and temporary tables of its caller come first".to_owned()))
}
