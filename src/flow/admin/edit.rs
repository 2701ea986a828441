//! Owns what putting a document in its place asks for beside the document: what must be there before, and what is known of the
//! provider around it. It does not own any document.

use super::change::Put;
use crate::flow::Cx;
use crate::flow::cx::ClientLifetimes;
use crate::oauth::jose::Algorithm;

/// What must be there before something is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// Nothing: it is to be made.
    Absent,
    /// Something, at this version if one is named.
    Present(Option<i64>),
    /// Either: what files say is put whatever is there.
    Any,
}

/// What is known of the provider, for judging documents.
#[derive(Clone, Debug)]
pub(super) struct Around {
    /// `iss`.
    pub(super) issuer: String,
    /// Algorithms that can sign now.
    pub(super) algorithms: Vec<Algorithm>,
    /// Lifetimes of clients that say nothing else.
    pub(super) client_lifetimes: ClientLifetimes,
}

impl Around {
    pub(super) fn of(cx: &Cx) -> Self {
        Self {
            issuer: cx.issuer().to_owned(),
            algorithms: cx.parts.keyring.algorithms(cx.now),
            client_lifetimes: cx.policy().client_lifetimes,
        }
    }
}

/// What came of putting: the view as it is now, and what was done.
pub(super) type Placed<T> = (T, Put);
