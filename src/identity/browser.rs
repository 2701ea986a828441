//! Owns telling which browser it is, from the long description that it sends. That is a stranger's text, so nothing of it is ever
//! repeated but a short plain name (security cases B09 and B11). It does not own what people are told with it.

/// What a description says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// As in `Firefox`; `None` if nothing in it is a name.
    pub name: Option<String>,
    /// As in `Linux`.
    pub system: Option<&'static str>,
}

/// Longest name of a program that is not among those known here.
const LONGEST: usize = 20;

/// Reads a description (`User-Agent`).
pub fn read(agent: &str) -> Browser {
    let first = |names: &[&'static str]| names.iter().copied().find(|name| agent.contains(name));
    let name = match first(&["Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"]) {
        Some("Edg") => "Edge",
        Some("OPR") => "Opera",
        Some(name) => name,
        None => return Browser { name: product(agent), system: None },
    };
    let system = first(&["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]);
    let system = system.map(|system| if system == "Mac OS" { "macOS" } else { system });
    Browser { name: Some(name.to_owned()), system }
}

/// The first product of a description (RFC 9110 section 10.1.5), if it is one word that leads nowhere.
fn product(agent: &str) -> Option<String> {
    let (name, _version) = agent.split_once('/')?;
    let is_word = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|b| b.is_ascii_alphanumeric());
    is_word.then(|| name.to_owned())
}

/// In English, for administrators: as in `Firefox on Linux`.
pub fn in_words(agent: &str) -> String {
    let browser = read(agent);
    let name = browser.name.unwrap_or_else(|| "Unknown browser".to_owned());
    browser.system.map_or(name.clone(), |system| format!("{name} on {system}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_in_words() {
        for (agent, is) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on macOS"),
            ("Wget/1.25", "Wget"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(in_words(agent), is);
        }
    }

    #[test]
    fn b09_a_description_says_nothing_to_people() {
        for agent in [
            "Unlock at https://evil.example/now !!",
            "evil.example/now",
            "Call 0900 1234 now/1.0",
            "https://evil.example",
            "Your account is locked",
            "a\r\nBcc: x@evil.example/1",
            &format!("{}/1", "x".repeat(21)),
        ] {
            assert_eq!(in_words(agent), "Unknown browser", "{agent}");
        }
        // What is known is told, and nothing beside it.
        assert_eq!(in_words("Chrome https://evil.example Linux"), "Chrome on Linux");
    }
}
