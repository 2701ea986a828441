//! Owns signing keys in the API: their lives and their public halves, never a private one. It does not own what is done to
//! them (`flow::admin::key`).

use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Outcome, line, may};
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::key::{self, KeyEnding, KeyView};
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::signing::Rotation;

const READ: Permission = Permission::KeysRead;
const WRITE: Permission = Permission::KeysWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/keys", may(READ), key_list).does("Lists signing keys, oldest first.").gives_page::<KeyView>(),
    line!(Post, "/keys/rotate", may(WRITE), key_rotate)
        .does("Makes a successor for the key of an algorithm.")
        .more("The successor is published first and signs later; in an emergency it signs at once.")
        .takes::<KeyRotation>()
        .example(r#"{"alg":"ES256"}"#)
        .gives_page::<KeyView>()
        .once(),
    line!(Post, "/keys/import", may(WRITE), key_import)
        .does("Imports a private key that was made elsewhere.")
        .more("It is published now, signs like any successor, and is stored sealed; its private half never comes out again.")
        .takes::<KeyImport>()
        .example(r#"{"private_key":"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG…\n-----END PRIVATE KEY-----\n"}"#)
        .gives::<KeyView>()
        .once(),
    line!(Get, "/keys/{kid}/ending", may(READ), key_ending)
        .does("Tells what ending a key early breaks, and until when.")
        .gives::<KeyEnding>(),
    line!(Post, "/keys/{kid}/retire", may(WRITE), key_retire)
        .does("Lets a key sign no more; what it signed is verified until it expires."),
    line!(Delete, "/keys/{kid}", may(WRITE), key_remove).does("Removes a key that leaked; what it signed is refused."),
];

/// Which key is rotated, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyRotation {
    /// The algorithm whose key gets a successor.
    alg: Algorithm,
    /// Whether the successor signs at once and the old key retires at once.
    #[serde(default)]
    emergency: bool,
}

/// A key from elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyImport {
    /// PEM (`PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`) or one private JWK (RFC 7517) as text, not locked with a
    /// passphrase.
    #[schema(write_only)]
    private_key: String,
    /// The one algorithm it is for; without it as the key says, RS256 for one of RSA.
    alg: Option<Algorithm>,
}

async fn key_list(call: ApiCall) -> Outcome {
    Answer::whole(key::list(call.cx(), &call.actor).await??)
}

async fn key_rotate(call: ApiCall) -> Outcome {
    let KeyRotation { alg, emergency } = call.body()?;
    let how = if emergency { Rotation::Emergency } else { Rotation::Planned };
    key::rotate(call.cx(), &call.actor, alg, how).await??;
    match key::list(call.cx(), &call.actor).await? {
        Ok(keys) => Answer::whole(keys),
        // Whoever may rotate and not look is told nothing more.
        Err(_) => Answer::whole(Vec::<KeyView>::new()),
    }
}

async fn key_import(call: ApiCall) -> Outcome {
    let KeyImport { private_key, alg } = call.body()?;
    let private_key = Zeroizing::new(private_key);
    let new = key::read(&private_key, alg).map_err(|refusal| AdminRefusal::from(refusal).at("private_key"))?;
    Answer::json(&key::import(call.cx(), &call.actor, new).await??)
}

async fn key_ending(call: ApiCall) -> Outcome {
    Answer::json(&key::what_retiring_means(call.cx(), &call.actor, call.part("kid")).await??)
}

async fn key_retire(call: ApiCall) -> Outcome {
    key::retire(call.cx(), &call.actor, call.part("kid")).await??;
    Ok(Answer::nothing())
}

async fn key_remove(call: ApiCall) -> Outcome {
    key::remove_now(call.cx(), &call.actor, call.part("kid")).await??;
    Ok(Answer::nothing())
}
