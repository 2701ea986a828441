//! Owns how an address that was sent differs from the registered ones, and what to say of it. It does not own the comparison
//! that counts, which is by bytes (`redirect_uri::matches`).

use url::Url;

use super::Diagnosis;

const ADD_REDIRECT_URI: &str = "vouchsafe client edit --add-redirect-uri";

/// In what one address differs from another; the least difference first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    WhiteSpace,
    Slash,
    Encoding,
    Case,
    Fragment,
    Port,
    Scheme,
    Query,
    Loopback,
    Www,
    Host,
    Path,
    Several,
    NotAbsolute,
}

/// `redirect_uri` of an authorization request. `owners`: clients that registered the very address.
pub(super) fn redirect_uri(registered: &str, sent: &str, owners: &[String]) -> Diagnosis {
    if sent.ends_with("/admin/try/callback") {
        return Diagnosis {
            command: None,
            mistake: "The request goes back to the console's page for trying clients out, and no run of this browser asked for \
                      it: the run is over, was begun in another console session, or the client or your role changed."
                .to_owned(),
            mend: "Begin another run from the client's page in the console. No app can use this address.".to_owned(),
        };
    }
    if !owners.is_empty() {
        let (app, owners) = ("the app's settings", owners.join(", "));
        return Diagnosis {
            mistake: format!("The redirect_uri {sent} is registered, but only for another client: {owners}."),
            mend: format!(
                "Look at client_id in {app}: it is that of another app. Or register the address for this client too."
            ),
            command: Some(ADD_REDIRECT_URI),
        };
    }
    let mend = "Send a registered address, byte by byte, or register this one.";
    compare("redirect_uri", registered, sent, (mend, ADD_REDIRECT_URI))
}

/// `redirect_uri` of a token request.
pub(super) fn at_token_endpoint(expected: &str, sent: &str) -> Diagnosis {
    let difference = difference(expected, sent);
    Diagnosis {
        mistake: format!(
            "The redirect_uri of the token request is not the one of the authorization request: {}.",
            told(difference, expected, sent)
        ),
        mend: format!("Send the same text in both requests: {expected}. Take both from one setting."),
        command: None,
    }
}

/// `post_logout_redirect_uri`.
pub(super) fn after_logout(registered: &str, sent: &str) -> Diagnosis {
    let mend = "Send a registered address, byte by byte, or register this one; redirect URIs do not count here.";
    let command = "vouchsafe client edit --add-post-logout-redirect-uri";
    compare("post_logout_redirect_uri", registered, sent, (mend, command))
}

/// `resource` (RFC 8707).
pub(super) fn resource(allowed: &str, sent: &str) -> Diagnosis {
    let list = allowed.split(' ').collect::<Vec<_>>().join(" | ");
    let mend = "Send a resource that the client's audiences or the asked scopes name, or have this one added.";
    compare("resource", &list, sent, (mend, "vouchsafe client edit --audience"))
}

