//! Migrations that linters of text alone get wrong, judged: the harmless that they cry over, and the harmful that they pass.

use pgrefit_lint::{Linter, Options, Source};
use pgrefit_report::Status;

/// The schema that the cases find.
const BEFORE: &str = include_str!("cases/before.sql");

/// The rules that a migration offends at the level of a warning or a failure, sorted.
fn offended(text: &str) -> Vec<String> {
    let mut linter = Linter::new(Options::default());
    linter.learn(BEFORE);
    let judged = linter.judge(&Source { file: "V2__case.sql", text, is_migration: true });
    let counted = judged.findings.iter().filter(|it| it.suppressed.is_none() && it.status >= Status::Warn);
    let mut rules: Vec<String> = counted.map(|finding| finding.check.clone()).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// What is let pass.
const HARMLESS: &[&str] = &[
    // Types that only the catalog changes.
    "ALTER TABLE documents ALTER COLUMN title TYPE varchar(400);",
    "ALTER TABLE documents ALTER COLUMN title TYPE varchar;",
    "ALTER TABLE documents ALTER COLUMN title TYPE text;",
    "ALTER TABLE documents ALTER COLUMN title TYPE text USING title::text;",
    "SET LOCAL timezone = 'UTC'; ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;",
    "SET TIME ZONE 'UTC'; ALTER TABLE documents ALTER seen SET DATA TYPE timestamp with time zone;",
    "ALTER TABLE documents ALTER COLUMN weight TYPE numeric(14,2);",
    "ALTER TABLE documents ALTER COLUMN weight TYPE numeric;",
    "ALTER TABLE documents ALTER COLUMN seen TYPE timestamp(6);",
    "ALTER TABLE documents ALTER COLUMN address TYPE inet;",
    // What a validated CHECK proves.
    "ALTER TABLE documents ALTER COLUMN checked SET NOT NULL;",
    "ALTER TABLE documents ALTER COLUMN id SET NOT NULL;",
    "ALTER TABLE events ATTACH PARTITION events_2025_checked FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
    // The parent alone.
    "CREATE INDEX events_kind ON ONLY events (kind);",
    // Defaults that are the same for each row, and nulls.
    "ALTER TABLE documents ADD COLUMN a int NOT NULL DEFAULT 0;",
    "ALTER TABLE documents ADD COLUMN a timestamptz DEFAULT now();",
    "ALTER TABLE documents ADD COLUMN a int DEFAULT fixed();",
    "ALTER TABLE documents ADD COLUMN a int DEFAULT inlined();",
    "ALTER TABLE documents ADD COLUMN a uuid DEFAULT NULL;",
    "ALTER TABLE documents ADD COLUMN source bigint REFERENCES sources (id);",
    "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS (1) VIRTUAL;",
    // What the migration itself makes is nobody's.
    "CREATE TABLE fresh (id bigint PRIMARY KEY, document_id bigint);
         CREATE INDEX fresh_document ON fresh (document_id);
         ALTER TABLE fresh ALTER COLUMN document_id SET NOT NULL;
         ALTER TABLE fresh ADD CHECK (document_id > 0);
         ALTER TABLE fresh ADD FOREIGN KEY (document_id) REFERENCES documents (id);
         INSERT INTO fresh SELECT id, id FROM documents WHERE id = 1;
         UPDATE fresh SET document_id = 1;
         ALTER TABLE fresh RENAME TO newer;
         DROP TABLE newer;",
    "CREATE TEMP TABLE scratch AS SELECT 1 AS a; CREATE INDEX ON scratch (a); DROP TABLE scratch;",
    "CREATE TABLE events_2026 (LIKE events INCLUDING ALL);
         ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    // The steps that are recommended.
    "CREATE UNIQUE INDEX CONCURRENTLY documents_title ON documents (title);",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_title ON documents (title);",
    "ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID;",
    "ALTER TABLE documents VALIDATE CONSTRAINT price_positive;",
    "ALTER TABLE documents ADD CONSTRAINT documents_isbn UNIQUE USING INDEX documents_id_isbn;",
    "ALTER TABLE keyless ADD CONSTRAINT keyless_pkey PRIMARY KEY USING INDEX keyless_id;",
    "-- pgrefit:backfill\nUPDATE documents SET title = 'x' WHERE title IS NULL;",
    "UPDATE documents SET title = 'x' WHERE id = 5;",
    "DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE title IS NULL LIMIT 100);",
    "ALTER TYPE kind ADD VALUE 'c';",
    "ALTER TYPE kind ADD VALUE 'c'; UPDATE documents SET kind = 'c' WHERE id = 1;",
    "CREATE INDEX CONCURRENTLY i ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);",
    "CREATE INDEX CONCURRENTLY i ON documents (md5(content));",
    "CREATE INDEX CONCURRENTLY i ON documents USING gin (to_tsvector('english', content));",
    "DROP INDEX CONCURRENTLY documents_isbn_index;",
    "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY totals;",
    "DO $$ BEGIN IF true THEN PERFORM 1; END IF; END $$;",
    "CREATE FUNCTION later() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE documents; END $$;",
    "ALTER TABLE documents ALTER COLUMN title SET DEFAULT 'x', ALTER COLUMN title SET STATISTICS 500;",
    "ALTER TABLE documents ADD COLUMN a text, ADD COLUMN b text;",
    "CREATE INDEX IF NOT EXISTS documents_isbn_index ON documents (isbn);",
    "WITH few AS (SELECT id FROM documents LIMIT 500) UPDATE documents SET title = 'x' FROM few WHERE documents.id = few.id;",
    "UPDATE documents d SET title = v.t FROM (VALUES (1, 'a')) AS v (id, t) WHERE d.id = v.id;",
    "UPDATE documents SET title = 'x' WHERE id = (SELECT max(id) FROM documents);",
    "UPDATE documents SET title = 'x' WHERE id = ANY (ARRAY[1, 2, 3]);",
    "UPDATE documents SET title = 'x' WHERE false;",
    "DO $$ BEGIN FOR i IN 1..3 LOOP UPDATE documents SET title = 'x' WHERE id = i; END LOOP; END $$;",
    "VACUUM (FULL off, ANALYZE) documents;",
    "ALTER TABLE documents ALTER COLUMN share TYPE public.percent;",
    "CREATE TEMP TABLE documents (id int); DROP TABLE documents;",
    "ALTER TABLE documents ADD COLUMN pid int DEFAULT pg_backend_pid();",
    "ALTER TABLE documents ADD COLUMN IF NOT EXISTS title varchar(200) DEFAULT gen_random_uuid();",
    "ALTER INDEX documents_isbn_index RENAME TO other; CREATE INDEX CONCURRENTLY documents_isbn_index ON documents (share);",
    "DROP VIEW costs; DROP MATERIALIZED VIEW totals; ALTER TABLE documents ALTER COLUMN cost TYPE numeric(16,2);",
    "ALTER TABLE logs DROP CONSTRAINT logs_line_check; ALTER TABLE logs ALTER COLUMN line TYPE varchar;",
];

#[test]
fn the_harmless_is_passed() {
    let mut wrong = Vec::new();
    for text in HARMLESS {
        let found = offended(text);
        if !found.is_empty() {
            wrong.push(format!("{text}\n    offends {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is found, and the rules that find it.
const HARMFUL: &[(&str, &[&str])] = &[
    (
        "CREATE INDEX CONCURRENTLY i ON documents USING hnsw (embedding vector_l2_ops);",
        &["vector-index-too-wide"],
    ),
    (
        "CREATE INDEX CONCURRENTLY i ON documents USING ivfflat (embedding vector_cosine_ops);",
        &["vector-index-too-wide"],
    ),
    ("CREATE INDEX CONCURRENTLY i ON documents (content);", &["btree-on-long-text"]),
    ("CREATE INDEX CONCURRENTLY i ON documents (payload);", &["btree-on-long-text"]),
    ("CREATE INDEX CONCURRENTLY i ON events (kind);", &["concurrently-on-partitioned"]),
    (
        "ALTER TABLE documents ADD COLUMN state text NOT NULL DEFAULT 'new';
         CREATE UNIQUE INDEX CONCURRENTLY i ON documents (state);",
        &["unique-over-existing-rows"],
    ),
    ("ALTER TABLE documents ADD COLUMN a int CHECK (a > 0);", &["check-without-not-valid"]),
    ("ALTER TABLE documents ADD COLUMN a int UNIQUE;", &["unique-without-index"]),
    (
        "ALTER TABLE documents ADD COLUMN a bigserial PRIMARY KEY;",
        &["identity-on-existing-table", "primary-key-without-index"],
    ),
    (
        "ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID;
         ALTER TABLE documents VALIDATE CONSTRAINT c;",
        &["validate-in-same-transaction"],
    ),
    (
        "ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID, VALIDATE CONSTRAINT c;",
        &["validate-in-same-transaction"],
    ),
    (
        "ALTER TABLE lines ADD CONSTRAINT f FOREIGN KEY (document_id) REFERENCES documents (id) NOT VALID;
         ALTER TABLE lines VALIDATE CONSTRAINT f;",
        &["validate-in-same-transaction"],
    ),
    (
        "ALTER TABLE logs ADD CONSTRAINT logs_pkey PRIMARY KEY USING INDEX logs_id;",
        &["primary-key-on-nullable"],
    ),
    (
        "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
        &["attach-builds-index", "attach-without-check"],
    ),
    (
        "ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');",
        &["attach-builds-index"],
    ),
    ("ALTER TABLE lines ADD COLUMN a int; SELECT count(*) FROM documents;", &["work-under-lock"]),
    (
        "ALTER TABLE documents ADD COLUMN a text; ALTER TABLE lines ADD COLUMN a text;",
        &["several-strong-locks"],
    ),
    (
        "DO $$ BEGIN ALTER TABLE documents ALTER COLUMN price TYPE float8; END $$;",
        &["type-change-rewrite"],
    ),
    (
        "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON documents (title)'; END $$;",
        &["index-without-concurrently"],
    ),
    (
        "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'documents'); END $$;",
        &["volatile-default"],
    ),
    (
        "CREATE FUNCTION migrate() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
             ALTER TABLE documents ALTER COLUMN title SET NOT NULL;
         END $$;
         SELECT migrate();",
        &["set-not-null-scan"],
    ),
    ("SELECT widen();", &["type-change-rewrite"]),
    ("CALL shrink();", &["unbatched-change"]),
    (
        "DO $$ BEGIN LOOP UPDATE documents SET title = 'x' WHERE id IN (SELECT id FROM documents WHERE title IS NULL LIMIT 100);
         EXIT WHEN NOT FOUND; END LOOP; END $$;",
        &["batches-in-one-transaction"],
    ),
    (
        "DO $$ BEGIN CREATE INDEX CONCURRENTLY i ON documents (title); END $$;",
        &["concurrently-in-transaction"],
    ),
    ("ALTER TABLE documents ALTER COLUMN title TYPE varchar(20);", &["narrowing-type-change"]),
    ("ALTER TABLE documents ALTER COLUMN price TYPE numeric(14,2);", &["type-change-checks-again"]),
    ("ALTER TABLE documents ALTER COLUMN checked TYPE varchar;", &["type-change-checks-again"]),
    (
        "ALTER TABLE documents ALTER COLUMN checked SET NOT NULL, DROP CONSTRAINT checked_there;",
        &["set-not-null-scan"],
    ),
    (
        "ALTER TABLE documents VALIDATE CONSTRAINT price_positive, ADD COLUMN y int;",
        &["validate-in-same-transaction"],
    ),
    ("ALTER TABLE lines ADD COLUMN a int; CREATE TABLE c AS SELECT * FROM documents;", &["work-under-lock"]),
    ("ALTER TABLE lines ADD COLUMN a int; CREATE MATERIALIZED VIEW m AS SELECT id FROM documents;", &["work-under-lock"]),
    ("MERGE INTO lines l USING documents d ON l.id = d.id WHEN MATCHED THEN UPDATE SET note = 'x';", &["unbatched-change"]),
    ("INSERT INTO lines (id) SELECT id FROM documents;", &["unbatched-change"]),
    ("EXPLAIN ANALYZE UPDATE lines SET note = 'x';", &["unbatched-change"]),
    ("CREATE INDEX CONCURRENTLY i ON documents (embedding);", &["btree-on-long-text"]),
    ("CREATE INDEX CONCURRENTLY i ON documents (id) INCLUDE (content);", &["btree-on-long-text"]),
    ("CREATE INDEX CONCURRENTLY i ON documents (content COLLATE \"C\");", &["btree-on-long-text"]),
    ("CREATE UNIQUE INDEX CONCURRENTLY i ON documents (kind);", &["unique-over-existing-rows"]),
    ("DO $$ BEGIN EXECUTE 'DO $b$ BEGIN DROP TABLE keyless; END $b$'; END $$;", &["drop-table"]),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY unkeyed;", &["refresh-without-concurrently"]),
    ("ALTER TABLE partitioned DETACH PARTITION partitioned_1 CONCURRENTLY;", &["detach-without-concurrently"]),
    ("ALTER TABLE documents ALTER COLUMN isbn TYPE citext;", &["type-change-rewrite"]),
    ("ALTER TABLE documents ALTER COLUMN tags TYPE varchar(9)[];", &["type-change-rewrite"]),
    ("ALTER TABLE documents ALTER COLUMN isbn TYPE text COLLATE \"C\";", &["type-change-rewrite"]),
    ("DO $$ BEGIN ALTER TABLE lines ADD COLUMN a int; UPDATE lines SET a = 1; END $$;", &["unbatched-change", "work-under-lock"]),
    (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM logs) THEN CREATE TABLE lines (id int); END IF; END $$;
         CREATE INDEX lines_note ON lines (note);",
        &["index-without-concurrently"],
    ),
    ("BEGIN; DROP TABLE logs; ROLLBACK; CREATE INDEX logs_line ON logs (line);", &["drop-table", "index-without-concurrently", "transaction-control"]),
    ("UPDATE documents SET title = 'x' WHERE id NOT BETWEEN 1 AND 2;", &["unbatched-change"]),
    ("SET LOCAL search_path = app; VACUUM documents;", &["set-local-in-steps"]),
    ("ALTER TABLE documents ALTER COLUMN region TYPE varchar(40);", &["type-change-rewrite"]),
    ("ALTER TABLE documents ALTER COLUMN price TYPE numeric(12,4);", &["type-change-rewrite"]),
    ("ALTER TABLE documents ALTER COLUMN price TYPE numeric(8,2);", &["narrowing-type-change"]),
    ("ALTER TABLE documents ALTER COLUMN title TYPE text USING lower(title);", &["type-change-rewrite"]),
    ("ALTER TABLE documents ALTER COLUMN kind TYPE text;", &["type-change-rewrite"]),
    ("ALTER TABLE lines ALTER COLUMN document_id TYPE int;", &["narrowing-type-change"]),
    (
        "SET LOCAL timezone = 'Europe/Berlin'; ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;",
        &["type-change-rewrite"],
    ),
    ("ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;", &["type-change-rewrite"]),
    ("ALTER TABLE documents ADD COLUMN a uuid DEFAULT gen_random_uuid();", &["volatile-default"]),
    ("ALTER TABLE documents ADD COLUMN a int DEFAULT wobbly();", &["volatile-default"]),
    ("ALTER TABLE documents ADD COLUMN a int DEFAULT nextval('numbers');", &["volatile-default"]),
    ("ALTER TABLE documents ADD COLUMN a percent;", &["constrained-domain-column"]),
    (
        "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS (1) STORED;",
        &["stored-generated-column"],
    ),
    (
        "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS IDENTITY;",
        &["identity-on-existing-table"],
    ),
    ("ALTER TABLE documents ALTER COLUMN title SET NOT NULL;", &["set-not-null-scan"]),
    ("ALTER TABLE documents ALTER COLUMN price SET NOT NULL;", &["set-not-null-scan"]),
    ("ALTER DOMAIN percent ADD CHECK (VALUE < 90);", &["domain-constraint-scan"]),
    ("CREATE INDEX i ON documents (title);", &["index-without-concurrently"]),
    ("CREATE INDEX events_kind ON events (kind);", &["index-without-concurrently"]),
    ("CREATE INDEX CONCURRENTLY again ON documents (isbn);", &["duplicate-index"]),
    (
        "CREATE INDEX IF NOT EXISTS documents_isbn_index ON documents (title);",
        &["if-not-exists-hides-difference"],
    ),
    ("CREATE TABLE IF NOT EXISTS lines (id bigint, other text);", &["if-not-exists-hides-difference"]),
    ("ALTER TABLE documents ADD COLUMN IF NOT EXISTS title int;", &["if-not-exists-hides-difference"]),
    ("ALTER TABLE documents DROP COLUMN cost;", &["dependent-object", "drop-column"]),
    ("ALTER TABLE documents ALTER COLUMN cost TYPE numeric(16,2);", &["dependent-object"]),
    ("DROP TABLE documents;", &["dependent-object", "drop-table", "function-uses-dropped"]),
    ("ALTER TABLE documents DROP COLUMN checked;", &["drop-column", "function-uses-dropped"]),
    ("UPDATE documents SET title = 'x';", &["unbatched-change"]),
    ("UPDATE documents SET title = 'x' WHERE title IS NULL;", &["unbatched-change"]),
    ("DELETE FROM documents WHERE seen < now() - interval '1 year';", &["unbatched-change"]),
    ("WITH gone AS (DELETE FROM lines RETURNING *) SELECT count(*) FROM gone;", &["unbatched-change"]),
    (
        "CREATE TABLE events_2026 PARTITION OF partitioned FOR VALUES FROM (5) TO (6);",
        &["default-partition-scan"],
    ),
    ("REFRESH MATERIALIZED VIEW totals;", &["refresh-without-concurrently"]),
    ("VACUUM FULL documents;", &["rewriting-maintenance"]),
    ("VACUUM (FULL, ANALYZE) documents;", &["rewriting-maintenance"]),
    ("DROP TABLE lines, logs;", &["drop-table", "function-uses-dropped", "several-strong-locks"]),
];

#[test]
fn the_harmful_is_found() {
    let mut wrong = Vec::new();
    for (text, rules) in HARMFUL {
        let found = offended(text);
        if found != *rules {
            wrong.push(format!("{text}\n    offends {found:?}, not {rules:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_a_newer_server_can_do() {
    let check = |major: u32, text: &str, rules: &[&str]| {
        let mut linter = Linter::new(Options { server_major: major, ..Options::default() });
        linter.learn(BEFORE);
        let judged = linter.judge(&Source { file: "V2__case.sql", text, is_migration: true });
        let found: Vec<&str> = judged
            .findings
            .iter()
            .filter(|finding| finding.status >= Status::Warn)
            .map(|finding| finding.check.as_str())
            .collect();
        assert_eq!(found, rules, "{major}: {text}");
    };
    let unsaid = "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS (1);";
    check(17, unsaid, &["stored-generated-column"]);
    check(18, unsaid, &[]);
    let key = "ALTER TABLE events ADD CONSTRAINT f FOREIGN KEY (kind) REFERENCES kinds (id) NOT VALID;";
    check(17, key, &["not-valid-on-partitioned"]);
    check(18, key, &[]);
    let not_null = "ALTER TABLE documents ADD CONSTRAINT n NOT NULL title NOT VALID;";
    check(18, not_null, &[]);
}

#[test]
fn a_release_does_not_take_away_what_it_prepares_to_replace() {
    let mut linter = Linter::new(Options { one_release: true, ..Options::default() });
    linter.learn(BEFORE);
    let mut check = |file: &str, text: &str, rules: &[&str]| {
        let judged = linter.judge(&Source { file, text, is_migration: true });
        let found: Vec<&str> = judged
            .findings
            .iter()
            .filter(|finding| finding.check == "contract-with-expand" && finding.suppressed.is_none())
            .map(|finding| finding.check.as_str())
            .collect();
        assert_eq!(found, rules, "{file}");
    };
    check("V2__a.sql", "ALTER TABLE documents ADD COLUMN heading text;", &[]);
    check("V3__b.sql", "ALTER TABLE lines DROP COLUMN note;", &[]);
    check("V4__c.sql", "ALTER TABLE documents DROP COLUMN title;", &["contract-with-expand"]);
    check("V5__d.sql", "-- pgrefit:phase expand\nALTER TABLE logs ADD COLUMN a int;", &[]);
    check(
        "V6__e.sql",
        "-- pgrefit:phase contract\nALTER TABLE keyless DROP COLUMN line;",
        &["contract-with-expand"],
    );
    check(
        "V7__f.sql",
        "-- pgrefit:phase contract\n-- pgrefit:allow contract-with-expand nothing reads it\nALTER TABLE keyless DROP COLUMN line;",
        &[],
    );
}

#[test]
fn comments_allow_what_they_name() {
    let check = |text: &str, expected: &[(&str, bool)]| {
        let mut linter = Linter::new(Options::default());
        linter.learn(BEFORE);
        let judged = linter.judge(&Source { file: "V2__case.sql", text, is_migration: true });
        let found: Vec<(&str, bool)> = judged
            .findings
            .iter()
            .filter(|finding| finding.status >= Status::Warn)
            .map(|finding| (finding.check.as_str(), finding.suppressed.is_some()))
            .collect();
        assert_eq!(found, expected, "{text}");
    };
    check("-- pgrefit:allow drop-table retired in 4.2\nDROP TABLE logs;", &[("drop-table", true)]);
    check("DROP TABLE logs; -- pgrefit:allow drop-table retired in 4.2", &[("drop-table", true)]);
    check(
        "DROP TABLE logs;\n-- pgrefit:allow drop-table retired in 4.2\nDROP TABLE keyless;",
        &[("drop-table", false), ("several-strong-locks", false), ("drop-table", true)],
    );
    check("-- pgrefit:allow drop-table\nDROP TABLE logs;", &[("directive", false), ("drop-table", false)]);
    check(
        "-- pgrefit:allow drop-tabel gone\nDROP TABLE logs;",
        &[("unused-allow", false), ("drop-table", false)],
    );
    check(
        "-- pgrefit:allow drop-column gone\nDROP TABLE logs;",
        &[("unused-allow", false), ("drop-table", false)],
    );
    check("-- squawk-ignore ban-drop-table\nDROP TABLE logs;", &[("drop-table", true)]);
    check("-- squawk-ignore-file\nDROP TABLE logs;", &[("drop-table", true)]);
    check("-- squawk-ignore prefer-text-field\nDROP TABLE logs;", &[("drop-table", false)]);
}
