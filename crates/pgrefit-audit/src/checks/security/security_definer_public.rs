//! Functions that run as their owner and that everybody may call.

use pgrefit_catalog::census::{Routine, Source};
use pgrefit_report::Status;

use crate::check::{Check, Example, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "security-definer-public",
    code: "SEC-05b",
    group: Group::Security,
    title: "Everybody may call a SECURITY DEFINER function.",
    level: Status::Warn,
    required: false,
    matters: "EXECUTE is given to PUBLIC when a function is made, so each role that can connect can do what the \
              function does with the privileges of its owner. A warning where the owner is a superuser, else \
              something to know. Left out are functions of triggers, which nobody can call, and those in schemas \
              that PUBLIC may not use.",
    cure: "Revoke EXECUTE from PUBLIC in the transaction that makes the function, and grant it to the roles \
              that need it.",
    sources: &[Source::Routines, Source::Namespaces, Source::Roles],
    example: Some(Example {
        bad: include_str!("security_definer_public/bad.sql"),
        good: include_str!("security_definer_public/good.sql"),
    }),
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let callable = |it: &&Routine| it.security_definer && !it.returns_trigger;
    for routine in facts.census.routines.iter().filter(callable) {
        ruling.saw();
        let namespace = facts.namespace(routine.namespace);
        let reachable = namespace.is_some_and(|it| Facts::public_privileges(it.acl.as_ref()).contains('U'));
        let open = routine.acl.is_none() || Facts::public_privileges(routine.acl.as_ref()).contains('X');
        if !(reachable && open) {
            continue;
        }
        let (name, owner) = (facts.routine_name(routine), facts.role_name(routine.owner));
        let superuser = facts.role(routine.owner).is_some_and(|role| role.superuser);
        let (status, what) = if superuser { (Status::Warn, ", a superuser") } else { (Status::Info, "") };
        ruling.found(status, &name, format!("everybody may call {name}, which runs as {owner}{what}")).sql(
            format!("REVOKE EXECUTE ON ROUTINE {name} FROM PUBLIC;"),
            "",
            true,
        );
    }
}
