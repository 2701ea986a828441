//! Owns the security log as JSON lines, piece by piece, for the API and the console. It does not own what fits
//! (`flow::admin::audit`).

use actix_web::web::Bytes;
use tokio::sync::mpsc;

use crate::flow::Fault;
use crate::flow::admin::audit::{EventView, Walk};
use crate::http::reply::Lines;

/// All that the walk comes by. The first piece is read before anything is sent: until then a fault can still be an answer of
/// its own; a later one breaks the connection off.
///
/// # Errors
/// A [`Fault`].
pub(super) async fn lines(mut walk: Walk) -> Result<Lines, Fault> {
    let mut piece = walk.next().await?;
    let (pieces, body) = mpsc::channel(1);
    tokio::spawn(async move {
        while !piece.is_empty() {
            if pieces.send(Ok(text(&piece))).await.is_err() {
                return;
            }
            piece = match walk.next().await {
                Ok(next) => next,
                Err(fault) => {
                    let correlation_id = &walk.cx().correlation_id;
                    tracing::warn!(%fault, %correlation_id, "the export of the log broke off");
                    let _ = pieces.send(Err(std::io::Error::other("the log could not be read further"))).await;
                    return;
                }
            };
        }
    });
    Ok(Lines(body))
}

fn text(piece: &[EventView]) -> Bytes {
    let line = |event: &EventView| serde_json::to_string(event).unwrap_or_default() + "\n";
    piece.iter().map(line).collect::<String>().into()
}
