//! What a database asks for before it may be changed. There is no switch that leaves a proof out: there is a policy, which
//! stands in the project's configuration, and which every evidence repeats.

use std::time::Duration;

use crate::proof::PublicKey;

/// What kind of database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    /// Made for a moment; nobody would miss it. Asks for nothing.
    Disposable,
    /// Can be made again, with some trouble. Asks for a verified backup.
    Staging,
    /// Holds what exists nowhere else. Asks for a verified backup and a rehearsal on a copy.
    Production,
}

/// What is asked for, and how much of it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What kind of database it is.
    pub environment: Environment,
    /// How old a verified backup may be when the live run begins, by the server's clock.
    pub backup_max_age: Duration,
    /// How old a rehearsal may be then.
    pub rehearsal_max_age: Duration,
    /// For how long a rehearsed transaction may keep readers or writers of a relation out.
    pub stall_max: Duration,
    /// The weakest backup that will do.
    pub backup_strength: Strength,
    /// Who may sign proofs. If there is any, a proof that was not made by this very run must be signed by one of them.
    pub trusted_keys: Vec<PublicKey>,
}

/// How much a backup is known to be worth, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// The tool that took it says that it is good.
    Attested,
    /// It was restored and read whole, at a moment of its own.
    Restored,
    /// It was restored, and a sample of its rows compared with the source in the same snapshot.
    Sampled,
    /// It was restored, and every row compared with the source in the same snapshot.
    Compared,
}

impl Environment {
    /// The words of the configuration, the weakest first.
    pub const WORDS: [(&str, Self); 3] =
        [("disposable", Self::Disposable), ("staging", Self::Staging), ("production", Self::Production)];

    /// The environment that a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, environment)| *environment)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }

    /// Whether a verified backup is asked for.
    #[must_use]
    pub fn needs_backup(self) -> bool {
        self >= Self::Staging
    }

    /// Whether a rehearsal is asked for.
    #[must_use]
    pub fn needs_rehearsal(self) -> bool {
        self >= Self::Production
    }
}

impl Strength {
    /// The words of the configuration, the weakest first.
    pub const WORDS: [(&str, Self); 4] = [
        ("attested", Self::Attested),
        ("restored", Self::Restored),
        ("sampled", Self::Sampled),
        ("compared", Self::Compared),
    ];

    /// The strength that a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, strength)| *strength)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_what_they_say() {
        for (word, environment) in Environment::WORDS {
            assert_eq!((Environment::of_word(word), environment.word()), (Some(environment), word));
        }
        for (word, strength) in Strength::WORDS {
            assert_eq!((Strength::of_word(word), strength.word()), (Some(strength), word));
        }
        assert_eq!(Environment::of_word("prod"), None);
    }

    #[test]
    fn each_environment_asks_for_what_the_one_before_does() {
        let asks = |environment: Environment| (environment.needs_backup(), environment.needs_rehearsal());
        assert_eq!(asks(Environment::Disposable), (false, false));
        assert_eq!(asks(Environment::Staging), (true, false));
        assert_eq!(asks(Environment::Production), (true, true));
    }
}
