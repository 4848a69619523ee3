//! The host that a request was meant for.
//!
//! An exporter without a token is only for this machine. But a browser on this machine shows pages from anywhere, and one whose
//! name suddenly means 127.0.0.1 would be of the same origin as we are. Such a request still says the page's name.

use std::net::IpAddr;

/// Whether the value of a `Host` header names this machine.
pub(super) fn is_this_machine(host: &str) -> bool {
    let name = without_port(host);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address without a port stand within brackets.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn names_of_this_machine() {
        let check = |host: &str, expected: bool| assert_eq!(is_this_machine(host), expected, "{host}");
        for host in [
            "localhost",
            "LOCALHOST:9464",
            "127.0.0.1",
            "127.0.0.1:9464",
            "127.9.9.9:1",
            "[::1]",
            "[::1]:9464",
        ] {
            check(host, true);
        }
        for host in
            ["", "evil.example", "evil.example:9464", "10.0.0.1:9464", "localhost.evil.example", "[::2]:9464"]
        {
            check(host, false);
        }
    }
}
