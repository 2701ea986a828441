//! Owns the question "which address does this request come from?": pure functions over the peer, the header's values and
//! the networks of our own proxies. It does not read requests, and no answer of it may skip a check: there is always an
//! address (security cases I11, I12).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The header in which proxies say whom they speak for. Exactly one is believed: the other one is whatever a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: client, proxy`.
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    /// The header's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        }
    }
}

/// The address that a request is counted under and written down with.
///
/// `header_values` are the values of the one header `kind`, in the order in which they came. They are read from the right,
/// since each proxy appends what it saw: as long as the hop that speaks is in `trusted`, the address that it names becomes
/// the next hop. The first hop that is not ours is the client; what stands left of it is the client's invention. An
/// element that is no address ends the walk at the last trusted hop. IPv4 addresses in IPv6 clothes become plain ones.
pub fn client_address(peer: IpAddr, header_values: &[&str], trusted: &[IpNet], kind: ForwardedHeader) -> IpAddr {
    let mut hop = peer.to_canonical();
    let ours = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    for value in header_values.iter().rev() {
        let mut rest = *value;
        while ours(hop) && !rest.is_empty() {
            let element = match kind {
                ForwardedHeader::XForwardedFor => last_plain(&mut rest),
                ForwardedHeader::Forwarded => last_quoted(&mut rest),
            }
            .trim();
            if element.is_empty() {
                // Empty list elements mean nothing (RFC 9110 section 5.6.1.2).
                continue;
            }
            let named = match kind {
                ForwardedHeader::XForwardedFor => node(element),
                ForwardedHeader::Forwarded => for_parameter(element).and_then(node),
            };
            match named {
                Some(address) => hop = address.to_canonical(),
                None => return hop,
            }
        }
        if !ours(hop) {
            return hop;
        }
    }
    hop
}

/// The key under which attempts from an address are counted. A household or a server has a whole IPv6 /64 at its disposal,
/// so one of those counts as one address.
pub fn rate_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

/// Cuts the last element off a list without quoting.
fn last_plain<'t>(rest: &mut &'t str) -> &'t str {
    let (before, last) = rest.rsplit_once(',').unwrap_or(("", rest));
    *rest = before;
    last
}

/// Cuts the last element off a list in which commas may stand in quotes. The quotes are counted from the right: a client
/// that sends an open quote must not swallow what our proxy appended.
fn last_quoted<'t>(rest: &mut &'t str) -> &'t str {
    let whole = *rest;
    let mut in_quotes = false;
    for (at, byte) in whole.bytes().enumerate().rev() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b',' if !in_quotes => {
                *rest = &whole[..at];
                return &whole[at + 1..];
            }
            _ => {}
        }
    }
    *rest = "";
    whole
}

/// The value of `for` in one element of `Forwarded`, without its quotes. Two of them are a contradiction.
fn for_parameter(element: &str) -> Option<&str> {
    let mut found = None;
    for pair in element.split(';') {
        let (name, value) = pair.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") && found.replace(value.trim()).is_some() {
            return None;
        }
    }
    let value = found?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"'),
        None => Some(value),
    }
}

/// An address with or without a port, IPv6 with or without brackets.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}