fn compare(parameter: &str, registered: &str, sent: &str, (mend, command): (&str, &'static str)) -> Diagnosis {
    let candidates = registered.split(" | ").filter(|one| !one.is_empty());
    let closest = candidates.map(|one| (difference(one, sent), strsim::levenshtein(one, sent), one)).min();
    let Some((difference, _, closest)) = closest else {
        return Diagnosis {
            mistake: format!("The client has no {parameter} registered at all, and {sent} was sent."),
            mend: mend.to_owned(),
            command: Some(command),
        };
    };
    let advice = advice(difference);
    let told = told(difference, closest, sent);
    Diagnosis {
        mistake: format!("The {parameter} is not a registered one: {told}."),
        mend: if advice.is_empty() { mend.to_owned() } else { format!("{mend} {advice}") },
        command: Some(command),
    }
}

fn difference(registered: &str, sent: &str) -> Difference {
    if registered == sent.trim() {
        return Difference::WhiteSpace;
    }
    if registered.trim_end_matches('/') == sent.trim_end_matches('/') {
        return Difference::Slash;
    }
    if decoded(registered) == decoded(sent) {
        return Difference::Encoding;
    }
    if registered.eq_ignore_ascii_case(sent) {
        return Difference::Case;
    }
    match (Url::parse(registered), Url::parse(sent)) {
        (Ok(registered), Ok(sent)) => by_parts(&registered, &sent),
        (_, Err(_)) => Difference::NotAbsolute,
        (Err(_), _) => Difference::Several,
    }
}

fn by_parts(registered: &Url, sent: &Url) -> Difference {
    let host = match (registered.host_str().unwrap_or_default(), sent.host_str().unwrap_or_default()) {
        (a, b) if is_loopback(a) && is_loopback(b) => Difference::Loopback,
        (a, b) if a.trim_start_matches("www.") == b.trim_start_matches("www.") => Difference::Www,
        _ => Difference::Host,
    };
    let parts = [
        (registered.scheme() != sent.scheme(), Difference::Scheme),
        (registered.host_str() != sent.host_str(), host),
        (registered.port() != sent.port(), Difference::Port),
        (registered.path() != sent.path(), Difference::Path),
        (registered.query() != sent.query(), Difference::Query),
        (registered.fragment() != sent.fragment(), Difference::Fragment),
    ];
    let mut differing = parts.iter().filter(|(differs, _)| *differs).map(|(_, difference)| *difference);
    match (differing.next(), differing.next()) {
        (Some(only), None) => only,
        _ => Difference::Several,
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

/// Percent-decoded until nothing changes, three times at most.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..3 {
        let plus = text.replace('+', "%2B");
        let Ok(next) = crate::oauth::params::decode(plus.as_bytes()) else { break };
        text = next;
    }
    text
}

fn told(difference: Difference, registered: &str, sent: &str) -> String {
    let what = match difference {
        Difference::WhiteSpace => "white space stands before or behind it",
        Difference::Slash if sent.len() > registered.len() => "it has a slash at its end too many",
        Difference::Slash => "the slash at its end is missing",
        Difference::Encoding => "it is percent-encoded in another way",
        Difference::Case => "it differs in upper and lower case",
        Difference::Fragment => "it has a fragment (#…)",
        Difference::Port => "the port is another one",
        Difference::Scheme => "the scheme is another one (http and https, for example)",
        Difference::Query => "the query is another one",
        Difference::Loopback => "the loopback host is written in another way",
        Difference::Www => "the host differs by www",
        Difference::Host => "the host is another one",
        Difference::Path => "the path is another one",
        Difference::Several => "it differs in several parts",
        Difference::NotAbsolute => "it is no absolute address",
    };
    format!("{what}; sent was {sent}, registered is {registered}")
}

fn advice(difference: Difference) -> &'static str {
    match difference {
        Difference::WhiteSpace => "Trim the setting.",
        Difference::Slash => "With and without a slash at the end are two addresses.",
        Difference::Encoding => "Percent-encode the value once: most libraries do it themselves.",
        Difference::Case => "Upper and lower case count in every part.",
        Difference::Fragment => "The fragment never reaches a server: keep what it says under the state.",
        Difference::Port => {
            "Only a native app with http://127.0.0.1 or http://[::1] may choose its port; localhost has no free port."
        }
        Difference::Scheme => {
            "Behind a proxy the app may not know that it is reached by https: have it trust X-Forwarded-Proto or set its \
             public address. Plain http is for loopback addresses only."
        }
        Difference::Query => "The query belongs to the address: put what changes into the state.",
        Difference::Loopback => "127.0.0.1, [::1] and localhost are three hosts.",
        Difference::Www | Difference::Host => {
            "Behind a proxy the app may take an inner host for its own: set its public address. Test and production need an \
             address each."
        }
        Difference::NotAbsolute => "Send it in full, with scheme and host.",
        Difference::Path | Difference::Several => "",
    }
}
