//! What `effects` claims, held against what a real server locks and rewrites; and what `split` makes, run on one. The
//! server is right.

mod live;
mod split;

use live::{Live, Relations};
use pgrefit_pg::Migrator;
use pgrefit_sql::{Effect, LockMode, Reach, RelationKind, Script, Work, effects};

const SETUP: &str = include_str!("setup.sql");
const STATEMENTS: [(u32, &str); 4] = [
    (13, include_str!("statements.sql")),
    (15, include_str!("since_15.sql")),
    (17, include_str!("since_17.sql")),
    (18, include_str!("since_18.sql")),
];
/// Scripts of several statements, divided by empty lines.
const BODIES: &str = include_str!("bodies.sql");

#[tokio::test]
async fn claims_are_what_the_server_does() {
    let mut wrong = Vec::new();
    for (major, live) in Live::all() {
        let mut session = live.writer("postgres").await;
        session.batch(SETUP).await.expect("set up");
        let relations = Relations::read(&mut session).await;
        for script in BODIES.split("\n\n") {
            let effect = together(effects(script, major).expect("it parses"));
            for fault in faults(&mut session, &relations, script, &effect).await {
                wrong.push(format!("{major}: {script}\n    {fault}"));
            }
        }
        for (_, text) in STATEMENTS.into_iter().filter(|(since, _)| *since <= major) {
            for statement in Script::parse(text).statements() {
                let sql = &text[statement.range.clone()];
                let effect = effects(sql, major).expect("it parses").remove(0);
                for fault in faults(&mut session, &relations, sql, &effect).await {
                    wrong.push(format!("{major}: {sql}\n    {fault}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} claims are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The effects of a script as one.
fn together(effects: Vec<Effect>) -> Effect {
    let merged = effects.into_iter().reduce(|mut all, next| {
        for lock in next.locks {
            match all.locks.iter_mut().find(|known| known.relation == lock.relation) {
                Some(known) => {
                    known.mode = known.mode.max(lock.mode);
                    known.reach = known.reach.and(lock.reach);
                }
                None => all.locks.push(lock),
            }
        }
        all.work.extend(next.work);
        all.command = next.command;
        all
    });
    merged.expect("a statement")
}

/// What is wrong with the claims about one statement.
async fn faults(session: &mut Migrator, relations: &Relations, sql: &str, effect: &Effect) -> Vec<String> {
    session.batch("BEGIN").await.expect("begun");
    let result = session.batch(sql).await;
    if let Err(error) = result {
        session.batch("ROLLBACK").await.expect("rolled back");
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        return vec![format!("does not run: {error}: {cause}")];
    }
    let held = relations.held(session).await;
    let rewritten = relations.rewritten(session).await;
    session.batch("ROLLBACK").await.expect("rolled back");

    let mut faults = Vec::new();
    let claimed = |name: &str| {
        effect
            .locks
            .iter()
            .filter(|lock| relations.table_of(&lock.relation.name) == name)
            .map(|lock| lock.mode)
            .max()
    };
    for lock in &effect.locks {
        let table = relations.table_of(&lock.relation.name);
        let found = held.get(table).copied();
        if relations.exists(&lock.relation.name) && found != claimed(table) {
            faults.push(format!("claims {} on {}, held: {found:?}", lock.mode.sql(), lock.relation));
        }
    }
    // From 18 on GRANT and REVOKE hold the weakest lock on what they name; that is nothing to claim.
    let ignored = |mode| mode == LockMode::AccessShare && matches!(effect.command, "GRANT" | "REVOKE");
    for (table, mode) in held.iter().filter(|(table, mode)| claimed(table).is_none() && !ignored(**mode)) {
        if !is_reached(relations, effect, sql.contains("ATTACH PARTITION"), table, *mode) {
            faults.push(format!("holds {} on {table}, which is not claimed", mode.sql()));
        }
    }
    faults.extend(work_faults(&rewritten, relations, effect));
    faults
}

/// Whether an unnamed relation is locked because of one that is named.
fn is_reached(relations: &Relations, effect: &Effect, attaches: bool, table: &str, mode: LockMode) -> bool {
    effect.locks.iter().any(|lock| {
        let (partitions, partners) = (lock.reach.reaches_partitions(), lock.reach.reaches_partners());
        let named = relations.table_of(&lock.relation.name);
        let exceptions = lock.reach != Reach::Named
            && attaches
            && (relations.default_partitions.contains(table) || mode == LockMode::ShareRowExclusive);
        (mode <= lock.mode || exceptions) && relations.reached(named, partitions, partners).contains(table)
    })
}

fn work_faults(
    rewritten: &std::collections::HashSet<String>,
    relations: &Relations,
    effect: &Effect,
) -> Vec<String> {
    let claimed = |table: &str| {
        effect.work.iter().any(|work| match work {
            Work::Rewrite(relation) => relations.reached(&relation.name, true, false).contains(table),
            Work::Scan(_) => false,
        })
    };
    let mut faults: Vec<String> = rewritten
        .iter()
        // An emptied table is in a new file, but nothing was written.
        .filter(|table| !claimed(table) && effect.command != "TRUNCATE")
        .map(|table| format!("rewrites {table}, which is not claimed"))
        .collect();
    for work in &effect.work {
        if let Work::Rewrite(relation) = work
            && relation.kind == RelationKind::Table
            && relations.exists(&relation.name)
            && !rewritten.contains(&relation.name)
        {
            faults.push(format!("claims a rewrite of {relation}, which stays in its file"));
        }
    }
    faults
}
