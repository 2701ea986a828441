//! Owns what sets our own apps apart over HTTP: their areas, their routes and their cookies. It does not own what stands
//! there (`http::admin::console`, `http::account`).

use crate::flow::own_app::OwnApp;
use crate::http::call::Call;
use crate::http::cookies::Jar;
use crate::http::routes::Route;
use crate::identity::Permission;
use crate::messages::Language;

/// One of our own apps.
pub struct Shell {
    /// Which.
    pub app: OwnApp,
    /// Its navigation, in order.
    pub areas: &'static [Area],
    /// Its routes.
    pub routes: &'static [Route],
    /// Its cookies.
    pub jars: Jars,
}

/// The language of an app's pages: the console is English, and the account pages speak to everybody.
pub fn language(call: &Call, app: OwnApp) -> Language {
    match app {
        OwnApp::Console => Language::ENGLISH,
        OwnApp::Account => call.cx.language,
    }
}

/// The cookies of an app.
pub struct Jars {
    /// The session.
    pub session: Jar,
    /// A sign-in under way.
    pub trip: Jar,
    /// A message for the next page.
    pub flash: Jar,
    /// What was typed before a new proof was asked for.
    pub kept: Jar,
}

/// An area of the navigation.
pub struct Area {
    /// Its name; for the account pages the key of it.
    pub label: &'static str,
    /// Its first page.
    pub path: &'static str,
    /// Who sees it; `None`: everybody here.
    pub permission: Option<Permission>,
    /// The group it stands in.
    pub group: &'static str,
}
