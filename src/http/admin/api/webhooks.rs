//! Owns webhooks in the API. It does not own what is done to them (`flow::admin::webhook`, `flow::admin::webhook_delivery`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Kind, Outcome, Query, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::client::SECRET_OVERLAP;
use crate::flow::admin::webhook::{self, WebhookDocument, WebhookTested, WebhookView, WithSecret};
use crate::flow::admin::webhook_delivery::{self, DeliveryState, DeliveryView};
use crate::identity::Permission;
use crate::time::Lifetime;

const READ: Permission = Permission::WebhooksRead;
const WRITE: Permission = Permission::WebhooksWrite;
const READS_LOG: &str = "Needs `admin:audit:read` too: a webhook hands the security log to its receiver.";

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/webhooks", may(READ), webhook_list)
        .does("Lists webhooks in order of their names.")
        .query(&[LIMIT, AFTER])
        .gives_page::<WebhookView>(),
    line!(Post, "/webhooks", all(&[WRITE, Permission::AuditRead]), webhook_create)
        .does("Adds a webhook; its secret is shown this once.")
        .more(READS_LOG)
        .takes::<WebhookDocument>()
        .example(r#"{"name":"crm","url":"https://crm.example.com/hooks","events":["user_*","signed_in"]}"#)
        .creates::<NewWebhookAnswer>()
        .versioned(),
    line!(Get, "/webhooks/{webhook}", may(READ), webhook_find)
        .does("Shows a webhook.")
        .gives::<WebhookView>()
        .versioned(),
    line!(Put, "/webhooks/{webhook}", all(&[WRITE, Permission::AuditRead]), webhook_replace)
        .does("Replaces a webhook; its secret stays.")
        .more(READS_LOG)
        .takes::<WebhookDocument>()
        .gives::<WebhookView>()
        .versioned(),
    line!(Patch, "/webhooks/{webhook}", all(&[WRITE, READ, Permission::AuditRead]), webhook_patch)
        .does("Changes members of a webhook.")
        .more(READS_LOG)
        .takes::<WebhookDocument>()
        .gives::<WebhookView>()
        .versioned(),
    line!(Delete, "/webhooks/{webhook}", all(&[WRITE, Permission::AuditRead]), webhook_remove)
        .does("Removes a webhook with everything that it was still to be told.")
        .more(READS_LOG)
        .versioned(),
    line!(Post, "/webhooks/{webhook}/secrets", all(&[WRITE, Permission::AuditRead]), webhook_secret_rotate)
        .does("Gives a webhook a new secret, shown this once.")
        .more(
            "For `overlap_seconds` (24 hours without it) events are signed with the secret before, too; a third one \
             is refused, or has an overlap of 0. Needs `admin:audit:read` too.",
        )
        .takes::<NewSecret>()
        .example(r#"{"overlap_seconds":3600}"#)
        .creates::<SecretAnswer>(),
    line!(Post, "/webhooks/{webhook}/test", all(&[WRITE, Permission::AuditRead]), webhook_test)
        .does("Sends a `webhook.test` event now, and tells how it was answered.")
        .more(READS_LOG)
        .gives::<WebhookTested>(),
    line!(Get, "/webhooks/{webhook}/deliveries", may(READ), webhook_deliveries)
        .does("Lists deliveries to a webhook, newest first.")
        .more("They are remembered for 30 days.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new("state", Kind::Word(&["waiting", "delivered", "given_up"]), "Only those that stand so."),
        ])
        .gives_page::<DeliveryView>(),
    line!(
        Post,
        "/webhooks/{webhook}/deliveries/{event}/redeliver",
        all(&[WRITE, Permission::AuditRead]),
        webhook_redeliver
    )
    .does("Has an event delivered anew, one that was taken too.")
    .more("The event is named by its number in the security log. Needs `admin:audit:read` too.")
    .gives::<DeliveryView>(),
];

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhookView)]
struct NewWebhookAnswer {
    /// The webhook.
    #[serde(flatten)]
    webhook: WebhookView,
    /// Its secret (`whsec_…`), shown this once.
    secret: String,
}

/// How the secret before goes on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhookSecret)]
struct NewSecret {
    /// For how long events are signed with the secret before, too, in seconds; at most 30 days.
    #[schema(minimum = 0, maximum = 2592000)]
    overlap_seconds: Option<u32>,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhookSecretView)]
struct SecretAnswer {
    /// The webhook.
    webhook: WebhookView,
    /// The secret (`whsec_…`), shown this once.
    secret: String,
    /// Until when events are signed with the secret before, too (RFC 3339).
    old_until: String,
}

fn found(view: &WebhookView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn webhook_list(call: ApiCall) -> Outcome {
    let page = webhook::list(call.cx(), &call.actor, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn webhook_create(call: ApiCall) -> Outcome {
    let WithSecret { view, secret, .. } = webhook::create(call.cx(), &call.actor, call.body()?).await??;
    let (name, version) = (view.document.name.clone(), view.version);
    let answer = NewWebhookAnswer { webhook: view, secret: secret.expose().to_owned() };
    Ok(Answer::json(&answer)?.version(version).at(&["webhooks", &name]))
}

async fn webhook_find(call: ApiCall) -> Outcome {
    found(&webhook::find(call.cx(), &call.actor, call.part("webhook")).await??)
}

async fn webhook_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("webhook"), call.body()?);
    found(&webhook::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn webhook_patch(call: ApiCall) -> Outcome {
    let name = call.part("webhook");
    let find = || webhook::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| webhook::replace(call.cx(), &call.actor, name, document, expect))
}

async fn webhook_remove(call: ApiCall) -> Outcome {
    webhook::remove(call.cx(), &call.actor, call.part("webhook"), call.expect()).await??;
    Ok(Answer::nothing())
}

async fn webhook_secret_rotate(call: ApiCall) -> Outcome {
    let NewSecret { overlap_seconds } = call.body()?;
    let overlap = overlap_seconds.map_or(SECRET_OVERLAP, |seconds| Lifetime::from_seconds(seconds.into()));
    let name = call.part("webhook");
    let WithSecret { view, secret, old_until } =
        webhook::rotate_secret(call.cx(), &call.actor, name, overlap).await??;
    let answer = SecretAnswer { webhook: view, secret: secret.expose().to_owned(), old_until: old_until.rfc3339() };
    Ok(Answer::json(&answer)?.at(&["webhooks", name]))
}

async fn webhook_test(call: ApiCall) -> Outcome {
    Answer::json(&webhook::test(call.cx(), &call.actor, call.part("webhook")).await??)
}

async fn webhook_deliveries(call: ApiCall) -> Outcome {
    let state = call.text("state").and_then(DeliveryState::parse);
    let place = (call.after()?, call.limit()?);
    let page = webhook_delivery::list(call.cx(), &call.actor, call.part("webhook"), state, place).await??;
    Answer::page(&call, page)
}

async fn webhook_redeliver(call: ApiCall) -> Outcome {
    let number = || AdminRefusal::unknown("unknown_delivery", "an event is named by its number in the security log");
    let event = call.part("event").parse().map_err(|_| number())?;
    Answer::json(&webhook_delivery::redeliver(call.cx(), &call.actor, call.part("webhook"), event).await??)
}
