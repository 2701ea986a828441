//! A reader for the HTML that our own templates write: every attribute quoted or bare, no comments. It refuses anything
//! else, so that a page cannot hide a tag from the tests.

/// A page taken apart.
pub(super) struct Markup {
    pub(super) tags: Vec<Tag>,
    pub(super) texts: Vec<String>,
}

/// An opening or closing tag (`/p`).
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// Whether the next thing on the page is a closing tag.
    pub(super) is_empty: bool,
}

impl Tag {
    pub(super) fn value(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

impl Markup {
    pub(super) fn read(html: &str) -> Self {
        let (mut tags, mut texts) = (Vec::new(), Vec::new());
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            texts.push(unescape(&rest[..at]));
            let (tag, after) = read_tag(&rest[at + 1..]);
            rest = after;
            tags.push(Tag { is_empty: rest.starts_with("</"), ..tag });
        }
        texts.push(unescape(rest));
        Self { tags, texts }
    }

    /// The first value of an attribute on a tag.
    pub(super) fn attribute(&self, tag: &str, attribute: &str) -> Option<&str> {
        self.tags.iter().find(|found| found.name == tag).and_then(|found| found.value(attribute))
    }

    /// Every value of an attribute.
    pub(super) fn values<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        self.tags.iter().filter_map(move |tag| tag.value(attribute))
    }

    /// Tags and attribute names in order, without any text.
    pub(super) fn shape(&self) -> Vec<(&str, Vec<&str>)> {
        self.tags
            .iter()
            .map(|tag| (tag.name.as_str(), tag.attributes.iter().map(|(name, _)| name.as_str()).collect()))
            .collect()
    }
}

fn read_tag(text: &str) -> (Tag, &str) {
    let end = text.find([' ', '>']).expect("a tag ends");
    let (name, mut rest) = text.split_at(end);
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "/!".contains(c)), "<{name}");
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return (Tag { name: name.to_owned(), attributes, is_empty: false }, after);
        }
        let end = rest.find(['=', ' ', '>']).expect("an attribute ends");
        let attribute = rest[..end].to_owned();
        let is_name = !attribute.is_empty() && attribute.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        assert!(is_name, "{attribute:?} in <{name}>");
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix("=\"") {
            let end = after.find('"').expect("a quoted value ends");
            value = unescape(&after[..end]);
            rest = &after[end + 1..];
        }
        attributes.push((attribute, value));
    }
}

/// Undoes character references; refuses an ampersand that begins none.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').expect("a reference ends") + at;
        let code = rest[at + 1..end].strip_prefix('#').expect("numeric references only");
        out.push(char::from_u32(code.parse().expect("a number")).expect("a character"));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
