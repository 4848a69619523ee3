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

#[test]
fn the_harmless_is_passed() {
    let mut wrong = Vec::new();
    let mut check = |text: &str| {
        let found = offended(text);
        if !found.is_empty() {
            wrong.push(format!("{text}\n    offends {found:?}"));
        }
    };
    // Types that only the catalog changes.
    check("ALTER TABLE documents ALTER COLUMN title TYPE varchar(400);");
    check("ALTER TABLE documents ALTER COLUMN title TYPE varchar;");
    check("ALTER TABLE documents ALTER COLUMN title TYPE text;");
    check("ALTER TABLE documents ALTER COLUMN title TYPE text USING title::text;");
    check("SET LOCAL timezone = 'UTC'; ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;");
    check("SET TIME ZONE 'UTC'; ALTER TABLE documents ALTER seen SET DATA TYPE timestamp with time zone;");
    check("ALTER TABLE documents ALTER COLUMN weight TYPE numeric(14,2);");
    check("ALTER TABLE documents ALTER COLUMN weight TYPE numeric;");
    check("ALTER TABLE documents ALTER COLUMN seen TYPE timestamp(6);");
    check("ALTER TABLE documents ALTER COLUMN address TYPE inet;");
    // What a validated CHECK proves.
    check("ALTER TABLE documents ALTER COLUMN checked SET NOT NULL;");
    check("ALTER TABLE documents ALTER COLUMN id SET NOT NULL;");
    check(
        "ALTER TABLE events ATTACH PARTITION events_2025_checked FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
    );
    // The parent alone.
    check("CREATE INDEX events_kind ON ONLY events (kind);");
    // Defaults that are the same for each row, and nulls.
    check("ALTER TABLE documents ADD COLUMN a int NOT NULL DEFAULT 0;");
    check("ALTER TABLE documents ADD COLUMN a timestamptz DEFAULT now();");
    check("ALTER TABLE documents ADD COLUMN a int DEFAULT fixed();");
    check("ALTER TABLE documents ADD COLUMN a int DEFAULT inlined();");
    check("ALTER TABLE documents ADD COLUMN a uuid DEFAULT NULL;");
    check("ALTER TABLE documents ADD COLUMN source bigint REFERENCES sources (id);");
    check("ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS (1) VIRTUAL;");
    // What the migration itself makes is nobody's.
    check(
        "CREATE TABLE fresh (id bigint PRIMARY KEY, document_id bigint);
         CREATE INDEX fresh_document ON fresh (document_id);
         ALTER TABLE fresh ALTER COLUMN document_id SET NOT NULL;
         ALTER TABLE fresh ADD CHECK (document_id > 0);
         ALTER TABLE fresh ADD FOREIGN KEY (document_id) REFERENCES documents (id);
         INSERT INTO fresh SELECT id, id FROM documents WHERE id = 1;
         UPDATE fresh SET document_id = 1;
         ALTER TABLE fresh RENAME TO newer;
         DROP TABLE newer;",
    );
    check("CREATE TEMP TABLE scratch AS SELECT 1 AS a; CREATE INDEX ON scratch (a); DROP TABLE scratch;");
    check(
        "CREATE TABLE events_2026 (LIKE events INCLUDING ALL);
         ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    );
    // The steps that are recommended.
    check("CREATE UNIQUE INDEX CONCURRENTLY documents_title ON documents (title);");
    check("CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_title ON documents (title);");
    check("ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID;");
    check("ALTER TABLE documents VALIDATE CONSTRAINT price_positive;");
    check("ALTER TABLE documents ADD CONSTRAINT documents_isbn UNIQUE USING INDEX documents_isbn_index;");
    check("ALTER TABLE keyless ADD CONSTRAINT keyless_pkey PRIMARY KEY USING INDEX keyless_id;");
    check("-- pgrefit:backfill\nUPDATE documents SET title = 'x' WHERE title IS NULL;");
    check("UPDATE documents SET title = 'x' WHERE id = 5;");
    check("DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE title IS NULL LIMIT 100);");
    check("ALTER TYPE kind ADD VALUE 'c';");
    check("ALTER TYPE kind ADD VALUE 'c'; UPDATE documents SET kind = 'c' WHERE id = 1;");
    check("CREATE INDEX CONCURRENTLY i ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);");
    check("CREATE INDEX CONCURRENTLY i ON documents (md5(content));");
    check("CREATE INDEX CONCURRENTLY i ON documents USING gin (to_tsvector('english', content));");
    check("DROP INDEX CONCURRENTLY documents_isbn_index;");
    check("ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;");
    check("REFRESH MATERIALIZED VIEW CONCURRENTLY totals;");
    check("DO $$ BEGIN IF true THEN PERFORM 1; END IF; END $$;");
    check("CREATE FUNCTION later() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE documents; END $$;");
    check("ALTER TABLE documents ALTER COLUMN title SET DEFAULT 'x', ALTER COLUMN title SET STATISTICS 500;");
    check("ALTER TABLE documents ADD COLUMN a text, ADD COLUMN b text;");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_harmful_is_found() {
    let mut wrong = Vec::new();
    let mut check = |text: &str, rules: &[&str]| {
        let found = offended(text);
        if found != rules {
            wrong.push(format!("{text}\n    offends {found:?}, not {rules:?}"));
        }
    };
    check(
        "CREATE INDEX CONCURRENTLY i ON documents USING hnsw (embedding vector_l2_ops);",
        &["vector-index-too-wide"],
    );
    check(
        "CREATE INDEX CONCURRENTLY i ON documents USING ivfflat (embedding vector_cosine_ops);",
        &["vector-index-too-wide"],
    );
    check("CREATE INDEX CONCURRENTLY i ON documents (content);", &["btree-on-long-text"]);
    check("CREATE INDEX CONCURRENTLY i ON documents (payload);", &["btree-on-long-text"]);
    check("CREATE INDEX CONCURRENTLY i ON events (kind);", &["concurrently-on-partitioned"]);
    check(
        "ALTER TABLE documents ADD COLUMN state text NOT NULL DEFAULT 'new';
         CREATE UNIQUE INDEX CONCURRENTLY i ON documents (state);",
        &["unique-over-existing-rows"],
    );
    check("ALTER TABLE documents ADD COLUMN a int CHECK (a > 0);", &["check-without-not-valid"]);
    check("ALTER TABLE documents ADD COLUMN a int UNIQUE;", &["unique-without-index"]);
    check(
        "ALTER TABLE documents ADD COLUMN a bigserial PRIMARY KEY;",
        &["identity-on-existing-table", "primary-key-without-index"],
    );
    check(
        "ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID;
         ALTER TABLE documents VALIDATE CONSTRAINT c;",
        &["validate-in-same-transaction"],
    );
    check(
        "ALTER TABLE documents ADD CONSTRAINT c CHECK (price > 0) NOT VALID, VALIDATE CONSTRAINT c;",
        &["validate-in-same-transaction"],
    );
    check(
        "ALTER TABLE lines ADD CONSTRAINT f FOREIGN KEY (document_id) REFERENCES documents (id) NOT VALID;
         ALTER TABLE lines VALIDATE CONSTRAINT f;",
        &["validate-in-same-transaction"],
    );
    check(
        "ALTER TABLE logs ADD CONSTRAINT logs_pkey PRIMARY KEY USING INDEX logs_id;",
        &["primary-key-on-nullable"],
    );
    check(
        "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
        &["attach-builds-index", "attach-without-check"],
    );
    check(
        "ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');",
        &["attach-builds-index"],
    );
    check("ALTER TABLE lines ADD COLUMN a int; SELECT count(*) FROM documents;", &["work-under-lock"]);
    check(
        "ALTER TABLE documents ADD COLUMN a text; ALTER TABLE lines ADD COLUMN a text;",
        &["several-strong-locks"],
    );
    check(
        "DO $$ BEGIN ALTER TABLE documents ALTER COLUMN price TYPE float8; END $$;",
        &["type-change-rewrite"],
    );
    check(
        "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON documents (title)'; END $$;",
        &["index-without-concurrently"],
    );
    check(
        "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'documents'); END $$;",
        &["volatile-default"],
    );
    check(
        "CREATE FUNCTION migrate() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
             ALTER TABLE documents ALTER COLUMN title SET NOT NULL;
         END $$;
         SELECT migrate();",
        &["set-not-null-scan"],
    );
    check("SELECT widen();", &["type-change-rewrite"]);
    check("CALL shrink();", &["unbatched-change"]);
    check(
        "DO $$ BEGIN LOOP UPDATE documents SET title = 'x' WHERE id IN (SELECT id FROM documents WHERE title IS NULL LIMIT 100);
         EXIT WHEN NOT FOUND; END LOOP; END $$;",
        &["batches-in-one-transaction"],
    );
    check(
        "DO $$ BEGIN CREATE INDEX CONCURRENTLY i ON documents (title); END $$;",
        &["concurrently-in-transaction"],
    );
    check("ALTER TABLE documents ALTER COLUMN title TYPE varchar(20);", &["narrowing-type-change"]);
    check("ALTER TABLE documents ALTER COLUMN price TYPE numeric(14,2);", &["type-change-checks-again"]);
    check("ALTER TABLE documents ALTER COLUMN checked TYPE varchar;", &["type-change-checks-again"]);
    check("ALTER TABLE documents ALTER COLUMN region TYPE varchar(40);", &["type-change-rewrite"]);
    check("ALTER TABLE documents ALTER COLUMN price TYPE numeric(12,4);", &["type-change-rewrite"]);
    check("ALTER TABLE documents ALTER COLUMN price TYPE numeric(8,2);", &["narrowing-type-change"]);
    check("ALTER TABLE documents ALTER COLUMN title TYPE text USING lower(title);", &["type-change-rewrite"]);
    check("ALTER TABLE documents ALTER COLUMN kind TYPE text;", &["type-change-rewrite"]);
    check("ALTER TABLE lines ALTER COLUMN document_id TYPE int;", &["narrowing-type-change"]);
    check(
        "SET LOCAL timezone = 'Europe/Berlin'; ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;",
        &["type-change-rewrite"],
    );
    check("ALTER TABLE documents ALTER COLUMN seen TYPE timestamptz;", &["type-change-rewrite"]);
    check("ALTER TABLE documents ADD COLUMN a uuid DEFAULT gen_random_uuid();", &["volatile-default"]);
    check("ALTER TABLE documents ADD COLUMN a int DEFAULT wobbly();", &["volatile-default"]);
    check("ALTER TABLE documents ADD COLUMN a int DEFAULT nextval('numbers');", &["volatile-default"]);
    check("ALTER TABLE documents ADD COLUMN a percent;", &["constrained-domain-column"]);
    check(
        "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS (1) STORED;",
        &["stored-generated-column"],
    );
    check(
        "ALTER TABLE documents ADD COLUMN a int GENERATED ALWAYS AS IDENTITY;",
        &["identity-on-existing-table"],
    );
    check("ALTER TABLE documents ALTER COLUMN title SET NOT NULL;", &["set-not-null-scan"]);
    check("ALTER TABLE documents ALTER COLUMN price SET NOT NULL;", &["set-not-null-scan"]);
    check("ALTER DOMAIN percent ADD CHECK (VALUE < 90);", &["domain-constraint-scan"]);
    check("CREATE INDEX i ON documents (title);", &["index-without-concurrently"]);
    check("CREATE INDEX events_kind ON events (kind);", &["index-without-concurrently"]);
    check("CREATE INDEX CONCURRENTLY again ON documents (isbn);", &["duplicate-index"]);
    check(
        "CREATE INDEX IF NOT EXISTS documents_isbn_index ON documents (title);",
        &["if-not-exists-hides-difference", "index-without-concurrently"],
    );
    check("CREATE TABLE IF NOT EXISTS lines (id bigint, other text);", &["if-not-exists-hides-difference"]);
    check("ALTER TABLE documents ADD COLUMN IF NOT EXISTS title int;", &["if-not-exists-hides-difference"]);
    check("ALTER TABLE documents DROP COLUMN cost;", &["dependent-object", "drop-column"]);
    check("ALTER TABLE documents ALTER COLUMN cost TYPE numeric(16,2);", &["dependent-object"]);
    check("DROP TABLE documents;", &["dependent-object", "drop-table", "function-uses-dropped"]);
    check("ALTER TABLE documents DROP COLUMN checked;", &["drop-column", "function-uses-dropped"]);
    check("UPDATE documents SET title = 'x';", &["unbatched-change"]);
    check("UPDATE documents SET title = 'x' WHERE title IS NULL;", &["unbatched-change"]);
    check("DELETE FROM documents WHERE seen < now() - interval '1 year';", &["unbatched-change"]);
    check("WITH gone AS (DELETE FROM lines RETURNING *) SELECT count(*) FROM gone;", &["unbatched-change"]);
    check(
        "CREATE TABLE events_2026 PARTITION OF partitioned FOR VALUES FROM (5) TO (6);",
        &["default-partition-scan"],
    );
    check("REFRESH MATERIALIZED VIEW totals;", &["refresh-without-concurrently"]);
    check("VACUUM FULL documents;", &["rewriting-maintenance"]);
    check("VACUUM (FULL, ANALYZE) documents;", &["rewriting-maintenance"]);
    check("DROP TABLE lines, logs;", &["drop-table", "function-uses-dropped", "several-strong-locks"]);
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
