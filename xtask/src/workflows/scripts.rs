//! The shell of the jobs that may write, run as GitHub runs it, with a stand-in for GitHub itself (`bin/gh`).

use super::{jobs, workflows};
use crate::workspace;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder to run a step in.
struct Runner {
    dir: PathBuf,
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Runner {
    fn new(name: &str) -> Self {
        let dir = workspace::target("workflows-test").join(format!("{name}-{}", std::process::id()));
        workspace::empty_dir(&dir).expect("a folder");
        Self { dir }
    }

    /// Runs the step of this name as `shell: bash` does.
    fn run(&self, workflow: &str, job: &str, step: &str, variables: &[(&str, &str)]) -> Output {
        let script = script(workflow, job, step);
        let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workflows/bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH"));
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(&self.dir);
        bash.env("PATH", path).env("GH_NOTES", self.dir.join("notes.of.gh")).env("GITHUB_RUN_ID", "7");
        bash.env("GH_REPO", "own/pgrefit")
            .env("GITHUB_REPOSITORY_OWNER", "own")
            .env("GITHUB_REF_NAME", "v1.2.3");
        bash.envs(variables.iter().copied()).output().expect("bash")
    }

    /// What GitHub was asked to do, but for fetching what the run has kept.
    fn notes(&self) -> Vec<String> {
        let notes = workspace::read(&self.dir.join("notes.of.gh")).expect("notes");
        notes.lines().filter(|line| !line.starts_with("run download ")).map(str::to_owned).collect()
    }
}

fn script(workflow: &str, job: &str, step: &str) -> String {
    let all = workflows();
    let (_, workflow) = all.iter().find(|(path, _)| path.ends_with(workflow)).expect("the workflow");
    let jobs = jobs(workflow);
    let (_, job) = jobs.iter().find(|(name, _)| name == job).expect("the job");
    let mut steps = job["steps"].as_sequence().expect("steps").iter();
    let step = steps.find(|own| own["name"].as_str() == Some(step)).expect("the step");
    step["run"].as_str().expect("a script").to_owned()
}

fn pull_request(name: &str, open: &str, branch: &str, message: &str) -> Vec<String> {
    let runner = Runner::new(name);
    let variables = [("GH_OPEN_PULL", open), ("BRANCH", branch), ("MESSAGE", message)];
    let output = runner.run("/pr.yml", "open", "Open or update the pull request", &variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!runner.dir.join("owned").exists(), "text of others was run");
    runner.notes()
}

#[test]
fn a_branch_gets_one_pull_request_which_is_then_updated() {
    let asked = "api --method GET repos/own/pgrefit/pulls -f head=own:faster -f base=main -f state=open \
                 --jq .[0].number // empty";
    let opened = "api --silent --method POST repos/own/pgrefit/pulls -f head=faster -f base=main -f title=Be faster \
                  -F body=@text.md";
    assert_eq!(pull_request("first", "", "faster", "Be faster\n\nMuch."), [asked, opened]);
    let updated = "api --silent --method PATCH repos/own/pgrefit/pulls/42 -F body=@text.md";
    assert_eq!(pull_request("second", "42", "faster", "Be faster"), [asked, updated]);
}

#[test]
fn names_and_messages_of_others_are_not_run() {
    let hostile = "$(touch owned)`touch owned`\";touch owned;'";
    let notes = pull_request("hostile", "", hostile, hostile);
    assert!(notes[1].contains(&format!("-f head={hostile} ")), "{notes:?}");
    let notes = pull_request("silent", "", "faster", "");
    assert!(notes[1].contains("-f title=faster "), "{notes:?}");
}

#[test]
fn a_release_has_every_file_and_its_sum() {
    let runner = Runner::new("release");
    let output = runner.run("/release.yml", "publish", "Collect, sum up, publish", &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = ["pgrefit-1.2.3-linux.tar.gz", "pgrefit-1.2.3-macos.tar.gz", "pgrefit-v1.2.3.cdx.json"];
    let assets = files.map(|file| format!("assets/{file}")).join(" ");
    let made = format!(
        "release create v1.2.3 --verify-tag --title v1.2.3 --notes-file notes.md {assets} SHA256SUMS"
    );
    assert_eq!(runner.notes(), [made]);
    let sums = workspace::read(&runner.dir.join("SHA256SUMS")).expect("sums");
    let named: Vec<_> = sums.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(named, files);
}

#[test]
fn nothing_is_released_that_has_not_passed() {
    let check = |run: &str, passed: &str, is_released: bool| {
        let runner = Runner::new(&format!("passed-{run}-{passed}"));
        let step = "Fail unless CI has passed for this commit";
        let variables = [("GH_RUN", run), ("GH_PASSED", passed), ("GITHUB_SHA", "abc")];
        let output = runner.run("/release.yml", "notes", step, &variables);
        assert_eq!(output.status.success(), is_released, "{run} {passed}");
    };
    check("7", "1", true);
    check("7", "0", false);
    // The commit is none of main.
    check("", "1", false);
    // GitHub did not answer.
    check("7", "", false);
}

#[test]
fn one_check_stands_for_all_and_fails_with_each() {
    let check = |results: &str, passes: bool| {
        for workflow in ["/ci.yml", "/pr.yml"] {
            let runner = Runner::new(&format!("results-{}", workflow.trim_start_matches('/')));
            let step = "Fail unless every job has passed";
            let output = runner.run(workflow, "passed", step, &[("RESULTS", results)]);
            assert_eq!(output.status.success(), passes, "{workflow}: {results}");
        }
    };
    check("success success", true);
    check("success failure", false);
    check("failure success", false);
    check("skipped success", false);
    check("success cancelled", false);
}
