//! Owns the tests of what administrators do to clients.

use super::*;
use crate::flow::admin::bench;
use crate::flow::admin::scope::{self, ScopeDocument};
use crate::oauth::client::GrantType;
use crate::oauth::mapping::{Mapping, MappingSource, MappingTarget};
use crate::secret::token::check_shape;

const CLI: Actor = Actor::CommandLine;

fn wiki(client_id: Option<&str>) -> ClientDocument {
    ClientDocument {
        client_id: client_id.map(str::to_owned),
        redirect_uris: vec!["https://wiki.test/cb".to_owned()],
        ..ClientDocument::new(Profile::Web, "Wiki")
    }
}

fn person(permissions: &[Permission]) -> Actor {
    Actor::Person { id: crate::identity::UserId("p".to_owned()), permissions: Permissions::of(permissions) }
}

async fn made(cx: &Cx, document: ClientDocument) -> Registered {
    create(cx, &CLI, document).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_confidential_client_gets_a_secret_and_a_public_one_does_not() {
    let house = bench::house().await;
    let cx = house.cx();
    let web = made(&cx, wiki(None)).await;
    let id = web.view.document.client_id.clone().unwrap();
    assert!(id.starts_with("web-") && id.len() == 24);
    assert!(check_shape(Kind::ClientSecret, web.secret.unwrap().expose()));
    assert_eq!(web.view.secrets.len(), 1);
    let life = cx.policy().client_lifetimes.access_token.seconds();
    assert_eq!(web.view.document.access_token_lifetime_seconds, Some(life));
    let spa = ClientDocument { profile: Profile::Spa, auth_method: None, ..wiki(Some("spa")) };
    let spa = made(&cx, ClientDocument { refresh_absolute_seconds: None, ..spa }).await;
    assert!(spa.secret.is_none() && spa.view.secrets.is_empty());
    assert_eq!(spa.view.document.refresh_absolute_seconds, Some(86_400));
    let taken = create(&cx, &CLI, wiki(Some("spa"))).await.unwrap().unwrap_err();
    assert_eq!(taken, ClientRefusal::Taken("spa".to_owned()).into());
    let service = made(&cx, ClientDocument::new(Profile::Service, "Job")).await.view.document;
    assert_eq!((service.scopes, service.grants), (Some(Vec::new()), Some(vec![GrantType::ClientCredentials])));
}

#[tokio::test]
async fn a_change_is_judged_as_a_whole_and_a_refused_one_changes_nothing() {
    let house = bench::house().await;
    let cx = house.cx();
    let first = made(&cx, wiki(Some("wiki"))).await.view;
    let bad = ClientDocument { redirect_uris: Vec::new(), trusted: true, ..first.document.clone() };
    let refused = replace(&cx, &CLI, "wiki", bad, None).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.field), ("redirect_uri_missing", Some("redirect_uris")));
    assert_eq!(find(&cx, &CLI, "wiki").await.unwrap().unwrap(), first);
    let good = ClientDocument { trusted: true, ..first.document.clone() };
    let second = replace(&cx, &CLI, "wiki", good.clone(), None).await.unwrap().unwrap();
    assert_eq!((second.version, &second.document), (2, &good));
    assert_eq!(find(&cx, &CLI, "wiki").await.unwrap().unwrap(), second);
    let same = replace(&cx, &CLI, "wiki", good, None).await.unwrap().unwrap();
    assert_eq!(same, second, "what changes nothing is no change");
    assert_eq!(house.events().await, ["client_added by command line", "client_edited by command line"]);
    let detail = house.last_detail().await;
    assert_eq!(detail, json!({ "before": { "trusted": false }, "after": { "trusted": true } }));
    let other = ClientDocument { client_id: Some("other".to_owned()), ..first.document };
    assert_eq!(replace(&cx, &CLI, "wiki", other, None).await.unwrap().unwrap_err().code, "client_id_fixed");
}

#[tokio::test]
async fn h03_of_two_changes_of_one_version_the_second_is_refused() {
    let house = bench::house().await;
    let cx = house.cx();
    let first = made(&cx, wiki(Some("wiki"))).await.view;
    let named = |name: &str| ClientDocument { name: name.to_owned(), ..first.document.clone() };
    replace(&cx, &CLI, "wiki", named("A"), Some(1)).await.unwrap().unwrap();
    let stale = replace(&cx, &CLI, "wiki", named("B"), Some(1)).await.unwrap().unwrap_err();
    assert_eq!(stale, AdminRefusal::stale(2));
    assert_eq!(remove(&cx, &CLI, "wiki", Some(1)).await.unwrap().unwrap_err(), AdminRefusal::stale(2));
    disable(&cx, &CLI, "wiki", None).await.unwrap().unwrap();
    rotate_secret(&cx, &CLI, "wiki", SECRET_OVERLAP).await.unwrap().unwrap();
    assert_eq!(find(&cx, &CLI, "wiki").await.unwrap().unwrap().version, 4, "every change counts");
}

