//! The words of libpq's connection strings: which are read, which are harmless, which cannot be honoured.

use crate::Error;

use super::values::Place;

/// What this program does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is read.
    Read,
    /// It changes nothing here, whatever it says.
    Ignored,
    /// It would change how safe the connection is, so any value but these is refused rather than dropped.
    Only(&'static [&'static str]),
}

/// One key, its variable, and its use.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) env: Option<&'static str>,
    pub(super) usage: Use,
}

const fn key(name: &'static str, env: &'static str, usage: Use) -> Key {
    Key { name, env: Some(env), usage }
}

const fn bare(name: &'static str, usage: Use) -> Key {
    Key { name, env: None, usage }
}

/// Every key of libpq 18 ("Parameter Key Words" in the manual).
pub(super) const KEYS: &[Key] = &[
    key("service", "PGSERVICE", Use::Read),
    key("servicefile", "PGSERVICEFILE", Use::Read),
    key("host", "PGHOST", Use::Read),
    key("hostaddr", "PGHOSTADDR", Use::Read),
    key("port", "PGPORT", Use::Read),
    key("dbname", "PGDATABASE", Use::Read),
    key("user", "PGUSER", Use::Read),
    key("password", "PGPASSWORD", Use::Read),
    key("passfile", "PGPASSFILE", Use::Read),
    key("options", "PGOPTIONS", Use::Read),
    key("application_name", "PGAPPNAME", Use::Read),
    key("connect_timeout", "PGCONNECT_TIMEOUT", Use::Read),
    key("target_session_attrs", "PGTARGETSESSIONATTRS", Use::Read),
    key("load_balance_hosts", "PGLOADBALANCEHOSTS", Use::Read),
    key("channel_binding", "PGCHANNELBINDING", Use::Read),
    key("sslmode", "PGSSLMODE", Use::Read),
    key("sslnegotiation", "PGSSLNEGOTIATION", Use::Read),
    key("sslrootcert", "PGSSLROOTCERT", Use::Read),
    key("sslcert", "PGSSLCERT", Use::Read),
    key("sslkey", "PGSSLKEY", Use::Read),
    key("sslsni", "PGSSLSNI", Use::Read),
    key("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Use::Read),
    bare("keepalives", Use::Read),
    bare("keepalives_idle", Use::Read),
    bare("keepalives_interval", Use::Read),
    bare("keepalives_count", Use::Read),
    bare("tcp_user_timeout", Use::Read),
    bare("fallback_application_name", Use::Ignored),
    key("sslcompression", "PGSSLCOMPRESSION", Use::Ignored),
    key("krbsrvname", "PGKRBSRVNAME", Use::Ignored),
    key("gsslib", "PGGSSLIB", Use::Ignored),
    bare("gssdelegation", Use::Only(&["0"])),
    key("client_encoding", "PGCLIENTENCODING", Use::Only(&["UTF8", "UTF-8", "utf8", "utf-8", "auto"])),
    key("gssencmode", "PGGSSENCMODE", Use::Only(&["disable", "prefer"])),
    key("min_protocol_version", "PGMINPROTOCOLVERSION", Use::Only(&["3.0"])),
    key("max_protocol_version", "PGMAXPROTOCOLVERSION", Use::Ignored),
    key("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Use::Only(&["TLSv1.3"])),
    key("sslcertmode", "PGSSLCERTMODE", Use::Only(&["allow"])),
    key("sslcrl", "PGSSLCRL", Use::Only(&[])),
    key("sslcrldir", "PGSSLCRLDIR", Use::Only(&[])),
    bare("sslpassword", Use::Only(&[])),
    key("requirepeer", "PGREQUIREPEER", Use::Only(&[])),
    key("require_auth", "PGREQUIREAUTH", Use::Only(&[])),
    bare("replication", Use::Only(&["0", "off", "false", "no"])),
];

/// Finds a key by the word a person wrote.
pub(super) fn find(word: &str, place: &Place) -> Result<&'static Key, Error> {
    KEYS.iter().find(|key| key.name == word).ok_or_else(|| unknown(word, place))
}

/// The word is repeated only when it looks like a key: in a URL with an unescaped password it may be part of that.
fn unknown(word: &str, place: &Place) -> Error {
    let nearest = nearest(word, KEYS.iter().map(|key| key.name));
    let is_word = word.len() <= 40 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let what = match (&nearest, is_word) {
        (Some(_), true) => format!("unknown key \"{word}\""),
        _ => "unknown key".to_owned(),
    };
    Error::Settings { what, place: place.to_string(), nearest }
}

/// The known word closest to what was written, if any is close.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, KEYS.iter().map(|key| key.name)).as_deref(), expected, "{word}");
    }

    #[test]
    fn the_nearest_key_is_named() {
        check("ssl_mode", Some("sslmode"));
        check("sslrootcrt", Some("sslrootcert"));
        check("pasword", Some("password"));
        check("database", None);
        check("conect_timeout", Some("connect_timeout"));
        check("target_session_attr", Some("target_session_attrs"));
        check("hunter2", None);
        check("", None);
    }

    #[test]
    fn keys_and_variables_are_unique() {
        let mut names: Vec<_> =
            KEYS.iter().map(|key| key.name).chain(KEYS.iter().filter_map(|key| key.env)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
