//! `cargo xtask deploy`: an overlay of k8s/ on the cluster that kubectl is set to: plan, migration, roll-out, audit, smoke test.
//!
//! `kubectl wait` waits for a Job to complete or for one to fail, not for whichever comes first, and knows no exit codes. Here
//! the exit code of the container becomes ours, and its log is printed and kept.

mod exporter;
mod forward;
mod job;
mod kubectl;
mod manifests;

use crate::failure::{Failure, Outcome};
use crate::workspace;
use job::Ended;
use kubectl::Kubectl;
use manifests::Manifests;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long a roll-out of the exporter may take.
const ROLL_OUT: Duration = Duration::from_mins(5);

/// How long the exporter may take to say that all is well.
const SETTLE: Duration = Duration::from_mins(2);

const EXPORTER_PORT: u16 = 9464;

/// Bring an overlay of k8s/ to the cluster that kubectl is set to, and wait for what comes of it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(clap::Subcommand)]
enum Step {
    /// Plan, apply everything, and wait for the migration Job; ends with the exit code of its container
    Apply {
        /// The folder with kustomization.yaml
        overlay: PathBuf,
        /// What to run instead of the image of the same name, as registry/owner/name@sha256:… (repeatable)
        #[arg(long, required = true)]
        image: Vec<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Run the audit once, now; ends with the exit code of its container
    Audit {
        /// The folder with kustomization.yaml
        overlay: PathBuf,
        #[command(flatten)]
        wait: Wait,
    },
    /// Wait for the exporter, and fail unless it reaches every database and none has a migration pending
    Smoke {
        /// The folder with kustomization.yaml
        overlay: PathBuf,
    },
}

#[derive(clap::Args)]
struct Wait {
    /// A folder for the logs, as Markdown
    #[arg(long)]
    reports: Option<PathBuf>,
    /// How long a Job may take
    #[arg(long, default_value_t = 125, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    match &args.step {
        Step::Apply { overlay, image, wait } => {
            let (manifests, kubectl) = open(overlay)?;
            apply(&manifests.with_images(image)?, &kubectl, wait)
        }
        Step::Audit { overlay, wait } => audit(&open(overlay)?.1, wait),
        Step::Smoke { overlay } => smoke(&open(overlay)?.1),
    }
}

fn open(overlay: &Path) -> Outcome<(Manifests, Kubectl)> {
    let kubectl = Kubectl::find()?;
    let manifests = Manifests::parse(&kubectl.render(&workspace::root().join(overlay))?)?;
    let namespace = manifests.namespace()?.to_owned();
    Ok((manifests, kubectl.in_namespace(namespace)))
}

/// What the Job needs comes first. The plan is made by the same image, with the same rights, before anything is changed; a plan
/// with findings is none that cannot be run.
fn apply(manifests: &Manifests, kubectl: &Kubectl, wait: &Wait) -> Outcome<ExitCode> {
    let (migrate, others) = manifests.split("pgrefit-migrate")?;
    let plan = manifests::plan_of(&migrate)?;
    kubectl.apply(&others)?;
    let planned = run_job(&plan, kubectl, wait, "plan")?;
    if !matches!(planned.exit_code, Some(0 | 1)) {
        return Ok(planned.exit());
    }
    Ok(run_job(&migrate, kubectl, wait, "migrate")?.exit())
}

fn audit(kubectl: &Kubectl, wait: &Wait) -> Outcome<ExitCode> {
    let name = "pgrefit-audit-now";
    kubectl.delete_job(name)?;
    kubectl.say(&["create", "job", name, "--from=cronjob/pgrefit-audit"])?;
    Ok(await_job(name, kubectl, wait, "audit")?.exit())
}

fn smoke(kubectl: &Kubectl) -> Outcome<ExitCode> {
    let limit = format!("--timeout={}s", ROLL_OUT.as_secs());
    kubectl.say(&["rollout", "status", "deployment/pgrefit-exporter", &limit])?;
    let problems = settled(kubectl);
    for problem in &problems {
        println!("{problem}");
    }
    Ok(ExitCode::from(u8::from(!problems.is_empty())))
}

