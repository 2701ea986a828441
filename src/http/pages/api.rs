//! Owns the reader page of the administration API: every operation, every type, every kind of refusal on one page that needs
//! no script. It does not own what stands on it (`http::admin::api::reader`).

use askama::Template;

use super::Chrome;

/// The reader page.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/api.html")]
pub struct ApiPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Address of the API.
    pub address: String,
    /// Address of the token endpoint.
    pub token_endpoint: String,
    /// The operations, by noun.
    pub groups: Vec<Group>,
    /// The types.
    pub types: Vec<Type>,
    /// Kinds of refusals: status, anchor, title.
    pub problems: Vec<(u16, &'static str, &'static str)>,
}

/// The operations of one noun.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its anchor.
    pub anchor: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub words: String,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name; also the anchor.
    pub id: String,
    /// Its method.
    pub method: &'static str,
    /// Its path below the API.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// More about it.
    pub details: String,
    /// The scope it needs.
    pub scope: Option<String>,
    /// What may stand in query and headers.
    pub parameters: Vec<Member>,
    /// What the body is.
    pub body: Option<Shape>,
    /// An example of the body; may be empty.
    pub example: &'static str,
    /// Status of success.
    pub status: u16,
    /// What comes back.
    pub answer: Option<Shape>,
}

/// One type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// What it is.
    pub words: String,
    /// What it is, for a type that has no members.
    pub shape: Shape,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a type, or a parameter.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it stands, if not in the body.
    pub place: &'static str,
    /// Its type.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub words: String,
}

/// A type in words, with the named type it leads to.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// In words, before the named type.
    pub words: String,
    /// The named type.
    pub link: Option<String>,
    /// In words, after it.
    pub more: &'static str,
}

impl ApiPage {
    fn reader_css(&self) -> String {
        self.chrome.asset("reader.css")
    }
}
