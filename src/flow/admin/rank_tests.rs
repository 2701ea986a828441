//! Ring 1: who may act on whom. Security cases N03, N05, N09.

use serde_json::json;

use super::attribute::{self, AttributeDocument};
use super::group::{self, GroupDocument};
use super::role::{self, RoleDocument};
use super::user::{self, FirstAccess};
use super::user_document::UserDocument;
use super::{Actor, AdminRefusal, bench, invitation, provider, session, settings, user_access, user_search};
use crate::flow::Cx;
use crate::identity::attribute::AttributeKind;
use crate::identity::permission::built_in;
use crate::identity::{Permission, Permissions, RoleName, UserId};
use crate::oauth::upstream::provider::GroupRule;
use crate::oauth::upstream::{Preset, Provider};
use crate::sensitive::Sensitive;

const CLI: Actor = Actor::CommandLine;

/// A house with one person of each built-in role, named after it.
async fn house() -> (bench::House, Cx) {
    let house = bench::house().await;
    let cx = house.cx();
    for role in built_in() {
        let name = role.name.as_str().to_owned();
        let document = UserDocument { role: name.clone(), ..UserDocument::new(&address(&name)) };
        user::create(&cx, &CLI, document, FirstAccess::None).await.unwrap().unwrap();
    }
    (house, cx)
}

fn address(role: &str) -> String {
    format!("{role}@example.com")
}

/// The person of this role, as they come through a door.
async fn signed_in(cx: &Cx, role: &str) -> Actor {
    let view = user::find(cx, &CLI, &address(role)).await.unwrap().unwrap();
    let name = RoleName::parse(role).unwrap();
    let permissions = cx.db().read(move |c| role::permissions_of(c, &name)).await.unwrap();
    Actor::Person { id: UserId(view.id), permissions }
}

fn code<T>(done: Result<T, AdminRefusal>) -> &'static str {
    done.err().map_or("done", |refusal| refusal.code)
}

/// What comes of every way of acting on somebody. None of them does anything that the next one trips over.
async fn every_act(cx: &Cx, actor: &Actor, on: &str) -> Vec<(&'static str, &'static str)> {
    let who = &address(on);
    let view = user::find(cx, &CLI, who).await.unwrap().unwrap();
    let renamed = UserDocument { nickname: Some("Nick".to_owned()), ..view.document.clone() };
    let regrouped = UserDocument { groups: vec!["staff".to_owned()], ..view.document.clone() };
    let password = || Sensitive::new("correct horse battery");
    vec![
        ("rename", code(user::replace(cx, actor, who, renamed, None).await.unwrap())),
        ("regroup", code(user::replace(cx, actor, who, regrouped, None).await.unwrap())),
        ("add to group", code(group::add_member(cx, actor, "staff", who).await.unwrap())),
        ("remove from group", code(group::remove_member(cx, actor, "staff", who).await.unwrap())),
        ("set password", code(user_access::set_password(cx, actor, who, password(), false).await.unwrap())),
        ("demand password", code(user_access::require_password_change(cx, actor, who).await.unwrap())),
        ("invite", code(invitation::invite(cx, actor, who).await.unwrap())),
        ("end sessions", code(user_access::end_sessions(cx, actor, who).await.unwrap())),
        ("disable", code(user::disable(cx, actor, who, None).await.unwrap())),
        ("enable", code(user::enable(cx, actor, who, None).await.unwrap())),
        ("remove", code(user::remove(cx, actor, who, None).await.unwrap())),
    ]
}

#[tokio::test]
async fn n03_nobody_acts_on_somebody_of_their_own_or_a_higher_rank() {
    for (actor, on, wanted) in [
        ("people-operator", "owner", "above_your_rank"),
        ("people-operator", "administrator", "above_your_rank"),
        ("people-operator", "client-operator", "above_your_rank"),
        ("people-operator", "auditor", "above_your_rank"),
        ("people-operator", "person", "done"),
        ("administrator", "owner", "above_your_rank"),
        ("administrator", "people-operator", "done"),
        ("administrator", "auditor", "done"),
        ("client-operator", "person", "permission_missing"),
        ("auditor", "person", "permission_missing"),
        ("person", "person", "permission_missing"),
        ("owner", "administrator", "done"),
    ] {
        let (_house, cx) = house().await;
        group::create(&cx, &CLI, GroupDocument { name: "staff".to_owned(), description: String::new() })
            .await
            .unwrap()
            .unwrap();
        let by = signed_in(&cx, actor).await;
        for (act, came) in every_act(&cx, &by, on).await {
            assert_eq!(came, wanted, "{actor} on {on}: {act}");
        }
    }
}

