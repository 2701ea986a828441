//! Owns every path of the console on one page, each with the permission it needs: a line without one does not compile. And
//! the areas of the navigation. It does not own the handlers.

use crate::http::admin::console::guard::{Need, enter};
use crate::http::admin::console::{audit, keys, overview, sessions, sign_in};
use crate::http::routes::{Access, Method, Route};
use crate::identity::Permission as P;

/// An area of the navigation.
pub struct Area {
    /// Its name.
    pub label: &'static str,
    /// Its first page.
    pub path: &'static str,
    /// Who sees it; `None`: everybody here.
    pub permission: Option<P>,
    /// The group it stands in.
    pub group: &'static str,
}

const fn area(group: &'static str, label: &'static str, path: &'static str, permission: P) -> Area {
    Area { label, path, permission: Some(permission), group }
}

/// Every area, in order.
pub static AREAS: &[Area] = &[
    Area { label: "Overview", path: "/admin", permission: None, group: "" },
    area("Security", "Sessions", "/admin/sessions", P::SessionsRead),
    area("Security", "Keys", "/admin/keys", P::KeysRead),
    area("Security", "Security log", "/admin/audit", P::AuditRead),
    Area { label: "About", path: "/admin/about", permission: None, group: "Security" },
];

macro_rules! page {
    ($path:expr, $need:expr, $handler:path) => {
        Route {
            method: Method::Get,
            path: $path,
            access: Access::ConsolePage($need),
            run: |call| Box::pin(enter(call, Method::Get, $need, $handler)),
        }
    };
}

macro_rules! form {
    ($path:expr, $need:expr, $handler:path) => {
        Route {
            method: Method::Post,
            path: $path,
            access: Access::ConsoleForm($need),
            run: |call| Box::pin(enter(call, Method::Post, $need, $handler)),
        }
    };
}

/// Every route of the console.
pub static ROUTES: &[Route] = &[
    Route { method: Method::Get, path: "/admin/login", access: Access::Page, run: |call| Box::pin(sign_in::login(call)) },
    Route {
        method: Method::Get,
        path: crate::flow::admin::console::CALLBACK,
        access: Access::Page,
        run: |call| Box::pin(sign_in::callback(call)),
    },
    form!("/admin/logout", Need::ANY, sign_in::logout),
    page!("/admin", Need::ANY, overview::get),
    page!("/admin/about", Need::ANY, overview::about),
    page!("/admin/sessions", Need::of(P::SessionsRead), sessions::list),
    form!("/admin/sessions/{id}/end", Need::of(P::SessionsWrite), sessions::end),
    page!("/admin/keys", Need::fresh(P::KeysRead), keys::list),
    form!("/admin/keys/rotate", Need::fresh(P::KeysWrite), keys::rotate),
    page!("/admin/audit", Need::of(P::AuditRead), audit::list),
    page!("/admin/audit/verify", Need::of(P::AuditRead), audit::verify),
    page!("/admin/audit/export", Need::of(P::AuditRead), audit::export),
    page!("/admin/audit/{id}", Need::of(P::AuditRead), audit::entry),
];
