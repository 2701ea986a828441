//! The life of keys as tables, and whole years of it with one node and with two.

use super::*;
use crate::signing::life::{plan, plan_rotation};

const HOUR: Lifetime = Lifetime::from_hours(1);
const MOMENT: Lifetime = Lifetime::from_millis(1);

fn bare(kid: &str, alg: Algorithm, signs_from: Timestamp) -> StoredKey {
    StoredKey {
        kid: kid.into(),
        alg,
        sealed_private: Vec::new(),
        public_jwk: String::new(),
        created_at: signs_from,
        signs_from,
        retires_at: None,
        gone_at: None,
    }
}

fn retired(mut row: StoredKey, retires_at: Timestamp, gone_at: Timestamp) -> StoredKey {
    (row.retires_at, row.gone_at) = (Some(retires_at), Some(gone_at));
    row
}

/// What a store does with a plan: all of it in one transaction, or nothing if a key was retired by somebody else meanwhile.
fn carry_out(rows: &mut Vec<StoredKey>, steps: &[Step], node: &str, now: Timestamp) -> bool {
    let mut after = rows.clone();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Generate { alg, signs_from } => {
                let kid = format!("{node}-{}-{number}-{}", alg.as_str(), now.millis());
                after.push(StoredKey { created_at: now, ..bare(&kid, *alg, *signs_from) });
            }
            Step::Retire { kid, retires_at, gone_at } => match after.iter_mut().find(|row| row.kid == *kid) {
                Some(row) if row.retires_at.is_none() => {
                    (row.retires_at, row.gone_at) = (Some(*retires_at), Some(*gone_at));
                }
                _ => return false,
            },
            Step::Remove { kid } => after.retain(|row| row.kid != *kid),
        }
    }
    *rows = after;
    true
}

fn signers(rows: &[StoredKey], alg: Algorithm, now: Timestamp) -> Vec<&StoredKey> {
    rows.iter().filter(|row| row.alg == alg && row.state(now) == KeyState::Signing).collect()
}

#[test]
fn the_state_is_a_table() {
    let row = retired(bare("k", Algorithm::ES256, NOW), NOW + HOUR, NOW + HOUR + HOUR);
    for (now, state) in [
        (NOW - MOMENT, KeyState::Published),
        (NOW, KeyState::Signing),
        (NOW + HOUR - MOMENT, KeyState::Signing),
        (NOW + HOUR, KeyState::Retired),
        (NOW + HOUR + HOUR - MOMENT, KeyState::Retired),
        (NOW + HOUR + HOUR, KeyState::Gone),
    ] {
        assert_eq!(row.state(now), state, "{}", now.rfc3339());
    }
    let open = bare("k", Algorithm::ES256, NOW);
    assert_eq!(open.state(Timestamp::from_millis(i64::MAX)), KeyState::Signing);
}

#[test]
fn the_first_key_of_an_algorithm_signs_at_once() {
    let steps = plan(&[], &lives(), &[Algorithm::EdDSA, Algorithm::RS256, Algorithm::RS256], NOW);
    assert_eq!(
        steps,
        [
            Step::Generate { alg: Algorithm::RS256, signs_from: NOW },
            Step::Generate { alg: Algorithm::EdDSA, signs_from: NOW }
        ]
    );
    assert_eq!(plan(&[], &lives(), &[], NOW), []);
}

#[test]
fn the_plan_is_a_table() {
    let lives = lives();
    let (alg, ahead) = (Algorithm::ES256, lives.publish_ahead);
    let born = NOW - lives.rotate_every;
    let late_end = |at: Timestamp| at + lives.longest_token + lives.jwks_max_age + SKEW;
    let generate = |signs_from| Step::Generate { alg, signs_from };
    let retire = |kid: &str, at| Step::Retire { kid: kid.into(), retires_at: at, gone_at: late_end(at) };
    let young = || bare("young", alg, NOW - HOUR);
    let old = || bare("old", alg, born);
    let cases: Vec<(&str, Vec<StoredKey>, Vec<Step>)> = vec![
        ("young", vec![young()], vec![]),
        ("a moment before due", vec![bare("k", alg, born + ahead + MOMENT)], vec![]),
        (
            "due exactly a publication ahead",
            vec![bare("k", alg, born + ahead)],
            vec![generate(NOW + ahead), retire("k", NOW + ahead)],
        ),
        ("overdue: still published ahead", vec![old()], vec![generate(NOW + ahead), retire("old", NOW + ahead)]),
        (
            "successor on its way",
            vec![retired(old(), NOW + HOUR, late_end(NOW + HOUR)), bare("next", alg, NOW + HOUR)],
            vec![],
        ),
        (
            "successor lost: take over when the last one ends",
            vec![retired(old(), NOW + HOUR, late_end(NOW + HOUR))],
            vec![generate(NOW + HOUR)],
        ),
        ("all retired", vec![retired(old(), NOW - HOUR, NOW + HOUR)], vec![generate(NOW)]),
        ("gone", vec![young(), retired(old(), NOW - HOUR, NOW)], vec![Step::Remove { kid: "old".into() }]),
        ("two of two nodes", vec![bare("a", alg, NOW - HOUR), young()], vec![retire("a", NOW)]),
        (
            "two successors of two nodes",
            vec![bare("a", alg, NOW + HOUR), bare("b", alg, NOW + HOUR)],
            vec![retire("a", NOW + HOUR)],
        ),
    ];
    for (name, rows, steps) in cases {
        assert_eq!(plan(&rows, &lives, &[alg], NOW), steps, "{name}");
        let reversed: Vec<_> = rows.into_iter().rev().collect();
        assert_eq!(plan(&reversed, &lives, &[alg], NOW), steps, "{name}, rows in another order");
    }
}

