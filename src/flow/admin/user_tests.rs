//! Ring 1: people's records and passwords, as administrators change them.

use serde_json::json;

use super::invitation::{self, InvitationRefusal, accept, invite};
use super::page::Page;
use super::user::*;
use super::user_access::*;
use super::user_document::{UserDocument, UserView};
use super::user_search::{self, Status, UserSearch, history};
use super::{Actor, AdminRefusal, bench};
use crate::flow::Cx;
use crate::identity::{RoleName, User};
use crate::sensitive::Sensitive;
use crate::store::users;
use crate::time::Lifetime;

const CLI: Actor = Actor::CommandLine;

fn alice() -> UserDocument {
    UserDocument {
        name: Some("Alice".to_owned()),
        email_verified: true,
        groups: vec!["staff".to_owned()],
        ..UserDocument::new("Alice@Example.com")
    }
}

fn owner(email: &str) -> UserDocument {
    UserDocument { role: RoleName::OWNER.as_str().to_owned(), ..UserDocument::new(email) }
}

fn password() -> FirstAccess {
    FirstAccess::Password(Sensitive::new("correct horse battery"))
}

async fn add(cx: &Cx, document: UserDocument) -> Result<UserView, AdminRefusal> {
    create(cx, &CLI, document, password()).await.unwrap().map(|created| created.user)
}

async fn record(house: &bench::House, id: &str) -> User {
    let id = crate::identity::UserId(id.to_owned());
    house.parts.db.read(move |c| users::find(c, &id)).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_is_made_once_and_found_by_address_and_id() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = add(&cx, alice()).await.unwrap();
    assert_eq!((&user.document.groups[..], user.version, user.has_password), (&["staff".to_owned()][..], 1, true));
    for who in ["alice@example.com", " ALICE@example.com", user.id.as_str()] {
        assert_eq!(find(&cx, &CLI, who).await.unwrap().unwrap(), user, "{who}");
    }
    assert_eq!(add(&cx, alice()).await.unwrap_err().code, "email_taken");
    for nobody in ["bob@example.com", "x@y@z", "nobody", "a\0b"] {
        assert_eq!(find(&cx, &CLI, nobody).await.unwrap().unwrap_err().code, "unknown_user", "{nobody}");
    }
    assert_eq!(house.events().await, ["user_added by command line"]);
}

#[tokio::test]
async fn j07_a_password_too_long_is_refused_before_it_is_hashed() {
    let house = bench::house().await;
    let long = FirstAccess::Password(Sensitive::new("x".repeat(1025)));
    let refused = create(&house.cx(), &CLI, alice(), long).await.unwrap().unwrap_err();
    assert_eq!((refused.code, refused.field), ("password_too_long", Some("password")));
}

#[tokio::test]
async fn a_record_is_replaced_by_whoever_read_it_last() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = add(&cx, alice()).await.unwrap();
    let second = UserDocument { nickname: Some("Al".to_owned()), groups: vec!["b".to_owned()], ..alice() };
    let changed = replace(&cx, &CLI, &user.id, second.clone(), Some(1)).await.unwrap().unwrap();
    assert_eq!((changed.version, changed.document.nickname.as_deref()), (2, Some("Al")));
    assert_eq!(changed.document.groups, ["b"]);
    let stale = replace(&cx, &CLI, &user.id, alice(), Some(1)).await.unwrap().unwrap_err();
    assert_eq!(stale.code, "version_is_stale");
    let same = replace(&cx, &CLI, &user.id, second, Some(2)).await.unwrap().unwrap();
    assert_eq!(same.version, 2, "nothing was different");
    assert_eq!(house.events().await, ["user_added by command line", "user_changed by command line"]);
    add(&cx, UserDocument::new("bob@example.com")).await.unwrap();
    let taken = UserDocument::new("BOB@example.com");
    assert_eq!(replace(&cx, &CLI, &user.id, taken, None).await.unwrap().unwrap_err().code, "email_taken");
}

#[tokio::test]
async fn j12_password_change_and_disabling_end_sessions_and_grants() {
    for disables in [false, true] {
        let house = bench::house().await;
        let cx = house.cx();
        let user = add(&cx, alice()).await.unwrap();
        let stored = record(&house, &user.id).await;
        let session = house.session_of(&stored).await;
        let grant = house.grant_of(&stored, &session).await;
        let means = what_removal_means(&cx, &CLI, &user.id).await.unwrap().unwrap();
        assert_eq!(means, RemovalEffects { sessions: 1, grants: 1, consents: 0 });
        house.clock.advance(Lifetime::from_seconds(5));
        let cx = house.cx();
        if disables {
            let shut = disable(&cx, &CLI, "alice@example.com", Some(1)).await.unwrap().unwrap();
            assert!(shut.disabled);
            let open = enable(&cx, &CLI, &user.id, Some(2)).await.unwrap().unwrap();
            assert!(!open.disabled);
        } else {
            let new = Sensitive::new("another long password");
            let user = set_password(&cx, &CLI, &user.id, new, true).await.unwrap().unwrap();
            assert!(user.must_change_password);
        }
        assert_eq!(record(&house, &user.id).await.valid_from, cx.now, "opening an account brings nothing back");
        assert!(house.session(&session).await.ended_at.is_some());
        assert!(house.grant(&grant).await.revoked_at.is_some());
        let means = what_removal_means(&cx, &CLI, &user.id).await.unwrap().unwrap();
        assert_eq!(means, RemovalEffects::default());
    }
}