#[tokio::test]
async fn never_more_than_two_secrets_are_good() {
    let house = bench::house().await;
    made(&house.cx(), wiki(Some("wiki"))).await;
    let live = async |house: &bench::House| {
        let id = "wiki".to_owned();
        let secrets = house.parts.db.read(move |c| clients::secrets_of(c, std::slice::from_ref(&id))).await.unwrap();
        secrets.iter().filter(|secret| secret.is_live(house.clock.now())).count()
    };
    house.clock.advance(Lifetime::from_minutes(1));
    rotate_secret(&house.cx(), &CLI, "wiki", SECRET_OVERLAP).await.unwrap().unwrap();
    assert_eq!(live(&house).await, 2);
    let third = rotate_secret(&house.cx(), &CLI, "wiki", SECRET_OVERLAP).await.unwrap().unwrap_err();
    assert_eq!(third.code, "client_has_two_secrets");
    let until = (house.clock.now() + SECRET_OVERLAP).rfc3339();
    assert!(third.words.contains(&until), "{}", third.words);
    rotate_secret(&house.cx(), &CLI, "wiki", Lifetime::ZERO).await.unwrap().unwrap();
    assert_eq!(live(&house).await, 1, "an overlap of nothing ends both");
    rotate_secret(&house.cx(), &CLI, "wiki", SECRET_OVERLAP).await.unwrap().unwrap();
    house.clock.advance(SECRET_OVERLAP);
    assert_eq!(live(&house).await, 1);
    rotate_secret(&house.cx(), &CLI, "wiki", Lifetime::ZERO).await.unwrap().unwrap();
    assert_eq!(live(&house).await, 1);
    let long = rotate_secret(&house.cx(), &CLI, "wiki", Lifetime::from_days(31)).await.unwrap();
    assert_eq!(long.unwrap_err().code, "overlap");
}

#[tokio::test]
async fn n04_a_secret_is_revoked_by_its_own_client_only() {
    let house = bench::house().await;
    let cx = house.cx();
    let mine = made(&cx, wiki(Some("mine"))).await.view;
    let theirs = made(&cx, wiki(Some("theirs"))).await.view;
    let secret = theirs.secrets[0].id.clone();
    let refused = revoke_secret(&cx, &CLI, "mine", &secret).await.unwrap().unwrap_err();
    assert_eq!(refused.code, "unknown_secret");
    assert_eq!(find(&cx, &CLI, "theirs").await.unwrap().unwrap(), theirs);
    let after = revoke_secret(&cx, &CLI, "theirs", &secret).await.unwrap().unwrap();
    assert_eq!(after.secrets[0].expires_at, Some(cx.now.rfc3339()));
    let again = revoke_secret(&cx, &CLI, "theirs", &secret).await.unwrap().unwrap_err();
    assert_eq!(again.code, "unknown_secret");
    assert_eq!(find(&cx, &CLI, "mine").await.unwrap().unwrap(), mine);
}

#[tokio::test]
async fn disabling_ends_grants_and_a_public_client_has_no_secret_to_rotate() {
    let house = bench::house().await;
    let user = house.person("alice@example.com").await;
    let session = house.session_of(&user).await;
    let grant = house.grant_of(&user, &session).await;
    let cx = house.cx();
    let refused = rotate_secret(&cx, &CLI, bench::CLIENT, SECRET_OVERLAP).await.unwrap();
    assert_eq!(refused.unwrap_err().code, "client_is_public");
    let means = what_removal_means(&cx, &CLI, bench::CLIENT).await.unwrap().unwrap();
    assert_eq!(means, ClientBelongings { consents: 0, grants: 1, secrets: 0 });
    let stale = disable(&cx, &CLI, bench::CLIENT, Some(99)).await.unwrap().unwrap_err();
    assert_eq!(stale.code, "version_is_stale");
    assert!(disable(&cx, &CLI, bench::CLIENT, None).await.unwrap().unwrap().document.disabled);
    assert!(house.grant(&grant).await.revoked_at.is_some());
    assert!(!enable(&cx, &CLI, bench::CLIENT, None).await.unwrap().unwrap().document.disabled);
    remove(&cx, &CLI, bench::CLIENT, None).await.unwrap().unwrap();
    for unknown in [bench::CLIENT, "a\0b"] {
        assert_eq!(find(&cx, &CLI, unknown).await.unwrap().unwrap_err().code, "unknown_client");
    }
}

