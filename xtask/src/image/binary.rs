//! The binary of the image: linked statically, with paths in it that say nothing of this machine.
//!
//! glibc has what name resolution needs in its static library since 2.34, so that neither musl nor a distribution is needed
//! under the binary: it was seen to resolve names by `/etc/hosts` and by a search domain.

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A `pgrefit` for an image.
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
}

impl Binary {
    /// Builds the static release binary with everything it is made of, below the folder `target`. The first time that takes many minutes.
    ///
    /// # Errors
    /// When cargo fails, and when what it made needs a dynamic linker after all.
    pub(crate) fn build(target: &Path) -> Outcome<Self> {
        let triple = host()?;
        if !triple.ends_with("-linux-gnu") {
            return Err(Failure::because(
                "build a static binary",
                format!("{triple} is not Linux with glibc"),
            ));
        }
        let mut cargo = workspace::cargo();
        cargo.args(["build", "--release", "--locked", "--package", "pgrefit-cli", "--bin", "pgrefit"]);
        // Named, although it is the host: so that the flags reach neither build scripts nor procedural macros.
        cargo.args(["--target", &triple]).arg("--target-dir").arg(target);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(target)).env("CARGO_INCREMENTAL", "0");
        // The path of the binary is for stdout; what cargo says is talk.
        shell::succeed(cargo.stdout(std::io::stderr()))?;
        let path = target.join(triple).join("release").join("pgrefit");
        if is_dynamic(&path)? {
            return Err(Failure::because("build a static binary", "the linker made a dynamic one"));
        }
        Ok(Self { path })
    }
}

/// The machine this is compiled for and on.
fn host() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("-vV").current_dir(workspace::root()).output();
    let said = said.map_err(|cause| Failure::because("start rustc", cause))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("learn from rustc which machine this is"))
}

/// The flags for rustc. Of those that rename paths the last one that fits is taken.
fn flags(target: &Path) -> OsString {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = OsString::from("-Ctarget-feature=+crt-static");
    let mut rename = |from: &Path, to: &str| {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    };
    if let Some(home) = home {
        rename(&home, "/cargo");
    }
    rename(workspace::root(), "/src");
    rename(target, "/target");
    flags
}

/// Whether a program asks for a dynamic linker: a program header of type `PT_INTERP` (elf(5)).
pub(crate) fn is_dynamic(path: &Path) -> Outcome<bool> {
    const PT_INTERP: u32 = 3;
    let bytes =
        std::fs::read(path).map_err(|cause| Failure::because(format!("read {}", path.display()), cause))?;
    let types = program_headers(&bytes)
        .ok_or_else(|| Failure::because(format!("read {}", path.display()), "it is no 64-bit ELF program"))?;
    Ok(types.contains(&PT_INTERP))
}

/// The types of the program headers of a 64-bit little-endian ELF file.
fn program_headers(bytes: &[u8]) -> Option<Vec<u32>> {
    let number = |at: usize, width: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(width)?)?;
        field
            .iter()
            .rev()
            .try_fold(0_usize, |value, byte| value.checked_mul(256)?.checked_add((*byte).into()))
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (start, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let kind = |header: usize| u32::try_from(number(start.checked_add(header * size)?, 4)?).ok();
    (0..count).map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_dynamic, program_headers};
    use std::path::Path;

    #[test]
    fn this_test_is_linked_dynamically() {
        let own = std::env::current_exe().expect("a path");
        assert!(is_dynamic(&own).expect("an ELF program"));
        let failure = is_dynamic(Path::new("/etc/passwd")).expect_err("a text").chain();
        assert_eq!(failure, "failed to read /etc/passwd: it is no 64-bit ELF program");
    }

    #[test]
    fn headers_are_read_with_care() {
        let mut bytes = vec![0_u8; 64 + 2 * 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[32], bytes[54], bytes[56]) = (64, 56, 2);
        (bytes[64], bytes[64 + 56]) = (1, 6);
        let check = |bytes: &[u8], expected: Option<&[u32]>| {
            assert_eq!(program_headers(bytes).as_deref(), expected);
        };
        check(&bytes, Some(&[1, 6]));
        check(&bytes[..100], None);
        check(b"", None);
        check(b"#!/bin/sh", None);
    }
}
