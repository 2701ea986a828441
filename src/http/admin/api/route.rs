//! Owns the form of one line of the API's table: method, path, the permission it needs, what goes in and what comes out. A
//! line without a permission does not compile. It does not own the lines (each noun has its own) nor what handlers do.

use std::future::Future;
use std::pin::Pin;

use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::answer::Answer;
use super::call::ApiCall;
use super::problem::Stop;
use crate::http::routes::Method;
use crate::identity::Permission;

/// What a handler gives back.
pub type Outcome = Result<Answer, Stop>;

pub(super) type Running = Pin<Box<dyn Future<Output = Outcome>>>;

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// This permission.
    Permission(Permission),
    /// Each of these permissions, the one that matters most first.
    All(&'static [Permission]),
    /// One of these two permissions.
    Either(Permission, Permission),
    /// Any permission at all: what it shows is cut to what the caller may see.
    SomePermission,
    /// A good access token for the API and nothing more: says only what that token may do.
    Token,
}

/// The type of a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A point in time (RFC 3339).
    Time,
    /// A whole number within bounds.
    Number(i64, i64),
}

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it does.
    pub words: &'static str,
    /// Whether it must be there.
    pub required: bool,
}

impl Query {
    /// A parameter that may be left out.
    pub const fn new(name: &'static str, kind: Kind, words: &'static str) -> Self {
        Self { name, kind, words, required: false }
    }

    /// A parameter that must be there.
    pub const fn required(name: &'static str, kind: Kind, words: &'static str) -> Self {
        Self { name, kind, words, required: true }
    }
}

/// Schemas by name, as they are collected for the document.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A type as the OpenAPI document names it.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Adds the type and all it refers to; gives the reference to it.
    pub collect: fn(&mut Schemas) -> Ref,
}

impl Shape {
    const fn of<T: ToSchema>() -> Self {
        Self { collect: collect::<T> }
    }
}

/// A page of a list: what [`super::answer::PageOf`] becomes.
fn collect_page<T: ToSchema>(into: &mut Schemas) -> Ref {
    let item = collect::<T>(into);
    let next = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Give it back as `after` for the next page; null at the end."));
    let items = ArrayBuilder::new().items(item).description(Some("The items, in the list's order."));
    let page = ObjectBuilder::new()
        .description(Some("A part of a list."))
        .property("items", items)
        .required("items")
        .property("next", next)
        .required("next");
    let name = format!("PageOf{}", T::name());
    into.push((name.clone(), page.build().into()));
    Ref::from_schema_name(name)
}

fn collect<T: ToSchema>(into: &mut Schemas) -> Ref {
    T::schemas(into);
    into.push((T::name().into_owned(), T::schema()));
    Ref::from_schema_name(T::name())
}

/// What an answer holds.
#[derive(Clone, Copy)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// JSON of this type.
    Json(Shape),
    /// JSON lines of this type, one a line, in pieces.
    Lines(Shape),
    /// An image.
    Image,
}

/// What a request holds.
#[derive(Clone, Copy)]
pub enum Body {
    /// Nothing: a body is not read.
    Nothing,
    /// JSON of this type.
    Json(Shape),
    /// A merge patch (RFC 7396) of a document of this type.
    Patch(Shape),
    /// An image.
    Image,
}

/// One line of the table.
#[derive(Clone, Copy)]
pub struct ApiRoute {
    /// Method.
    pub method: Method,
    /// Path below the API's own; `{…}` stands for one segment.
    pub path: &'static str,
    /// What the caller needs.
    pub needs: Needs,
    /// Its name: `operationId` in the document, and the step in the trace.
    pub id: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// More about it; may be empty.
    pub details: &'static str,
    /// Query parameters. Others are refused.
    pub query: &'static [Query],
    /// What goes in.
    pub body: Body,
    /// An example of what goes in, as JSON; may be empty.
    pub example: &'static str,
    /// Status of success.
    pub status: u16,
    /// What comes out.
    pub content: Content,
    /// Whether the thing has a version: then answers carry an ETag, and `If-Match` is honoured.
    pub versioned: bool,
    /// Whether `Idempotency-Key` counts though nothing is made that has an address.
    pub once: bool,
    /// Handler.
    pub run: fn(ApiCall) -> Running,
}

