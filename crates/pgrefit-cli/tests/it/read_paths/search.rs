//! What the new queries find is what the old ones found.

use super::{assert_exact, migrated, with_pgvector};
use crate::harness::Database;

/// The application's ranked search of the content, and the same by the words beside the documents.
const OLD: &str = "SELECT id, ts_rank_cd(to_tsvector('english', content), websearch_to_tsquery('english', '{typed}')) AS rank
    FROM documents WHERE {filter} AND to_tsvector('english', content) @@ websearch_to_tsquery('english', '{typed}')";
const NEW: &str = "SELECT id, ts_rank_cd(words, websearch_to_tsquery('english', '{typed}')) AS rank
    FROM documents_search WHERE words @@ document_query('{typed}', '{filters}')";

fn differences(database: &Database, typed: &str, filter: &str, filters: &str) -> (String, String) {
    let put =
        |sql: &str| sql.replace("{typed}", typed).replace("{filters}", filters).replace("{filter}", filter);
    let (old, new) = (put(OLD), put(NEW));
    let wrong = format!(
        "SELECT count(*) FROM ({old}) AS o FULL JOIN ({new}) AS n USING (id) WHERE o.rank IS DISTINCT FROM n.rank"
    );
    (database.value(&format!("SELECT count(*) FROM ({old}) AS o")), database.value(&wrong))
}

#[test]
fn words_and_filters_find_and_rank_the_same() {
    for version in with_pgvector() {
        let database = migrated(version);
        database.sql("UPDATE documents SET metadata = '{\"topic\": \"it''s \\\\ o:*&|!( dd\"}' WHERE source_name = 'source2'");
        let rust = ("doc_type = 'rust'", r#"{"doc_type": "rust"}"#);
        let check = |typed: &str, (filter, filters): (&str, &str), finds: bool| {
            let (found, wrong) = differences(&database, typed, filter, filters);
            assert_eq!((found != "0", wrong.as_str()), (finds, "0"), "{typed}, {filter}: {found} found");
        };
        check("word5", rust, true);
        check("word5 word6", rust, true);
        check("word5 or word6 -word7", rust, true);
        check("\"word5 word6\"", rust, false);
        check("-word5", rust, true);
        check("the", rust, false);
        check("", rust, false);
        check("rust", rust, false);
        check("doc_type:rust", rust, false);
        check("word5", ("true", "{}"), true);
        check(
            "word5",
            (
                "doc_type = 'ebpf' AND source_name = 'source3'",
                r#"{"doc_type": "ebpf", "source_name": "source3"}"#,
            ),
            true,
        );
        check(
            "word5",
            (
                "metadata->>'format' = 'rustdoc' AND doc_type = 'rust'",
                r#"{"doc_type": "rust", "format": "rustdoc"}"#,
            ),
            true,
        );
        check(
            "word5",
            ("metadata->>'topic' = 'it''s \\ o:*&|!( dd'", r#"{"topic": "it''s \\ o:*&|!( dd"}"#),
            true,
        );
        check("word5", ("metadata->>'format' = 'none'", r#"{"format": "none"}"#), false);
    }
}

/// A path is found by how its words begin; the words before the last one must be whole.
#[test]
fn paths_are_found_by_how_their_words_begin() {
    let database = migrated(18);
    let check = |typed: &str, expected: &str| {
        let sql = format!(
            "SELECT count(*) FROM documents_search WHERE words @@ document_path_query('{typed}', '{{}}')"
        );
        assert_eq!(database.value(&sql), expected, "{typed}");
    };
    check("SRC/part_40", "2");
    check("part_400.r", "1");
    check("rs", "400");
    check("art_400", "0");
    check("'':*", "0");
    check("", "0");
}

/// A text with more words than a tsvector holds is stored all the same, and found by the words of its beginning.
#[test]
fn no_text_is_too_long() {
    let database = migrated(18);
    database.sql(
        "INSERT INTO documents (doc_type, source_name, doc_path, content)
         SELECT 'rust', 'long', 'long', string_agg(md5('x' || n), ' ') FROM generate_series(1, 100000) AS n",
    );
    database.sql(
        "INSERT INTO documents (doc_type, source_name, doc_path, content, metadata)
         VALUES ('rust', 'odd', repeat('ü/', 9000), '', jsonb_build_object('topic', repeat('x', 9000), 'format', NULL))",
    );
    assert_exact(&database, "long texts");
    let found = database
        .value("SELECT count(*) FROM documents_search WHERE words @@ document_query(md5('x1'), '{}')");
    assert_eq!(found, "1");
}

/// Servers whose pgvector has no `binary_quantize` make the same signs.
#[test]
fn signs_come_out_the_same_without_binary_quantize() {
    let migration = include_str!("../../../../../migrations/V26__documents_signs.sql");
    let body = migration.split("RETURN (").nth(1).and_then(|rest| rest.split(";\n").next()).unwrap();
    for version in with_pgvector() {
        let database = migrated(version);
        database.sql("UPDATE documents SET embedding = array_fill(0, ARRAY[3072])::vector WHERE doc_path LIKE '%40.rs'");
        let sql = format!(
            "SELECT count(*) FROM documents WHERE embedding IS NOT NULL AND embedding_signs(embedding) <> ({body}"
        );
        assert_eq!(database.value(&sql), "0");
        let counted = "SELECT count(*) FROM documents_signs AS one, documents_signs AS other
             WHERE signs_apart(one.signs, other.signs) <> bit_count(one.signs # other.signs)";
        assert_eq!(database.value(counted), "0");
    }
}

/// The nearest by signs, compared exactly, are the nearest.
#[test]
fn the_nearest_by_signs_are_the_nearest() {
    let database = migrated(18);
    let query = "(SELECT embedding FROM documents WHERE id = some_id(8))";
    let exact = format!(
        "SELECT string_agg(round(d::numeric, 6)::text, ' ') FROM (SELECT embedding <=> {query} AS d FROM documents WHERE embedding IS NOT NULL ORDER BY d LIMIT 5) AS n"
    );
    let by_signs = format!(
        "SELECT string_agg(round(d::numeric, 6)::text, ' ') FROM (
             SELECT embedding <=> {query} AS d FROM documents WHERE id IN (
                 SELECT id FROM documents_signs ORDER BY signs_apart(signs, embedding_signs({query})) LIMIT 50
             ) ORDER BY d LIMIT 5) AS n"
    );
    assert_eq!(database.value(&by_signs), database.value(&exact));
}
