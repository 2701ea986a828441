//! Owns the tests of the one answer to "is this principal still good?": every reason alone, and their order.

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(10_000);
const RULE: SessionRule = SessionRule { idle: Lifetime::from_hours(2), absolute: Lifetime::from_hours(24) };

fn millis_from_now(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + millis)
}

fn good() -> Standing {
    Standing {
        client: Some(Switch::Enabled),
        user: Some(UserStanding {
            switch: Switch::Enabled,
            valid_from: millis_from_now(-9),
            began_at: millis_from_now(-5),
        }),
        session: Some(SessionStanding { ended_at: None, expires_at: millis_from_now(1), last_seen_at: NOW }),
        grant: Some(GrantStanding { revoked_at: None, expires_at: millis_from_now(1) }),
    }
}

type Change = fn(&mut Standing);

fn user(s: &mut Standing) -> &mut UserStanding {
    s.user.as_mut().unwrap()
}

fn session(s: &mut Standing) -> &mut SessionStanding {
    s.session.as_mut().unwrap()
}

fn grant(s: &mut Standing) -> &mut GrantStanding {
    s.grant.as_mut().unwrap()
}

/// Every reason, in the order in which they are named.
const REASONS: [(Change, Downfall); 11] = [
    (|s| s.client = Some(Switch::Disabled), Downfall::ClientDisabled),
    (|s| s.client = Some(Switch::Gone), Downfall::ClientGone),
    (|s| user(s).switch = Switch::Disabled, Downfall::UserDisabled),
    (|s| user(s).switch = Switch::Gone, Downfall::UserGone),
    (|s| user(s).valid_from = millis_from_now(-4), Downfall::UserReset),
    (|s| session(s).ended_at = Some(Timestamp::from_millis(0)), Downfall::SessionEnded),
    (|s| session(s).expires_at = NOW, Downfall::SessionExpired),
    (|s| session(s).last_seen_at = NOW - RULE.idle, Downfall::SessionExpired),
    (|s| grant(s).revoked_at = Some(NOW), Downfall::GrantRevoked),
    (|s| grant(s).revoked_at = Some(Timestamp::from_millis(0)), Downfall::GrantRevoked),
    (|s| grant(s).expires_at = NOW, Downfall::GrantExpired),
];

#[test]
fn c08_each_reason_alone_ends_the_principal() {
    assert_eq!(good().judge(RULE, NOW), Ok(()));
    for (i, (change, downfall)) in REASONS.into_iter().enumerate() {
        let mut standing = good();
        change(&mut standing);
        assert_eq!(standing.judge(RULE, NOW), Err(downfall), "reason {i}");
    }
}

#[test]
fn c08_the_first_reason_is_named_and_none_heals_another() {
    for (i, (first, downfall)) in REASONS.into_iter().enumerate() {
        for (j, (later, _)) in REASONS.into_iter().enumerate().skip(i + 1) {
            let mut standing = good();
            later(&mut standing);
            first(&mut standing);
            assert_eq!(standing.judge(RULE, NOW), Err(downfall), "reasons {i} and {j}");
        }
    }
}

#[test]
fn the_last_millisecond_still_counts() {
    let mut standing = good();
    user(&mut standing).valid_from = user(&mut standing).began_at;
    session(&mut standing).last_seen_at = millis_from_now(1) - RULE.idle;
    assert_eq!(standing.judge(RULE, NOW), Ok(()), "what began at the very reset was begun by it");
    assert_eq!(standing.judge(RULE, millis_from_now(1)), Err(Downfall::SessionExpired));
}

#[test]
fn what_is_no_part_of_the_question_does_not_matter() {
    let offline = Standing { session: None, ..good() };
    assert_eq!(offline.judge(RULE, NOW), Ok(()), "offline_access outlives sessions");
    let machine = Standing { user: None, session: None, grant: None, ..good() };
    assert_eq!(machine.judge(RULE, NOW), Ok(()), "a client acting for itself");
    let gone = Standing { client: Some(Switch::Gone), ..machine };
    assert_eq!(gone.judge(RULE, NOW), Err(Downfall::ClientGone));
}