#[tokio::test]
async fn n03_the_last_owner_stays() {
    let house = bench::house().await;
    let cx = house.cx();
    add(&cx, owner("alice@example.com")).await.unwrap();
    let last = |done: Result<UserView, AdminRefusal>| done.unwrap_err().code;
    assert_eq!(last(disable(&cx, &CLI, "alice@example.com", None).await.unwrap()), "last_owner");
    assert_eq!(last(remove(&cx, &CLI, "alice@example.com", None).await.unwrap()), "last_owner");
    let lesser = UserDocument::new("alice@example.com");
    assert_eq!(last(replace(&cx, &CLI, "alice@example.com", lesser, None).await.unwrap()), "last_owner");
    add(&cx, owner("bob@example.com")).await.unwrap();
    remove(&cx, &CLI, "alice@example.com", None).await.unwrap().unwrap();
    assert!(find(&cx, &CLI, "alice@example.com").await.unwrap().is_err());
}

#[tokio::test]
async fn n03_of_two_owners_who_demote_each_other_at_once_one_stays() {
    let house = bench::house().await;
    let cx = house.cx();
    add(&cx, owner("a@example.com")).await.unwrap();
    add(&cx, owner("b@example.com")).await.unwrap();
    let (one, other) = tokio::join!(
        replace(&cx, &CLI, "a@example.com", UserDocument::new("a@example.com"), None),
        replace(&cx, &CLI, "b@example.com", UserDocument::new("b@example.com"), None)
    );
    assert!(one.unwrap().is_ok() != other.unwrap().is_ok());
    assert_eq!(house.parts.db.read(users::count_owners).await.unwrap(), 1);
}

#[tokio::test]
async fn a_password_is_demanded_anew_only_where_there_is_one() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = create(&cx, &CLI, alice(), FirstAccess::None).await.unwrap().unwrap().user;
    assert!(!user.has_password);
    assert_eq!(require_password_change(&cx, &CLI, &user.id).await.unwrap().unwrap_err().code, "no_password");
    let new = Sensitive::new("another long password");
    set_password(&cx, &CLI, &user.id, new.clone(), false).await.unwrap().unwrap();
    let asked = require_password_change(&cx, &CLI, &user.id).await.unwrap().unwrap();
    assert!(asked.must_change_password);
    let given = set_password(&cx, &CLI, &user.id, new, false).await.unwrap().unwrap();
    assert!(!given.must_change_password);
}

#[tokio::test]
async fn n09_an_invitation_works_once_for_a_week_until_a_newer_one_or_the_end_of_the_account() {
    let house = bench::house().await;
    let cx = house.cx();
    let created = create(&cx, &CLI, alice(), FirstAccess::Invitation).await.unwrap().unwrap();
    let (id, first) = (created.user.id, created.invitation.unwrap());
    assert!(created.user.invited_until.is_some());
    let second = invite(&cx, &CLI, &id).await.unwrap().unwrap().token;
    assert!(invitation::guest(&cx, first.expose()).await.unwrap().is_none(), "a new one voids the old");
    for _ in 0..2 {
        let guest = invitation::guest(&cx, second.expose()).await.unwrap();
        assert_eq!(guest.map(|user| user.id.0), Some(id.clone()), "j11: looking uses nothing up");
    }
    let new = || Sensitive::new("correct horse battery");
    let short = accept(&cx, &second, Sensitive::new("short")).await.unwrap();
    assert_eq!(short, Err(InvitationRefusal::Password(UserRefusal::PasswordTooShort(12))));
    let (one, other) = tokio::join!(accept(&cx, &second, new()), accept(&cx, &second, new()));
    assert!(one.unwrap().is_ok() != other.unwrap().is_ok(), "of two at once one counts");
    assert!(find(&cx, &CLI, &id).await.unwrap().unwrap().has_password);

    let third = invite(&cx, &CLI, &id).await.unwrap().unwrap().token;
    disable(&cx, &CLI, &id, None).await.unwrap().unwrap();
    assert_eq!(accept(&cx, &third, new()).await.unwrap(), Err(InvitationRefusal::DeadLink));
    assert_eq!(invite(&cx, &CLI, &id).await.unwrap().unwrap_err().code, "user_disabled");
    enable(&cx, &CLI, &id, None).await.unwrap().unwrap();
    assert_eq!(accept(&cx, &third, new()).await.unwrap(), Err(InvitationRefusal::DeadLink), "it stays void");

    let fourth = invite(&cx, &CLI, &id).await.unwrap().unwrap().token;
    let moved = UserDocument { email: "alice@elsewhere.example".to_owned(), ..alice() };
    replace(&cx, &CLI, &id, moved, None).await.unwrap().unwrap();
    assert!(invitation::guest(&cx, fourth.expose()).await.unwrap().is_none(), "it went to the old address");

    let fifth = invite(&cx, &CLI, &id).await.unwrap().unwrap().token;
    house.clock.advance(invitation::LIFETIME);
    assert_eq!(accept(&house.cx(), &fifth, new()).await.unwrap(), Err(InvitationRefusal::DeadLink));
}