#[test]
fn an_algorithm_no_longer_wanted_ends_when_it_is_due() {
    let lives = lives();
    let young = bare("k", Algorithm::ES256, NOW - HOUR);
    assert_eq!(plan(std::slice::from_ref(&young), &lives, &[], NOW), []);
    let due = plan(&[bare("k", Algorithm::ES256, NOW - lives.rotate_every)], &lives, &[], NOW);
    assert!(matches!(&due[..], [Step::Retire { retires_at, .. }] if *retires_at == NOW), "{due:?}");
}

#[test]
fn e15_a_successor_is_published_no_shorter_than_others_may_cache() {
    let hasty = KeyLives { publish_ahead: Lifetime::ZERO, jwks_max_age: HOUR, ..lives() };
    let steps = plan(&[bare("k", Algorithm::ES256, NOW - hasty.rotate_every)], &hasty, &[Algorithm::ES256], NOW);
    assert_eq!(steps[0], Step::Generate { alg: Algorithm::ES256, signs_from: NOW + HOUR });
}

#[test]
fn a_rotation_by_hand_is_a_table() {
    let lives = lives();
    let (alg, ahead) = (Algorithm::RS256, lives.publish_ahead);
    let rotate = |rows: &[StoredKey], how| plan_rotation(rows, &lives, alg, how, NOW);
    let current = bare("current", alg, NOW - HOUR);
    let next = bare("next", alg, NOW + HOUR);
    let leaving = retired(current.clone(), NOW + HOUR, NOW + HOUR + HOUR);

    let planned = rotate(std::slice::from_ref(&current), Rotation::Planned);
    assert_eq!(planned[0], Step::Generate { alg, signs_from: NOW + ahead });
    assert!(
        matches!(&planned[1], Step::Retire { kid, retires_at, .. } if kid == "current" && *retires_at == NOW + ahead)
    );
    assert_eq!(rotate(&[leaving.clone(), next.clone()], Rotation::Planned), [], "one is under way");
    assert_eq!(rotate(&[], Rotation::Planned), [Step::Generate { alg, signs_from: NOW }]);

    let emergency = rotate(std::slice::from_ref(&current), Rotation::Emergency);
    assert_eq!(emergency[0], Step::Generate { alg, signs_from: NOW });
    assert!(matches!(&emergency[1], Step::Retire { kid, retires_at, .. } if kid == "current" && *retires_at == NOW));
    // The published successor may have been seen as well, and the one that is leaving must not be believed a day longer.
    let both = rotate(&[leaving, next], Rotation::Emergency);
    let ends = |wanted: &str| {
        both.iter().any(|s| matches!(s, Step::Retire { kid, retires_at, .. } if kid == wanted && *retires_at == NOW))
    };
    assert!(both.len() == 3 && ends("next") && ends("current"), "{both:?}");
}

#[test]
fn two_years_of_hours_never_leave_a_gap() {
    let lives = lives();
    let wanted = [Algorithm::RS256, Algorithm::EdDSA];
    let (mut rows, mut all) = (Vec::new(), HashMap::new());
    for hour in 0..(2 * 365 * 24) {
        let now = NOW + Lifetime::from_hours(hour);
        let steps = plan(&rows, &lives, &wanted, now);
        assert!(carry_out(&mut rows, &steps, "a", now));
        assert_eq!(plan(&rows, &lives, &wanted, now), [], "the plan does not come to rest");
        for alg in wanted {
            assert_eq!(signers(&rows, alg, now).len(), 1, "{alg:?} in hour {hour}");
        }
        assert!(rows.len() <= 4, "{} keys", rows.len());
        all.extend(rows.iter().map(|row| (row.kid.clone(), row.clone())));
    }
    assert_eq!(all.len(), 2 * 9, "rotated every 90 days");
    for row in all.values() {
        let is_first = row.created_at == NOW;
        assert!(is_first || row.signs_from.since(row.created_at) >= lives.jwks_max_age, "{row:?}");
        if let (Some(retires), Some(gone)) = (row.retires_at, row.gone_at) {
            assert!(gone.since(retires).millis() >= lives.longest_token.millis() + lives.jwks_max_age.millis());
        }
    }
}

