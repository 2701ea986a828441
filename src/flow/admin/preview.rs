//! Owns the answer to "which tokens would this person get at this client with these scopes, and why": the claims are made by
//! the functions that mint, each is told where it comes from. It does not sign, store or hand out anything.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::ClientRefusal;
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::flow::oauth::issue::{self, Making};
use crate::identity::Level;
use crate::identity::{Permission, SessionId, User};
use crate::oauth::authorization::Authorization;
use crate::oauth::authorize;
use crate::oauth::claims::{self, ClaimsRequest};
use crate::oauth::client::{Client, GrantType};
use crate::oauth::client_policy::RefreshRule;
use crate::oauth::mapping::{self, MappingTarget, Owner};
use crate::oauth::scope::ScopeSet;
use crate::store::{clients, consents};

/// What to preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The client.
    pub client_id: String,
    /// The person: address or id. Without one, the client acts for itself.
    #[serde(default)]
    pub user: Option<String>,
    /// The scopes that are asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The resources that are asked for (RFC 8707).
    #[serde(default)]
    pub resources: Vec<String>,
}

/// A claim and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewClaim {
    /// Its name.
    pub name: String,
    /// Its value. What is drawn at random for each token stands as `…`.
    pub value: Value,
    /// Where it comes from, in words.
    pub origin: String,
}

/// A scope that is not granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DroppedScope {
    /// The scope.
    pub scope: String,
    /// Why, in words.
    pub why: String,
}

/// What would be issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Preview {
    /// What would stop it altogether, in words; empty if nothing.
    pub obstacles: Vec<String>,
    /// Scopes that would be granted.
    pub scopes: Vec<String>,
    /// Scopes that would not.
    pub dropped: Vec<DroppedScope>,
    /// Whether the person would be asked for their consent.
    pub asks_consent: bool,
    /// Whether there would be a refresh token.
    pub refresh_token: bool,
    /// Claims of the ID token; nothing without `openid` or without a person.
    pub id_token: Option<Vec<PreviewClaim>>,
    /// Claims of the access token.
    pub access_token: Vec<PreviewClaim>,
    /// Life of the access token.
    pub access_token_seconds: i64,
    /// Algorithm of the access token.
    pub access_token_alg: String,
    /// Claims of the userinfo answer; nothing without `openid` or without a person.
    pub userinfo: Option<Vec<PreviewClaim>>,
}

/// Stands for what is drawn at random.
const RANDOM: &str = "…";

/// What this person would get at this client.
///
/// # Errors
/// Inner: an [`AdminRefusal`], also for a `resource` that the client may not ask for. Outer: a
/// [`Fault`](crate::flow::Fault).
pub async fn preview(cx: &Cx, actor: &Actor, request: PreviewRequest) -> Done<Preview> {
    granted!(actor.needs(Permission::ClientsRead));
    if request.user.is_some() {
        granted!(actor.needs(Permission::UsersRead));
    }
    let issuer = cx.issuer().to_owned();
    let (asked, wanted) = (request.scopes.clone(), request.clone());
    let loaded = cx.db().read(move |c| {
        let Some(client) = clients::find(c, &wanted.client_id)? else {
            return Ok(Err(ClientRefusal::Unknown(wanted.client_id.clone()).into()));
        };
        let user = match &wanted.user {
            None => None,
            Some(who) => match find_in(c, who.trim())? {
                Some(user) => Some(user.with_picture(&issuer)),
                None => return Ok(Err(UserRefusal::Unknown(who.clone()).into())),
            },
        };
        let (scope, dropped) = granted_scopes(&client, user.as_ref(), &asked);
        let authorization = authorization(&client, user.as_ref(), scope, &wanted.resources);
        let resources: Vec<&str> = wanted.resources.iter().map(String::as_str).collect();
        let making = match issue::making(c, &client, &authorization, &resources, &issuer)? {
            Ok(making) => making,
            Err(refusal) => {
                return Ok(Err(AdminRefusal::invalid("resources", refusal.description.to_string()).at("resources")));
            }
        };
        let consent = match &user {
            Some(user) => consents::find(c, &user.id, &client.client_id)?,
            None => None,
        };
        Ok(Ok((client, user, authorization, dropped, making, consent)))
    });
    let (client, user, authorization, dropped, making, consent) = granted!(loaded.await?);
    let consented = consent
        .is_some_and(|given| given.granted_at >= client.updated_at && authorization.scope.is_within(&given.scopes));
    let trusted = client.policy.trusted && !client.redirect_uris.iter().any(|uri| poses(&client, uri));
    let drawn = Drawn { cx, client: &client, a: &authorization, making: &making };
    let mut shown = drawn.shown(user.as_ref());
    shown.dropped = dropped;
    shown.asks_consent = user.is_some() && !trusted && !consented;
    shown.obstacles = obstacles(&client, user.as_ref());
    Ok(Ok(shown))
}

