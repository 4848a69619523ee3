//! Default privileges that open new objects to everybody.

use pgrefit_catalog::census::Source;
use pgrefit_catalog::quote_ident;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "default-privileges-public",
    code: "SEC-04b",
    group: Group::Security,
    title: "New tables are opened to everybody.",
    level: Status::Warn,
    required: false,
    matters: "ALTER DEFAULT PRIVILEGES has granted to PUBLIC: each table, sequence or schema that the role makes \
              from now on is open to every role that can connect. Functions and types are left out, because PUBLIC \
              has those by default.",
    cure: "Revoke it in the same words; objects that exist already keep what they got.",
    sources: &[Source::DefaultPrivileges],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for row in &facts.census.default_privileges {
        ruling.saw();
        let kind = match row.kind {
            'r' => "TABLES",
            'S' => "SEQUENCES",
            'n' => "SCHEMAS",
            'L' => "LARGE OBJECTS",
            _ => continue,
        };
        let letters = Facts::public_privileges(Some(&row.acl));
        if letters.is_empty() {
            continue;
        }
        let schema = row.namespace.and_then(|oid| facts.namespace(oid));
        let schema = schema.map_or_else(String::new, |it| format!(" IN SCHEMA {}", quote_ident(&it.name)));
        let of = format!("ROLE {}{schema}", facts.role_name(row.role));
        let words = Facts::privilege_words(&letters);
        let status = if letters == "r" || row.kind != 'r' { Status::Info } else { Status::Warn };
        ruling
            .found(
                status,
                format!("{of} ON {kind}"),
                format!("everybody gets {words} on new {}", kind.to_lowercase()),
            )
            .sql(
                format!("ALTER DEFAULT PRIVILEGES FOR {of} REVOKE {words} ON {kind} FROM PUBLIC;"),
                "",
                true,
            );
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::DefaultPrivilege;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn grants_to_public_are_found() {
        let check = |kind: char, item: &str, expected: &[&str]| {
            let acl = vec!["app=arwd/app".to_owned(), item.to_owned()];
            let row = DefaultPrivilege { role: 50, namespace: Some(1), kind, acl };
            let sample = Sample::new(18).login(50, "app", |_| {});
            let sample = sample.with(|census| census.default_privileges.push(row));
            assert_eq!(sample.objects(&CHECK), expected, "{kind} {item}");
        };
        check('r', "=r/app", &["ROLE app IN SCHEMA public ON TABLES"]);
        check('S', "=U/app", &["ROLE app IN SCHEMA public ON SEQUENCES"]);
        check('r', "reader=r/app", &[]);
        check('f', "=X/app", &[]);
    }

    #[test]
    fn writing_is_worse_than_reading() {
        let status = |item: &str| {
            let row = DefaultPrivilege { role: 50, namespace: None, kind: 'r', acl: vec![item.to_owned()] };
            Sample::new(18).with(|census| census.default_privileges.push(row)).status(&CHECK)
        };
        assert_eq!((status("=r/app"), status("=ar/app")), (Status::Info, Status::Warn));
    }
}
