//! Owns every path of the console on one page, each with the permission it needs: a line without one does not compile. And
//! the areas of the navigation. It does not own the handlers.

use crate::flow::own_app::OwnApp;
use crate::http::admin::console::guard::{Need, enter};
use crate::http::admin::console::{
    account, attributes, audit, client, client_logo, clients, diagnosis, files, grants, groups, keys, mail, overview,
    people, person, preview, provider_test, providers, resources, roles, scopes, sessions, settings, try_it, ways_in,
    webhook_deliveries, webhooks,
};
use crate::http::cookies::Jar;
use crate::http::own_app::shell::{Area, Jars, Shell};
use crate::http::own_app::sign_in;
use crate::http::routes::{Access, Method, Route};
use crate::identity::Permission as P;

const fn area(group: &'static str, label: &'static str, path: &'static str, permission: P) -> Area {
    Area { label, path, permission: Some(permission), group }
}

/// The console.
pub static CONSOLE: Shell = Shell {
    app: OwnApp::Console,
    areas: AREAS,
    routes: ROUTES,
    jars: Jars { session: Jar::Console, trip: Jar::ConsoleTrip, flash: Jar::ConsoleFlash, kept: Jar::ConsoleKept },
};

/// Every area, in order.
pub static AREAS: &[Area] = &[
    Area { label: "Overview", path: "/admin", permission: None, group: "" },
    area("Apps", "Clients", "/admin/clients", P::ClientsRead),
    area("Apps", "Diagnosis", "/admin/diagnosis", P::TracesRead),
    area("Apps", "Scopes", "/admin/scopes", P::ScopesRead),
    area("Apps", "Resource servers", "/admin/resources", P::ScopesRead),
    area("People", "People", "/admin/people", P::UsersRead),
    area("People", "Groups", "/admin/groups", P::GroupsRead),
    area("People", "Roles", "/admin/roles", P::RolesRead),
    area("People", "Attributes", "/admin/attributes", P::ScopesRead),
    area("People", "Providers", "/admin/providers", P::UpstreamsRead),
    area("Security", "Sessions", "/admin/sessions", P::SessionsRead),
    area("Security", "Keys", "/admin/keys", P::KeysRead),
    area("Security", "Security log", "/admin/audit", P::AuditRead),
    area("Server", "Settings", "/admin/settings", P::SettingsRead),
    area("Server", "Webhooks", "/admin/webhooks", P::WebhooksRead),
    area("Server", "Mail", "/admin/mail", P::SettingsRead),
    area("Server", "Files", "/admin/files", P::SettingsRead),
    Area { label: "About", path: "/admin/about", permission: None, group: "Server" },
];

macro_rules! page {
    ($path:expr, $need:expr, $handler:path) => {
        Route {
            method: Method::Get,
            path: $path,
            access: Access::ConsolePage($need),
            run: |call| Box::pin(enter(call, Method::Get, $need, |desk| Box::pin($handler(desk)))),
        }
    };
}

macro_rules! form {
    ($path:expr, $need:expr, $handler:path) => {
        Route {
            method: Method::Post,
            path: $path,
            access: Access::ConsoleForm($need),
            run: |call| Box::pin(enter(call, Method::Post, $need, |desk| Box::pin($handler(desk)))),
        }
    };
}

macro_rules! upload {
    ($path:expr, $need:expr, $handler:path) => {
        Route { access: Access::ConsoleUpload($need), ..form!($path, $need, $handler) }
    };
}