fn poses(client: &Client, uri: &str) -> bool {
    client.is_public() && crate::oauth::redirect_uri::is_claimable_by_others(uri)
}

fn obstacles(client: &Client, user: Option<&User>) -> Vec<String> {
    let grant = if user.is_some() { GrantType::AuthorizationCode } else { GrantType::ClientCredentials };
    let all = [
        (client.disabled_at.is_some(), "the client is switched off".to_owned()),
        (user.is_some_and(|user| user.disabled_at.is_some()), "the account is shut".to_owned()),
        (!client.may_use(grant), format!("the client may not use the grant {}", grant.as_str())),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect()
}

/// What would be granted of the scopes that are asked for, by the rule of the endpoints.
fn granted_scopes(client: &Client, user: Option<&User>, asked: &[String]) -> (ScopeSet, Vec<DroppedScope>) {
    let mut dropped = Vec::new();
    let mut kept = Vec::new();
    let refreshes = client.may_use(GrantType::RefreshToken) && client.policy.refresh != RefreshRule::Never;
    for scope in asked {
        let set = ScopeSet::of([scope.as_str()]);
        let why = if authorize::allowed_scope(&set, client).is_err() {
            "the client is not registered for it: the whole request would be refused"
        } else if user.is_none() && crate::oauth::scope::is_standard(scope) {
            "it is about a person, and there is none: the whole request would be refused"
        } else if scope == "offline_access" && !refreshes {
            "the client gets no refresh tokens"
        } else {
            kept.push(scope.as_str());
            continue;
        };
        dropped.push(DroppedScope { scope: scope.clone(), why: why.to_owned() });
    }
    (ScopeSet::of(kept), dropped)
}

fn authorization(client: &Client, user: Option<&User>, scope: ScopeSet, resources: &[String]) -> Authorization {
    Authorization {
        client_id: client.client_id.clone(),
        user_id: user.map(|user| user.id.clone()),
        session_id: user.map(|_| SessionId(RANDOM.to_owned())),
        scope,
        auth_time: user.and_then(|user| user.last_sign_in_at),
        acr: user.map(|_| Level::Password.acr().to_owned()),
        amr: user.map(|_| "pwd".to_owned()).into_iter().collect(),
        nonce: None,
        claims: ClaimsRequest::default(),
        resources: resources.to_vec(),
    }
}

struct Drawn<'a> {
    cx: &'a Cx,
    client: &'a Client,
    a: &'a Authorization,
    making: &'a Making,
}

