//! Owns people in the API. It does not own what is done to them (`flow::admin::user` and its neighbours).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Kind, Outcome, Query, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::connection::{Deed, LinkView, LinksView};
use crate::flow::admin::consent::ConsentView;
use crate::flow::admin::factor::FactorsView;
use crate::flow::admin::user::{Created, FirstAccess, RemovalEffects};
use crate::flow::admin::user_document::{UserDocument, UserView};
use crate::flow::admin::user_search::{HistoryEntry, Status, UserSearch};
use crate::flow::admin::{connection, consent, factor, invitation, picture, user, user_access, user_search};
use crate::identity::{Email, Permission};
use crate::sensitive::Sensitive;

const READ: Permission = Permission::UsersRead;
const WRITE: Permission = Permission::UsersWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/users", may(READ), user_search)
        .does("Searches people.")
        .more("In order of their addresses. A page may hold fewer than `limit` people and still have a next one.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new(
                "q",
                Kind::Text,
                "An id, the beginning of an address, a domain (`@example.com`), or words of the name.",
            ),
            Query::new("group", Kind::Text, "In this group."),
            Query::new("role", Kind::Text, "With this role."),
            Query::new("status", Kind::Word(&["enabled", "disabled", "invited"]), "In this state."),
        ])
        .gives_page::<UserView>(),
    line!(Post, "/users", may(WRITE), user_create)
        .does("Adds a person.")
        .more("With a password, with an invitation (`invite`), or with neither: then they cannot sign in yet.")
        .takes::<NewUser>()
        .example(r#"{"email":"ada@example.com","name":"Ada Lovelace","invite":true}"#)
        .creates::<NewUserAnswer>()
        .versioned(),
    line!(Get, "/users/{user_id}", may(READ), user_find)
        .does("Shows a person.")
        .more("By id or e-mail address; so in every path below.")
        .gives::<UserView>()
        .versioned(),
    line!(Put, "/users/{user_id}", may(WRITE), user_replace)
        .does("Replaces what is written of a person.")
        .takes::<UserDocument>()
        .gives::<UserView>()
        .versioned(),
    line!(Patch, "/users/{user_id}", all(&[WRITE, READ]), user_patch)
        .does("Changes members of what is written of a person.")
        .more("Another address counts as not confirmed, unless the patch says `email_verified` too.")
        .takes::<UserDocument>()
        .gives::<UserView>()
        .versioned(),
    line!(Delete, "/users/{user_id}", may(WRITE), user_remove)
        .does("Removes a person with everything that hangs on them.")
        .versioned(),
    line!(Get, "/users/{user_id}/removal-effects", may(READ), user_removal_effects)
        .does("Tells what removing the person would end.")
        .gives::<RemovalEffects>(),
    line!(Post, "/users/{user_id}/disable", may(WRITE), user_disable)
        .does("Shuts an account, and ends its sessions and tokens.")
        .gives::<UserView>()
        .versioned(),
    line!(Post, "/users/{user_id}/enable", may(WRITE), user_enable)
        .does("Opens an account again.")
        .gives::<UserView>()
        .versioned(),
    line!(Put, "/users/{user_id}/password", may(WRITE), user_password)
        .does("Gives a person another password, and ends what was begun with the old one.")
        .takes::<NewPassword>()
        .example(r#"{"password":"correct horse battery staple","must_change":true}"#)
        .gives::<UserView>(),
    line!(Post, "/users/{user_id}/require-password-change", may(WRITE), user_require_password_change)
        .does("Lets the person choose another password at the next sign-in.")
        .gives::<UserView>(),
    line!(Post, "/users/{user_id}/invitation", may(WRITE), user_invite)
        .does("Makes a link by which the person chooses a password.")
        .more("The link works once, for seven days; links from before are void.")
        .creates::<InvitationAnswer>(),
    line!(Delete, "/users/{user_id}/sessions", may(Permission::SessionsWrite), user_end_sessions)
        .does("Ends every session of a person.")
        .gives::<EndedSessions>(),
    line!(Get, "/users/{user_id}/factors", may(READ), user_factors)
        .does("Lists the second factors of a person.")
        .gives::<FactorsView>(),
    line!(Delete, "/users/{user_id}/factors", may(WRITE), user_remove_factors)
        .does("Takes every second factor of a person away, with the recovery codes.")
        .more("For somebody who lost them. Sessions go on; nobody does this to themselves but an owner.")
        .gives::<RemovedFactors>(),
    line!(Delete, "/users/{user_id}/factors/{factor_id}", may(WRITE), user_remove_factor)
        .does("Takes one second factor of a person away.")
        .gives::<RemovedFactors>(),
    line!(Get, "/users/{user_id}/links", may(READ), user_links)
        .does("Lists the accounts elsewhere with which a person can sign in.")
        .gives::<LinksView>(),
    line!(Delete, "/users/{user_id}/links/{link_id}", may(WRITE), user_unlink)
        .does("Takes the link to an account elsewhere away.")
        .more("Sessions that rest on it end. The last way in stays (`last_way_in`). The account elsewhere can be linked anew.")
        .gives::<LinkView>(),
    line!(Post, "/users/{user_id}/links/{link_id}/disable", may(WRITE), user_disable_link)
        .does("Shuts the link to an account elsewhere.")
        .more("Nobody signs in with it until it is enabled; sessions that rest on it end.")
        .gives::<LinkView>(),
    line!(Post, "/users/{user_id}/links/{link_id}/enable", may(WRITE), user_enable_link)
        .does("Opens the link to an account elsewhere again.")
        .gives::<LinkView>(),
    line!(Delete, "/users/{user_id}/picture", may(WRITE), user_remove_picture)
        .does("Takes away the picture that a person uploaded.")
        .more("The picture that `picture` of their record names is another one, and stays.")
        .gives::<UserView>(),
    line!(Get, "/users/{user_id}/consents", may(READ), user_consents)
        .does("Lists what a person has allowed clients.")
        .query(&[LIMIT, AFTER])
        .gives_page::<ConsentView>(),
    line!(Delete, "/users/{user_id}/consents/{client_id}", may(WRITE), user_withdraw_consent)
        .does("Takes back what a person allowed a client, and ends its tokens."),
    line!(Get, "/users/{user_id}/history", may(READ), user_history)
        .does("Lists sign-ins and what else happened to an account, newest first.")
        .query(&[LIMIT, AFTER])
        .gives_page::<HistoryEntry>(),
];

/// A new person, and how they come in.
#[derive(Serialize, ToSchema)]
struct NewUser {
    /// Who they are.
    #[serde(flatten)]
    document: UserDocument,
    /// Their first password.
    password: Option<String>,
    /// The hash of a password that they have elsewhere: argon2, bcrypt, scrypt or PBKDF2, in the PHC form, as Django or
    /// passlib write it, or a credential from an export of Keycloak (JSON as text). It is replaced by one of ours at their
    /// first sign-in. Not together with `password`.
    password_hash: Option<String>,
    /// Whether a link is made by which they choose a password. Not together with a password.
    #[serde(default)]
    invite: Option<bool>,
}

/// The members of [`NewUser`] beside the document: a type with a flattened member cannot refuse unknown ones.
#[derive(Default, Deserialize)]
struct Access {
    password: Option<String>,
    password_hash: Option<String>,
    invite: Option<bool>,
}

/// A person who was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewUserView)]
struct NewUserAnswer {
    /// Who they are.
    #[serde(flatten)]
    user: UserView,
    /// The link by which they choose a password; shown this once.
    invitation_link: Option<String>,
    /// Whether a letter with the link goes to them.
    mailed: bool,
}

/// A password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The new password.
    password: String,
    /// Whether the person must choose another one at the next sign-in.
    #[serde(default)]
    must_change: bool,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitationView)]
