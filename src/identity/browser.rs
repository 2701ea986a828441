//! Owns telling a browser in words, from the long description that it sends. It does not own what people are told with it.

/// What browser it is, as in `Firefox on Linux`. What says nothing known is told as it is, cut short: it is a stranger's text.
pub fn in_words(agent: &str) -> String {
    let first = |names: &[&'static str]| names.iter().copied().find(|name| agent.contains(name));
    let name = match first(&["Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"]) {
        Some("Edg") => "Edge",
        Some("OPR") => "Opera",
        Some(name) => name,
        None if agent.is_empty() => "Unknown browser",
        None => return agent.chars().take(40).collect(),
    };
    let system = first(&["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]);
    system.map_or_else(|| name.to_owned(), |system| format!("{name} on {}", system.replace("Mac OS", "macOS")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_in_words_and_strangers_are_cut_short() {
        for (agent, is) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on macOS"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(in_words(agent), is);
        }
        assert_eq!(in_words(&"x".repeat(200)).len(), 40);
    }
}
