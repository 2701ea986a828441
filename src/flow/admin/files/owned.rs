//! Owns the answer to "what do files own". It does not own what they say (`documents`), nor what differs (`diff`).

use super::diff::Kind;
use super::may_read;
use crate::flow::Cx;
use crate::flow::admin::refusal::granted;
use crate::flow::admin::{Actor, Done};
use crate::store::{self, Conn, settings};
use crate::time::Timestamp;

/// An object that files own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Of which kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// When files last said something new of it.
    pub applied_at: Timestamp,
}

/// Everything that files own, in the order in which kinds depend on one another, then of names.
///
/// # Errors
/// Inner: an [`AdminRefusal`](crate::flow::admin::AdminRefusal). Outer: a [`Fault`](crate::flow::Fault).
pub async fn owned(cx: &Cx, actor: &Actor) -> Done<Vec<Owned>> {
    granted!(may_read(actor));
    let rows = cx.db().read(settings::applied_all).await?;
    let mut owned = Vec::with_capacity(rows.len());
    for row in rows {
        let broken = || store::Fault::Internal(format!("what was applied as {} {} has no kind", row.kind, row.name));
        let kind = Kind::parse(&row.kind).ok_or_else(broken)?;
        owned.push(Owned { kind, name: row.name, applied_at: Timestamp::from_millis(row.applied_at) });
    }
    owned.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(Ok(owned))
}

/// Whether files own this object.
pub(in crate::flow::admin) fn is_owned(c: &mut Conn, kind: Kind, name: &str) -> Result<bool, store::Fault> {
    Ok(!settings::applied_among(c, kind.as_str(), &[name.to_owned()])?.is_empty())
}
