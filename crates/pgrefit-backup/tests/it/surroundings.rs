//! What stands beside the database on the source's server is beside the copy as well.

use pgrefit_backup::take_verified;

use crate::place::{Place, ask, majors};

#[tokio::test]
async fn roles_that_the_database_does_not_refer_to_are_there() {
    for major in majors() {
        let place = Place::nasty_on(major).await;
        let setup = "CREATE ROLE reader LOGIN PASSWORD 'r' NOINHERIT CREATEDB CONNECTION LIMIT 3; CREATE ROLE \"O'Neil x\" SUPERUSER LOGIN;
            GRANT readers TO reader WITH ADMIN OPTION; GRANT pg_monitor TO reader; GRANT reader TO \"O'Neil x\"";
        place.writer().await.batch(setup).await.expect("made");
        let source = place.connector();
        let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
        let verified = verified.unwrap_or_else(|error| panic!("{major}: {error}: {error:?}"));
        let copy = verified.restored().expect("a copy").as_superuser();
        let roles = "SELECT string_agg(concat_ws(' ', rolname, rolcanlogin, rolsuper, rolinherit, rolcreatedb, rolconnlimit), ',' ORDER BY rolname)
            FROM pg_roles WHERE rolname IN ('reader', 'O''Neil x')";
        assert_eq!(ask(copy, roles).await, "O'Neil x f f t f -1,reader f f f t 3");
        let members = "SELECT pg_has_role('reader', 'readers', 'MEMBER WITH ADMIN OPTION') AND pg_has_role('reader', 'pg_monitor', 'MEMBER')
            AND pg_has_role('O''Neil x', 'reader', 'MEMBER')";
        assert_eq!(ask(copy, members).await, "t");
        let role = verified.restored().expect("a copy").as_source_role();
        let mut session = role.migrator().await.expect("connected");
        session.batch("GRANT SELECT ON people TO reader").await.expect("granted");
    }
}
