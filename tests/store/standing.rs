//! The standing of a principal: each thing that can end it, seen through each of the three look-ups.

use vouchsafe::identity::session::SessionRule;
use vouchsafe::identity::{Downfall, SessionId, UserId};
use vouchsafe::oauth::authorization::Grant;
use vouchsafe::store::standing::{self, AccessStanding, AccessTokenRef};
use vouchsafe::store::{Conn, Fault, clients, grants, revoked_tokens, sessions, users};
use vouchsafe::time::Lifetime;

use crate::arena::{Arena, contract};
use crate::samples::{NOW, authorization, grant, later, session, shop_and_alice};

contract!(
    all_is_well,
    the_client_falls,
    the_person_falls,
    the_session_falls,
    offline_access_outlives_the_session,
    the_grant_falls,
    a_client_for_itself,
);

const IDLE: SessionRule = SessionRule { idle: Lifetime::from_hours(1), absolute: Lifetime::from_hours(10) };

fn token() -> AccessTokenRef {
    AccessTokenRef {
        jti: "j".to_owned(),
        grant_id: Some("g".to_owned()),
        client_id: "shop".to_owned(),
        user_id: Some(UserId("alice".to_owned())),
    }
}

async fn stage(arena: &Arena, offline: bool) {
    shop_and_alice(arena).await;
    arena
        .write(move |c| {
            sessions::insert(c, &session("s", "alice"), b"t")?;
            grants::insert(c, &Grant { offline, ..grant("g", authorization("shop", "alice", Some("s"))) })
        })
        .await;
}

/// The three answers: of the access token, of the grant (if there is one), of the session.
async fn verdicts(
    arena: &Arena,
    before: impl FnMut(&mut Conn) -> Result<(), Fault> + Send + 'static,
) -> (Result<(), Downfall>, Option<Result<(), Downfall>>, Result<(), Downfall>) {
    arena.write(before).await;
    arena
        .read(|c| {
            let by_token = standing::of_access_token(c, &token())?.standing.judge(IDLE, later(1));
            let by_grant = match grants::find(c, "g")? {
                Some(grant) => Some(standing::of_grant(c, &grant)?.judge(IDLE, later(1))),
                None => None,
            };
            let by_session = standing::of_session(c, &SessionId("s".to_owned()), "shop")?.judge(IDLE, later(1));
            Ok((by_token, by_grant, by_session))
        })
        .await
}

async fn all_is_well(arena: Arena) {
    stage(&arena, false).await;
    assert_eq!(verdicts(&arena, |_| Ok(())).await, (Ok(()), Some(Ok(())), Ok(())));
    let AccessStanding { jti_revoked, authorization: found, .. } =
        arena.read(|c| standing::of_access_token(c, &token())).await;
    assert_eq!((jti_revoked, found), (false, Some(authorization("shop", "alice", Some("s")))));
    arena.write(|c| revoked_tokens::insert(c, "j", later(900))).await;
    assert!(arena.read(|c| standing::of_access_token(c, &token())).await.jti_revoked);
}

async fn the_client_falls(arena: Arena) {
    stage(&arena, false).await;
    let disabled = Err(Downfall::ClientDisabled);
    let seen = verdicts(&arena, |c| clients::set_disabled(c, "shop", Some(NOW), NOW).map(|_| ())).await;
    assert_eq!(seen, (disabled, Some(disabled), disabled));
    let family = arena.read(|c| grants::find(c, "g")).await.expect("is there");
    let gone = Err(Downfall::ClientGone);
    assert_eq!(verdicts(&arena, |c| clients::delete(c, "shop").map(|_| ())).await, (gone, None, gone));
    let standing = arena.read(move |c| standing::of_grant(c, &family)).await;
    assert_eq!(standing.judge(IDLE, later(1)), gone);
}

async fn the_person_falls(arena: Arena) {
    stage(&arena, false).await;
    let alice = || UserId("alice".to_owned());
    let disabled = Err(Downfall::UserDisabled);
    let seen = verdicts(&arena, move |c| users::set_disabled(c, &alice(), Some(NOW), NOW).map(|_| ())).await;
    assert_eq!(seen, (disabled, Some(disabled), disabled));
    let reset = Err(Downfall::UserReset);
    let seen = verdicts(&arena, move |c| {
        users::set_disabled(c, &alice(), None, NOW)?;
        users::set_valid_from(c, &alice(), later(1)).map(|_| ())
    })
    .await;
    assert_eq!(seen, (reset, Some(reset), reset));
    let family = arena.read(|c| grants::find(c, "g")).await.expect("is there");
    let seen = verdicts(&arena, move |c| users::delete(c, &alice()).map(|_| ())).await;
    assert_eq!(seen, (Err(Downfall::UserGone), None, Err(Downfall::SessionEnded)), "the session went with them");
    let standing = arena.read(move |c| standing::of_grant(c, &family)).await;
    assert_eq!(standing.judge(IDLE, later(1)), Err(Downfall::UserGone));
}

async fn the_session_falls(arena: Arena) {
    stage(&arena, false).await;
    let ended = Err(Downfall::SessionEnded);
    let id = || SessionId("s".to_owned());
    let seen = verdicts(&arena, move |c| sessions::end(c, &id(), NOW).map(|_| ())).await;
    assert_eq!(seen, (ended, Some(ended), ended));
    let seen = verdicts(&arena, |c| sessions::delete_expired(c, later(3601)).map(|_| ())).await;
    assert_eq!(seen, (ended, Some(ended), ended), "a swept session has ended");
}

async fn offline_access_outlives_the_session(arena: Arena) {
    stage(&arena, true).await;
    let id = || SessionId("s".to_owned());
    let seen = verdicts(&arena, move |c| sessions::end(c, &id(), NOW).map(|_| ())).await;
    assert_eq!(seen, (Ok(()), Some(Ok(())), Err(Downfall::SessionEnded)));
}

async fn the_grant_falls(arena: Arena) {
    stage(&arena, false).await;
    let revoked = Err(Downfall::GrantRevoked);
    let seen = verdicts(&arena, |c| grants::revoke(c, "g", "test", NOW).map(|_| ())).await;
    assert_eq!(seen, (revoked, Some(revoked), Ok(())));
    arena.write(|c| grants::delete_expired(c, later(90_000))).await;
    let seen = arena.read(|c| standing::of_access_token(c, &token())).await;
    assert_eq!((seen.standing.judge(IDLE, later(1)), seen.authorization), (revoked, None), "a swept grant is no grant");
}

async fn a_client_for_itself(arena: Arena) {
    stage(&arena, false).await;
    let seen = arena
        .read(|c| standing::of_access_token(c, &AccessTokenRef { grant_id: None, user_id: None, ..token() }))
        .await;
    let standing = &seen.standing;
    assert_eq!((standing.user, standing.session, standing.grant), (None, None, None));
    assert_eq!(standing.judge(IDLE, later(1)), Ok(()));
}
