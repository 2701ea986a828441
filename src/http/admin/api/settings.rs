//! Owns settings in the API. It does not own what they are (`flow::admin::settings`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Outcome, all, line, may};
use crate::flow::admin::settings::{self, SettingsDocument, SettingsView};
use crate::identity::Permission;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/settings", may(Permission::SettingsRead), settings_find)
        .does("Shows the settings.")
        .gives::<SettingsView>()
        .versioned(),
    line!(Put, "/settings", may(Permission::SettingsWrite), settings_replace)
        .does("Replaces the settings.")
        .takes::<SettingsDocument>()
        .example(r#"{"organisation":"Acme"}"#)
        .gives::<SettingsView>()
        .versioned(),
    line!(Patch, "/settings", all(&[Permission::SettingsWrite, Permission::SettingsRead]), settings_patch)
        .does("Changes some settings.")
        .takes::<SettingsDocument>()
        .gives::<SettingsView>()
        .versioned(),
];

fn found(view: &SettingsView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn settings_find(call: ApiCall) -> Outcome {
    found(&settings::find(call.cx(), &call.actor).await??)
}

async fn settings_replace(call: ApiCall) -> Outcome {
    found(&settings::replace(call.cx(), &call.actor, call.body()?, call.expect()).await??)
}

async fn settings_patch(call: ApiCall) -> Outcome {
    let find = || settings::find(call.cx(), &call.actor);
    patched!(call, find, |document, expect| settings::replace(call.cx(), &call.actor, document, expect))
}
