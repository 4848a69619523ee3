//! A role that owns its schema and nothing else proves as much as a superuser.

use super::{AUTHOR, BOOKS, CONFIG, Shop};
use crate::harness::{Database, Folder, next_name, pgrefit};

#[test]
fn an_owner_of_one_schema_takes_a_backup_and_rehearses_as_itself() {
    let database = Database::new();
    let role = next_name();
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'not-a-secret'; CREATE SCHEMA \"Odd \"\"One\" AUTHORIZATION {role}; \
         ALTER ROLE {role} IN DATABASE {} SET search_path = \"Odd \"\"One\"; REVOKE ALL ON SCHEMA public FROM PUBLIC",
        database.name
    ));
    let folder = Folder::new(&[("V1__books.sql", BOOKS)]);
    std::fs::write(folder.path().join("pgrefit.toml"), CONFIG).unwrap();
    let url = database.url_as(&role, "not-a-secret");
    let call = |folder: &Folder, environment: &str| {
        let call =
            pgrefit(["migrate"]).inside(folder.path()).env("DATABASE_URL", &url).secret("not-a-secret");
        call.env("PGREFIT_POLICY_ENVIRONMENT", environment).run()
    };
    call(&folder, "disposable").expect(0);
    folder.write("V2__author.sql", AUTHOR);
    call(&folder, "production").expect(0);
    let shop = Shop { database, folder };
    let evidence = shop.evidence();
    assert_eq!(evidence["checklist"][1]["status"], "pass", "{:#}", evidence["checklist"]);
    let lock = &evidence["steps"][0]["statements"][0]["predicted"]["locks"][0];
    assert_eq!(lock["relation"], "\"Odd \"\"One\".books");
    // What the role may not do is found out on the copy.
    shop.folder.write("V3__elsewhere.sql", "CREATE SCHEMA elsewhere;");
    call(&shop.folder, "production").expect(18).says(&["permission denied"]);
}
