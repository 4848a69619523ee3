//! A Job of the cluster: waiting until it has ended, one way or the other; the exit code and the log of its last pod.

use super::kubectl::Kubectl;
use crate::failure::{Failure, Outcome};
use serde_json::Value;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// Looks in a row that may fail: an API server is away for some seconds when it is upgraded.
const FAILURES_MAX: u32 = 20;

/// How a Job ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) is_complete: bool,
    /// Of its container; nothing when no pod came so far, or it is gone.
    pub(super) exit_code: Option<u8>,
    /// Why it failed, as the Job controller says it.
    reason: String,
    pub(super) log: String,
}

impl Ended {
    /// A Job that failed never ends with 0.
    pub(super) fn exit(&self) -> ExitCode {
        match (self.is_complete, self.exit_code) {
            (true, _) => ExitCode::SUCCESS,
            (false, None | Some(0)) => ExitCode::FAILURE,
            (false, Some(code)) => ExitCode::from(code),
        }
    }

    /// In one line.
    pub(super) fn verdict(&self) -> String {
        let code =
            self.exit_code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
        if self.is_complete {
            format!("complete, {code}")
        } else {
            format!("failed, {code}: {}", self.reason)
        }
    }

    /// With the log in a fence that nothing in it can close.
    pub(super) fn markdown(&self, what: &str) -> String {
        let longest = self.log.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(3.max(longest + 1));
        format!("## {what}: {}\n\n{fence}text\n{}\n{fence}\n", self.verdict(), self.log.trim_end())
    }
}

/// Waits for at most `limit` until a Job is complete or has failed.
///
/// # Errors
/// When it has done neither by then, and when the cluster cannot be asked for a minute.
pub(super) fn wait(kubectl: &Kubectl, name: &str, limit: Duration) -> Outcome<Ended> {
    wait_with(kubectl, name, limit, PAUSE)
}

fn wait_with(kubectl: &Kubectl, name: &str, limit: Duration, pause: Duration) -> Outcome<Ended> {
    let start = Instant::now();
    let mut failures = 0;
    loop {
        match kubectl.job(name).map(|job| judge(&job)) {
            Ok(Some(verdict)) => return Ok(ended(kubectl, name, verdict)),
            Ok(None) => failures = 0,
            Err(failure) if failures + 1 == FAILURES_MAX => return Err(failure),
            Err(_) => failures += 1,
        }
        if start.elapsed() >= limit {
            let cause = format!("it is neither complete nor failed after {} s", limit.as_secs());
            return Err(Failure::because(format!("see the Job {name} end"), cause));
        }
        std::thread::sleep(pause);
    }
}

/// What is not to be had any more, such as the log of a pod whose node is gone, does not hide how the Job ended.
fn ended(kubectl: &Kubectl, name: &str, verdict: Verdict) -> Ended {
    let pods = kubectl.pods_of(name).unwrap_or_default();
    let pod = last_pod(&pods);
    let pod_name = pod.and_then(|pod| pod["metadata"]["name"].as_str());
    let log = pod_name.map_or_else(|| Ok("(no pod is left)".to_owned()), |pod| kubectl.log(pod));
    Ended {
        is_complete: verdict.is_complete,
        exit_code: pod.and_then(exit_code),
        reason: verdict.reason,
        log: log.unwrap_or_else(|failure| format!("(no log: {})", failure.chain())),
    }
}

#[derive(Debug, PartialEq)]
struct Verdict {
    is_complete: bool,
    reason: String,
}

/// Nothing while it is at work. `FailureTarget` and `SuccessCriteriaMet` come before its pods have ended, and are not waited for.
fn judge(job: &Value) -> Option<Verdict> {
    let conditions = job["status"]["conditions"].as_array()?;
    let holds = |kind: &str| conditions.iter().find(|c| c["type"] == kind && c["status"] == "True");
    let text = |condition: &Value, key: &str| condition[key].as_str().unwrap_or_default().to_owned();
    if let Some(failed) = holds("Failed") {
        let reason = format!("{}: {}", text(failed, "reason"), text(failed, "message"));
        return Some(Verdict { is_complete: false, reason });
    }
    holds("Complete").map(|complete| Verdict { is_complete: true, reason: text(complete, "reason") })
}

