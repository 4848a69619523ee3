//! Other processes: this test binary run again, with a role. That needs no second program, under any test
//! runner.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use pgrefit_scratch::{Options, Server, supervise};

use super::place::{binaries, home_at, name};

const ROLE: &str = "PGREFIT_SCRATCH_TEST_ROLE";
const SERVERS: &str = "PGREFIT_SCRATCH_TEST_SERVERS";
const READY: &str = "server is ready: ";
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// A process that holds a server until it is told to go, or killed.
pub(crate) struct Holder {
    pub(crate) process: Child,
    pub(crate) port: u16,
    pub(crate) dir: PathBuf,
    stdin: Option<ChildStdin>,
    /// Kept open: the test runner in the process writes to it at its end.
    _stdout: BufReader<ChildStdout>,
}

impl Holder {
    /// Runs a role, and waits for its server.
    pub(crate) fn run(role: &str, servers: &Path) -> Self {
        let mut command = Command::new(env::current_exe().expect("this binary"));
        command.args(role_args()).env(ROLE, role).env(SERVERS, servers);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        let stdin = process.stdin.take();
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut lines = stdout.by_ref().lines().map_while(Result::ok);
        let ready = lines.find_map(|line| line.split_once(READY).map(|(_, rest)| rest.to_owned()));
        let ready = ready.expect("the server of the other process");
        let (port, dir) = ready.split_once(' ').expect("port and directory");
        Self { process, port: port.parse().expect("a port"), dir: dir.into(), stdin, _stdout: stdout }
    }

    /// As by `kill -9`: nothing of its own code runs any more.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }

    /// Ends it in the normal way.
    pub(crate) fn leave(mut self) {
        drop(self.stdin.take());
        assert!(self.process.wait().expect("ended").success());
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // A failed test leaves no process either; one that has ended is not killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn role_args() -> [&'static str; 4] {
    ["--exact", "child::role", "--ignored", "--nocapture"]
}

/// The supervisor: the role is set by `env`, the directory becomes the last argument.
pub(crate) fn supervisor() -> (PathBuf, Vec<OsString>) {
    let exe = env::current_exe().expect("this binary");
    let mut args = vec![OsString::from(format!("{ROLE}=supervise")), exe.into()];
    args.extend(role_args().map(OsString::from));
    ("env".into(), args)
}

#[test]
#[ignore = "run by other tests, as a process of its own"]
fn role() {
    let Ok(role) = env::var(ROLE) else { return };
    if role == "supervise" {
        let dir = env::args_os().next_back().expect("the directory");
        return supervise(Path::new(&dir), GRACE).expect("cleaned up");
    }
    let home = home_at(Path::new(&env::var_os(SERVERS).expect("the directory")));
    let binaries = binaries(&home);
    let plain = Options::default();
    let supervised = Options { supervisor: Some(supervisor()), ..Options::default() };
    let server = match role.as_str() {
        "own" => Server::start(&home, &binaries, &plain),
        "own supervised" => Server::start(&home, &binaries, &supervised),
        "share" => Server::share(&home, &name("it"), &binaries, &plain),
        "share supervised" => Server::share(&home, &name("it"), &binaries, &supervised),
        "named" => Server::start_named(&home, &name("it"), &binaries, &plain),
        _ => panic!("an unknown role: {role}"),
    };
    let server = server.expect("a server");
    println!("\n{READY}{} {}", server.port(), server.dir().display());
    let told = std::io::stdin().read_to_end(&mut Vec::new());
    told.expect("told to go");
}
