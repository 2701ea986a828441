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

#[cfg(test)]
mod tests {
    use super::ForwardedHeader::{Forwarded, XForwardedFor};
    use super::*;

    fn from(peer: &str, values: &[&str], kind: ForwardedHeader) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), values, &trusted, kind).to_string()
    }

    #[test]
    fn i12_strangers_are_never_believed() {
        let thousand = vec!["6.6.6.6"; 1000].join(", ");
        for value in ["a", "6.6.6.6", "10.0.0.1", "", ",", thousand.as_str()] {
            assert_eq!(from("203.0.113.9", &[value], XForwardedFor), "203.0.113.9");
            assert_eq!(from("203.0.113.9", &[&format!("for={value}")], Forwarded), "203.0.113.9");
        }
        assert_eq!(
            client_address("10.0.0.1".parse().unwrap(), &["6.6.6.6"], &[], XForwardedFor).to_string(),
            "10.0.0.1"
        );
    }

    #[test]
    fn i12_the_walk_goes_from_the_right_and_stops_at_the_first_stranger() {
        for (values, expected) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            (&["6.6.6.6", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9", "10.0.0.2"], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9 , , "], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db8::9]:4711"], "2001:db8::9"),
            (&["[2001:db8::9]"], "2001:db8::9"),
            (&["2001:db8::9"], "2001:db8::9"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            (&["203.0.113.9, ::ffff:10.0.0.2, fd00::1"], "203.0.113.9"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&[], "10.0.0.1"),
            (&["", " "], "10.0.0.1"),
        ] {
            assert_eq!(from("10.0.0.1", values, XForwardedFor), expected, "{values:?}");
            assert_eq!(from("::ffff:10.0.0.1", values, XForwardedFor), expected, "{values:?}");
        }
    }

    #[test]
    fn i12_what_is_no_address_ends_the_walk_at_the_last_trusted_hop() {
        for value in [
            "a",
            "6.6.6.6, a",
            "6.6.6.6, unknown",
            "6.6.6.6, _hidden",
            "6.6.6.6, 1.2.3",
            "6.6.6.6, \"10.0.0.2\"",
            "6.6.6.6,\u{0}",
        ] {
            assert_eq!(from("10.0.0.1", &[value], XForwardedFor), "10.0.0.1", "{value}");
        }
        assert_eq!(from("10.0.0.1", &["6.6.6.6, a, 10.0.0.2"], XForwardedFor), "10.0.0.2");
        let hops = format!("a, {}", vec!["10.0.0.9"; 1000].join(","));
        assert_eq!(from("10.0.0.1", &[&hops], XForwardedFor), "10.0.0.9");
    }

    #[test]
    fn i12_forwarded_is_read_as_rfc_7239_says() {
        for (value, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1", "203.0.113.9"),
            ("for=6.6.6.6, for=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=6.6.6.6;host=\"a,b\", by=x;for=\"[2001:db8::9]\";host=\"c,d\"", "2001:db8::9"),
            ("for=203.0.113.9, for=10.0.0.2;proto=http", "203.0.113.9"),
            ("for=6.6.6.6, for=unknown", "10.0.0.1"),
            ("for=6.6.6.6, for=_x", "10.0.0.1"),
            ("for=6.6.6.6, proto=http", "10.0.0.1"),
            ("for=6.6.6.6, for=7.7.7.7;for=8.8.8.8", "10.0.0.1"),
            ("for=6.6.6.6, for=\"7.7.7.7", "10.0.0.1"),
            ("6.6.6.6", "10.0.0.1"),
        ] {
            assert_eq!(from("10.0.0.1", &[value], Forwarded), expected, "{value}");
        }
    }

    #[test]
    fn i12_an_open_quote_does_not_swallow_what_the_proxy_appended() {
        for sent in ["for=\"x", "for=6.6.6.6;a=\"", "\"", "for=\"6.6.6.6\\\"", "for=6.6.6.6,\""] {
            for (appended, expected) in [("for=203.0.113.9", "203.0.113.9"), ("for=\"[2001:db8::9]:1\"", "2001:db8::9")]
            {
                assert_eq!(from("10.0.0.1", &[&format!("{sent}, {appended}")], Forwarded), expected, "{sent}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn i12_no_header_breaks_it_and_the_appended_address_is_found(sent in ".{0,80}") {
            for kind in [XForwardedFor, Forwarded] {
                from("10.0.0.1", &[&sent], kind);
            }
            let appended = format!("{sent}, 203.0.113.9");
            proptest::prop_assert_eq!(from("10.0.0.1", &[&appended], XForwardedFor), "203.0.113.9");
            let appended = format!("{sent}, for=203.0.113.9");
            proptest::prop_assert_eq!(from("10.0.0.1", &[&appended], Forwarded), "203.0.113.9");
        }
    }

    #[test]
    fn a_rate_key_is_an_ipv4_address_or_an_ipv6_network() {
        for (address, key) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(rate_key(address.parse().unwrap()), key);
        }
    }
}
