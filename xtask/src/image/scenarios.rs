//! What happens to a migration Job in its life, and how each of its pods has to end.

use super::cluster::{Cluster, Data};
use super::database::Server;
use super::manifest::Workload;
use super::runc::{Ended, Node, Running};
use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::time::{Duration, Instant};

/// For a pod that ends by itself. On a machine that does nothing else, each takes a second or two.
const SOON: Duration = Duration::from_mins(3);

/// What the scenarios work with.
pub(crate) struct Stage<'a> {
    pub(crate) node: &'a Node,
    pub(crate) server: &'a Server,
    pub(crate) job: Workload,
    pub(crate) audit: Workload,
    /// With the `ConfigMap` that the kustomization generates; Secrets come with each database.
    pub(crate) cluster: Cluster,
}

/// All of them, one after the other, with a line for each pod.
pub(crate) fn play(stage: &Stage<'_>) -> Outcome<()> {
    println!("{:<58} {:>4} {:>8}   the Job then", "pod", "exit", "seconds");
    stage.as_it_stands()?;
    stage.migrates_and_audits()?;
    stage.edited_history()?;
    stage.terminated_in_a_transaction()?;
    stage.terminated_in_a_backfill()?;
    stage.three_at_once()
}

impl Stage<'_> {
    /// A production database, and no proofs: nothing may happen to it.
    fn as_it_stands(&self) -> Outcome<()> {
        let database = self.server.database("asis")?;
        self.run("the manifest as it stands, without proofs", &self.job, &self.cluster_of(database), &[16])?;
        let untouched = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        self.holds(database, untouched, "0")
    }

    /// The image's own migrations, twice; then the audit, by a role that may only read.
    fn migrates_and_audits(&self) -> Outcome<()> {
        let (database, job) = (self.server.database("whole")?, self.disposable());
        let cluster = self.cluster_of(database);
        self.run("every migration of the image, on an empty database", &job, &cluster, &[0])?;
        let files = std::fs::read_dir(workspace::root().join("migrations"))
            .map_err(|cause| Failure::because("count the migrations", cause))?;
        self.holds(database, "SELECT count(*) FROM refinery_schema_history", &files.count().to_string())?;
        let again = self.run("the same once more: nothing to do", &job, &cluster, &[0])?;
        says(&again, "up to date")?;
        let role =
            "CREATE ROLE reader LOGIN PASSWORD 'only-reads'; GRANT pg_monitor, pg_read_all_data TO reader";
        self.server.sql(database, role)?;
        let url = self.server.url_as("reader", "only-reads", database);
        let cluster = self.cluster.clone().with_secret("pgrefit-database-reader", "url", &url);
        // Findings there are: a throwaway server is not tuned. Blind (3) it may not be: that is what the grants are for.
        self.run("the audit, by a role that may only read", &self.audit, &cluster, &[0, 1])?;
        Ok(())
    }

    /// A file that was changed after it was applied.
    fn edited_history(&self) -> Outcome<()> {
        let database = self.server.database("edited")?;
        let first = ("V1__first.sql", "CREATE TABLE first (id int PRIMARY KEY);\n");
        self.run("one migration", &self.with_files(), &self.files(database, &[first]), &[0])?;
        let edited = (first.0, "CREATE TABLE first (id bigint PRIMARY KEY);\n");
        let ended =
            self.run("the same, edited since", &self.with_files(), &self.files(database, &[edited]), &[12])?;
        says(&ended, "file changed after it was applied")
    }

    /// SIGTERM in the middle of a statement: it is rolled back, and the next pod begins anew.
    fn terminated_in_a_transaction(&self) -> Outcome<()> {
        let database = self.server.database("rolled_back")?;
        let slow = "CREATE TABLE slow (id int PRIMARY KEY);\nSELECT pg_sleep(600);\n";
        let cluster = self.files(database, &[("V1__slow.sql", slow)]);
        let mut pod = self.node.start(&self.with_files(), &cluster)?;
        let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        self.until(&mut pod, database, sleeps, |count| count > 0)?;
        self.check_restrictions(&pod)?;
        self.terminated("SIGTERM in the middle of a transaction", pod)?;
        self.holds(database, "SELECT to_regclass('slow') IS NULL", "t")?;
        self.holds(database, sleeps, "0")
    }

    /// SIGTERM in the middle of a backfill: what is done stays done, and the next pod does the rest.
    fn terminated_in_a_backfill(&self) -> Outcome<()> {
        let database = self.server.database("resumed")?;
        let cluster = self.backfill(database, 3000);
        let mut pod = self.node.start(&self.with_files(), &cluster)?;
        let done = "SELECT count(*) FROM counted WHERE n = 1";
        self.until(&mut pod, database, done, |count| count > 0)?;
        self.terminated("SIGTERM in the middle of a backfill", pod)?;
        let part = self.count(database, done)?;
        if part == 0 || part >= 3000 {
            return Err(wrong("a backfill that was ended half-way", &format!("{part} of 3000 rows")));
        }
        self.run("the next pod: does the rest", &self.with_files(), &cluster, &[0])?;
        self.holds(database, "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM counted", "3000 1 1")
    }

    /// As by a deployment in a hurry. One works, and whoever waits finds nothing to do.
    fn three_at_once(&self) -> Outcome<()> {
        let database = self.server.database("crowd")?;
        let cluster = self.backfill(database, 1000);
        let start = |_| self.node.start(&self.with_files(), &cluster);
        let pods = (1..=3).map(start).collect::<Outcome<Vec<_>>>()?;
        let mut codes = Vec::new();
        for (pod, number) in pods.into_iter().zip(1..) {
            let ended = pod.wait(SOON)?;
            self.expect(&format!("three at once: number {number}"), &ended, &[0, 75])?;
            codes.push(ended.code);
        }
        if !codes.contains(&0) {
            return Err(wrong("one of three pods that did the work", &format!("exit codes {codes:?}")));
        }
        self.holds(database, "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM counted", "1000 1 1")?;
        self.holds(database, "SELECT count(*) FROM refinery_schema_history", "2")
    }

    /// The Job for a database that can be thrown away, as an overlay would say it.
    fn disposable(&self) -> Workload {
        self.job.with("PGREFIT_POLICY_ENVIRONMENT", "disposable")
    }

    /// The same with migrations of a `ConfigMap` of its own.
    fn with_files(&self) -> Workload {
        self.disposable()
            .with("PGREFIT_MIGRATIONS_DIR", "/etc/pgrefit/migrations")
            .mounting("test-migrations", "/etc/pgrefit/migrations")
    }

    fn cluster_of(&self, database: &str) -> Cluster {
        self.cluster.clone().with_secret("pgrefit-database", "url", &self.server.url(database))
    }

    fn files(&self, database: &str, files: &[(&str, &str)]) -> Cluster {
        let mut cluster = self.cluster_of(database);
        let data: Data = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        cluster.config_maps.insert("test-migrations".to_owned(), data);
        cluster
    }

    /// A table, and a migration that goes through it in small batches with pauses between them.
    fn backfill(&self, database: &str, rows: u32) -> Cluster {
        let table = format!(
            "CREATE TABLE counted (id int PRIMARY KEY, n int NOT NULL);\n\
             INSERT INTO counted SELECT i, 0 FROM generate_series(1, {rows}) AS i;\n"
        );
        let backfill = "-- pgrefit:backfill batch=100 pause=250ms\nUPDATE counted SET n = n + 1;\n";
        self.files(database, &[("V1__table.sql", &table), ("V2__count.sql", backfill)])
    }

    fn run(&self, what: &str, job: &Workload, cluster: &Cluster, codes: &[u8]) -> Outcome<Ended> {
        let ended = self.node.start(job, cluster)?.wait(SOON)?;
        self.expect(what, &ended, codes)?;
        Ok(ended)
    }

    fn terminated(&self, what: &str, pod: Running<'_>) -> Outcome<()> {
        let ended = pod.terminate()?;
        self.expect(what, &ended, &[75])
    }

    /// Prints how a pod ended; a failure shows what it said.
    fn expect(&self, what: &str, ended: &Ended, codes: &[u8]) -> Outcome<()> {
        let (code, took) = (ended.code, ended.took.as_secs_f64());
        println!("{what:<58} {code:>4} {took:>8.2}   {}", self.job.verdict(code));
        if ended.log.contains(self.server.password()) {
            return Err(wrong("a log without the password", what));
        }
        if codes.contains(&code) {
            return Ok(());
        }
        Err(wrong(&format!("one of the exit codes {codes:?}"), &format!("{code}; it said:\n{}", ended.log)))
    }

    /// What the manifest restricts, as the kernel has it.
    fn check_restrictions(&self, pod: &Running<'_>) -> Outcome<()> {
        let (status, mounts) = (pod.proc_file("status")?, pod.proc_file("mountinfo")?);
        let same = |name: &str, expected: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let found = line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            if found == expected { Ok(()) } else { Err(wrong(&format!("{name} {expected}"), &found)) }
        };
        let security = &self.job.pod.security_context;
        same("Uid", &[security.run_as_user.to_string().as_str(); 4].join(" "))?;
        same("Gid", &[security.run_as_group.to_string().as_str(); 4].join(" "))?;
        same("Groups", &security.fs_group.to_string())?;
        // Inheritable, permitted, effective, bounding and ambient.
        let sets: Vec<&str> = status.lines().filter(|line| line.starts_with("Cap")).collect();
        if sets.len() != 5 || !sets.iter().all(|set| set.ends_with("\t0000000000000000")) {
            return Err(wrong("no capability in any of five sets", &sets.join(", ")));
        }
        same("NoNewPrivs", "1")?;
        same("Seccomp", "2")?;
        let root = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|line| line.get(4) == Some(&"/"));
        let options = root.and_then(|line| line.get(5).copied()).unwrap_or_default();
        if !options.split(',').any(|option| option == "ro") {
            return Err(wrong("a root that is mounted read-only", options));
        }
        if pod.proc_file("environ")?.contains(self.server.password()) {
            return Err(wrong("an environment without the password", "it is in there"));
        }
        let limit =
            self.job.container().resources.limits.get("memory").and_then(|text| super::quantity::bytes(text));
        match pod.memory_limit() {
            None => println!("SKIPPED: no cgroup of this machine shows a limit of memory"),
            found if found == limit => {}
            found => return Err(wrong(&format!("a memory limit of {limit:?} bytes"), &format!("{found:?}"))),
        }
        println!("{:<58} as the manifest says", "user, groups, capabilities, seccomp, root, memory");
        Ok(())
    }

    fn count(&self, database: &str, sql: &str) -> Outcome<u64> {
        let text = self.server.sql(database, sql)?;
        text.parse().map_err(|_| wrong("a number", &text))
    }

    fn holds(&self, database: &str, sql: &str, expected: &str) -> Outcome<()> {
        let found = self.server.sql(database, sql)?;
        if found == expected { Ok(()) } else { Err(wrong(&format!("{expected} of {sql}"), &found)) }
    }

    /// Waits while a pod works.
    fn until(&self, pod: &mut Running<'_>, database: &str, sql: &str, is_so: fn(u64) -> bool) -> Outcome<()> {
        let start = Instant::now();
        // What it asks for may not be there yet.
        while !is_so(self.count(database, sql).unwrap_or_default()) {
            if pod.has_ended() || start.elapsed() > SOON {
                return Err(wrong(&format!("a pod at work, by {sql}"), &pod.log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn says(ended: &Ended, words: &str) -> Outcome<()> {
    if ended.log.contains(words) { Ok(()) } else { Err(wrong(&format!("a log with `{words}`"), &ended.log)) }
}

fn wrong(expected: &str, found: &str) -> Failure {
    Failure::because(format!("find {expected}"), format!("found {found}"))
}
