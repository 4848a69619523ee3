//! Every role can take a census, and is told what it does not see.

use pgrefit_catalog::census::{Census, Source, Why};
use pgrefit_pg::census::HELPER_VIEWS;

use super::live::Live;
use super::{take, unseen};

const ROLES: &str = "CREATE ROLE watcher LOGIN PASSWORD 'watcher' IN ROLE pg_monitor; CREATE ROLE plain LOGIN PASSWORD 'plain'";
const LET: &str =
    "GRANT USAGE ON SCHEMA pgrefit TO watcher; GRANT SELECT ON ALL TABLES IN SCHEMA pgrefit TO watcher";

fn privileges(sources: &[Source]) -> Vec<(Source, Why)> {
    sources.iter().map(|source| (*source, Why::Privilege)).collect()
}

fn last_values(census: &Census) -> Vec<(Option<i64>, bool)> {
    census.sequences.iter().map(|it| (it.last_value, it.is_called)).collect()
}

#[tokio::test]
async fn what_a_role_may_not_see_is_said() {
    use Source::{ColumnStatistics, HbaRules, History, Passwords, SequenceValues, WalFiles};
    for live in Live::all() {
        live.fixture("odd").await;
        let mut writer = live.writer("odd").await;
        writer.batch(ROLES).await.expect("roles");
        let all = take(&live, "postgres", "odd").await;
        assert!(unseen(&all).is_empty());
        assert!(all.passwords.iter().all(|it| it.kind == "scram") && all.passwords.len() >= 2);

        let watcher = take(&live, "watcher", "odd").await;
        let closed = [SequenceValues, Passwords, HbaRules, ColumnStatistics, History];
        assert_eq!(unseen(&watcher), privileges(&closed));
        assert!(watcher.server.has_pg_monitor && !watcher.server.is_superuser);
        assert!(watcher.backends.iter().all(|it| !it.hidden));

        let plain = take(&live, "plain", "odd").await;
        let closed = [SequenceValues, Passwords, HbaRules, ColumnStatistics, WalFiles, History];
        assert_eq!(unseen(&plain), privileges(&closed));
        assert!(plain.backends.iter().any(|it| it.hidden && it.query.is_none()));
        assert!(plain.settings.len() < all.settings.len());
        for census in [&watcher, &plain] {
            assert_eq!(census.relations.len(), all.relations.len());
            assert!(census.relations.iter().filter(|it| it.kind.has_rows()).all(|it| !it.shows_statistics));
            assert!(census.sequences.iter().all(|it| !it.readable && it.last_value.is_none()));
            assert_eq!(census.origin.lock_modes, ["AccessShareLock"]);
            assert_eq!(census.origin.user_locks, 0);
            for (source, unseen) in census.unseen.iter().filter(|(_, unseen)| unseen.why == Why::Privilege) {
                assert!(*source == Passwords || unseen.grant.is_some(), "{source}");
            }
        }

        writer.batch(HELPER_VIEWS).await.expect("views");
        writer.batch(HELPER_VIEWS).await.expect("the same again");
        writer.batch(LET).await.expect("granted");
        let (all, helped) = (take(&live, "postgres", "odd").await, take(&live, "watcher", "odd").await);
        assert_eq!(unseen(&helped), privileges(&[Passwords, HbaRules, History]));
        assert_eq!(last_values(&helped), last_values(&all));
        assert!(helped.relations.iter().all(|it| it.shows_statistics == it.kind.has_rows()));
        assert!(helped.column_statistics.iter().any(|it| it.largest == Some(1000)));
        assert_eq!(helped.origin.user_locks, 0);
    }
}

#[tokio::test]
async fn the_views_tell_what_pg_stats_tells() {
    for live in Live::all() {
        live.fixture("odd").await;
        let direct = take(&live, "postgres", "odd").await;
        live.writer("odd").await.batch(HELPER_VIEWS).await.expect("views");
        let helped = take(&live, "postgres", "odd").await;
        assert_eq!(helped.column_statistics, direct.column_statistics);
    }
}

#[tokio::test]
async fn each_grant_opens_what_it_is_for() {
    for live in Live::all() {
        live.fixture("odd").await;
        let mut writer = live.writer("odd").await;
        writer.batch(ROLES).await.expect("roles");
        for unseen in take(&live, "plain", "odd").await.unseen.into_values() {
            if let Some(grant) = unseen.grant {
                writer.batch(&grant).await.expect(&grant);
            }
        }
        assert_eq!(unseen(&take(&live, "plain", "odd").await), privileges(&[Source::Passwords]));
    }
}
