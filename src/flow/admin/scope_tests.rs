//! Owns the tests of what administrators do to scopes.

use super::*;
use crate::flow::admin::bench;
use crate::identity::Permissions;

fn orders() -> Scope {
    Scope {
        name: "orders:read".to_owned(),
        description: " Read your orders ".to_owned(),
        claims: vec!["locale".to_owned(), "email".to_owned(), "email".to_owned()],
        audience: Some("https://api.test".to_owned()),
        mappings: Vec::new(),
    }
}

#[test]
fn scopes_are_judged_in_every_part() {
    let good = judge(orders()).unwrap();
    assert_eq!((good.description.as_str(), good.claims.len()), ("Read your orders", 2));
    let change = |f: fn(&mut Scope)| {
        let mut scope = orders();
        f(&mut scope);
        judge(scope).unwrap_err()
    };
    assert!(matches!(change(|s| s.name = "a b".into()), ScopeRefusal::Name(_)));
    assert!(matches!(change(|s| s.name = String::new()), ScopeRefusal::Name(_)));
    assert!(matches!(change(|s| s.name = "é".into()), ScopeRefusal::Name(_)));
    assert!(matches!(change(|s| s.name = "a".repeat(101)), ScopeRefusal::Name(_)));
    assert!(matches!(change(|s| s.name = "openid".into()), ScopeRefusal::Standard(_)));
    assert!(matches!(change(|s| s.description = " ".into()), ScopeRefusal::Description(TextRefusal::Empty)));
    assert!(matches!(change(|s| s.claims.push("sub".into())), ScopeRefusal::Claim(_)));
    assert!(matches!(change(|s| s.claims.push("salary".into())), ScopeRefusal::Claim(_)));
    assert!(matches!(change(|s| s.audience = Some("a b".into())), ScopeRefusal::Audience(_)));
    assert!(matches!(change(|s| s.audience = Some(String::new())), ScopeRefusal::Audience(_)));
}

#[test]
fn n03_no_administrator_defines_a_scope_of_the_administration() {
    for name in ["admin:clients:read", "admin:own", "admin:", "admin:anything"] {
        let scope = Scope { name: name.to_owned(), ..orders() };
        assert_eq!(judge(scope), Err(ScopeRefusal::Admin(name.to_owned())));
    }
    assert!(judge(Scope { name: "administration".to_owned(), ..orders() }).is_ok());
}

#[tokio::test]
async fn a_scope_in_use_stays() {
    let house = bench::house().await;
    let (cx, actor) = (house.cx(), Actor::CommandLine);
    create(&cx, &actor, orders().into()).await.unwrap().unwrap();
    assert_eq!(list(&cx, &actor, None, 10).await.unwrap().unwrap().items.len(), 1);
    house.give_scope("orders:read").await;
    let refused = remove(&cx, &actor, "orders:read", None).await.unwrap().unwrap_err();
    assert_eq!(refused, ScopeRefusal::InUse(vec![bench::CLIENT.to_owned()]).into());
    house.take_scopes().await;
    remove(&cx, &actor, "orders:read", None).await.unwrap().unwrap();
    let again = remove(&cx, &actor, "orders:read", None).await.unwrap().unwrap_err();
    assert_eq!(again.code, "unknown_scope");
}

#[tokio::test]
async fn h03_a_change_of_a_scope_that_somebody_else_changed_is_refused() {
    let house = bench::house().await;
    let (cx, actor) = (house.cx(), Actor::CommandLine);
    let first = create(&cx, &actor, orders().into()).await.unwrap().unwrap();
    assert_eq!(first.version, 1);
    let twice = create(&cx, &actor, orders().into()).await.unwrap().unwrap_err();
    assert_eq!(twice.code, "scope_taken");
    let other = ScopeDocument { description: "Read orders".to_owned(), ..first.document.clone() };
    let second = replace(&cx, &actor, "orders:read", other.clone(), Some(1)).await.unwrap().unwrap();
    assert_eq!((second.version, &second.document), (2, &other));
    let stale = replace(&cx, &actor, "orders:read", first.document, Some(1)).await.unwrap().unwrap_err();
    assert_eq!(stale.code, "version_is_stale");
    let same = replace(&cx, &actor, "orders:read", other.clone(), Some(2)).await.unwrap().unwrap();
    assert_eq!(same.version, 2, "nothing changed");
    assert_eq!(remove(&cx, &actor, "orders:read", Some(1)).await.unwrap().unwrap_err().code, "version_is_stale");
    let renamed = replace(&cx, &actor, "orders:write", other.clone(), None).await.unwrap().unwrap_err();
    assert_eq!(renamed.code, "scope_name_fixed");
    let nowhere = ScopeDocument { name: "orders:write".to_owned(), ..other };
    let unknown = replace(&cx, &actor, "orders:write", nowhere, None).await.unwrap().unwrap_err();
    assert_eq!(unknown.code, "unknown_scope");
    assert_eq!(house.events().await, ["scope_added by command line", "scope_edited by command line"]);
}

