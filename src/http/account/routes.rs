//! Owns every path of the account pages on one page, each with the proof it needs: a line without one does not compile. And
//! the areas of the navigation. It does not own the handlers.

use crate::flow::own_app::OwnApp;
use crate::http::account::{
    activity, addresses, apps, connections, data, factors, overview, passkeys, password, picture, profile, sessions,
};
use crate::http::call::Call;
use crate::http::cookies::Jar;
use crate::http::own_app::desk::Desk;
use crate::http::own_app::door::{self, Proof};
use crate::http::own_app::shell::{Area, Jars, Shell};
use crate::http::own_app::sign_in;
use crate::http::reply::Reply;
use crate::http::routes::{Access, Method, Route, Running};

/// The account pages.
pub static ACCOUNT: Shell = Shell {
    app: OwnApp::Account,
    areas: AREAS,
    routes: ROUTES,
    jars: Jars { session: Jar::Account, trip: Jar::AccountTrip, flash: Jar::AccountFlash, kept: Jar::AccountKept },
};

const fn area(label: &'static str, path: &'static str) -> Area {
    Area { label, path, permission: None, group: "" }
}

/// Every area, in order; labels are keys of texts.
pub static AREAS: &[Area] = &[
    area("account-overview", "/account"),
    area("account-profile", "/account/profile"),
    area("account-addresses", "/account/addresses"),
    area("account-password", "/account/password"),
    area("account-factors", "/account/factors"),
    area("account-sessions", "/account/sessions"),
    area("account-apps", "/account/apps"),
    area("account-connections", "/account/connections"),
    area("account-activity", "/account/activity"),
    area("account-data", "/account/data"),
];

async fn enter(call: Call, method: Method, proof: Proof, handler: fn(Desk) -> Running) -> Reply {
    match door::enter(&ACCOUNT, call, method, proof).await {
        Ok(desk) => handler(desk).await,
        Err(reply) => reply,
    }
}

macro_rules! page {
    ($path:expr, $proof:expr, $handler:path) => {
        Route {
            method: Method::Get,
            path: $path,
            access: Access::AccountPage($proof),
            run: |call| Box::pin(enter(call, Method::Get, $proof, |desk| Box::pin($handler(desk)))),
        }
    };
}

macro_rules! form {
    ($path:expr, $proof:expr, $handler:path) => {
        Route {
            method: Method::Post,
            path: $path,
            access: Access::AccountForm($proof),
            run: |call| Box::pin(enter(call, Method::Post, $proof, |desk| Box::pin($handler(desk)))),
        }
    };
}

macro_rules! upload {
    ($path:expr, $proof:expr, $handler:path) => {
        Route { access: Access::AccountUpload($proof), ..form!($path, $proof, $handler) }
    };
}

use Proof::{Fresh, Session};

/// Every route of the account pages.
pub static ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/account/login",
        access: Access::Page,
        run: |call| Box::pin(sign_in::login(call, &ACCOUNT)),
    },
    Route {
        method: Method::Get,
        path: OwnApp::Account.callback(),
        access: Access::Page,
        run: |call| Box::pin(sign_in::callback(call, &ACCOUNT)),
    },
    form!("/account/logout", Session, sign_in::logout),
    page!("/account", Session, overview::get),
    page!("/account/profile", Session, profile::show),
    form!("/account/profile", Session, profile::save),
    upload!("/account/profile/picture", Session, picture::set),
    form!("/account/profile/picture/remove", Session, picture::remove),
    page!("/account/addresses", Session, addresses::show),
    form!("/account/addresses", Fresh, addresses::change),
    form!("/account/addresses/withdraw", Session, addresses::withdraw),
    page!("/account/password", Session, password::show),
    form!("/account/password", Session, password::change),
    page!("/account/factors", Session, factors::list),
    page!("/account/factors/app", Fresh, factors::offer),
    page!("/account/factors/passkey", Fresh, passkeys::offer),
    form!("/account/factors/passkey", Fresh, passkeys::confirm),
    form!("/account/factors/app", Fresh, factors::confirm),
    form!("/account/factors/recovery-codes", Fresh, factors::renew_codes),
    page!("/account/factors/{id}", Session, factors::show),
    form!("/account/factors/{id}", Session, factors::rename),
    form!("/account/factors/{id}/remove", Fresh, factors::remove),
    page!("/account/sessions", Session, sessions::list),
    form!("/account/sessions/end", Session, sessions::end),
    form!("/account/sessions/end-others", Session, sessions::end_others),
    page!("/account/apps", Session, apps::list),
    form!("/account/apps/disconnect", Session, apps::disconnect),
    page!("/account/activity", Session, activity::list),
    page!("/account/data", Session, data::show),
    page!("/account/connections", Session, connections::list),
    page!("/account/connections/{provider}/connect", Fresh, connections::begin),
    page!("/account/connections/{provider}/back", Session, connections::back),
    form!("/account/connections/connect", Fresh, connections::connect),
    form!("/account/connections/unlink", Fresh, connections::unlink),
    form!("/account/data/download", Fresh, data::download),
    form!("/account/data/delete", Fresh, data::delete),
];
