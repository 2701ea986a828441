//! What the administration owes to every caller: roles, attributes, invitations, console sessions, logos of clients.

use std::collections::BTreeSet;

use vouchsafe::identity::attribute::{Attribute, AttributeKind};
use vouchsafe::identity::{Permission, Permissions, Role, RoleName, SessionId, User, UserId};
use vouchsafe::oauth::logo::{Image, ImageFormat};
use vouchsafe::store::attributes::StoredAttribute;
use vouchsafe::store::client_logos::StoredLogo;
use vouchsafe::store::own_sessions::OwnSession;
use vouchsafe::store::roles::StoredRole;
use vouchsafe::store::{Conn, attributes, client_logos, clients, invitations, own_sessions, roles, sessions, users};
use vouchsafe::time::Timestamp;

use crate::arena::{Arena, contract};
use crate::samples::{NOW, client, later, session, shop_and_alice, user};

contract!(
    roles_are_defined_replaced_and_removed,
    one_of_many_defines_a_role,
    attributes_are_defined_replaced_and_removed,
    one_of_many_defines_an_attribute,
    many_changes_of_one_attribute_lose_none,
    an_invitation_is_taken_once,
    an_invitation_ends_and_makes_room_for_the_next,
    one_of_many_takes_an_invitation,
    of_invitations_made_at_once_one_is_left,
    own_sessions_are_found_with_all_that_ends_them,
    own_sessions_are_used_and_end,
    one_of_many_ends_a_console_session,
    a_logo_is_stored_replaced_and_removed,
    of_logos_set_at_once_one_is_left,
);

