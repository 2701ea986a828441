//! Owns redirect URIs: what may be registered, parsed strictly and once, and what matches, compared byte by byte
//! (RFC 9700 section 2.1, RFC 8252 sections 7.1 and 7.3). It does not own sending anybody there: only
//! `authorize::Callback` does.

use crate::oauth::client_policy::Profile;

/// Why a URI cannot be registered. The words go to the administrator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriRefusal {
    /// Not an absolute URI.
    #[error("it is not an absolute URI; write it in full, for example https://app.example.com/callback")]
    NotAbsolute,
    /// Two spellings of one URI must not exist: the registered text is what is compared.
    #[error("write it in its normal form: {0}")]
    NotNormal(String),
    /// RFC 6749 section 3.1.2.
    #[error("it must not have a fragment (#…)")]
    Fragment,
    /// Security case A01.
    #[error("it must not have a user name or password before the host")]
    UserInfo,
    /// Security case A13.
    #[error("wildcards do not exist here: register each URI in full")]
    Wildcard,
    /// Plain http carries codes in the clear.
    #[error("http is allowed for loopback addresses only (127.0.0.1, [::1], localhost); use https")]
    PlainHttp,
    /// RFC 8252 section 7.1.
    #[error("a private-use scheme must contain a dot, like com.example.app:/callback")]
    SchemeWithoutDot,
    /// Only native apps can own a scheme.
    #[error("only clients of profile native may use a private-use scheme; use https")]
    PrivateScheme,
    /// Control, white space or non-ASCII characters.
    #[error("it contains a character that cannot stand in a URI; use percent-encoding and punycode")]
    Character,
    /// Longer than 2,000 bytes.
    #[error("it is longer than 2000 bytes")]
    TooLong,
}

/// Judges a URI for registration, as a redirect URI or as an address for after the logout.
///
/// # Errors
/// A [`RedirectUriRefusal`] whose words tell the administrator what to change.
pub fn judge(text: &str, profile: Profile) -> Result<(), RedirectUriRefusal> {
    if text.len() > 2_000 {
        return Err(RedirectUriRefusal::TooLong);
    }
    if !text.bytes().all(|b| matches!(b, 0x21..=0x7e)) || text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}'])
    {
        return Err(RedirectUriRefusal::Character);
    }
    if text.contains('*') {
        return Err(RedirectUriRefusal::Wildcard);
    }
    if text.contains('#') {
        return Err(RedirectUriRefusal::Fragment);
    }
    let url = url::Url::parse(text).map_err(|_| RedirectUriRefusal::NotAbsolute)?;
    if !url.username().is_empty() || url.password().is_some() || authority(text).is_some_and(|a| a.contains('@')) {
        return Err(RedirectUriRefusal::UserInfo);
    }
    judge_scheme(&url, profile)?;
    // An authority alone (https://app.test) is the one spelling the parser changes that we take as it is written.
    let normal = url.as_str();
    let bare = normal.strip_suffix('/').filter(|_| url.path() == "/" && url.query().is_none());
    if normal != text && bare != Some(text) {
        return Err(RedirectUriRefusal::NotNormal(normal.to_owned()));
    }
    Ok(())
}

fn judge_scheme(url: &url::Url, profile: Profile) -> Result<(), RedirectUriRefusal> {
    match url.scheme() {
        "https" if url.host_str().is_some() => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(RedirectUriRefusal::PlainHttp),
        _ if profile != Profile::Native => Err(RedirectUriRefusal::PrivateScheme),
        scheme if !scheme.contains('.') => Err(RedirectUriRefusal::SchemeWithoutDot),
        _ => Ok(()),
    }
}

fn is_loopback(url: &url::Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

fn authority(text: &str) -> Option<&str> {
    let rest = text.split_once("://")?.1;
    Some(rest.split(['/', '?']).next().unwrap_or(rest))
}

/// Whether a presented URI is the registered one: byte equality, and for native clients the port of a loopback address is
/// free (RFC 8252 section 7.3). Nothing is parsed or normalised.
pub fn matches(registered: &str, presented: &str, profile: Profile) -> bool {
    registered == presented || (profile == Profile::Native && matches_with_free_port(registered, presented))
}

fn matches_with_free_port(registered: &str, presented: &str) -> bool {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        let (Some(ours), Some(theirs)) = (registered.strip_prefix(host), presented.strip_prefix(host)) else {
            continue;
        };
        return after_port(ours, true).is_some_and(|rest| after_port(theirs, false) == Some(rest));
    }
    false
}