impl ApiRoute {
    /// A line that takes nothing and answers 204: for [`line!`], which writes it shorter.
    pub(super) const fn new(
        method: Method,
        path: &'static str,
        needs: Needs,
        id: &'static str,
        run: fn(ApiCall) -> Running,
    ) -> Self {
        Self {
            method,
            path,
            needs,
            id,
            summary: "",
            details: "",
            query: &[],
            body: Body::Nothing,
            example: "",
            status: 204,
            content: Content::Nothing,
            versioned: false,
            once: false,
            run,
        }
    }

    /// Says what it does, in one line.
    pub const fn does(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Says more about it.
    pub const fn more(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// Takes these query parameters.
    pub const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }

    /// Takes JSON of this type.
    pub const fn takes<T: ToSchema>(mut self) -> Self {
        self.body = match self.method {
            Method::Patch => Body::Patch(Shape::of::<T>()),
            _ => Body::Json(Shape::of::<T>()),
        };
        self
    }

    /// Shows an example of what goes in.
    pub const fn example(mut self, json: &'static str) -> Self {
        self.example = json;
        self
    }

    /// Takes an image.
    pub const fn takes_image(mut self) -> Self {
        self.body = Body::Image;
        self
    }

    /// Answers 200 with JSON of this type.
    pub const fn gives<T: ToSchema>(mut self) -> Self {
        (self.status, self.content) = (200, Content::Json(Shape::of::<T>()));
        self
    }

    /// Answers 200 with a page of a list of this type.
    pub const fn gives_page<T: ToSchema>(mut self) -> Self {
        (self.status, self.content) = (200, Content::Json(Shape { collect: collect_page::<T> }));
        self
    }

    /// Answers 201 with JSON of this type, and where the new thing is. Honours `Idempotency-Key`.
    pub const fn creates<T: ToSchema>(mut self) -> Self {
        (self.status, self.content) = (201, Content::Json(Shape::of::<T>()));
        self
    }

    /// Answers 200 with JSON lines of this type.
    pub const fn gives_lines<T: ToSchema>(mut self) -> Self {
        (self.status, self.content) = (200, Content::Lines(Shape::of::<T>()));
        self
    }

    /// Answers 200 with an image.
    pub const fn gives_image(mut self) -> Self {
        (self.status, self.content) = (200, Content::Image);
        self
    }

    /// The thing has a version.
    pub const fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// It makes something, though nothing that has an address: `Idempotency-Key` counts.
    pub(super) const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Whether it makes something that has an address.
    pub fn makes(&self) -> bool {
        self.status == 201
    }

    /// Whether `Idempotency-Key` counts: done twice, it would not be the same as once.
    pub fn is_once(&self) -> bool {
        self.makes() || self.once
    }

    /// The noun: the first segment of its path.
    pub fn noun(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// Names of its path parameters.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// A line: `line!(Get, "/clients", Permission::ClientsRead, client_list)`. The handler's name is the operation's too.
macro_rules! line {
    ($method:ident, $path:literal, $needs:expr, $handler:ident) => {
        $crate::http::admin::api::route::ApiRoute::new(
            $crate::http::routes::Method::$method,
            $path,
            $needs,
            stringify!($handler),
            |call| Box::pin($handler(call)),
        )
    };
}
pub(super) use line;

/// The same for a line that needs more than one: `all(&[WRITE, READ])`.
pub(super) const fn all(permissions: &'static [Permission]) -> Needs {
    Needs::All(permissions)
}

/// What a line needs, in short: `may(Permission::ClientsRead)`.
pub(super) const fn may(permission: Permission) -> Needs {
    Needs::Permission(permission)
}
