//! Owns which scopes are defined: those of administrators, and those of the administration API, which come with the program.
//! It does not own the standard scopes (`oauth::scope`).

use crate::identity::Permission;
use crate::oauth::scope::Scope;
use crate::store::{self, Conn, scopes};

/// The audience of access tokens for the administration API.
pub fn admin_audience(issuer: &str) -> String {
    format!("{issuer}/api/admin/v1")
}

/// Whether an audience is the provider itself. Nobody else is it: whoever were could look into tokens that are for us.
pub fn is_ours(issuer: &str, audience: &str) -> bool {
    audience == issuer || audience == admin_audience(issuer)
}

/// The scopes of the administration API: one for each permission.
pub fn built_in(issuer: &str) -> Vec<Scope> {
    let scope = |permission: Permission| Scope {
        name: permission.scope().to_owned(),
        description: format!("Administer this sign-in service for you: {}", permission.words()),
        audience: Some(admin_audience(issuer)),
        ..Scope::default()
    };
    Permission::ALL.map(scope).to_vec()
}

/// Every scope beside the standard ones: the administrators' in order of their names, then ours.
///
/// # Errors
/// A [`store::Fault`].
pub fn defined(c: &mut Conn, issuer: &str) -> Result<Vec<Scope>, store::Fault> {
    let mut all = scopes::list(c)?;
    all.extend(built_in(issuer));
    Ok(all)
}