struct InvitationAnswer {
    /// The person.
    user: UserView,
    /// The link by which they choose a password; shown this once.
    invitation_link: String,
}

/// How many second factors went.
#[derive(Serialize, ToSchema)]
struct RemovedFactors {
    /// Whose.
    user_id: String,
    /// So many went.
    removed: i64,
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
struct EndedSessions {
    /// The person.
    user_id: String,
    /// So many sessions ended.
    ended: i64,
}

fn found(view: &UserView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn user_search(call: ApiCall) -> Outcome {
    let wanted = UserSearch {
        q: call.owned("q"),
        group: call.owned("group"),
        role: call.owned("role"),
        status: call.text("status").and_then(status),
    };
    let page = user_search::search(call.cx(), &call.actor, &wanted, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

fn status(word: &str) -> Option<Status> {
    match word {
        "enabled" => Some(Status::Enabled),
        "disabled" => Some(Status::Disabled),
        "invited" => Some(Status::Invited),
        _ => None,
    }
}

async fn user_create(call: ApiCall) -> Outcome {
    let (access, document) = call.body_and::<Access, UserDocument>(&["password", "password_hash", "invite"])?;
    let access = match (access.password, access.password_hash, access.invite.unwrap_or_default()) {
        (Some(password), None, false) => FirstAccess::Password(Sensitive::new(password)),
        (None, Some(hash), false) => FirstAccess::Hash(Sensitive::new(hash)),
        (None, None, true) => FirstAccess::Invitation,
        (None, None, false) => FirstAccess::None,
        _ => {
            let words = "give a password, or the hash of one, or ask for an invitation: one of the three";
            return Err(super::problem::Problem::invalid("password_and_invite", words).at("invite").into());
        }
    };
    let Created { user, invitation, mailed } = user::create(call.cx(), &call.actor, document, access).await??;
    let (id, version) = (user.id.clone(), user.version);
    let invitation_link = invitation.map(|token| invitation::address(call.cx(), &token).expose().to_owned());
    Ok(Answer::json(&NewUserAnswer { user, invitation_link, mailed })?.version(version).at(&["users", &id]))
}

async fn user_find(call: ApiCall) -> Outcome {
    found(&user::find(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_replace(call: ApiCall) -> Outcome {
    let (who, document) = (call.part("user_id"), call.body()?);
    found(&user::replace(call.cx(), &call.actor, who, document, call.expect()).await??)
}

async fn user_patch(call: ApiCall) -> Outcome {
    let who = call.part("user_id");
    // Whoever may write may see what they write over; looking needs the permission to read.
    let find = async || {
        let mut found = user::find(call.cx(), &call.actor, who).await?;
        if let (Ok(view), Some(email)) = (&mut found, call.member("email")) {
            // Nobody vouches for an address by naming it: whoever does says so in the same patch.
            let key = |email: &str| Email::parse(email).ok().map(|email| email.key().to_owned());
            view.document.email_verified &= key(email) == key(&view.document.email);
        }
        Ok::<_, crate::flow::Fault>(found)
    };
    patched!(call, find, |document, expect| user::replace(call.cx(), &call.actor, who, document, expect))
}

async fn user_remove(call: ApiCall) -> Outcome {
    user::remove(call.cx(), &call.actor, call.part("user_id"), call.expect()).await??;
    Ok(Answer::nothing())
}

async fn user_removal_effects(call: ApiCall) -> Outcome {
    Answer::json(&user::what_removal_means(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_disable(call: ApiCall) -> Outcome {
    found(&user::disable(call.cx(), &call.actor, call.part("user_id"), call.expect()).await??)
}

async fn user_enable(call: ApiCall) -> Outcome {
    found(&user::enable(call.cx(), &call.actor, call.part("user_id"), call.expect()).await??)
}

async fn user_password(call: ApiCall) -> Outcome {
    let NewPassword { password, must_change } = call.body()?;
    let (who, password) = (call.part("user_id"), Sensitive::new(password));
    Answer::json(&user_access::set_password(call.cx(), &call.actor, who, password, must_change).await??)
}

async fn user_require_password_change(call: ApiCall) -> Outcome {
    Answer::json(&user_access::require_password_change(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_invite(call: ApiCall) -> Outcome {
    let invited = invitation::invite(call.cx(), &call.actor, call.part("user_id")).await??;
    let id = invited.user.id.clone();
    let invitation_link = invitation::address(call.cx(), &invited.token).expose().to_owned();
    Ok(Answer::json(&InvitationAnswer { user: invited.user, invitation_link })?.at(&["users", &id]))
}

async fn user_end_sessions(call: ApiCall) -> Outcome {
    let (id, ended) = user_access::end_sessions(call.cx(), &call.actor, call.part("user_id")).await??;
    Answer::json(&EndedSessions { user_id: id.0, ended })
}

async fn user_factors(call: ApiCall) -> Outcome {
    Answer::json(&factor::list(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_remove_factors(call: ApiCall) -> Outcome {
    let (id, removed) = factor::remove(call.cx(), &call.actor, call.part("user_id"), None).await??;
    Answer::json(&RemovedFactors { user_id: id.0, removed })
}

async fn user_links(call: ApiCall) -> Outcome {
    Answer::json(&connection::list(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_unlink(call: ApiCall) -> Outcome {
    change_link(call, Deed::Remove).await
}

async fn user_disable_link(call: ApiCall) -> Outcome {
    change_link(call, Deed::Disable).await
}

async fn user_enable_link(call: ApiCall) -> Outcome {
    change_link(call, Deed::Enable).await
}

async fn change_link(call: ApiCall, deed: Deed) -> Outcome {
    let (who, which) = (call.part("user_id"), call.part("link_id"));
    Answer::json(&connection::change(call.cx(), &call.actor, who, which, deed).await??)
}

async fn user_remove_picture(call: ApiCall) -> Outcome {
    Answer::json(&picture::remove(call.cx(), &call.actor, call.part("user_id")).await??)
}

async fn user_remove_factor(call: ApiCall) -> Outcome {
    let (who, which) = (call.part("user_id"), call.part("factor_id"));
    let (id, removed) = factor::remove(call.cx(), &call.actor, who, Some(which)).await??;
    Answer::json(&RemovedFactors { user_id: id.0, removed })
}

async fn user_consents(call: ApiCall) -> Outcome {
    let who = call.part("user_id");
    let page = consent::list(call.cx(), &call.actor, who, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn user_withdraw_consent(call: ApiCall) -> Outcome {
    consent::withdraw(call.cx(), &call.actor, call.part("user_id"), call.part("client_id")).await??;
    Ok(Answer::nothing())
}

async fn user_history(call: ApiCall) -> Outcome {
    let who = call.part("user_id");
    let page = user_search::history(call.cx(), &call.actor, who, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}