#[tokio::test]
async fn n03_scopes_need_their_permissions() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = house.person("alice@example.com").await;
    let actor = |p: Permission| Actor::Person { id: user.id.clone(), permissions: Permissions::of(&[p]) };
    let (reader, writer) = (actor(Permission::ScopesRead), actor(Permission::ScopesWrite));
    let code = "permission_missing";
    assert_eq!(list(&cx, &writer, None, 10).await.unwrap().unwrap_err().code, code);
    assert_eq!(find(&cx, &writer, "x").await.unwrap().unwrap_err().code, code);
    assert_eq!(create(&cx, &reader, orders().into()).await.unwrap().unwrap_err().code, code);
    assert_eq!(remove(&cx, &reader, "x", None).await.unwrap().unwrap_err().code, code);
    create(&cx, &writer, orders().into()).await.unwrap().unwrap();
    find(&cx, &reader, "orders:read").await.unwrap().unwrap();
}

#[tokio::test]
async fn l13_claims_are_made_of_attributes_that_are_there_and_these_stay_as_long() {
    use crate::flow::admin::attribute::{self, AttributeDocument};
    use crate::flow::admin::client::{self, ClientDocument};
    use crate::identity::attribute::AttributeKind;
    use crate::oauth::mapping::{MappingSource, MappingTarget};

    let house = bench::house().await;
    let (cx, cli) = (house.cx(), Actor::CommandLine);
    let rule = Mapping {
        claim: "department".to_owned(),
        from: MappingSource::Attribute("desk".to_owned()),
        into: vec![MappingTarget::IdToken],
    };
    let scope = ScopeDocument { mappings: vec![rule.clone()], ..orders().into() };
    let is = client::find(&cx, &cli, bench::CLIENT).await.unwrap().unwrap();
    let app = ClientDocument { mappings: vec![rule], ..is.document.clone() };
    let refused = create(&cx, &cli, scope.clone()).await.unwrap().unwrap_err();
    assert_eq!((refused.field, refused.words.contains("desk")), (Some("mappings"), true));
    let refused = client::replace(&cx, &cli, bench::CLIENT, app.clone(), None).await.unwrap().unwrap_err();
    assert_eq!((refused.field, refused.words.contains("desk")), (Some("mappings"), true));

    let (name, title) = ("desk".to_owned(), "Desk".to_owned());
    let desk = AttributeDocument { name, title, kind: AttributeKind::Text, required: false, self_editable: false };
    attribute::create(&cx, &cli, desk).await.unwrap().unwrap();
    create(&cx, &cli, scope.clone()).await.unwrap().unwrap();
    let held = attribute::remove(&cx, &cli, "desk", None).await.unwrap().unwrap_err();
    assert_eq!((held.code, held.words.contains("scope orders:read")), ("attribute_mapped", true));
    client::replace(&cx, &cli, bench::CLIENT, app, None).await.unwrap().unwrap();
    remove(&cx, &cli, "orders:read", None).await.unwrap().unwrap();
    let held = attribute::remove(&cx, &cli, "desk", None).await.unwrap().unwrap_err();
    assert!(held.words.contains(&format!("client {}", bench::CLIENT)), "{}", held.words);
    client::replace(&cx, &cli, bench::CLIENT, is.document, None).await.unwrap().unwrap();
    attribute::remove(&cx, &cli, "desk", None).await.unwrap().unwrap();
}

#[tokio::test]
async fn n03_no_scope_leads_to_us_but_ours() {
    let house = bench::house().await;
    let (cx, actor) = (house.cx(), Actor::CommandLine);
    for ours in ["https://id.test", "https://id.test/api/admin/v1"] {
        let scope = Scope { audience: Some(ours.to_owned()), ..orders() };
        let refused = create(&cx, &actor, scope.into()).await.unwrap().unwrap_err();
        assert_eq!((refused.code, refused.field), ("audience_is_ours", Some("audience")), "{ours}");
    }
}