/// What is wrong once nothing is, or the time is over: the first round of the exporter takes some seconds.
fn settled(kubectl: &Kubectl) -> Vec<String> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let page = kubectl.page("pgrefit-exporter", EXPORTER_PORT, "/metrics");
        let problems = page.map_or_else(|failure| vec![failure.chain()], |page| exporter::problems(&page));
        if problems.is_empty() || Instant::now() >= deadline {
            return problems;
        }
        std::thread::sleep(Duration::from_secs(5));
    }
}

/// A Job cannot be changed: the last one of its name makes room.
fn run_job(job: &serde_json::Value, kubectl: &Kubectl, wait: &Wait, container: &str) -> Outcome<Ended> {
    let name = manifests::name(job).ok_or_else(|| Failure::new("find the name of a Job"))?;
    kubectl.delete_job(name)?;
    kubectl.apply(std::slice::from_ref(job))?;
    await_job(name, kubectl, wait, container)
}

fn await_job(name: &str, kubectl: &Kubectl, wait: &Wait, what: &str) -> Outcome<Ended> {
    let ended = job::wait(kubectl, name, Duration::from_mins(wait.minutes))?;
    println!("{}", ended.log);
    println!("{name}: {}", ended.verdict());
    if let Some(reports) = &wait.reports {
        workspace::create_dir(reports)?;
        workspace::write(&reports.join(format!("{what}.md")), ended.markdown(what))?;
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::{Kubectl, Manifests, Wait, apply, audit};
    use crate::workspace;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    const TEXT: &str = "\
kind: ConfigMap
metadata: {name: c, namespace: n}
---
kind: Job
metadata: {name: pgrefit-migrate, namespace: n}
spec: {template: {spec: {containers: [{name: migrate, image: pgrefit, args: [migrate]}]}}}
";

    fn folder(name: &str) -> PathBuf {
        let dir = workspace::target("deploy-test").join(format!("{name}-{}", std::process::id()));
        workspace::empty_dir(&dir).expect("a folder");
        dir
    }

    /// A cluster that notes what it is asked to do.
    fn cluster(dir: &Path) -> Kubectl {
        Kubectl::of_test("staging").in_namespace(dir.join("notes").to_string_lossy().into_owned())
    }

    fn notes(dir: &Path) -> Vec<String> {
        let notes = workspace::read(&dir.join("notes")).expect("notes");
        notes.lines().map(|line| line.split(" --").next().unwrap_or(line).trim().to_owned()).collect()
    }

    #[test]
    fn a_plan_comes_before_the_migration_and_its_exit_code_is_ours() {
        let dir = folder("apply");
        let manifests = Manifests::parse(TEXT).expect("YAML");
        let wait = Wait { reports: Some(dir.join("reports")), minutes: 1 };
        assert_eq!(apply(&manifests, &cluster(&dir), &wait).expect("it ended"), ExitCode::from(12));
        let one = |name: &str| {
            let verbs = ["delete job", "apply", "get job", "get pods", "logs p"];
            verbs.map(|verb| if verb.ends_with("job") { format!("{verb} {name}") } else { verb.to_owned() })
        };
        let expected: Vec<_> = ["apply".to_owned()]
            .into_iter()
            .chain(one("pgrefit-plan"))
            .chain(one("pgrefit-migrate"))
            .collect();
        assert_eq!(notes(&dir), expected);
        let report = workspace::read(&dir.join("reports/migrate.md")).expect("a report");
        let head = "## migrate: failed, exit code 12: PodFailurePolicy: 12\n\n```text\nthe log\n```\n";
        assert_eq!(report, head);
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn an_audit_is_made_of_its_cron_job() {
        let dir = folder("audit");
        let wait = Wait { reports: None, minutes: 1 };
        assert_eq!(audit(&cluster(&dir), &wait).expect("it ended"), ExitCode::SUCCESS);
        let expected = ["delete job pgrefit-audit-now", "create job pgrefit-audit-now"];
        assert_eq!(notes(&dir)[..2], expected);
        std::fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn a_cluster_that_is_away_ends_it_before_anything_is_migrated() {
        let manifests = Manifests::parse(TEXT).expect("YAML");
        let wait = Wait { reports: None, minutes: 1 };
        let failure = apply(&manifests, &Kubectl::of_test("away"), &wait).expect_err("it is away");
        assert_eq!(failure.chain(), "failed to run kubectl apply: connection refused");
    }
}
