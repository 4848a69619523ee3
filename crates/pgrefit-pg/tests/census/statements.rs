//! `pg_stat_statements`: its texts keep the literals of utility statements, a census does not.

use pgrefit_catalog::census::Source;

use super::live::Live;
use super::{take, unseen};

#[tokio::test]
async fn statements_come_without_literals() {
    let live = Live::start(18, &[("shared_preload_libraries", "pg_stat_statements")]);
    let script =
        "CREATE SCHEMA \"stat {schema}\ns\"; CREATE EXTENSION pg_stat_statements SCHEMA \"stat {schema}\ns\";
        CREATE ROLE plain LOGIN PASSWORD 'plain'";
    live.database("busy", script).await;
    let mut writer = live.writer("busy").await;
    writer.batch("ALTER ROLE plain VALID UNTIL '2099-12-31'").await.expect("altered");
    writer.batch("COMMENT ON ROLE plain IS 'hunter2'").await.expect("commented");
    let census = take(&live, "postgres", "busy").await;
    assert!(unseen(&census).is_empty(), "{:?}", census.unseen);
    let texts: Vec<_> = census.statements.iter().filter_map(|it| it.query.as_deref()).collect();
    assert!(texts.contains(&"COMMENT ON ROLE plain IS ?"), "{texts:?}");
    assert!(texts.iter().all(|text| !text.contains("hunter2") && !text.contains('\'')));
    assert!(census.statements.iter().all(|it| it.calls > 0 && it.user.as_deref() == Some("postgres")));
    let totals = census.statement_totals.as_ref().expect("totals");
    assert!(totals.entries > 0 && totals.hidden == 0 && totals.deallocations == Some(0));
    assert_eq!(census.origin.user_locks, 0);

    let plain = take(&live, "plain", "busy").await;
    let grant = plain.unseen[&Source::Statements].grant.as_deref().expect("a grant");
    writer.batch(grant).await.expect("granted");
    let plain = take(&live, "plain", "busy").await;
    assert!(!plain.unseen.contains_key(&Source::Statements));
    assert!(plain.statements.iter().any(|it| it.query.is_none()));
    assert!(plain.statement_totals.is_some_and(|totals| totals.hidden > 0));
}