#[tokio::test]
async fn n03_two_of_a_rank_leave_each_other_alone_and_owners_do_not() {
    let (_house, cx) = house().await;
    for (role, wanted) in
        [("administrator", "above_your_rank"), ("people-operator", "above_your_rank"), ("owner", "done")]
    {
        let twin = UserDocument { role: role.to_owned(), ..UserDocument::new("twin@example.com") };
        user::create(&cx, &CLI, twin, FirstAccess::None).await.unwrap().unwrap();
        let by = signed_in(&cx, role).await;
        assert_eq!(code(user::disable(&cx, &by, "twin@example.com", None).await.unwrap()), wanted, "{role}");
        user::remove(&cx, &CLI, "twin@example.com", None).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn n03_nobody_but_an_owner_changes_themselves() {
    for role in ["administrator", "people-operator"] {
        let (_house, cx) = house().await;
        group::create(&cx, &CLI, GroupDocument { name: "staff".to_owned(), description: String::new() })
            .await
            .unwrap()
            .unwrap();
        let by = signed_in(&cx, role).await;
        for (act, came) in every_act(&cx, &by, role).await {
            let wanted = if act == "end sessions" { "done" } else { "yourself" };
            assert_eq!(came, wanted, "{role}: {act}");
        }
    }
    let (_house, cx) = house().await;
    let by = signed_in(&cx, "owner").await;
    let renamed = UserDocument {
        role: "owner".to_owned(),
        groups: vec!["founders".to_owned()],
        ..UserDocument::new(&address("owner"))
    };
    assert_eq!(code(user::replace(&cx, &by, &address("owner"), renamed, None).await.unwrap()), "done");
    assert_eq!(code(user::disable(&cx, &by, &address("owner"), None).await.unwrap()), "last_owner");
}

#[tokio::test]
async fn n03_a_role_is_given_by_whoever_stands_above_it_and_may_give_roles() {
    let (_house, cx) = house().await;
    for (actor, role, wanted) in [
        ("people-operator", "auditor", "permission_missing"),
        ("people-operator", "owner", "permission_missing"),
        ("administrator", "owner", "above_your_rank"),
        ("administrator", "administrator", "above_your_rank"),
        ("administrator", "auditor", "done"),
        ("administrator", "person", "done"),
        ("administrator", "king", "unknown_role"),
        ("owner", "owner", "done"),
    ] {
        let by = signed_in(&cx, actor).await;
        let new = UserDocument { role: role.to_owned(), ..UserDocument::new("new@example.com") };
        let created = user::create(&cx, &by, new.clone(), FirstAccess::None).await.unwrap();
        assert_eq!(code(created), wanted, "{actor} makes {role}");
        let _ = user::remove(&cx, &CLI, "new@example.com", None).await.unwrap();
        let changed = UserDocument { email: address("person"), ..new };
        let changed = user::replace(&cx, &by, &address("person"), changed, None).await.unwrap();
        assert_eq!(code(changed), wanted, "{actor} makes of somebody {role}");
        let back = UserDocument::new(&address("person"));
        user::replace(&cx, &CLI, &address("person"), back, None).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn n03_a_token_with_fewer_scopes_lowers_the_rank_of_an_owner() {
    let (_house, cx) = house().await;
    let by = Actor::Client {
        client_id: "script".to_owned(),
        user: None,
        permissions: Permissions::of(&[Permission::UsersRead, Permission::UsersWrite]),
    };
    assert_eq!(code(user::disable(&cx, &by, &address("person"), None).await.unwrap()), "done");
    assert_eq!(code(user::disable(&cx, &by, &address("auditor"), None).await.unwrap()), "above_your_rank");
    let grouped = UserDocument { groups: vec!["a".to_owned()], ..UserDocument::new(&address("person")) };
    let refused = user::replace(&cx, &by, &address("person"), grouped, None).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.field), ("permission_missing", Some("groups")));
}

#[tokio::test]
async fn n03_a_group_with_members_above_you_is_not_yours_to_remove() {
    let (_house, cx) = house().await;
    for who in ["person", "administrator"] {
        let by = signed_in(&cx, "people-operator").await;
        let document = GroupDocument { name: "staff".to_owned(), description: "Everybody".to_owned() };
        let _ = group::create(&cx, &CLI, document).await.unwrap();
        group::add_member(&cx, &CLI, "staff", &address(who)).await.unwrap().unwrap();
        let wanted = if who == "person" { "done" } else { "above_your_rank" };
        assert_eq!(code(group::remove(&cx, &by, "staff", None).await.unwrap()), wanted, "{who}");
    }
    assert_eq!(group::find(&cx, &CLI, "staff").await.unwrap().unwrap().members, 1);
    let members = group::members(&cx, &CLI, "staff", None, 10).await.unwrap().unwrap();
    assert_eq!(members.items[0].document.email, address("administrator"));
    assert_eq!(code(group::add_member(&cx, &CLI, "nobody", &address("person")).await.unwrap()), "unknown_group");
}

#[tokio::test]
async fn a_group_that_a_rule_names_stays_until_the_rule_goes() {
    let (_house, cx) = house().await;
    for name in ["staff", "ops"] {
        let document = GroupDocument { name: name.to_owned(), description: String::new() };
        group::create(&cx, &CLI, document).await.unwrap().unwrap();
    }
    let mut document = settings::find(&cx, &CLI).await.unwrap().unwrap().document;
    document.second_factor.groups = vec!["stafff".to_owned()];
    let missing = settings::replace(&cx, &CLI, document.clone(), None).await.unwrap().unwrap_err();
    assert_eq!((missing.code, missing.field), ("unknown_group", Some("second_factor.groups")));
    document.second_factor.groups = vec!["staff".to_owned()];
    settings::replace(&cx, &CLI, document.clone(), None).await.unwrap().unwrap();
    let mut provider = Provider::of_preset(Preset::Oidc, "acme", "us");
    provider.issuer = Some("https://login.acme.test".to_owned());
    let rule = |group: &str| GroupRule { claim: "g".to_owned(), value: "v".to_owned(), group: group.to_owned() };
    provider.groups = vec![rule("staff"), rule("ops")];
    provider::create(&cx, &CLI, provider.clone()).await.unwrap().unwrap();
    let refused = group::remove(&cx, &CLI, "staff", None).await.unwrap().unwrap_err();
    assert_eq!(refused.code, "group_in_use");
    assert!(refused.words.contains("the settings") && refused.words.contains("the provider acme"), "{refused:?}");
    document.second_factor.groups = Vec::new();
    settings::replace(&cx, &CLI, document, None).await.unwrap().unwrap();
    assert_eq!(code(group::remove(&cx, &CLI, "ops", None).await.unwrap()), "group_in_use");
    provider.groups = Vec::new();
    provider::replace(&cx, &CLI, "acme", provider, None).await.unwrap().unwrap();
    for name in ["staff", "ops"] {
        assert_eq!(code(group::remove(&cx, &CLI, name, None).await.unwrap()), "done");
    }
}

fn of(name: &str, permissions: &[Permission]) -> RoleDocument {
    RoleDocument { name: name.to_owned(), description: String::new(), permissions: Permissions::of(permissions) }
}

#[tokio::test]
async fn n03_a_role_is_defined_below_its_maker_and_owning_stays_with_owners() {
    let (_house, cx) = house().await;
    let admin = signed_in(&cx, "administrator").await;
    let owner = signed_in(&cx, "owner").await;
    let all_but_own: Vec<Permission> = Permission::ALL.into_iter().filter(|p| *p != Permission::Own).collect();
    for (actor, document, wanted) in [
        (&admin, of("desk", &[Permission::UsersRead]), "done"),
        (&admin, of("desk", &[Permission::UsersRead]), "role_taken"),
        (&admin, of("twin", &all_but_own), "above_your_rank"),
        (&owner, of("twin", &all_but_own), "done"),
        (&owner, of("second-owner", &Permission::ALL), "own_is_for_owners"),
        (&owner, of("owner", &[]), "role_built_in"),
        (&owner, of("Desk", &[]), "role_name"),
    ] {
        assert_eq!(code(role::create(&cx, actor, document.clone()).await.unwrap()), wanted, "{document:?}");
    }
    assert_eq!(code(role::replace(&cx, &admin, "twin", of("twin", &[]), None).await.unwrap()), "above_your_rank");
    assert_eq!(code(role::remove(&cx, &admin, "twin", None).await.unwrap()), "above_your_rank");
    let people = signed_in(&cx, "people-operator").await;
    assert_eq!(code(role::create(&cx, &people, of("x", &[])).await.unwrap()), "permission_missing");
    let clerk = UserDocument { role: "desk".to_owned(), ..UserDocument::new("clerk@example.com") };
    user::create(&cx, &admin, clerk, FirstAccess::None).await.unwrap().unwrap();
    let wider = of("desk", &[Permission::UsersRead, Permission::UsersWrite]);
    let changed = role::replace(&cx, &admin, "desk", wider, Some(1)).await.unwrap().unwrap();
    assert_eq!((changed.version, changed.built_in), (2, false));
    let name = RoleName::parse("desk").unwrap();
    let now = cx.db().read(move |c| role::permissions_of(c, &name)).await.unwrap();
    assert!(now.contains(Permission::UsersWrite), "at once, for everybody who has it");
    let unheard = RoleName::parse("unheard-of").unwrap();
    assert!(cx.db().read(move |c| role::permissions_of(c, &unheard)).await.unwrap().is_empty());
    assert_eq!(code(role::remove(&cx, &admin, "desk", None).await.unwrap()), "role_in_use");
    user::remove(&cx, &admin, "clerk@example.com", None).await.unwrap().unwrap();
    assert_eq!(code(role::remove(&cx, &admin, "desk", Some(1)).await.unwrap()), "version_is_stale");
    assert_eq!(code(role::remove(&cx, &admin, "desk", Some(2)).await.unwrap()), "done");
    assert_eq!(role::list(&cx, &admin).await.unwrap().unwrap().len(), built_in().len() + 1);
}

fn attribute(name: &str, kind: AttributeKind, required: bool) -> AttributeDocument {
    AttributeDocument { name: name.to_owned(), title: "Title".to_owned(), kind, required, self_editable: false }
}

#[tokio::test]
async fn l13_no_attribute_takes_the_name_of_a_claim_that_means_something() {
    let (_house, cx) = house().await;
    for taken in ["sub", "iss", "aud", "email", "groups", "role", "roles", "scope", "client_id", "cnf", "act", "jti"] {
        let refused = attribute::create(&cx, &CLI, attribute(taken, AttributeKind::Text, false)).await.unwrap();
        assert_eq!(code(refused), "attribute_name_reserved", "{taken}");
    }
    for odd in ["", "Team", "1a", "a-b", "_a", "té", &"a".repeat(51)] {
        let refused = attribute::create(&cx, &CLI, attribute(odd, AttributeKind::Text, false)).await.unwrap();
        assert_eq!(code(refused), "attribute_name", "{odd}");
    }
}

#[tokio::test]
async fn n05_values_of_attributes_are_judged_and_nobody_loses_theirs_by_accident() {
    let (_house, cx) = house().await;
    attribute::create(&cx, &CLI, attribute("level", AttributeKind::Number, false)).await.unwrap().unwrap();
    let with = |value: serde_json::Value| UserDocument {
        attributes: [("level".to_owned(), value)].into(),
        ..UserDocument::new(&address("person"))
    };
    let put = async |document| code(user::replace(&cx, &CLI, &address("person"), document, None).await.unwrap());
    assert_eq!(put(with(json!("high"))).await, "attribute_value");
    assert_eq!(put(with(json!(3))).await, "done");
    let odd = UserDocument { attributes: [("x".to_owned(), json!(1))].into(), ..UserDocument::new(&address("person")) };
    assert_eq!(put(odd).await, "attribute_value");
    assert_eq!(code(attribute::remove(&cx, &CLI, "level", None).await.unwrap()), "attribute_in_use");
    let other_kind = attribute("level", AttributeKind::Text, false);
    assert_eq!(code(attribute::replace(&cx, &CLI, "level", other_kind, None).await.unwrap()), "attribute_in_use");
    let required = attribute("level", AttributeKind::Number, true);
    assert_eq!(attribute::replace(&cx, &CLI, "level", required, Some(1)).await.unwrap().unwrap().version, 2);
    assert_eq!(put(with(json!(null))).await, "attribute_value", "it is required now");
    let optional = attribute("level", AttributeKind::Number, false);
    attribute::replace(&cx, &CLI, "level", optional, None).await.unwrap().unwrap();
    assert_eq!(put(with(json!(null))).await, "done");
    assert_eq!(code(attribute::remove(&cx, &CLI, "level", Some(3)).await.unwrap()), "done");
    let auditor = signed_in(&cx, "auditor").await;
    let refused = attribute::create(&cx, &auditor, attribute("a", AttributeKind::Text, false)).await.unwrap();
    assert_eq!(code(refused), "permission_missing");
}

#[tokio::test]
async fn n03_looking_needs_its_permission() {
    let (_house, cx) = house().await;
    let nobody = signed_in(&cx, "person").await;
    let search = user_search::UserSearch::default();
    assert_eq!(code(user::find(&cx, &nobody, "x").await.unwrap()), "permission_missing");
    assert_eq!(code(user_search::search(&cx, &nobody, &search, None, 1).await.unwrap()), "permission_missing");
    assert_eq!(code(user_search::history(&cx, &nobody, "x", None, 1).await.unwrap()), "permission_missing");
    assert_eq!(code(user::what_removal_means(&cx, &nobody, "x").await.unwrap()), "permission_missing");
    assert_eq!(code(group::list(&cx, &nobody, "", None, 1).await.unwrap()), "permission_missing");
    assert_eq!(code(group::members(&cx, &nobody, "x", None, 1).await.unwrap()), "permission_missing");
    assert_eq!(code(role::list(&cx, &nobody).await.unwrap()), "permission_missing");
    assert_eq!(code(attribute::list(&cx, &nobody).await.unwrap()), "permission_missing");
    assert_eq!(code(session::list(&cx, &nobody, None, None, 1).await.unwrap()), "permission_missing");
    assert_eq!(code(session::end(&cx, &nobody, "x").await.unwrap()), "permission_missing");
}
