//! Owns choosing a language from what somebody would rather read: lists of tags by preference, and `Accept-Language`. It does
//! not own whose wish counts first (`http::call` and the sign-in under way).

use super::Language;

/// More wishes than these are not looked at.
const MOST: usize = 50;

/// The first language we have among tags parted by spaces, best first (`ui_locales`, OIDC Core section 3.1.2.1). Unknown ones
/// are no mistake.
pub fn first_known(tags: &str) -> Option<Language> {
    tags.split_ascii_whitespace().take(MOST).find_map(lookup)
}

/// The language that an `Accept-Language` header asks for (RFC 9110 section 12.5.4), if we have one of them.
pub fn accepted(header: &str) -> Option<Language> {
    let mut wishes: Vec<(&str, u16)> = header.split(',').take(MOST).filter_map(wish).collect();
    // Stable: of two equal ones the first counts.
    wishes.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let (wanted, unwanted) =
        wishes.split_at(wishes.iter().position(|(_, weight)| *weight == 0).unwrap_or(wishes.len()));
    let is_unwanted =
        |language: &Language| unwanted.iter().any(|(range, _)| range.eq_ignore_ascii_case(language.tag()));
    wanted.iter().find_map(|(range, _)| match *range {
        "*" => Language::all().find(|language| !is_unwanted(language)),
        range => lookup(range).filter(|language| !is_unwanted(language)),
    })
}

/// A range and its weight in thousandths (RFC 9110 section 12.4.2); `None` for what has another form.
fn wish(text: &str) -> Option<(&str, u16)> {
    let (range, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let digits = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="))?.trim();
    let weight: f32 = digits.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    // Between 0 and 1000, so nothing is lost.
    Some((range.trim(), (weight * 1000.0).round() as u16))
}

/// RFC 4647 section 3.4: the range is made shorter from its end until it is a language of ours.
fn lookup(range: &str) -> Option<Language> {
    let mut range = range;
    loop {
        if let Some(language) = Language::with_tag(range) {
            return Some(language);
        }
        range = range.rsplit_once('-')?.0;
        // A single letter begins an extension, and says nothing without what followed it.
        if let Some((shorter, single)) = range.rsplit_once('-').filter(|(_, last)| last.len() == 1) {
            debug_assert_eq!(single.len(), 1);
            range = shorter;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(language: Option<Language>) -> &'static str {
        language.map_or("none", Language::tag)
    }

    #[test]
    fn oidc_core_3_1_2_1_ui_locales_in_order_and_unknown_ones_passed_over() {
        for (wished, got) in [
            ("de", "de"),
            ("fr-CA fr de en", "de"),
            ("en de", "en"),
            ("DE-at", "de"),
            ("tlh", "none"),
            ("", "none"),
            ("  de  ", "de"),
            ("../de", "none"),
        ] {
            assert_eq!(tag(first_known(wished)), got, "{wished:?}");
        }
    }

    #[test]
    fn rfc9110_12_5_4_accept_language_by_weight() {
        for (header, got) in [
            ("de", "de"),
            ("de-CH, de;q=0.9, en;q=0.8", "de"),
            ("en;q=0.4, de;q=0.5", "de"),
            ("fr, de;q=0.2", "de"),
            ("fr, *;q=0.1", "en"),
            ("en;q=0, *", "de"),
            ("de;q=0", "none"),
            ("de;q=0, de-AT", "none"),
            ("de;q=2, en;q=0.1", "en"),
            ("de;q=x", "none"),
            ("de ; q=0.5 , en ; Q=0.6", "en"),
            ("", "none"),
            (",,,", "none"),
        ] {
            assert_eq!(tag(accepted(header)), got, "{header:?}");
        }
    }

    #[test]
    fn rfc4647_3_4_lookup_makes_a_range_shorter() {
        for (range, got) in
            [("de-Latn-DE-1996", "de"), ("de-x-private", "de"), ("x-de", "none"), ("deu", "none"), ("de-", "de")]
        {
            assert_eq!(tag(lookup(range)), got, "{range}");
        }
    }

    #[test]
    fn endless_wishes_are_cut_short() {
        assert_eq!(tag(first_known(&format!("{}de", "fr ".repeat(100)))), "none");
        assert_eq!(tag(accepted(&format!("{}de", "fr,".repeat(100_000)))), "none");
    }
}
