//! Owns how the API says no: problem details (RFC 9457), made of refusals and of faults. It does not own the refusals.

use serde::Serialize;
use utoipa::ToSchema;

use crate::flow::Fault;
use crate::flow::admin::{AdminRefusal, RefusalKind};
use crate::oauth::error::Refusal;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub enum Stop {
    /// It was refused.
    Refused(Problem),
    /// Something of ours broke.
    Broken(Fault),
}

/// A refusal, on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// A short name that never changes.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub detail: Box<str>,
    /// The field it is about.
    pub field: Option<Box<str>>,
    /// For `WWW-Authenticate`.
    pub challenge: Option<Box<str>>,
    /// For `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// For `Allow`.
    pub allow: Option<String>,
    /// Whether the trace has it already.
    pub is_noted: bool,
}

/// The body of an answer that says no (RFC 9457), `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// The kind of problem: an address on the reader page that explains it.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The kind of problem, in words.
    pub title: &'a str,
    /// The HTTP status, again.
    pub status: u16,
    /// What is wrong with this request, and what to do about it.
    pub detail: &'a str,
    /// A short name of what is wrong that never changes: for programs.
    pub code: &'a str,
    /// The field, parameter or header it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'a str>,
    /// Under this id the trace tells more: give it to whoever runs the server.
    pub correlation_id: &'a str,
}

/// Status, anchor on the reader page and title of every kind of problem.
pub const KINDS: &[(u16, &str, &str)] = &[
    (400, "invalid", "The request is not valid"),
    (401, "unauthenticated", "The access token is missing or no good"),
    (403, "forbidden", "This is not allowed"),
    (404, "not-found", "There is no such thing"),
    (405, "method", "This address does not take that method"),
    (408, "timeout", "The request took too long"),
    (409, "conflict", "It collides with what is there"),
    (412, "stale", "It was changed since it was read"),
    (413, "too-large", "The request is too large"),
    (415, "media-type", "The body is of the wrong type"),
    (422, "idempotency", "The idempotency key belongs to another request"),
    (429, "rate", "Too many requests"),
    (500, "fault", "Something went wrong at the server"),
    (503, "unavailable", "The server is very busy"),
];

impl Problem {
    /// A problem.
    pub fn new(status: u16, code: &'static str, detail: impl Into<Box<str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            challenge: None,
            retry_after: None,
            allow: None,
            is_noted: false,
        }
    }

    /// A request that cannot be understood.
    pub fn invalid(code: &'static str, detail: impl Into<Box<str>>) -> Self {
        Self::new(400, code, detail)
    }

    /// Names the field, parameter or header.
    #[must_use]
    pub fn at(mut self, field: impl Into<Box<str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Anchor and title of its kind.
    pub fn kind(&self) -> (&'static str, &'static str) {
        let known = KINDS.iter().find(|(status, ..)| *status == self.status);
        known.map_or(("fault", "Something went wrong"), |(_, anchor, title)| (anchor, title))
    }

    /// From a refusal of the protocol that the flow has noted.
    pub fn of_refusal(refusal: &Refusal, challenge: String) -> Self {
        let mut problem = Self::new(refusal.code.status(), refusal.code.as_str(), refusal.description.as_str()).noted();
        problem.challenge = Some(challenge.into());
        problem
    }

    fn noted(mut self) -> Self {
        self.is_noted = true;
        self
    }
}

impl From<AdminRefusal> for Problem {
    fn from(refusal: AdminRefusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::Invalid if refusal.code == "idempotency_key_reused" => 422,
            RefusalKind::Invalid if refusal.code == "logo_too_large" => 413,
            RefusalKind::Invalid if refusal.code == "logo_type" => 415,
            RefusalKind::Invalid => 400,
            RefusalKind::Unknown => 404,
            RefusalKind::Conflict => 409,
            RefusalKind::Forbidden => 403,
            RefusalKind::Stale => 412,
        };
        let mut problem = Problem::new(status, refusal.code, refusal.words);
        problem.field = refusal.field.map(Box::from);
        problem
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Refused(problem)
    }
}

impl From<AdminRefusal> for Stop {
    fn from(refusal: AdminRefusal) -> Self {
        Stop::Refused(refusal.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Broken(fault)
    }
}

impl From<crate::store::Fault> for Stop {
    fn from(fault: crate::store::Fault) -> Self {
        Stop::Broken(fault.into())
    }
}