#[tokio::test]
async fn a_document_that_says_disabled_switches_off() {
    let house = bench::house().await;
    let user = house.person("alice@example.com").await;
    let session = house.session_of(&user).await;
    let grant = house.grant_of(&user, &session).await;
    let cx = house.cx();
    let there = find(&cx, &CLI, bench::CLIENT).await.unwrap().unwrap().document;
    let off = ClientDocument { disabled: true, ..there.clone() };
    let off = replace(&cx, &CLI, bench::CLIENT, off, None).await.unwrap().unwrap();
    assert_eq!(off.disabled_at, Some(cx.now.rfc3339()));
    assert!(house.grant(&grant).await.revoked_at.is_some());
    assert!(!replace(&cx, &CLI, bench::CLIENT, there, None).await.unwrap().unwrap().document.disabled);
}

#[tokio::test]
async fn n03_every_operation_needs_its_permission() {
    let house = bench::house().await;
    let cx = house.cx();
    let reader = person(&[Permission::ClientsRead]);
    let writer = person(&[Permission::ClientsWrite]);
    let document = find(&cx, &CLI, bench::CLIENT).await.unwrap().unwrap().document;
    let id = bench::CLIENT;
    let refusals = [
        list(&cx, &writer, ClientSearch::default(), None, 10).await.unwrap().unwrap_err(),
        find(&cx, &writer, id).await.unwrap().unwrap_err(),
        what_removal_means(&cx, &writer, id).await.unwrap().unwrap_err(),
        create(&cx, &reader, wiki(None)).await.unwrap().unwrap_err(),
        replace(&cx, &reader, id, document, None).await.unwrap().unwrap_err(),
        rotate_secret(&cx, &reader, id, Lifetime::ZERO).await.unwrap().unwrap_err(),
        revoke_secret(&cx, &reader, id, "x").await.unwrap().unwrap_err(),
        disable(&cx, &reader, id, None).await.unwrap().unwrap_err(),
        enable(&cx, &reader, id, None).await.unwrap().unwrap_err(),
        remove(&cx, &reader, id, None).await.unwrap().unwrap_err(),
    ];
    assert!(refusals.iter().all(|r| r.code == "permission_missing"), "{refusals:?}");
    assert!(house.events().await.is_empty());
}

#[tokio::test]
async fn n03_nobody_gives_a_client_more_than_stands_below_them() {
    let house = bench::house().await;
    let cx = house.cx();
    let bot = |scopes: &[&str]| ClientDocument {
        scopes: Some(scopes.iter().map(|s| (*s).to_owned()).collect()),
        ..ClientDocument::new(Profile::Service, "Bot")
    };
    let (read, write) = ("admin:clients:read", "admin:clients:write");
    let operator = person(&[Permission::ClientsRead, Permission::ClientsWrite]);
    let refused = create(&cx, &operator, bot(&[read])).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.field), ("permission_missing", Some("scopes")), "roles:write is what gives away");
    let giver = person(&[Permission::ClientsRead, Permission::ClientsWrite, Permission::RolesWrite]);
    let all = bot(&[read, write, "admin:roles:write"]);
    assert_eq!(create(&cx, &giver, all).await.unwrap().unwrap_err().code, "above_your_rank", "not below, but equal");
    let beyond = bot(&["admin:keys:write"]);
    assert_eq!(create(&cx, &giver, beyond).await.unwrap().unwrap_err().code, "above_your_rank");
    let given = create(&cx, &giver, bot(&[read, write])).await.unwrap().unwrap().view;
    let id = given.document.client_id.clone().unwrap();
    // The operator stands no higher than this client: its secret would make them its equal.
    for refused in [
        rotate_secret(&cx, &operator, &id, Lifetime::ZERO).await.unwrap().unwrap_err(),
        revoke_secret(&cx, &operator, &id, &given.secrets[0].id).await.unwrap().unwrap_err(),
        replace(&cx, &operator, &id, bot(&[]), None).await.unwrap().unwrap_err(),
        disable(&cx, &operator, &id, None).await.unwrap().unwrap_err(),
        remove(&cx, &operator, &id, None).await.unwrap().unwrap_err(),
    ] {
        assert_eq!(refused.code, "above_your_rank");
    }
    let unknown = create(&cx, &CLI, bot(&["admin:everything"])).await.unwrap().unwrap_err();
    assert_eq!(unknown.code, "unknown_scope");
}

