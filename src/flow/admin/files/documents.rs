//! Owns reading everything that files could own, as documents. It does not own comparing them (`diff`).

use serde::Serialize;
use serde_json::json;

use super::diff::{Documents, Kind};
use super::{ClientDocument, FileSet};
use crate::flow::admin::{attribute, group, role, settings as set};
use crate::flow::own_app;
use crate::store::{self, Conn, attributes, clients, groups, resources, roles, scopes, upstream_providers, webhooks};

/// As one set, each kind in order of its names. The clients of our own apps are none of the files' business.
pub(super) fn set(c: &mut Conn) -> Result<FileSet, store::Fault> {
    let clients = clients::list(c, None, i64::MAX)?;
    let clients = clients.iter().filter(|client| !own_app::client::is_own(&client.client_id));
    let (settings, _) = set::read(c)?;
    Ok(FileSet {
        settings: Some(settings),
        client: clients.map(ClientDocument::of).collect(),
        webhook: webhooks::page(c, None, i64::MAX)?.iter().map(Into::into).collect(),
        attribute: attributes::list(c)?.iter().map(|stored| attribute::document(&stored.attribute)).collect(),
        resource: resources::page(c, None, i64::MAX)?.iter().map(|stored| (&stored.resource).into()).collect(),
        scope: scopes::list(c)?.into_iter().map(Into::into).collect(),
        group: groups::list(c, "", None, i64::MAX)?.iter().map(group::document).collect(),
        role: roles::list(c)?.iter().map(|stored| role::document(&stored.role)).collect(),
        provider: upstream_providers::page(c, None, i64::MAX)?.into_iter().map(|stored| stored.provider).collect(),
    })
}

/// By kind and name.
pub(super) fn present(c: &mut Conn) -> Result<Documents, store::Fault> {
    let set = set(c)?;
    let mut documents = Documents::new();
    let mut add = |kind, name: &str, document: &dyn erased::Json| {
        documents.insert((kind, name.to_owned()), document.json());
    };
    if let Some(settings) = &set.settings {
        add(Kind::Settings, set::NAME, settings);
    }
    set.attribute.iter().for_each(|d| add(Kind::Attribute, &d.name, d));
    set.resource.iter().for_each(|d| add(Kind::Resource, &d.audience, d));
    set.scope.iter().for_each(|d| add(Kind::Scope, &d.name, d));
    set.group.iter().for_each(|d| add(Kind::Group, &d.name, d));
    set.role.iter().for_each(|d| add(Kind::Role, &d.name, d));
    set.provider.iter().for_each(|d| add(Kind::Provider, &d.id, d));
    set.webhook.iter().for_each(|d| add(Kind::Webhook, &d.name, d));
    set.client.iter().for_each(|d| add(Kind::Client, d.client_id.as_deref().unwrap_or_default(), d));
    Ok(documents)
}

/// Documents of different types in one call.
mod erased {
    use super::{Serialize, json};

    pub(super) trait Json {
        fn json(&self) -> serde_json::Value;
    }

    impl<T: Serialize> Json for T {
        fn json(&self) -> serde_json::Value {
            json!(self)
        }
    }
}