impl Drawn<'_> {
    fn shown(&self, user: Option<&User>) -> Preview {
        let (client, a, making) = (self.client, self.a, self.making);
        let minting = issue::minting(self.cx, client, making, None);
        let grant = a.user_id.as_ref().map(|_| RANDOM);
        let access = issue::access_claims(&minting, a, making, RANDOM, grant);
        let is_about_somebody = a.user_id.is_some() && a.scope.contains("openid");
        let id = is_about_somebody.then(|| issue::id_claims(&minting, a, making, RANDOM));
        let userinfo = user
            .filter(|_| is_about_somebody)
            .map(|user| issue::userinfo_claims(user, &client.policy, a, &making.defined));
        let refreshes = a.user_id.is_some()
            && client.may_use(GrantType::RefreshToken)
            && match client.policy.refresh {
                RefreshRule::Never => false,
                RefreshRule::OfflineAccess => a.scope.contains("offline_access"),
                RefreshRule::Always => true,
            };
        Preview {
            obstacles: Vec::new(),
            scopes: a.scope.iter().map(str::to_owned).collect(),
            dropped: Vec::new(),
            asks_consent: false,
            refresh_token: refreshes,
            id_token: id.map(|claims| self.told(claims, MappingTarget::IdToken)),
            access_token: self.told(access, MappingTarget::AccessToken),
            access_token_seconds: making.rule.lifetime.seconds(),
            access_token_alg: making.rule.alg.as_str().to_owned(),
            userinfo: userinfo.map(|claims| self.told(claims, MappingTarget::Userinfo)),
        }
    }

    fn told(&self, claims: Map<String, Value>, target: MappingTarget) -> Vec<PreviewClaim> {
        let told = |(name, value): (String, Value)| {
            let origin = self.origin(&name, target);
            PreviewClaim { name, value, origin }
        };
        claims.into_iter().map(told).collect()
    }

    /// Where a claim comes from: the last rule wins, as it does when tokens are made.
    fn origin(&self, name: &str, target: MappingTarget) -> String {
        let (a, defined) = (self.a, &self.making.defined);
        if mapping::is_reserved(name) && name != "updated_at" {
            return self.of_protocol(name);
        }
        let rules = mapping::in_force(&self.client.policy, &a.scope, defined);
        let rule = rules.filter(|(_, rule)| rule.claim == name && rule.into.contains(&target)).last();
        match rule {
            Some((Owner::Client, _)) => return "mapping of the client".to_owned(),
            Some((Owner::Scope(scope), _)) => return format!("mapping of scope {scope}"),
            None => {}
        }
        let releases = |token: &&str| claims::names_of(&ScopeSet::of([*token]), defined).contains(name);
        match a.scope.iter().find(releases) {
            Some(scope) => format!("scope {scope}"),
            None => self.of_protocol(name),
        }
    }

    fn of_protocol(&self, name: &str) -> String {
        let by_resource = self.making.rule != crate::oauth::resource::AccessTokenRule::of_client(&self.client.policy);
        match name {
            "aud" => "protocol: the audience of the scopes, of the client, or the provider itself".to_owned(),
            "exp" if by_resource => "protocol: the life that the resource server sets".to_owned(),
            "exp" => "protocol: the life that the client's policy sets".to_owned(),
            _ => "protocol".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::flow::admin::client::{self, ClientDocument};
    use crate::flow::admin::resource::{self, ResourceDocument};
    use crate::flow::admin::scope::{self, ScopeDocument};
    use crate::identity::Permissions;
    use crate::oauth::client_policy::Profile;
    use crate::oauth::mapping::{Mapping, MappingSource};

    const CLI: Actor = Actor::CommandLine;

    fn mapping(claim: &str, from: MappingSource) -> Mapping {
        use MappingTarget::{AccessToken, IdToken, Userinfo};
        Mapping { claim: claim.to_owned(), from, into: vec![IdToken, AccessToken, Userinfo] }
    }

    async fn furnish(cx: &Cx) {
        let hr = ScopeDocument {
            name: "hr".to_owned(),
            description: "Do HR".to_owned(),
            audience: Some("https://hr.test".to_owned()),
            mappings: vec![mapping("duty", MappingSource::Role)],
            ..ScopeDocument::default()
        };
        scope::create(cx, &CLI, hr).await.unwrap().unwrap();
        let api = ResourceDocument {
            audience: "https://hr.test".to_owned(),
            name: "HR".to_owned(),
            access_token_lifetime_seconds: Some(60),
            access_token_alg: None,
        };
        resource::create(cx, &CLI, api).await.unwrap().unwrap();
        let wiki = ClientDocument {
            client_id: Some("wiki".to_owned()),
            redirect_uris: vec!["https://wiki.test/cb".to_owned()],
            scopes: Some(["openid", "email", "hr", "offline_access"].map(str::to_owned).to_vec()),
            refresh: Some(RefreshRule::Never),
            mappings: vec![mapping("tier", MappingSource::Constant("gold".into()))],
            ..ClientDocument::new(Profile::Web, "Wiki")
        };
        client::create(cx, &CLI, wiki).await.unwrap().unwrap();
    }

    fn asking(user: Option<&str>, scopes: &[&str]) -> PreviewRequest {
        PreviewRequest {
            client_id: "wiki".to_owned(),
            user: user.map(str::to_owned),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            resources: Vec::new(),
        }
    }

    #[tokio::test]
    async fn every_claim_says_where_it_comes_from() {
        let house = bench::house().await;
        house.person("alice@example.com").await;
        let cx = house.cx();
        furnish(&cx).await;
        let asked = asking(Some("alice@example.com"), &["openid", "email", "hr", "offline_access", "phone"]);
        let seen = preview(&cx, &CLI, asked).await.unwrap().unwrap();
        assert_eq!((seen.scopes.join(" ").as_str(), seen.refresh_token), ("email hr openid", false));
        let dropped: Vec<&str> = seen.dropped.iter().map(|d| d.scope.as_str()).collect();
        assert_eq!(dropped, ["offline_access", "phone"]);
        assert!(seen.asks_consent && seen.obstacles.is_empty());
        assert_eq!((seen.access_token_seconds, seen.access_token_alg.as_str()), (60, "RS256"));
        let origin = |claims: &[PreviewClaim], name: &str| {
            claims.iter().find(|claim| claim.name == name).map(|claim| claim.origin.clone()).unwrap_or_default()
        };
        let userinfo = seen.userinfo.unwrap();
        assert_eq!(origin(&userinfo, "email"), "scope email");
        assert_eq!(origin(&userinfo, "duty"), "mapping of scope hr");
        assert_eq!(origin(&userinfo, "tier"), "mapping of the client");
        assert_eq!(origin(&userinfo, "sub"), "protocol");
        let id = seen.id_token.unwrap();
        assert_eq!((origin(&id, "duty").as_str(), origin(&id, "email").as_str()), ("mapping of scope hr", ""));
        assert_eq!(origin(&seen.access_token, "exp"), "protocol: the life that the resource server sets");
    }

    #[tokio::test]
    async fn a_preview_says_what_stands_in_the_way() {
        let house = bench::house().await;
        let cx = house.cx();
        furnish(&cx).await;
        let own = preview(&cx, &CLI, asking(None, &["hr", "openid"])).await.unwrap().unwrap();
        assert_eq!(own.obstacles, ["the client may not use the grant client_credentials"]);
        assert_eq!((own.dropped[0].scope.as_str(), own.id_token, own.userinfo), ("openid", None, None));
        client::disable(&cx, &CLI, "wiki", None).await.unwrap().unwrap();
        let off = preview(&cx, &CLI, asking(None, &[])).await.unwrap().unwrap();
        assert_eq!(off.obstacles[0], "the client is switched off");
        let resource = PreviewRequest { resources: vec!["https://x.test".to_owned()], ..asking(None, &[]) };
        let refused = preview(&cx, &CLI, resource).await.unwrap().unwrap_err();
        assert_eq!(refused.field, Some("resources"));
        let nobody = preview(&cx, &CLI, asking(Some("bob@example.com"), &[])).await.unwrap().unwrap_err();
        assert_eq!(nobody.code, "unknown_user");
    }

    #[tokio::test]
    async fn n03_who_may_not_look_at_people_previews_none() {
        let house = bench::house().await;
        house.person("alice@example.com").await;
        let cx = house.cx();
        furnish(&cx).await;
        let permissions = Permissions::of(&[Permission::ClientsRead]);
        let actor = Actor::Person { id: crate::identity::UserId("p".to_owned()), permissions };
        let refused = preview(&cx, &actor, asking(Some("alice@example.com"), &[])).await.unwrap().unwrap_err();
        assert_eq!(refused.code, "permission_missing");
        preview(&cx, &actor, asking(None, &[])).await.unwrap().unwrap();
    }
}
