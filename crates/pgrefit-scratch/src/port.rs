//! Picks a TCP port on the loopback addresses.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener},
};

/// A port that was free a moment ago, and the loopback addresses it was free on.
#[derive(Debug)]
pub(crate) struct Free {
    pub(crate) port: u16,
    /// For `listen_addresses`: numbers, because what `localhost` means is up to the machine.
    pub(crate) addresses: &'static str,
}

/// Probes `port`, or one that the system chooses.
///
/// # Errors
/// [`ErrorKind::AddrInUse`] when somebody listens on the port, on either loopback address.
pub(crate) fn probe(port: Option<u16>) -> io::Result<Free> {
    let v4 = TcpListener::bind((IpAddr::from(Ipv4Addr::LOCALHOST), port.unwrap_or(0)))?;
    let port = v4.local_addr()?.port();
    match TcpListener::bind((IpAddr::from(Ipv6Addr::LOCALHOST), port)) {
        Ok(_) => Ok(Free { port, addresses: "127.0.0.1,::1" }),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        // The machine has no IPv6.
        Err(_) => Ok(Free { port, addresses: "127.0.0.1" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_seen_on_either_address() {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
        let port = v4.local_addr().expect("an address").port();
        assert_eq!(probe(Some(port)).expect_err("taken").kind(), ErrorKind::AddrInUse);
        if let Ok(v6) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
            let port = v6.local_addr().expect("an address").port();
            assert_eq!(probe(Some(port)).expect_err("taken").kind(), ErrorKind::AddrInUse);
        }
    }

    #[test]
    fn a_free_port_is_found() {
        let free = probe(None).expect("a port");
        assert!(free.port > 0 && free.addresses.starts_with("127.0.0.1"), "{free:?}");
    }
}