#[test]
fn r36_two_nodes_at_one_instant_make_one_successor() {
    let (lives, alg) = (lives(), Algorithm::ES256);
    for round in 0..100 {
        let mut rows = vec![bare("old", alg, NOW - lives.rotate_every)];
        // Both nodes have read the rows before either has written; one of them may act by hand.
        let of_timer = plan(&rows, &lives, &[alg], NOW);
        let other = if round % 2 == 0 {
            of_timer.clone()
        } else {
            plan_rotation(&rows, &lives, alg, Rotation::Planned, NOW + Lifetime::from_millis(round))
        };
        let (first, second) = if round % 3 == 0 { (&other, &of_timer) } else { (&of_timer, &other) };
        assert!(carry_out(&mut rows, first, "a", NOW));
        assert!(!carry_out(&mut rows, second, "b", NOW), "both made a successor");
        assert_eq!(rows.len(), 2);
        let successor = rows.iter().find(|row| row.kid != "old").unwrap();
        assert!(successor.signs_from >= NOW + lives.jwks_max_age);
        for hour in 0..48 {
            assert_eq!(signers(&rows, alg, NOW + Lifetime::from_hours(hour)).len(), 1, "hour {hour}");
        }
    }
}

#[test]
fn r36_two_first_keys_of_two_nodes_come_down_to_one_without_losing_a_token() {
    let (lives, alg) = (lives(), Algorithm::ES256);
    let mut rows = Vec::new();
    let steps = plan(&rows, &lives, &[alg], NOW);
    assert!(carry_out(&mut rows, &steps, "a", NOW) && carry_out(&mut rows, &steps, "b", NOW + MOMENT));
    let later = NOW + Lifetime::from_minutes(1);
    let (of_a, of_b) = (plan(&rows, &lives, &[alg], later), plan(&rows, &lives, &[alg], later));
    assert_eq!(of_a, of_b, "the nodes disagree on which key stays");
    assert!(carry_out(&mut rows, &of_a, "a", later));
    assert!(!carry_out(&mut rows, &of_b, "b", later));
    assert_eq!(signers(&rows, alg, later).len(), 1);
    let both_shown = rows.iter().filter(|row| row.state(later + lives.longest_token) != KeyState::Gone).count();
    assert_eq!(both_shown, 2);
}

#[test]
fn r04_a_rotation_cut_short_at_any_step_goes_on() {
    // The transaction is all or nothing; but even rows written one by one, and lost half-way, heal.
    let (lives, alg) = (lives(), Algorithm::ES256);
    let steps = plan(&[bare("old", alg, NOW - lives.rotate_every)], &lives, &[alg], NOW);
    for done in 0..=steps.len() {
        let mut rows = vec![bare("old", alg, NOW - lives.rotate_every)];
        assert!(carry_out(&mut rows, &steps[..done], "a", NOW));
        for minute in 1..(3 * 24 * 60) {
            let now = NOW + Lifetime::from_minutes(minute);
            let steps = plan(&rows, &lives, &[alg], now);
            assert!(carry_out(&mut rows, &steps, "a", now));
            assert!(!signers(&rows, alg, now).is_empty(), "{done} steps, minute {minute}");
        }
        assert_eq!(signers(&rows, alg, NOW + Lifetime::from_days(2)).len(), 1);
    }
}

#[test]
fn generated_rows_sign_through_a_whole_rotation() {
    let (lives, alg) = (lives(), Algorithm::EdDSA);
    let ring = keyring(1);
    let mut rows = vec![row(alg, 0, NOW - lives.rotate_every)];
    let steps = plan(&rows, &lives, &[alg], NOW);
    let [Step::Generate { signs_from, .. }, Step::Retire { retires_at, gone_at, .. }] = &steps[..] else {
        panic!("{steps:?}")
    };
    rows[0].retires_at = Some(*retires_at);
    rows[0].gone_at = Some(*gone_at);
    rows.push(ring.seal(&key(alg, 1), NOW, *signs_from).unwrap());
    ring.load(&rows).unwrap();
    for hour in 0..72 {
        let now = NOW + Lifetime::from_hours(hour);
        let mut claims = access_claims();
        claims["exp"] = (now.seconds() + 900).into();
        let token = ring.sign(alg, TokenType::AccessToken, &claims, now).unwrap();
        let last_moment = now + lives.longest_token - MOMENT;
        assert!(ring.verify(&token, &Expect::access_token(ISSUER, ISSUER), last_moment).is_ok(), "hour {hour}");
    }
}