fn role(name: &str, permissions: &[Permission]) -> StoredRole {
    StoredRole {
        role: Role {
            name: RoleName::parse(name).expect("a name"),
            description: "Ünï \"x\"".to_owned(),
            permissions: Permissions::of_scopes(permissions.iter().map(|p| p.scope())),
        },
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn roles_are_defined_replaced_and_removed(arena: Arena) {
    let desk = role("desk", &[Permission::UsersRead, Permission::ClientsRead]);
    let changed = StoredRole { version: 2, updated_at: later(9), ..role("desk", &[]) };
    let other = role("archive", &[Permission::AuditRead]);
    arena
        .write(move |c| {
            assert_eq!(roles::find(c, &desk.role.name)?, None);
            assert!(!roles::update(c, &desk)?, "there is none");
            assert!(roles::insert(c, &desk)? && roles::insert(c, &other)?);
            assert!(!roles::insert(c, &changed)?, "the name is taken");
            assert_eq!(roles::find(c, &desk.role.name)?, Some(desk.clone()));
            assert_eq!(roles::list(c)?, [other.clone(), desk.clone()]);
            assert_eq!(roles::find_for_update(c, &desk.role.name)?, Some(desk.clone()));
            assert!(roles::update(c, &changed)?);
            assert_eq!(roles::find(c, &desk.role.name)?, Some(changed.clone()));
            assert_eq!(roles::find(c, &other.role.name)?, Some(other.clone()), "the other one is as it was");
            assert!(roles::delete(c, &desk.role.name)? && !roles::delete(c, &desk.role.name)?);
            assert_eq!(roles::find_for_update(c, &desk.role.name)?, None);
            Ok(())
        })
        .await;
    arena.tamper("UPDATE roles SET permissions = '{'");
    let fault = arena.db.read(roles::list).await.expect_err("a corrupt row").to_string();
    assert!(fault.contains("table roles, column permissions"), "{fault}");
}

async fn one_of_many_defines_a_role(arena: Arena) {
    assert_eq!(arena.race(20, |_| move |c| roles::insert(c, &role("desk", &[]))).await, 1);
    let name = || RoleName::parse("desk").expect("a name");
    assert_eq!(arena.race(20, |_| move |c| roles::delete(c, &name())).await, 1, "and one removes it");
}

fn attribute(name: &str) -> StoredAttribute {
    StoredAttribute {
        attribute: Attribute {
            name: name.to_owned(),
            title: "Kostenstelle – ünï".to_owned(),
            kind: AttributeKind::Text,
            required: true,
            self_editable: true,
        },
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn attributes_are_defined_replaced_and_removed(arena: Arena) {
    let (first, other) = (attribute("cost_centre"), attribute("badge"));
    let mut changed = StoredAttribute { version: 2, updated_at: later(9), ..first.clone() };
    (changed.attribute.kind, changed.attribute.required) = (AttributeKind::Number, false);
    arena
        .write(move |c| {
            assert_eq!(attributes::find(c, "cost_centre")?, None);
            assert!(!attributes::update(c, &first)?, "there is none");
            assert!(attributes::insert(c, &first)? && attributes::insert(c, &other)?);
            assert!(!attributes::insert(c, &changed)?, "the name is taken");
            assert_eq!(attributes::find(c, "cost_centre")?, Some(first.clone()));
            assert_eq!(attributes::find(c, "Cost_centre")?, None, "names are compared bytewise");
            for odd in ["cost\0centre", ""] {
                assert_eq!(attributes::find(c, odd)?, None);
                assert_eq!(attributes::find_for_update(c, odd)?, None);
            }
            assert_eq!(attributes::list(c)?, [other.clone(), first.clone()]);
            assert_eq!(attributes::find_for_update(c, "cost_centre")?, Some(first.clone()));
            assert!(attributes::update(c, &changed)?);
            assert_eq!(attributes::list(c)?, [other.clone(), changed.clone()]);
            assert!(attributes::delete(c, "cost_centre")? && !attributes::delete(c, "cost_centre")?);
            assert_eq!(attributes::list(c)?, std::slice::from_ref(&other));
            Ok(())
        })
        .await;
    arena.tamper("UPDATE attributes SET kind = 'colour'");
    let fault = arena.db.read(attributes::list).await.expect_err("a corrupt row").to_string();
    assert!(fault.contains("table attributes, column kind"), "{fault}");
}

async fn one_of_many_defines_an_attribute(arena: Arena) {
    assert_eq!(arena.race(20, |_| |c| attributes::insert(c, &attribute("badge"))).await, 1);
    assert_eq!(arena.race(20, |_| |c| attributes::delete(c, "badge")).await, 1, "and one removes it");
}

async fn many_changes_of_one_attribute_lose_none(arena: Arena) {
    let desk = role("desk", &[]);
    let name = desk.role.name.clone();
    arena.write(move |c| Ok(attributes::insert(c, &attribute("badge"))? && roles::insert(c, &desk)?)).await;
    let of = name.clone();
    let changes = arena.race(20, |_| {
        let name = of.clone();
        move |c| {
            let mut found = attributes::find_for_update(c, "badge")?.expect("it is there");
            let mut role = roles::find_for_update(c, &name)?.expect("it is there");
            (found.version, role.version) = (found.version + 1, role.version + 1);
            Ok(attributes::update(c, &found)? && roles::update(c, &role)?)
        }
    });
    assert_eq!(changes.await, 20);
    let versions = arena.read(move |c| {
        Ok((attributes::find(c, "badge")?.map(|a| a.version), roles::find(c, &name)?.map(|r| r.version)))
    });
    assert_eq!(versions.await, (Some(21), Some(21)));
}

fn alice() -> UserId {
    UserId("alice".to_owned())
}

async fn an_invitation_is_taken_once(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            assert_eq!(invitations::take(c, b"h", NOW)?, None);
            invitations::replace(c, b"h", &alice(), NOW, later(60))?;
            assert_eq!(invitations::find_live(c, b"h", later(59))?, Some(alice()));
            assert_eq!(invitations::find_live(c, b"H", NOW)?, None);
            assert_eq!(invitations::take(c, b"h", later(60))?, None, "it ends at its end");
            assert_eq!(invitations::take(c, b"h", later(59))?, Some(alice()));
            assert_eq!(invitations::take(c, b"h", later(59))?, None);
            assert_eq!(invitations::find_live(c, b"h", NOW)?, None);
            Ok(())
        })
        .await;
}

async fn an_invitation_ends_and_makes_room_for_the_next(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            users::insert(c, &user("bob"))?;
            invitations::replace(c, b"bob", &UserId("bob".to_owned()), NOW, later(90))?;
            invitations::replace(c, b"1", &alice(), NOW, later(60))?;
            invitations::replace(c, b"2", &alice(), NOW, later(60))?;
            assert_eq!(invitations::find_live(c, b"1", NOW)?, None, "the one before is void");
            assert!(invitations::delete_of_user(c, &alice())? && !invitations::delete_of_user(c, &alice())?);
            assert_eq!(invitations::find_live(c, b"2", NOW)?, None);
            assert!(invitations::find_live(c, b"bob", NOW)?.is_some(), "somebody else's is as it was");
            invitations::replace(c, b"3", &alice(), NOW, later(60))?;
            assert_eq!(invitations::delete_expired(c, later(60))?, 0, "those that ended before, not at, this time");
            assert_eq!(invitations::delete_expired(c, later(61))?, 1);
            assert_eq!(invitations::find_live(c, b"3", NOW)?, None);
            assert!(users::delete(c, &UserId("bob".to_owned()))?);
            assert_eq!(invitations::find_live(c, b"bob", NOW)?, None, "it goes with the person");
            Ok(())
        })
        .await;
}