/// What follows the port. The registered URI may have none; the presented one must have one from 1 to 65535.
fn after_port(text: &str, may_lack: bool) -> Option<&str> {
    let Some(rest) = text.strip_prefix(':') else {
        return (may_lack && (text.is_empty() || text.starts_with('/'))).then_some(text);
    };
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let port_is_good = !digits.starts_with('0') && digits.parse::<u16>().is_ok_and(|port| port > 0);
    (port_is_good && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

/// The registered addresses for the trace, the ones most like the presented one first: the text may be cut.
pub fn listed(registered: &[String], presented: &str) -> String {
    let alike = |one: &str| {
        let (a, b) = (one.as_bytes(), presented.as_bytes());
        let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        front + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
    };
    let mut ordered: Vec<&str> = registered.iter().map(String::as_str).collect();
    ordered.sort_by_cached_key(|one| std::cmp::Reverse(alike(one)));
    ordered.join(" | ")
}

/// The host a person is sent back to, for the consent page; the scheme where there is no host.
pub fn shown_host(uri: &str) -> String {
    match url::Url::parse(uri) {
        Ok(url) => match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => format!("{}:", url.scheme()),
        },
        Err(_) => uri.to_owned(),
    }
}

/// Whether any program on the person's machine could be listening at the URI: loopback or a private-use scheme. Consent is
/// never skipped for such a public client (RFC 8252 section 8.6).
pub fn is_claimable_by_others(uri: &str) -> bool {
    !uri.starts_with("https://")
}

/// The origin (`scheme://host[:port]`) of a web redirect URI, for CORS; `None` for private-use schemes.
pub fn origin(uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://c1.test/cb";

    #[test]
    fn a01_to_a09_only_the_exact_bytes_match() {
        for evil in [
            "https://c1.test@evil.test/cb",
            "https://c1.test:x@evil.test/cb",
            "https://a@b@c1.test/cb",
            "https://c1.test\\@evil.test/cb",
            "https://x@c1.test/cb",
            "https://c1.test/cb/../evil",
            "https://c1.test/cb/%2e%2e/evil",
            "https://c1.test/cb/..;/evil",
            "https://c1.test/cb%2f..%2fevil",
            "https://c1.test/cb/",
            "https://c1.test//cb",
            "https://c1.test/%63b",
            "https://c1.test/cb;x=1",
            "https://c1.test/cb%00",
            "https://c1.test/other",
            "https://c1.test/cb?x=1",
            "https://c1.test/cb?code=evil&state=evil",
            "https://c1.test/cb#x",
            "https://c1.test/cb%23x",
            "https://c1.test/cb#",
            "HTTPS://c1.test/cb",
            "https://C1.test/cb",
            "https://c1.test/CB",
            "https://c1\u{3002}test/cb",
            "https://\u{441}1.test/cb",
            "https://c1.test:443/cb",
            "https://c1.te\tst/cb",
            "https://c1.test/cb ",
            "https://c1.test/cb%0d%0a",
            "//evil.test",
            "https:evil.test",
            "https:/evil.test",
            "///evil",
            "/\\evil.test",
            "/cb",
            "",
            " ",
        ] {
            assert!(!matches(WEB, evil, Profile::Web), "{evil}");
            assert!(!matches(WEB, evil, Profile::Native), "{evil}");
        }
        assert!(matches(WEB, WEB, Profile::Web));
        assert!(!matches("https://c1.test/cb?a=1&b=2", "https://c1.test/cb?b=2&a=1", Profile::Web));
        assert!(!matches("https://c1.test/*", "https://c1.test/x", Profile::Web), "a13: a star is a star");
    }

    #[test]
    fn a11_loopback_port_is_free_for_native_clients_only() {
        let registered = "http://127.0.0.1/cb";
        for good in ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://127.0.0.1:49152/cb", registered] {
            assert!(matches(registered, good, Profile::Native), "{good}");
        }
        assert!(!matches(registered, "http://127.0.0.1:5000/cb", Profile::Web));
        assert!(matches("http://127.0.0.1:7000/cb", "http://127.0.0.1:7001/cb", Profile::Native));
        assert!(matches("http://[::1]/cb", "http://[::1]:5/cb", Profile::Native));
        for evil in [
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1@evil.test/cb",
            "http://127.0.0.1:5@evil.test/cb",
            "http://localhost:5/cb",
            "http://[::1]:5/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://127.1/cb",
            "http://2130706433/cb",
            "http://0.0.0.0/cb",
            "https://127.0.0.1/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:00080/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:5/cb?x",
            "http://127.0.0.1:5/other",
            "http://127.0.0.1:5",
        ] {
            assert!(!matches(registered, evil, Profile::Native), "{evil}");
        }
    }

    #[test]
    fn a12_private_use_schemes_match_exactly_and_need_a_dot() {
        let registered = "com.example.app:/cb";
        assert_eq!(judge(registered, Profile::Native), Ok(()));
        assert_eq!(judge(registered, Profile::Web), Err(RedirectUriRefusal::PrivateScheme));
        assert_eq!(judge("app:/cb", Profile::Native), Err(RedirectUriRefusal::SchemeWithoutDot));
        for evil in ["com.example.app://evil/cb", "com.example.app:/cb2", "COM.example.app:/cb"] {
            assert!(!matches(registered, evil, Profile::Native), "{evil}");
        }
        for scheme in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"] {
            assert!(judge(scheme, Profile::Native).is_err(), "{scheme}");
        }
    }

    #[test]
    fn registration_takes_one_spelling_only() {
        for good in [
            WEB,
            "https://c1.test/cb?a=1&b=2",
            "https://c1.test",
            "https://c1.test/",
            "http://localhost:3000/cb",
            "http://[::1]/cb",
        ] {
            assert_eq!(judge(good, Profile::Web), Ok(()), "{good}");
        }
        use RedirectUriRefusal as R;
        for (bad, why) in [
            ("https://x@c1.test/cb", R::UserInfo),
            ("https://@c1.test/cb", R::UserInfo),
            ("https://c1.test/cb#x", R::Fragment),
            ("https://c1.test/cb#", R::Fragment),
            ("*", R::Wildcard),
            ("https://*.c1.test/cb", R::Wildcard),
            ("http://c1.test/cb", R::PlainHttp),
            ("http://127.0.0.1.evil.test/cb", R::PlainHttp),
            ("/cb", R::NotAbsolute),
            ("//evil.test", R::NotAbsolute),
            ("https://c1.test/a b", R::Character),
            ("https://c1.test/\u{e4}", R::Character),
            ("HTTPS://c1.test/cb", R::NotNormal(WEB.into())),
            ("https://C1.test/cb", R::NotNormal(WEB.into())),
            ("https://c1.test:443/cb", R::NotNormal(WEB.into())),
            ("https:c1.test/cb", R::NotNormal(WEB.into())),
            ("https://c1.test/x/../cb", R::NotNormal(WEB.into())),
            ("http://127.1/cb", R::NotNormal("http://127.0.0.1/cb".into())),
        ] {
            assert_eq!(judge(bad, Profile::Web), Err(why), "{bad}");
        }
        assert_eq!(judge(&format!("https://c1.test/{}", "a".repeat(3_000)), Profile::Web), Err(R::TooLong));
    }

    #[test]
    fn the_closest_of_many_addresses_is_listed_first() {
        let mut registered: Vec<String> = (0..50).map(|i| format!("https://app{i}.test/a/long/callback/{i}")).collect();
        registered.push(WEB.to_owned());
        for sent in ["https://c1.test/cb/", "http://c1.test/cb", "https://c1.test/CB", "https://c1.test:444/cb"] {
            assert!(listed(&registered, sent).starts_with(&format!("{WEB} | ")), "{sent}");
        }
        assert_eq!(listed(&[], WEB), "");
    }

    #[test]
    fn the_host_shown_at_consent_is_where_the_person_goes() {
        assert_eq!(shown_host("https://app.test:8443/cb"), "app.test:8443");
        assert_eq!(shown_host("com.example.app:/cb"), "com.example.app:");
        assert_eq!(origin("https://app.test/cb").as_deref(), Some("https://app.test"));
        assert_eq!(origin("com.example.app:/cb"), None);
    }
}
