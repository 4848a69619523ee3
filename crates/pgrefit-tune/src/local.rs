//! A server on this machine: its limits, and the CPU that it takes.

mod cgroup;
mod cpu;

use std::fs;
use std::path::Path;

use pgrefit_pg::ReadOnly;

pub(crate) use cpu::{Meter, Usage};

/// The postmaster of a server that runs on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// Its process id.
    pub postmaster: u32,
}

impl Local {
    /// Looks whether the backend of this session is a process of this machine, told by its title, which names our own port.
    ///
    /// `None` also where there is no `/proc`, and behind a pooler on another machine.
    ///
    /// # Errors
    /// What the server says.
    pub async fn find(session: &ReadOnly) -> Result<Option<Self>, pgrefit_pg::Error> {
        let sql = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.inet_client_port()";
        let rows = session.simple(sql).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let value = |column: usize| row.get(column)?.as_deref();
        let pid = value(0).and_then(|pid| pid.parse().ok());
        let port = value(1).and_then(|port| port.parse().ok());
        Ok(pid.and_then(|pid| Self::of_backend(Path::new("/proc"), pid, port)))
    }

    fn of_backend(proc: &Path, pid: u32, port: Option<u16>) -> Option<Self> {
        let title = fs::read(proc.join(pid.to_string()).join("cmdline")).ok()?;
        let title = String::from_utf8_lossy(&title);
        let client = port.map_or_else(|| " [local] ".to_owned(), |port| format!("({port})"));
        if !title.starts_with("postgres:") || !title.contains(&client) {
            return None;
        }
        let postmaster = cpu::stat(proc, pid)?.parent;
        Some(Self { postmaster })
    }

    /// The memory that the server's control groups allow it, in bytes; `None` without a limit.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        cgroup::memory(Path::new("/proc"), Path::new("/sys/fs/cgroup"), self.postmaster)
    }

    /// The CPUs that the server's control groups allow it, rounded up; `None` without a limit.
    #[must_use]
    pub fn cpu_limit(&self) -> Option<u32> {
        cgroup::cpus(Path::new("/proc"), Path::new("/sys/fs/cgroup"), self.postmaster)
    }
}

#[cfg(test)]
mod tests {
    use super::{Local, Path, fs};

    #[test]
    fn a_backend_is_known_by_our_port_in_its_title() {
        let check = |title: &str, port: Option<u16>, expected: Option<u32>| {
            let proc = tempfile::tempdir().unwrap();
            let dir = proc.path().join("77");
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("cmdline"), title).unwrap();
            fs::write(dir.join("stat"), "77 (post) gres) S 42 1 1 0 -1 4 1 2 3 4 10 20 30 40 20 0").unwrap();
            let found = Local::of_backend(proc.path(), 77, port).map(|local| local.postmaster);
            assert_eq!(found, expected, "{title}");
        };
        check("postgres: a db 127.0.0.1(5000) idle", Some(5000), Some(42));
        check("postgres: a db 127.0.0.1(5001) idle", Some(5000), None);
        check("postgres: a db [local] idle", None, Some(42));
        check("vim postgres: (5000)", Some(5000), None);
        assert_eq!(Local::of_backend(Path::new("/nowhere"), 77, None), None);
    }
}
