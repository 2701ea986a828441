//! The administration API (`/api/admin/v1`): one table of routes, in which each line names the permission it needs; and
//! everything that goes by that table: answering, the OpenAPI document, the reader page. It does not own what administrators
//! do (`flow::admin`).

pub mod answer;
pub mod call;
pub mod here;
pub mod json;
pub mod limit;
pub mod once;
pub mod openapi;
pub mod problem;
pub mod reader;
pub mod route;
pub mod serve;

mod attributes;
mod audit;
mod clients;
mod files;
mod grants;
mod groups;
mod index;
mod keys;
mod mail;
mod overview;
mod providers;
mod resources;
mod roles;
mod scopes;
mod sessions;
mod settings;
mod traces;
mod users;
mod webhooks;

use route::{Kind, Query};

use crate::flow::admin::page::LONGEST_PAGE;

pub use route::{ApiRoute, Needs};

/// Where the API is, below the issuer; also the audience of its access tokens.
pub const ROOT: &str = crate::flow::admin::access::PATH;

/// The nouns in the order in which people read about them: first segment of the paths, title, what it is about, and the lines.
pub static API: &[(&str, &str, &str, &[ApiRoute])] = &[
    ("", "Start", "What the access token at hand may do.", index::ROUTES),
    ("overview", "Overview", "Numbers over time, and what wants attention.", overview::ROUTES),
    ("clients", "Clients", "Apps and programs that sign people in or call APIs.", clients::ROUTES),
    ("users", "People", "Accounts, how they come in, and what they allowed.", users::ROUTES),
    ("groups", "Groups", "Groups of people; apps are told them.", groups::ROUTES),
    ("roles", "Roles", "Sets of permissions; each person has one.", roles::ROUTES),
    ("attributes", "Attributes", "What can be written of people beside their profile.", attributes::ROUTES),
    ("scopes", "Scopes", "What clients may ask for, beside the standard scopes.", scopes::ROUTES),
    ("resources", "Resource servers", "APIs that take our access tokens.", resources::ROUTES),
    ("providers", "Providers", "Whom people sign in through: Google, GitHub, any issuer.", providers::ROUTES),
    ("sessions", "Sessions", "Where people are signed in.", sessions::ROUTES),
    ("grants", "Grants", "What clients were allowed.", grants::ROUTES),
    ("keys", "Signing keys", "Their lives and their public halves.", keys::ROUTES),
    ("traces", "Traces", "Why a sign-in or a request failed.", traces::ROUTES),
    ("audit", "Security log", "Who did what, when and from where; sealed in a chain.", audit::ROUTES),
    ("settings", "Settings", "What administrators set while the server runs.", settings::ROUTES),
    ("mail", "Mail", "Letters that could not be delivered.", mail::ROUTES),
    ("webhooks", "Webhooks", "Addresses that are told of events in the security log.", webhooks::ROUTES),
    ("files", "Files", "Configuration kept in version control: planned, applied, compared.", files::ROUTES),
];

const LIMIT: Query = Query::new("limit", Kind::Number(1, LONGEST_PAGE), "Items of a page; 50 without it.");
const AFTER: Query = Query::new("after", Kind::Text, "Goes on behind the last page: its `next`.");

/// Every line of the table.
pub fn routes() -> impl Iterator<Item = &'static ApiRoute> {
    API.iter().flat_map(|(.., routes)| routes.iter())
}
