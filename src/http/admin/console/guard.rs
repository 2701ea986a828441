//! Owns what the console demands beside being signed in: the permission of each route. It does not own the door itself
//! (`http::own_app::door`).

use crate::http::admin::console::CONSOLE;
use crate::http::call::Call;
use crate::http::own_app::desk::Desk;
use crate::http::own_app::door;
pub use crate::http::own_app::door::Proof;
use crate::http::reply::Reply;
use crate::http::routes::{Method, Running};
use crate::identity::Permission;

/// What a route of the console demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The permission; `None`: any role that has one.
    pub permission: Option<Permission>,
    /// The proof.
    pub proof: Proof,
}

impl Need {
    /// Any administrator.
    pub const ANY: Need = Need { permission: None, proof: Proof::Session };

    /// This permission.
    pub const fn of(permission: Permission) -> Self {
        Self { permission: Some(permission), proof: Proof::Session }
    }

    /// This permission and a fresh proof.
    pub const fn fresh(permission: Permission) -> Self {
        Self { permission: Some(permission), proof: Proof::Fresh }
    }
}

/// Lets a request in, or answers it.
pub async fn enter(call: Call, method: Method, need: Need, handler: fn(Desk) -> Running) -> Reply {
    match door::enter(&CONSOLE, call, method, need.proof).await {
        Err(reply) => reply,
        Ok(desk) => match need.permission {
            Some(permission) if !desk.may(permission) => desk.forbidden(permission),
            _ => handler(desk).await,
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::http::admin::console::ROUTES;
    use crate::http::own_app::door::page_of;

    #[test]
    fn a_form_leads_back_to_the_page_that_it_stands_on() {
        for (form, page) in [
            ("/admin/clients/new", "/admin/clients/new"),
            ("/admin/clients/a%20b/secrets/rotate", "/admin/clients/a%20b/secrets"),
            ("/admin/people/x/account/disable", "/admin/people/x/account"),
            ("/admin/people/x/access/role", "/admin/people/x/access"),
            ("/admin/keys/import", "/admin/keys"),
            ("/admin/people/x/grants/end", "/admin/people/x/grants"),
            ("/admin/keys/k/retire", "/admin/keys/k"),
            ("/admin/roles/r/delete", "/admin/roles/r"),
            ("/admin/nothing/here", "/admin"),
            ("", "/admin"),
        ] {
            assert_eq!(page_of(ROUTES, "/admin", form), page, "{form}");
        }
    }
}