async fn one_of_many_takes_an_invitation(arena: Arena) {
    shop_and_alice(&arena).await;
    for round in 0..50_u8 {
        arena.write(move |c| invitations::replace(c, &[round], &alice(), NOW, later(60))).await;
        let taken = move |c: &mut Conn| Ok(invitations::take(c, &[round], NOW)?.is_some());
        assert_eq!(arena.race(4, |_| taken).await, 1, "{round}");
    }
}

async fn of_invitations_made_at_once_one_is_left(arena: Arena) {
    shop_and_alice(&arena).await;
    let made = arena.race(20, |i| {
        let hash = [u8::try_from(i).expect("small")];
        move |c| {
            users::find_for_update(c, &alice())?;
            invitations::replace(c, &hash, &alice(), NOW, later(60))?;
            Ok(true)
        }
    });
    assert_eq!(made.await, 20);
    assert_eq!(arena.lines("SELECT user_id AS line FROM invitations"), ["alice"]);
}

fn console_session(id: &str) -> OwnSession {
    OwnSession {
        id: id.to_owned(),
        app: "console".to_owned(),
        user_id: alice(),
        session_id: SessionId("s".to_owned()),
        created_at: NOW,
        auth_time: NOW,
        amr: vec!["pwd".to_owned()],
        last_seen_at: NOW,
        expires_at: later(600),
    }
}

async fn own_sessions_are_found_with_all_that_ends_them(arena: Arena) {
    let auditor = role("desk", &[Permission::AuditRead]);
    let permissions = auditor.role.permissions;
    let owner = User { role: auditor.role.name.clone(), ..user("alice") };
    arena
        .write(move |c| {
            roles::insert(c, &auditor)?;
            users::insert(c, &owner)?;
            sessions::insert(c, &session("s", "alice"), b"outer")?;
            own_sessions::insert(c, &console_session("c"), b"t")
        })
        .await;
    let find = || arena.read(|c| own_sessions::find(c, "console", b"t"));
    let found = find().await.expect("it is there");
    assert_eq!((found.session, found.user.id, found.defined), (console_session("c"), alice(), Some(permissions)));
    let outer = found.standing.session.expect("the session at the provider");
    assert_eq!((outer.ended_at, outer.expires_at), (None, later(3_600)));
    assert!(arena.read(|c| own_sessions::find(c, "console", b"T")).await.is_none());
    assert!(
        arena.read(|c| own_sessions::find(c, "account", b"t")).await.is_none(),
        "a session of one app is none of another"
    );
    // A role that nobody defined, an ended session, one that was swept, and a person who is gone.
    arena.tamper("DELETE FROM roles");
    assert_eq!(find().await.expect("it is there").defined, None);
    arena.write(|c| sessions::end(c, &SessionId("s".to_owned()), later(5)).map(|_| ())).await;
    let outer = find().await.expect("it is there").standing.session.expect("the session at the provider");
    assert_eq!(outer.ended_at, Some(later(5)));
    arena.tamper("DELETE FROM sessions");
    let outer = find().await.expect("it is there").standing.session.expect("the session at the provider");
    assert_eq!(outer.ended_at, Some(Timestamp::from_millis(0)), "a session that is gone has ended");
    arena.write(|c| users::delete(c, &alice())).await;
    assert!(find().await.is_none());
}

async fn own_sessions_are_used_and_end(arena: Arena) {
    shop_and_alice(&arena).await;
    arena
        .write(|c| {
            sessions::insert(c, &session("s", "alice"), b"outer")?;
            own_sessions::insert(c, &console_session("a"), b"a")?;
            own_sessions::insert(c, &OwnSession { expires_at: later(60), ..console_session("b") }, b"b")?;
            let mut seen = |at| {
                own_sessions::touch(c, &console_session("a"), at)?;
                let found = own_sessions::find(c, "console", b"a")?.expect("it is there");
                let outer = found.standing.session.expect("the session at the provider");
                Ok::<_, vouchsafe::store::Fault>((found.session.last_seen_at, outer.last_seen_at))
            };
            assert_eq!(seen(later(30))?, (later(30), later(30)), "here and at the provider");
            assert_eq!(seen(later(20))?, (later(30), later(30)), "neither moves backwards");
            let other = own_sessions::find(c, "console", b"b")?.expect("it is there");
            assert_eq!(other.session.last_seen_at, NOW);
            assert_eq!(own_sessions::delete_expired(c, later(60))?, 0);
            assert_eq!(own_sessions::delete_expired(c, later(61))?, 1);
            assert!(
                own_sessions::find(c, "console", b"b")?.is_none() && own_sessions::find(c, "console", b"a")?.is_some()
            );
            assert!(own_sessions::delete(c, b"a")? && !own_sessions::delete(c, b"a")?);
            assert!(own_sessions::find(c, "console", b"a")?.is_none());
            Ok(())
        })
        .await;
}

