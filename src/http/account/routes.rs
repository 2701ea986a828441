//! Owns every path of the account pages on one page, each with the proof it needs: a line without one does not compile. And
//! the areas of the navigation. It does not own the handlers.

use std::future::Future;

use crate::flow::own_app::OwnApp;
use crate::http::account::{addresses, overview};
use crate::http::call::Call;
use crate::http::cookies::Jar;
use crate::http::own_app::desk::Desk;
use crate::http::own_app::door::{self, Proof};
use crate::http::own_app::shell::{Area, Jars, Shell};
use crate::http::own_app::sign_in;
use crate::http::reply::Reply;
use crate::http::routes::{Access, Method, Route};

/// The account pages.
pub static ACCOUNT: Shell = Shell {
    app: OwnApp::Account,
    areas: AREAS,
    routes: ROUTES,
    jars: Jars { session: Jar::Account, trip: Jar::AccountTrip, flash: Jar::AccountFlash, kept: Jar::AccountKept },
};

const fn area(group: &'static str, label: &'static str, path: &'static str) -> Area {
    Area { label, path, permission: None, group }
}

/// Every area, in order.
pub static AREAS: &[Area] = &[area("", "Overview", "/account"), area("You", "E-mail address", "/account/addresses")];

async fn enter<F, R>(call: Call, method: Method, proof: Proof, handler: F) -> Reply
where
    F: FnOnce(Desk) -> R,
    R: Future<Output = Reply>,
{
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
            run: |call| Box::pin(enter(call, Method::Get, $proof, $handler)),
        }
    };
}

macro_rules! form {
    ($path:expr, $proof:expr, $handler:path) => {
        Route {
            method: Method::Post,
            path: $path,
            access: Access::AccountForm($proof),
            run: |call| Box::pin(enter(call, Method::Post, $proof, $handler)),
        }
    };
}

use Proof::Session;

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
    page!("/account/addresses", Session, addresses::show),
];