/// The youngest: a Job that tries again has several.
fn last_pod(pods: &Value) -> Option<&Value> {
    let pods = pods["items"].as_array()?.iter();
    // Moments are written so that their order is that of the alphabet.
    pods.max_by_key(|pod| pod["metadata"]["creationTimestamp"].as_str())
}

fn exit_code(pod: &Value) -> Option<u8> {
    let code = pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"].as_u64()?;
    u8::try_from(code).ok()
}

#[cfg(test)]
mod tests {
    use super::{Ended, Verdict, exit_code, judge, last_pod, wait_with};
    use crate::deploy::kubectl::Kubectl;
    use serde_json::json;
    use std::process::ExitCode;
    use std::time::Duration;

    fn ended(is_complete: bool, exit_code: Option<u8>) -> Ended {
        Ended { is_complete, exit_code, reason: "why".to_owned(), log: "a ```` b\n".to_owned() }
    }

    #[test]
    fn a_job_has_ended_when_a_condition_says_so() {
        let check = |conditions: serde_json::Value, expected: Option<(bool, &str)>| {
            let job = json!({ "status": { "conditions": conditions } });
            let expected =
                expected.map(|(is_complete, reason)| Verdict { is_complete, reason: reason.to_owned() });
            assert_eq!(judge(&job), expected, "{job}");
        };
        check(json!(null), None);
        check(json!([{ "type": "Suspended", "status": "True" }]), None);
        check(json!([{ "type": "Failed", "status": "False" }]), None);
        check(json!([{ "type": "FailureTarget", "status": "True" }]), None);
        check(
            json!([{ "type": "SuccessCriteriaMet", "status": "True" },
                   { "type": "Complete", "status": "True", "reason": "CompletionsReached" }]),
            Some((true, "CompletionsReached")),
        );
        check(
            json!([{ "type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": "exit code 12" }]),
            Some((false, "PodFailurePolicy: exit code 12")),
        );
    }

    #[test]
    fn the_exit_code_is_that_of_the_last_pod() {
        let pod = |made: &str, code: u8| {
            json!({ "metadata": { "creationTimestamp": made },
                    "status": { "containerStatuses": [{ "state": { "terminated": { "exitCode": code } } }] } })
        };
        let pods = json!({ "items": [pod("2026-01-02T00:00:10Z", 12), pod("2026-01-02T00:00:00Z", 75)] });
        assert_eq!(last_pod(&pods).and_then(exit_code), Some(12));
        assert_eq!(last_pod(&json!({ "items": [] })), None);
        assert_eq!(exit_code(&json!({ "status": {} })), None);
    }

    #[test]
    fn a_job_that_failed_never_ends_with_0() {
        let check = |is_complete, code, expected: ExitCode| {
            assert_eq!(ended(is_complete, code).exit(), expected, "{is_complete} {code:?}");
        };
        check(true, Some(0), ExitCode::SUCCESS);
        check(true, None, ExitCode::SUCCESS);
        check(false, Some(12), ExitCode::from(12));
        check(false, Some(0), ExitCode::FAILURE);
        check(false, None, ExitCode::FAILURE);
    }

    #[test]
    fn a_log_cannot_leave_its_fence() {
        let expected = "## plan: failed, exit code 12: why\n\n`````text\na ```` b\n`````\n";
        assert_eq!(ended(false, Some(12)).markdown("plan"), expected);
    }

    #[test]
    fn what_is_gone_does_not_hide_how_a_job_ended() {
        let kubectl = Kubectl::of_test("gone");
        let ended = wait_with(&kubectl, "j", Duration::from_secs(9), Duration::ZERO).expect("it ended");
        assert_eq!(ended.verdict(), "failed, no exit code: DeadlineExceeded: ");
        assert_eq!(ended.log, "(no pod is left)");
    }

    #[test]
    fn a_wait_has_an_end() {
        let chain = |kubectl: &str, limit| {
            let kubectl = Kubectl::of_test(kubectl);
            wait_with(&kubectl, "j", limit, Duration::from_millis(1)).expect_err("no end").chain()
        };
        let said = chain("working", Duration::from_millis(50));
        assert!(said.ends_with("it is neither complete nor failed after 0 s"), "{said}");
        assert_eq!(chain("away", Duration::from_mins(1)), "failed to run kubectl get: connection refused");
    }
}