/// Every route of the console.
pub static ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/admin/login",
        access: Access::Page,
        run: |call| Box::pin(sign_in::login(call, &CONSOLE)),
    },
    Route {
        method: Method::Get,
        path: OwnApp::Console.callback(),
        access: Access::Page,
        run: |call| Box::pin(sign_in::callback(call, &CONSOLE)),
    },
    form!("/admin/logout", Need::ANY, sign_in::logout),
    page!("/admin", Need::ANY, overview::get),
    page!("/admin/about", Need::ANY, overview::about),
    page!("/admin/sessions", Need::of(P::SessionsRead), sessions::list),
    form!("/admin/sessions/end", Need::of(P::SessionsWrite), sessions::end),
    page!("/admin/clients", Need::of(P::ClientsRead), clients::list),
    page!("/admin/clients/new", Need::of(P::ClientsWrite), clients::new),
    form!("/admin/clients/new", Need::fresh(P::ClientsWrite), clients::create),
    page!("/admin/clients/{id}", Need::of(P::ClientsRead), client::overview),
    page!("/admin/clients/{id}/settings", Need::of(P::ClientsRead), client::settings),
    form!("/admin/clients/{id}/settings", Need::of(P::ClientsWrite), client::save),
    page!("/admin/clients/{id}/logo", Need::of(P::ClientsRead), client_logo::show),
    upload!("/admin/clients/{id}/logo", Need::of(P::ClientsWrite), client_logo::set),
    form!("/admin/clients/{id}/logo/remove", Need::of(P::ClientsWrite), client_logo::remove),
    page!("/admin/clients/{id}/secrets", Need::fresh(P::ClientsWrite), client::secrets),
    form!("/admin/clients/{id}/secrets/rotate", Need::fresh(P::ClientsWrite), client::rotate_secret),
    form!("/admin/clients/{id}/secrets/revoke", Need::fresh(P::ClientsWrite), client::revoke_secret),
    page!("/admin/clients/{id}/failures", Need::of(P::TracesRead), client::failures),
    page!("/admin/clients/{id}/preview", Need::of(P::ClientsRead), preview::show),
    page!("/admin/clients/{id}/try", Need::of(P::ClientsWrite), try_it::ask),
    form!("/admin/clients/{id}/try", Need::of(P::ClientsWrite), try_it::begin),
    page!(crate::flow::admin::try_it::CALLBACK, Need::of(P::ClientsWrite), try_it::callback),
    page!("/admin/clients/{id}/try/{run}", Need::of(P::ClientsWrite), try_it::show),
    page!("/admin/clients/{id}/grants", Need::of(P::SessionsRead), grants::of_client),
    form!("/admin/clients/{id}/grants/end", Need::of(P::SessionsWrite), grants::end_of_client),
    page!("/admin/clients/{id}/end", Need::of(P::ClientsWrite), client::end),
    form!("/admin/clients/{id}/end/{what}", Need::of(P::ClientsWrite), client::change),
    page!("/admin/diagnosis", Need::of(P::TracesRead), diagnosis::search),
    page!("/admin/scopes", Need::of(P::ScopesRead), scopes::list),
    page!("/admin/scopes/new", Need::of(P::ScopesWrite), scopes::new),
    form!("/admin/scopes/new", Need::of(P::ScopesWrite), scopes::create),
    page!("/admin/scopes/{name}", Need::of(P::ScopesRead), scopes::show),
    form!("/admin/scopes/{name}", Need::of(P::ScopesWrite), scopes::save),
    form!("/admin/scopes/{name}/delete", Need::of(P::ScopesWrite), scopes::remove),
    page!("/admin/resources", Need::of(P::ScopesRead), resources::list),
    page!("/admin/resources/new", Need::of(P::ScopesWrite), resources::new),
    form!("/admin/resources/new", Need::of(P::ScopesWrite), resources::create),
    page!("/admin/resources/{name}", Need::of(P::ScopesRead), resources::show),
    form!("/admin/resources/{name}", Need::of(P::ScopesWrite), resources::save),
    form!("/admin/resources/{name}/delete", Need::of(P::ScopesWrite), resources::remove),
    page!("/admin/attributes", Need::of(P::ScopesRead), attributes::list),
    page!("/admin/attributes/new", Need::of(P::ScopesWrite), attributes::new),
    form!("/admin/attributes/new", Need::of(P::ScopesWrite), attributes::create),
    page!("/admin/attributes/{name}", Need::of(P::ScopesRead), attributes::show),
    form!("/admin/attributes/{name}", Need::of(P::ScopesWrite), attributes::save),
    form!("/admin/attributes/{name}/delete", Need::of(P::ScopesWrite), attributes::remove),
    page!("/admin/groups", Need::of(P::GroupsRead), groups::list),
    form!("/admin/groups", Need::of(P::GroupsWrite), groups::create),
    page!("/admin/groups/{name}", Need::of(P::GroupsRead), groups::show),
    form!("/admin/groups/{name}", Need::of(P::GroupsWrite), groups::save),
    form!("/admin/groups/{name}/members", Need::of(P::GroupsWrite), groups::add),
    form!("/admin/groups/{name}/members/remove", Need::of(P::GroupsWrite), groups::take_out),
    form!("/admin/groups/{name}/delete", Need::of(P::GroupsWrite), groups::remove),
    page!("/admin/roles", Need::fresh(P::RolesRead), roles::list),
    page!("/admin/roles/new", Need::fresh(P::RolesWrite), roles::new),
    form!("/admin/roles/new", Need::fresh(P::RolesWrite), roles::create),
    page!("/admin/roles/{name}", Need::fresh(P::RolesRead), roles::show),
    form!("/admin/roles/{name}", Need::fresh(P::RolesWrite), roles::save),
    form!("/admin/roles/{name}/delete", Need::fresh(P::RolesWrite), roles::remove),
    page!("/admin/people", Need::of(P::UsersRead), people::list),
    page!("/admin/people/new", Need::of(P::UsersWrite), people::new),
    form!("/admin/people/new", Need::of(P::UsersWrite), people::create),
    page!("/admin/people/{id}", Need::of(P::UsersRead), person::profile),
    form!("/admin/people/{id}", Need::of(P::UsersWrite), person::save),
    form!("/admin/people/{id}/picture/remove", Need::of(P::UsersWrite), person::remove_picture),
    page!("/admin/people/{id}/access", Need::of(P::UsersRead), person::access),
    form!("/admin/people/{id}/access/groups", Need::of(P::UsersWrite), person::save_groups),
    form!("/admin/people/{id}/access/role", Need::fresh(P::RolesWrite), person::save_role),
    page!("/admin/people/{id}/sessions", Need::of(P::SessionsRead), person::sessions),
    form!("/admin/people/{id}/sessions/end", Need::of(P::SessionsWrite), person::end_session),
    form!("/admin/people/{id}/sessions/end-all", Need::of(P::SessionsWrite), person::end_sessions),
    page!("/admin/people/{id}/grants", Need::of(P::SessionsRead), grants::of_person),
    form!("/admin/people/{id}/grants/end", Need::of(P::SessionsWrite), grants::end_of_person),
    page!("/admin/people/{id}/apps", Need::of(P::UsersRead), person::apps),
    form!("/admin/people/{id}/apps/withdraw", Need::of(P::UsersWrite), person::withdraw),
    page!("/admin/people/{id}/ways-in", Need::of(P::UsersRead), ways_in::show),
    form!("/admin/people/{id}/ways-in/{what}", Need::fresh(P::UsersWrite), ways_in::change),
    page!("/admin/people/{id}/history", Need::of(P::UsersRead), person::history),
    page!("/admin/people/{id}/attributes", Need::of(P::UsersRead), person::attributes),
    form!("/admin/people/{id}/attributes", Need::of(P::UsersWrite), person::save_attributes),
    page!("/admin/people/{id}/account", Need::of(P::UsersWrite), account::account),
    form!("/admin/people/{id}/account/{what}", Need::fresh(P::UsersWrite), account::change_account),
    page!("/admin/providers", Need::of(P::UpstreamsRead), providers::list),
    page!("/admin/providers/new", Need::of(P::UpstreamsWrite), providers::new),
    form!("/admin/providers/new", Need::fresh(P::UpstreamsWrite), providers::create),
    page!("/admin/providers/{id}", Need::of(P::UpstreamsRead), providers::show),
    form!("/admin/providers/{id}", Need::fresh(P::UpstreamsWrite), providers::save),
    form!("/admin/providers/{id}/secret", Need::fresh(P::UpstreamsWrite), providers::set_secret),
    page!("/admin/providers/{id}/test", Need::of(P::UpstreamsWrite), provider_test::ask),
    form!("/admin/providers/{id}/test", Need::of(P::UpstreamsWrite), provider_test::begin),
    page!("/admin/providers/{id}/test/back", Need::of(P::UpstreamsWrite), provider_test::back),
    page!("/admin/providers/{id}/tested/{run}", Need::of(P::UpstreamsWrite), provider_test::show),
    form!("/admin/providers/{id}/delete", Need::fresh(P::UpstreamsWrite), providers::remove),
    page!("/admin/keys", Need::fresh(P::KeysRead), keys::list),
    form!("/admin/keys/rotate", Need::fresh(P::KeysWrite), keys::rotate),
    form!("/admin/keys/import", Need::fresh(P::KeysWrite), keys::import),
    page!("/admin/keys/{kid}", Need::fresh(P::KeysRead), keys::show),
    form!("/admin/keys/{kid}/retire", Need::fresh(P::KeysWrite), keys::retire),
    form!("/admin/keys/{kid}/remove", Need::fresh(P::KeysWrite), keys::remove),
    page!("/admin/settings", Need::of(P::SettingsRead), settings::show),
    form!("/admin/settings", Need::fresh(P::SettingsWrite), settings::save),
    page!("/admin/mail", Need::of(P::SettingsRead), mail::list),
    form!("/admin/mail/retry", Need::of(P::SettingsWrite), mail::retry),
    form!("/admin/mail/give-up", Need::of(P::SettingsWrite), mail::give_up),
    page!("/admin/webhooks", Need::of(P::WebhooksRead), webhooks::list),
    page!("/admin/webhooks/new", Need::of(P::WebhooksWrite), webhooks::new),
    form!("/admin/webhooks/new", Need::fresh(P::WebhooksWrite), webhooks::create),
    page!("/admin/webhooks/{name}", Need::of(P::WebhooksRead), webhooks::show),
    form!("/admin/webhooks/{name}", Need::fresh(P::WebhooksWrite), webhooks::save),
    form!("/admin/webhooks/{name}/test", Need::of(P::WebhooksWrite), webhooks::test),
    form!("/admin/webhooks/{name}/delete", Need::of(P::WebhooksWrite), webhooks::remove),
    page!("/admin/webhooks/{name}/secret", Need::fresh(P::WebhooksWrite), webhooks::secret),
    form!("/admin/webhooks/{name}/secret/rotate", Need::fresh(P::WebhooksWrite), webhooks::rotate),
    page!("/admin/webhooks/{name}/deliveries", Need::of(P::WebhooksRead), webhook_deliveries::list),
    form!("/admin/webhooks/{name}/redeliver", Need::of(P::WebhooksWrite), webhook_deliveries::redeliver),
    page!("/admin/files", Need::of(P::SettingsRead), files::show),
    page!("/admin/audit", Need::of(P::AuditRead), audit::list),
    page!("/admin/audit/verify", Need::of(P::AuditRead), audit::verify),
    page!("/admin/audit/export", Need::of(P::AuditRead), audit::export),
    page!("/admin/audit/{id}", Need::of(P::AuditRead), audit::entry),
];