async fn one_of_many_ends_a_console_session(arena: Arena) {
    shop_and_alice(&arena).await;
    arena.write(|c| own_sessions::insert(c, &console_session("c"), b"t")).await;
    assert_eq!(arena.race(20, |_| |c| own_sessions::delete(c, b"t")).await, 1);
}

fn logo(content: u8) -> StoredLogo {
    StoredLogo {
        client_id: "shop".to_owned(),
        image: Image { format: ImageFormat::Png, width: 64, height: 48 },
        bytes: vec![content, 0, 255],
        sha256: vec![content; 32],
        updated_at: NOW,
    }
}

async fn a_logo_is_stored_replaced_and_removed(arena: Arena) {
    shop_and_alice(&arena).await;
    let webp = Image { format: ImageFormat::Webp, width: 1_024, height: 16 };
    let next = StoredLogo { image: webp, updated_at: later(1), ..logo(0xa0) };
    arena
        .write(move |c| {
            clients::insert(c, &client("other"))?;
            for odd in ["shop", "nobody", "sh\0op"] {
                assert_eq!((client_logos::find(c, odd)?, client_logos::find_of_enabled(c, odd)?), (None, None));
            }
            assert!(!client_logos::delete(c, "shop")?);
            client_logos::put(c, &logo(1))?;
            client_logos::put(c, &StoredLogo { client_id: "other".to_owned(), ..logo(7) })?;
            assert_eq!(client_logos::find(c, "shop")?, Some(logo(1)));
            client_logos::put(c, &next)?;
            assert_eq!(client_logos::find(c, "shop")?, Some(next.clone()));
            assert_eq!(client_logos::find_of_enabled(c, "shop")?, Some(next.clone()));
            assert_eq!(next.tag(), "a0a0a0a0a0a0a0a0");
            clients::set_disabled(c, "shop", Some(NOW), NOW)?;
            assert_eq!(client_logos::find_of_enabled(c, "shop")?, None);
            assert_eq!(client_logos::find(c, "shop")?, Some(next.clone()));
            assert!(client_logos::delete(c, "shop")? && !client_logos::delete(c, "shop")?);
            client_logos::put(c, &logo(2))?;
            clients::delete(c, "shop")?;
            assert_eq!(client_logos::find(c, "shop")?, None, "it goes with its client");
            assert!(client_logos::find(c, "other")?.is_some(), "another client's stays");
            Ok(())
        })
        .await;
    arena.tamper("UPDATE client_logos SET media_type = 'image/svg+xml'");
    let fault = arena.db.read(|c| client_logos::find(c, "other")).await.expect_err("a corrupt row").to_string();
    assert!(fault.contains("table client_logos, column media_type"), "{fault}");
}

async fn of_logos_set_at_once_one_is_left(arena: Arena) {
    shop_and_alice(&arena).await;
    let set = arena.race(20, |i| {
        let mine = logo(u8::try_from(i).expect("small"));
        move |c| {
            let mut shop = clients::find_for_update(c, "shop")?.expect("it is there");
            client_logos::put(c, &mine)?;
            shop.about.logo = Some(mine.tag());
            shop.version += 1;
            clients::update(c, &shop)
        }
    });
    assert_eq!(set.await, 20);
    let (shop, logo) = arena.read(|c| Ok((clients::find(c, "shop")?, client_logos::find(c, "shop")?))).await;
    let (shop, logo) = (shop.expect("it is there"), logo.expect("it is there"));
    assert_eq!((shop.version, shop.about.logo), (21, Some(logo.tag())), "the tag is the tag of what is stored");
    let whole: BTreeSet<u8> = logo.sha256.iter().chain(&logo.bytes[..1]).copied().collect();
    assert_eq!(whole.len(), 1, "one logo, not parts of two");
}
