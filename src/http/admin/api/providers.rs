//! Owns providers that people sign in through in the API. It does not own what is done to them (`flow::admin::provider`).

use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Outcome, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::provider::{self, ProviderView};
use crate::flow::admin::provider_test::{self, ProviderChecks};
use crate::identity::Permission;
use crate::oauth::upstream::Provider;
use crate::sensitive::Sensitive;

const READ: Permission = Permission::UpstreamsRead;
const WRITE: Permission = Permission::UpstreamsWrite;

const FORGETS: &str = "With another preset, issuer, client id or endpoint its secret and its kept tokens are forgotten: they were \
                       for another place.";

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/providers", may(READ), provider_list)
        .does("Lists providers that people sign in through, in order.")
        .query(&[LIMIT, AFTER])
        .gives_page::<ProviderView>(),
    line!(Post, "/providers", may(WRITE), provider_create)
        .does("Adds a provider.")
        .more("What is left out is as the preset says. Our client secret there is set apart, since it is never told.")
        .takes::<Provider>()
        .example(r#"{"id":"google","name":"Google","preset":"google","client_id":"123.apps.googleusercontent.com"}"#)
        .creates::<ProviderView>()
        .versioned(),
    line!(Get, "/providers/{provider_id}", may(READ), provider_find)
        .does("Shows a provider.")
        .gives::<ProviderView>()
        .versioned(),
    line!(Put, "/providers/{provider_id}", may(WRITE), provider_replace)
        .does("Replaces a provider.")
        .more(FORGETS)
        .takes::<Provider>()
        .gives::<ProviderView>()
        .versioned(),
    line!(Patch, "/providers/{provider_id}", all(&[WRITE, READ]), provider_patch)
        .does("Changes members of a provider.")
        .more(FORGETS)
        .takes::<Provider>()
        .gives::<ProviderView>()
        .versioned(),
    line!(Delete, "/providers/{provider_id}", may(WRITE), provider_remove)
        .does("Removes a provider with every link of people to it.")
        .versioned(),
    line!(Put, "/providers/{provider_id}/secret", may(WRITE), provider_secret)
        .does("Sets our client secret or private key (PEM) at a provider; it is never told again.")
        .takes::<ProviderSecret>()
        .example(r#"{"secret":"GOCSPX-0123456789"}"#)
        .gives::<ProviderView>(),
    line!(Post, "/providers/{provider_id}/check", may(WRITE), provider_check)
        .does("Checks what can be seen of a provider without a browser.")
        .more(
            "Metadata, keys and endpoints are fetched anew. A disabled provider can be checked too. The whole way there and \
             back is tried in the console.",
        )
        .gives::<ProviderChecks>(),
];

/// Our client secret or private key at a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProviderSecret {
    /// The secret, as the provider shows it; where `client_auth` is `private_key_jwt` or `signed_secret` a private key in PEM, RSA
    /// (RS256) or P-256 (ES256).
    secret: String,
}

fn found(view: &ProviderView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn provider_list(call: ApiCall) -> Outcome {
    let page = provider::list(call.cx(), &call.actor, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn provider_create(call: ApiCall) -> Outcome {
    let made = provider::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["providers", &made.document.id]))
}

async fn provider_find(call: ApiCall) -> Outcome {
    found(&provider::find(call.cx(), &call.actor, call.part("provider_id")).await??)
}

async fn provider_replace(call: ApiCall) -> Outcome {
    let (id, document) = (call.part("provider_id"), call.body()?);
    found(&provider::replace(call.cx(), &call.actor, id, document, call.expect()).await??)
}

async fn provider_patch(call: ApiCall) -> Outcome {
    let id = call.part("provider_id");
    let find = || provider::find(call.cx(), &call.actor, id);
    patched!(call, find, |document, expect| provider::replace(call.cx(), &call.actor, id, document, expect))
}

async fn provider_remove(call: ApiCall) -> Outcome {
    provider::remove(call.cx(), &call.actor, call.part("provider_id"), call.expect()).await??;
    Ok(Answer::nothing())
}

async fn provider_secret(call: ApiCall) -> Outcome {
    let ProviderSecret { secret } = call.body()?;
    let (id, secret) = (call.part("provider_id"), Sensitive::new(secret));
    Answer::json(&provider::set_secret(call.cx(), &call.actor, id, secret).await??)
}

async fn provider_check(call: ApiCall) -> Outcome {
    Answer::json(&provider_test::check(call.cx(), &call.actor, call.part("provider_id")).await??)
}
