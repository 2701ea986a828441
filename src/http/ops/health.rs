//! Owns the probes. They say yes or no and nothing else.

use crate::http::call::Call;
use crate::http::reply::Reply;

/// Alive: the process answers.
pub async fn alive(_call: Call) -> Reply {
    Reply::text(200, "ok\n")
}

/// Ready: not about to stop, the database answers, tokens can be signed.
pub async fn ready(call: Call) -> Reply {
    if call.web.is_draining() {
        return Reply::text(503, "stopping\n");
    }
    if call.cx.parts.keyring.algorithms(call.cx.now).is_empty() {
        return Reply::text(503, "not ready\n");
    }
    match call.cx.parts.db.ping().await {
        Ok(()) => Reply::text(200, "ready\n"),
        Err(fault) => {
            tracing::warn!(%fault, "not ready: the database does not answer");
            Reply::text(503, "not ready\n")
        }
    }
}
