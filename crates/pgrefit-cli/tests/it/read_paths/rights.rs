//! Who may write documents may go on writing them, whatever the rights of the new tables and whatever the search path.

use super::{assert_exact, migrate};
use crate::harness::{Database, sql_at};

/// An application's role that was granted what it needs before the migrations came.
const APPLICATION: &str = "
    GRANT SELECT, INSERT, UPDATE, DELETE ON documents, document_sources TO {role};
    CREATE SCHEMA {role} AUTHORIZATION {role};
    CREATE TABLE {role}.document_counts (LIKE document_counts);
    CREATE TABLE {role}.documents_search (LIKE documents_search);
    GRANT INSERT, SELECT ON {role}.document_counts, {role}.documents_search TO {role};";

fn application() -> (Database, String) {
    let database = Database::new();
    migrate(&database, &[]);
    let role = format!("{}_app", database.name);
    database
        .sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'app'; {}", APPLICATION.replace("{role}", &role)));
    let url = database.url_as(&role, "app");
    (database, url)
}

const WRITE: &str = "
    INSERT INTO public.documents (doc_type, source_name, doc_path, content, embedding)
    SELECT 'rust', 'app', n::text, 'some words', array_fill(1, ARRAY[3072])::public.vector FROM generate_series(1, 20) AS n;
    UPDATE public.documents SET content = 'other', embedding = NULL WHERE doc_path IN ('1', '2');
    DELETE FROM public.documents WHERE doc_path = '3';";

#[test]
fn a_role_that_may_write_documents_needs_no_other_right() {
    let (database, url) = application();
    // Its own schema comes first: tables of the same names there, and temporary ones, are not written.
    sql_at(&url, "SET search_path = \"$user\", public; CREATE TEMP TABLE documents_signs (id uuid)");
    sql_at(&url, &format!("SET search_path = \"$user\", public; {WRITE}"));
    assert_exact(&database, "the application has written");
    let role = format!("{}_app", database.name);
    assert_eq!(database.value(&format!("SELECT count(*) FROM {role}.document_counts")), "0");
    assert_eq!(
        database.value(&format!("SELECT has_table_privilege('{role}', 'documents_search', 'INSERT')")),
        "f"
    );
}

#[test]
fn who_reads_documents_reads_the_tables_beside_them() {
    let database = Database::new();
    migrate(&database, &["--target", "22"]);
    let role = format!("{}_reader", database.name);
    database.sql(&format!(
        "CREATE ROLE \"{role} odd\"; GRANT SELECT ON documents TO \"{role} odd\"; CREATE ROLE {role}_none"
    ));
    migrate(&database, &[]);
    let may_read = |role: &str, table: &str| {
        database.value(&format!("SELECT has_table_privilege('{role}', '{table}', 'SELECT')"))
    };
    for table in ["document_counts", "source_stats", "documents_search", "documents_signs"] {
        assert_eq!(may_read(&format!("{role} odd"), table), "t", "{table}");
        assert_eq!(may_read(&format!("{role}_none"), table), "f", "{table}");
    }
}
