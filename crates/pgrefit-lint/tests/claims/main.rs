//! What rules claim of the server, held against real ones: each bad example is run and watched from another session. The
//! server is right.

mod live;
mod sequences;

use std::collections::BTreeMap;

use live::{Live, Watched};
use pgrefit_lint::{Claim, RULES, Rule};
use pgrefit_sql::{LockMode, Run, Script};

/// What running an example did.
#[derive(Debug, Default)]
struct Done {
    /// The strongest lock on each table that existed before, or on one of its indexes.
    locks: BTreeMap<String, LockMode>,
    /// Tables in another file than before.
    rewritten: Vec<String>,
    /// Tables of which one statement read every row while nobody could write to them.
    scanned: Vec<String>,
    /// Rows of each table that the session has read so far, one after the other.
    read: BTreeMap<String, u64>,
    /// SQLSTATE of the statement that failed.
    failed: Option<String>,
    /// Tables that are gone, or empty and were not.
    lost: Vec<String>,
    /// Indexes that no query can use.
    invalid: Vec<String>,
    /// Tables of which a prepared `SELECT *` fails in another session.
    broken: Vec<String>,
    /// Rows of each table before.
    rows: BTreeMap<String, u64>,
}

#[tokio::test]
async fn the_server_does_what_rules_claim() {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (major, live) in Live::all() {
        for rule in RULES.iter().filter(|rule| !rule.claims.is_empty()) {
            let Some(bad) = run(&live, rule, rule.bad).await else { continue };
            let good = run(&live, rule, rule.good).await.expect("the same schema");
            *seen.entry(rule.id).or_default() += 1;
            for claim in rule.claims.iter().filter(|claim| applies(claim, major)) {
                if let Some(fault) = fault(claim, &bad) {
                    wrong.push(format!("{major}: {}: bad.sql: {fault}", rule.id));
                }
                if !matches!(plain(claim), Claim::Locks(..)) && fault_free(claim, &good) {
                    wrong.push(format!("{major}: {}: good.sql does it, too: {}", rule.id, claim.words()));
                }
            }
            if let Some(state) = &good.failed {
                wrong.push(format!("{major}: {}: good.sql fails with {state}", rule.id));
            }
            let fails = rule.claims.iter().any(|claim| matches!(plain(claim), Claim::Fails(_)));
            if let (Some(state), false) = (&bad.failed, fails) {
                wrong.push(format!("{major}: {}: bad.sql fails with {state}, which is not claimed", rule.id));
            }
        }
    }
    for rule in RULES.iter().filter(|rule| !rule.claims.is_empty() && !seen.contains_key(rule.id)) {
        wrong.push(format!("{} was run on no server", rule.id));
    }
    assert!(wrong.is_empty(), "{} claims are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether the claim is about this major version.
fn applies(claim: &Claim, major: u32) -> bool {
    match claim {
        Claim::Until(last, inner) => major <= *last && applies(inner, major),
        Claim::Since(first, inner) => major >= *first && applies(inner, major),
        _ => true,
    }
}

fn plain(claim: &Claim) -> &Claim {
    match claim {
        Claim::Until(_, inner) | Claim::Since(_, inner) => plain(inner),
        claim => claim,
    }
}

fn fault_free(claim: &Claim, done: &Done) -> bool {
    fault(claim, done).is_none()
}

/// Why a claim is not true of what was done.
fn fault(claim: &Claim, done: &Done) -> Option<String> {
    let missing = |is: bool, what: String| (!is).then_some(what);
    match plain(claim) {
        Claim::Locks(table, mode) => {
            let held = done.locks.get(*table);
            missing(held == Some(mode), format!("claims {} on {table}, holds {held:?}", mode.sql()))
        }
        Claim::Rewrites(table) => missing(
            done.rewritten.iter().any(|it| it == table),
            format!("claims to rewrite {table}, which stays in its file"),
        ),
        Claim::Scans(table) => missing(
            done.scanned.iter().any(|it| it == table),
            format!("claims to read all of {table}, and does not"),
        ),
        Claim::Fails(state) => missing(
            done.failed.as_deref() == Some(state),
            format!("claims to fail with {state}, ends with {:?}", done.failed),
        ),
        Claim::LeavesInvalid(index) => missing(
            done.invalid.iter().any(|it| it == index),
            format!("claims to leave {index} invalid, leaves {:?}", done.invalid),
        ),
        Claim::Loses(table) => missing(
            done.lost.iter().any(|it| it == table),
            format!("claims to lose {table}, loses {:?}", done.lost),
        ),
        Claim::BreaksPrepared(table) => missing(
            done.broken.iter().any(|it| it == table),
            format!("claims to break SELECT * FROM {table}, breaks {:?}", done.broken),
        ),
        Claim::Until(..) | Claim::Since(..) => None,
    }
}

/// Runs an example in an empty database, as a runner would: what can be in a transaction in one, the rest alone.
/// Nothing if the server lacks an extension that it needs.
async fn run(live: &Live, rule: &Rule, text: &str) -> Option<Done> {
    let mut watcher = live.emptied().await;
    if let Err(error) = watcher.batch(rule.before).await {
        let state = live::sqlstate(&error);
        assert!(matches!(state.as_str(), "0A000" | "58P01"), "{}: before.sql fails with {state}", rule.id);
        return None;
    }
    let (mut session, mut other) = (live.writer("claims").await, live.writer("claims").await);
    let before = Watched::read(&mut watcher).await;
    let mut done = Done { rows: before.rows(&mut watcher).await, ..Done::default() };
    let prepared = before.prepare(&mut other).await;
    let pid = live::pid(&mut session).await;

    let script = Script::parse(text);
    let says_begin = text.to_uppercase().contains("BEGIN;");
    let mut open = false;
    for statement in script.statements() {
        let sql = &text[statement.range.clone()];
        let alone = says_begin || matches!(statement.run, Run::Alone(_)) && !sql.contains("ADD VALUE");
        if alone && open {
            session.batch("COMMIT").await.expect("committed");
            open = false;
        }
        if !alone && !open {
            session.batch("BEGIN").await.expect("begun");
            open = true;
        }
        // A new value of an enum is committed before it is used.
        if sql.contains("ADD VALUE") && !says_begin {
            session.batch(&format!("COMMIT; {sql}")).await.expect("added");
            open = false;
            continue;
        }
        if let Err(error) = session.batch(sql).await {
            done.failed = Some(live::sqlstate(&error));
            break;
        }
        before.watch(&mut session, &mut watcher, &pid, &mut done).await;
    }
    session.batch(if done.failed.is_some() { "ROLLBACK" } else { "COMMIT" }).await.expect("ended");
    before.look_back(&mut watcher, &mut done).await;
    done.broken = live::broken(&mut other, prepared).await;
    Some(done)
}