#[tokio::test]
async fn an_accepted_invitation_ends_what_was_begun_before() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = add(&cx, alice()).await.unwrap();
    let stored = record(&house, &user.id).await;
    let session = house.session_of(&stored).await;
    let link = invite(&cx, &CLI, &user.id).await.unwrap().unwrap().token;
    house.clock.advance(Lifetime::from_seconds(1));
    accept(&house.cx(), &link, Sensitive::new("another long password")).await.unwrap().unwrap();
    assert!(house.session(&session).await.ended_at.is_some());
    let history = history(&house.cx(), &CLI, &user.id, None, 10).await.unwrap().unwrap();
    let kinds: Vec<&str> = history.items.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["invitation_accepted", "user_invited", "user_added"]);
    let details: Vec<_> = history.items.iter().map(|entry| entry.detail.to_string()).collect();
    assert!(details.iter().all(|detail| !detail.contains("vs_in_") && !detail.contains("argon2")), "{details:?}");
}

#[tokio::test]
async fn people_are_found_by_what_they_are_called_and_where_they_belong() {
    let house = bench::house().await;
    let cx = house.cx();
    for (email, name, groups) in [
        ("zoe.smith@example.com", "Zoë Smith", vec!["staff"]),
        ("anna@example.com", "Anna Annabel Smith", vec!["staff", "board"]),
        ("bob@other.test", "Bob Jones", vec![]),
    ] {
        let groups = groups.into_iter().map(str::to_owned).collect();
        add(&cx, UserDocument { name: Some(name.to_owned()), groups, ..UserDocument::new(email) }).await.unwrap();
    }
    let invited = create(&cx, &CLI, owner("olga@other.test"), FirstAccess::Invitation).await.unwrap().unwrap();
    disable(&cx, &CLI, "bob@other.test", None).await.unwrap().unwrap();
    let q = |q: &str| UserSearch { q: Some(q.to_owned()), ..UserSearch::default() };
    let all = ["anna@example.com", "bob@other.test", "olga@other.test", "zoe.smith@example.com"];
    for (wanted, found) in [
        (UserSearch::default(), &all[..]),
        (q("smith"), &["anna@example.com", "zoe.smith@example.com"]),
        (q("SMI zOË"), &["zoe.smith@example.com"]),
        (q("zoe.sm"), &["zoe.smith@example.com"]),
        (q("ann"), &["anna@example.com"]),
        (q("@OTHER.test"), &["bob@other.test", "olga@other.test"]),
        (q("anna@"), &["anna@example.com"]),
        (q("%"), &[]),
        (q("nobody"), &[]),
        (q(&invited.user.id), &["olga@other.test"]),
        (UserSearch { group: Some("board".to_owned()), ..UserSearch::default() }, &["anna@example.com"]),
        (UserSearch { group: Some("staff".to_owned()), ..q("zo") }, &["zoe.smith@example.com"]),
        (UserSearch { role: Some("owner".to_owned()), ..UserSearch::default() }, &["olga@other.test"]),
        (UserSearch { role: Some("person".to_owned()), ..q("smith anna") }, &["anna@example.com"]),
        (UserSearch { role: Some("No role".to_owned()), ..UserSearch::default() }, &[]),
        (UserSearch { status: Some(Status::Disabled), ..UserSearch::default() }, &["bob@other.test"]),
        (UserSearch { status: Some(Status::Enabled), ..q("@other.test") }, &["olga@other.test"]),
        (UserSearch { status: Some(Status::Invited), ..UserSearch::default() }, &["olga@other.test"]),
        (UserSearch { status: Some(Status::Invited), ..q("bob") }, &[]),
    ] {
        let mut emails = Vec::new();
        let mut after = None;
        loop {
            let page: Page<UserView> = user_search::search(&cx, &CLI, &wanted, after, 1).await.unwrap().unwrap();
            assert!(page.items.len() <= 1);
            emails.extend(page.items.into_iter().map(|user| user.document.email));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        emails.sort();
        assert_eq!(emails, found, "{wanted:?}");
    }
    let odd = json!({ "walk": "group", "key": "", "id": "" });
    for foreign in [odd, json!({ "walk": { "word": 7 }, "key": "", "id": "" }), json!("x")] {
        let refused = user_search::search(&cx, &CLI, &UserSearch::default(), Some(foreign), 1).await.unwrap();
        assert_eq!(refused.unwrap_err().code, "cursor", "n07");
    }
}