#[tokio::test]
async fn clients_are_found_by_the_beginning_of_id_or_name() {
    let house = bench::house().await;
    let cx = house.cx();
    made(&cx, wiki(Some("team-wiki"))).await;
    made(&cx, ClientDocument { name: "100%_sure".to_owned(), ..wiki(Some("Zebra")) }).await;
    disable(&cx, &CLI, "Zebra", None).await.unwrap().unwrap();
    let found = async |begins: Option<&str>, profile, disabled| {
        let search = ClientSearch { begins: begins.map(str::to_owned), profile, disabled };
        let page = list(&cx, &CLI, search, None, 10).await.unwrap().unwrap();
        page.items.into_iter().filter_map(|v| v.document.client_id).collect::<Vec<_>>()
    };
    assert_eq!(found(None, None, None).await, ["Zebra", "app", "team-wiki"]);
    assert_eq!(found(Some("WIKI"), None, None).await, ["team-wiki"]);
    assert_eq!(found(Some("zeb"), None, None).await, ["Zebra"]);
    assert_eq!(found(Some("100%_"), None, None).await, ["Zebra"]);
    assert!(found(Some("1%"), None, None).await.is_empty(), "no wildcards");
    assert!(found(Some("a\0"), None, None).await.is_empty());
    assert_eq!(found(None, Some(Profile::Spa), None).await, ["app"]);
    assert_eq!(found(None, None, Some(true)).await, ["Zebra"]);
    let first = list(&cx, &CLI, ClientSearch::default(), None, 2).await.unwrap().unwrap();
    let rest = list(&cx, &CLI, ClientSearch::default(), first.next, 2).await.unwrap().unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

#[tokio::test]
async fn mappings_of_a_client_are_judged_and_kept() {
    let house = bench::house().await;
    let cx = house.cx();
    let mapping = |claim: &str| Mapping {
        claim: claim.to_owned(),
        from: MappingSource::Role,
        into: vec![MappingTarget::IdToken],
    };
    let bad = ClientDocument { mappings: vec![mapping("sub")], ..wiki(Some("wiki")) };
    let refused = create(&cx, &CLI, bad).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.field), ("mapping", Some("mappings")));
    let good = ClientDocument { mappings: vec![mapping("duty")], ..wiki(Some("wiki")) };
    assert_eq!(made(&cx, good).await.view.document.mappings, [mapping("duty")]);
}

#[tokio::test]
async fn a_scope_must_be_defined_before_a_client_gets_it() {
    let house = bench::house().await;
    let cx = house.cx();
    let with = |scope: &str| ClientDocument {
        scopes: Some(vec!["openid".to_owned(), scope.to_owned()]),
        ..wiki(Some("wiki"))
    };
    assert_eq!(create(&cx, &CLI, with("orders:read")).await.unwrap().unwrap_err().code, "unknown_scope");
    let scope = ScopeDocument {
        name: "orders:read".to_owned(),
        description: "Read your orders".to_owned(),
        ..ScopeDocument::default()
    };
    scope::create(&cx, &CLI, scope).await.unwrap().unwrap();
    made(&cx, with("orders:read")).await;
}

#[test]
fn generated_ids_are_good_ids() {
    for profile in Profile::ALL {
        let id = generated_id(profile, &crate::secret::SeededChance::new(1));
        assert_eq!(client_rules::judge_id(&id), Ok(()), "{id}");
    }
}

#[tokio::test]
async fn n03_no_client_passes_for_the_provider_to_look_into_its_tokens() {
    let house = bench::house().await;
    let cx = house.cx();
    for ours in ["https://id.test", "https://id.test/api/admin/v1"] {
        let named = ClientDocument { audiences: vec![ours.to_owned()], ..wiki(Some("wiki")) };
        let is = ClientDocument { resource_identifier: Some(ours.to_owned()), ..wiki(Some("wiki")) };
        for document in [named, is] {
            let refused = create(&cx, &CLI, document).await.unwrap().unwrap_err();
            assert_eq!(refused.code, "audience_is_ours", "{ours}");
        }
    }
}
