//! Owns the tests of rotation: a table of single decisions, and a small model of the store in which honest clients, lost
//! answers and thieves are let loose on one family.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::oauth::fixtures::{at, authenticated, grant, spa, web};

const WINDOW: Lifetime = Lifetime::from_seconds(10);
const IDLE: Lifetime = Lifetime::from_days(7);

fn token(name: u8, generation: i64) -> RefreshToken {
    RefreshToken {
        hash: vec![name; 32],
        grant_id: "g1".to_owned(),
        client_id: "p1".to_owned(),
        created_at: at(0),
        expires_at: at(0) + IDLE,
        used_at: None,
        generation,
        superseded_at: None,
    }
}

fn decide(token: &RefreshToken, leaf: Option<&RefreshToken>, grant: &Grant, now: Timestamp) -> Result<Turn, Denied> {
    turn(&Presented { token, grant, leaf }, &authenticated(&spa("p1")), WINDOW, now)
}

#[test]
fn f01_rfc9700_4_14_2_the_table_of_turns() {
    use Turn::{Reissue, Rotate};
    let leaf = token(1, 5);
    let used = |name, generation, seconds| RefreshToken { used_at: Some(at(seconds)), ..token(name, generation) };
    let lost = |name, generation| RefreshToken { superseded_at: Some(at(0)), ..token(name, generation) };
    let reuse = ("refresh_token.reuse", true);
    for (words, presented, now, expected) in [
        ("the leaf", leaf.clone(), 100, Ok(Rotate)),
        ("its sibling whose answer seemed lost", lost(2, 5), 100, Ok(Reissue)),
        ("its sibling that somebody used", used(2, 5, 99), 100, Err(reuse)),
        ("its parent, just now", used(3, 4, 100), 100, Ok(Reissue)),
        ("its parent at the end of the window", used(3, 4, 90), 100, Ok(Reissue)),
        ("its parent after the window", used(3, 4, 89), 100, Err(reuse)),
        ("its parent, the clock went back", used(3, 4, 200), 100, Ok(Reissue)),
        ("its parent's sibling, which nobody used", lost(4, 4), 100, Err(reuse)),
        ("its grandparent, just now", used(5, 3, 100), 100, Err(reuse)),
        ("something far older", used(6, 0, 100), 100, Err(reuse)),
        ("something newer than the leaf", token(7, 6), 100, Err(reuse)),
    ] {
        let turned = decide(&presented, Some(&leaf), &grant("p1", &["openid"]), at(now));
        assert_eq!(turned.map_err(|d| (d.refusal.finding.check, d.reuse)), expected, "{words}");
    }
    let turned = decide(&used(3, 4, 100), None, &grant("p1", &["openid"]), at(100)).unwrap_err();
    assert_eq!((turned.refusal.code, turned.reuse), (ErrorCode::InvalidGrant, true), "no leaf is left");
}

#[test]
fn f05_rfc6749_6_a_token_of_another_client_is_refused_and_nothing_happens_to_it() {
    let leaf = token(1, 0);
    let presented = Presented { token: &leaf, grant: &grant("p1", &["openid"]), leaf: Some(&leaf) };
    for thief in [spa("p2"), web("c1")] {
        let denied = turn(&presented, &authenticated(&thief), WINDOW, at(1)).unwrap_err();
        assert_eq!(
            (denied.refusal.code, denied.refusal.finding.check),
            (ErrorCode::InvalidGrant, "refresh_token.client")
        );
        assert!(!denied.reuse, "or anybody could end anybody's family");
    }
    let old = RefreshToken { used_at: Some(at(-500)), ..token(2, -3) };
    let presented = Presented { token: &old, ..presented };
    assert!(!turn(&presented, &authenticated(&web("c1")), WINDOW, at(1)).unwrap_err().reuse);
}

#[test]
fn f08_idle_end_and_absolute_end() {
    let week = at(0) + IDLE;
    let before = |t: Timestamp| t - Lifetime::from_millis(1);
    let leaf = token(1, 0);
    let sibling = RefreshToken { superseded_at: Some(at(1)), ..token(2, 0) };
    let family = grant("p1", &["openid"]);
    for presented in [&leaf, &sibling] {
        assert!(decide(presented, Some(&leaf), &family, before(week)).is_ok());
        let denied = decide(presented, Some(&leaf), &family, week).unwrap_err();
        assert_eq!((denied.refusal.finding.check, denied.reuse), ("refresh_token.lifetime", false));
    }
    let immortal = RefreshToken { expires_at: at(i64::from(i32::MAX)), ..leaf };
    assert!(decide(&immortal, Some(&immortal), &family, before(family.expires_at)).is_ok());
    let denied = decide(&immortal, Some(&immortal), &family, family.expires_at).unwrap_err();
    assert_eq!((denied.refusal.finding.check, denied.reuse), ("grant.live", false), "rotation extends no absolute end");
    let revoked = Grant { revoked_at: Some(at(5)), ..family };
    for now in [4, 5, 6] {
        let denied = decide(&immortal, Some(&immortal), &revoked, at(now)).unwrap_err();
        assert_eq!((denied.refusal.code, denied.reuse), (ErrorCode::InvalidGrant, false));
    }
}

#[test]
fn rfc6749_6_the_request_names_its_token() {
    assert_eq!(read(&Params::of([("refresh_token", "r")])).unwrap(), "r");
    for form in [Params::of([]), Params::of([("refresh_token", "")])] {
        assert_eq!(read(&form).unwrap_err().code, ErrorCode::InvalidRequest);
    }
    assert_eq!(unknown("a JWT").code, ErrorCode::InvalidGrant);
}

#[test]
fn f07_rfc6749_6_scope_is_narrowed_and_never_widened() {
    let family = grant("p1", &["openid", "email", "offline_access"]);
    let ask = |scope: &str| narrowed(&Params::of([("scope", scope)]), &family);
    for (asked, granted) in [
        ("", "email offline_access openid"),
        ("openid", "openid"),
        ("email openid", "email openid"),
        ("offline_access email openid", "email offline_access openid"),
    ] {
        assert_eq!(ask(asked).unwrap().scope.to_string(), granted, "{asked}");
    }
    assert_eq!(narrowed(&Params::of([]), &family).unwrap().scope, family.authorization.scope);
    for wider in ["profile", "openid profile", "orders.read", "OPENID", "openid\"", &"openid ".repeat(101)] {
        assert_eq!(ask(wider).unwrap_err().code, ErrorCode::InvalidScope, "{wider}");
    }
}

#[test]
fn f08_oidc_core_12_2_a_refresh_freshens_nothing() {
    let family = grant("p1", &["openid", "email"]);
    let narrow = narrowed(&Params::of([("scope", "openid")]), &family).unwrap();
    let first = &family.authorization;
    assert_eq!(narrow.nonce, None, "an ID token from a refresh has no nonce");
    assert_eq!((narrow.auth_time, &narrow.acr, &narrow.amr), (first.auth_time, &first.acr, &first.amr));
    assert_eq!((&narrow.user_id, &narrow.session_id), (&first.user_id, &first.session_id));
    assert_eq!((&narrow.client_id, &narrow.claims), (&first.client_id, &first.claims));
}

/// The rows of one family, and the statements of the store: each looks at the row it changes and says whether it did.
struct Family {
    grant: Grant,
    rows: Vec<RefreshToken>,
    /// For each row, the row whose presentation made it.
    parents: Vec<Option<usize>>,
    /// Rows whose presentation was answered with tokens.
    accepted: Vec<usize>,
    client: AuthenticatedClient,
}

/// What a request read before it decides: a row, and the leaf of that moment.
struct Look {
    row: RefreshToken,
    leaf: Option<RefreshToken>,
}

impl Family {
    fn new() -> Self {
        let mut family = Self {
            grant: grant("p1", &["openid", "offline_access"]),
            rows: Vec::new(),
            parents: Vec::new(),
            accepted: Vec::new(),
            client: authenticated(&spa("p1")),
        };
        family.insert(None, 0, at(0));
        family
    }

    fn insert(&mut self, parent: Option<usize>, generation: i64, now: Timestamp) -> usize {
        let number = self.rows.len();
        let hash = number.to_be_bytes().to_vec();
        let expires_at = (now + IDLE).min(self.grant.expires_at);
        self.rows.push(RefreshToken { hash, created_at: now, expires_at, ..token(0, generation) });
        self.parents.push(parent);
        number
    }

    fn live_leaves(&self) -> Vec<usize> {
        let is_live = |r: &RefreshToken| r.used_at.is_none() && r.superseded_at.is_none();
        (0..self.rows.len()).filter(|i| is_live(&self.rows[*i])).collect()
    }

    fn number(&self, row: &RefreshToken) -> usize {
        self.rows.iter().position(|r| r.hash == row.hash).unwrap()
    }

    fn look(&self, number: usize) -> Look {
        let leaf = self.live_leaves().first().map(|i| self.rows[*i].clone());
        Look { row: self.rows[number].clone(), leaf }
    }

    /// Decides by what was read, then moves the chain by conditional statements. `None`: somebody was faster, look again.
    fn step(&mut self, look: &Look, now: Timestamp) -> Option<Result<usize, Denied>> {
        let seen = Presented { token: &look.row, grant: &self.grant, leaf: look.leaf.as_ref() };
        let turn = match turn(&seen, &self.client, WINDOW, now) {
            Ok(turn) => turn,
            Err(denied) => {
                if denied.reuse {
                    self.grant.revoked_at.get_or_insert(now);
                }
                return Some(Err(denied));
            }
        };
        let number = self.number(&look.row);
        // In both turns what must still be live is the leaf; in the first one that is the presented token itself.
        let leaf = self.number(look.leaf.as_ref().unwrap());
        let row = &mut self.rows[leaf];
        if row.used_at.is_some() || row.superseded_at.is_some() {
            return None;
        }
        match turn {
            Turn::Rotate => row.used_at = Some(now),
            Turn::Reissue => {
                row.superseded_at = Some(now);
                self.rows[number].used_at.get_or_insert(now);
            }
        }
        self.accepted.push(number);
        Some(Ok(self.insert(Some(number), look.row.generation + 1, now)))
    }

    /// One request in one transaction.
    fn present(&mut self, number: usize, now: Timestamp) -> Result<usize, Denied> {
        let look = self.look(number);
        self.step(&look, now).expect("nobody came between")
    }

    fn is_dead(&self) -> bool {
        self.grant.revoked_at.is_some()
    }

    fn is_ancestor_or_self(&self, elder: usize, mut younger: usize) -> bool {
        loop {
            if elder == younger {
                return true;
            }
            match self.parents[younger] {
                Some(parent) => younger = parent,
                None => return false,
            }
        }
    }

    /// Whether the two stand on different branches.
    fn diverge(&self, a: usize, b: usize) -> bool {
        !self.is_ancestor_or_self(a, b) && !self.is_ancestor_or_self(b, a)
    }

    fn check(&self) {
        assert!(self.live_leaves().len() <= 1, "live leaves: {:?}", self.live_leaves());
        for (i, row) in self.rows.iter().enumerate() {
            let used_siblings =
                self.rows.iter().filter(|r| r.generation == row.generation && r.used_at.is_some()).count();
            assert!(used_siblings <= 1, "two of generation {} have successors", row.generation);
            assert_eq!(row.generation, self.parents[i].map_or(0, |p| self.rows[p].generation + 1));
        }
        for (i, a) in self.accepted.iter().enumerate() {
            let diverging = self.accepted[..i].iter().find(|b| self.diverge(*a, **b));
            assert!(diverging.is_none(), "both {a} and {diverging:?} advanced, on different branches");
        }
    }
}

/// What can happen to a family, in any order.
#[derive(Clone, Debug)]
enum Event {
    /// The honest client presents the newest token it has; the answer may get lost.
    Honest { is_lost: bool },
    /// An answer that seemed lost arrives after all, and the client takes it for its newest.
    Late(Index),
    /// The thief copies a token that the client once had, or an answer on its way.
    Steal(Index),
    /// The thief presents one of theirs.
    Thief(Index),
    /// Time passes, in seconds.
    Wait(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => any::<bool>().prop_map(|is_lost| Event::Honest { is_lost }),
        1 => any::<Index>().prop_map(Event::Late),
        2 => any::<Index>().prop_map(Event::Steal),
        3 => any::<Index>().prop_map(Event::Thief),
        2 => (0_i64..16).prop_map(Event::Wait),
    ];
    proptest::collection::vec(event, 1..60)
}

/// Presents, and holds the answer against what happened before: if another branch has advanced already, the answer is no,
/// and the family dies of it.
fn present_and_judge(family: &mut Family, number: usize, now: Timestamp) -> Option<usize> {
    let was_dead = family.is_dead();
    let other_branch_advanced = family.accepted.iter().any(|a| family.diverge(*a, number));
    let answer = family.present(number, now);
    family.check();
    if was_dead || other_branch_advanced {
        assert!(answer.is_err(), "{number} was answered although the family was dead or had gone on without it");
        assert!(family.is_dead(), "two parties advanced different branches, and the family lives");
    }
    answer.ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn f01_honest_client_lost_answers_and_thief_in_any_order(events in events()) {
        let mut family = Family::new();
        let mut now = at(0);
        let (mut honest, mut on_the_way, mut passed_by, mut stolen) = (0_usize, Vec::new(), vec![0_usize], Vec::new());
        for event in events {
            match event {
                Event::Wait(seconds) => now = now + Lifetime::from_seconds(seconds),
                Event::Steal(which) => stolen.push(*which.get(&passed_by)),
                Event::Late(which) if !on_the_way.is_empty() => honest = *which.get(&on_the_way),
                Event::Late(_) => {}
                Event::Honest { is_lost } => {
                    if let Some(new) = present_and_judge(&mut family, honest, now) {
                        passed_by.push(new);
                        if is_lost { on_the_way.push(new) } else { honest = new }
                    }
                }
                Event::Thief(which) => {
                    if !stolen.is_empty()
                        && let Some(new) = present_and_judge(&mut family, *which.get(&stolen), now)
                    {
                        stolen.push(new);
                    }
                }
            }
        }
        if family.is_dead() {
            for number in 0..family.rows.len() {
                prop_assert!(family.present(number, now).is_err(), "nothing of a dead family works");
            }
        } else {
            prop_assert_eq!(family.live_leaves().len(), 1, "a living family can go on");
        }
    }

    #[test]
    fn f01_who_loses_answers_and_retries_within_the_window_keeps_the_session(
        // For each refresh: when it comes, how long after the first try each retry comes, and which answer got through.
        refreshes in proptest::collection::vec(
            (0_i64..3 * 86_400, proptest::collection::vec(0_i64..=10_000, 0..6), any::<Index>()),
            1..10,
        ),
    ) {
        let mut family = Family::new();
        let mut now = at(0);
        let mut newest = 0;
        for (pause, mut retries, arrived) in refreshes {
            now = now + Lifetime::from_seconds(pause);
            if now >= family.grant.expires_at {
                break;
            }
            retries.sort_unstable();
            let first_try = now;
            let mut answers = Vec::new();
            for after in std::iter::once(0).chain(retries) {
                now = first_try + Lifetime::from_millis(after);
                let answer = family.present(newest, now);
                prop_assert!(answer.is_ok(), "lost its session {after} ms after the first try: {answer:?}");
                answers.extend(answer.ok());
                family.check();
            }
            newest = *arrived.get(&answers);
        }
        prop_assert!(!family.is_dead());
        prop_assert_eq!(family.live_leaves().len(), 1);
    }

    #[test]
    fn f01_a_thief_with_the_newest_token_and_its_owner_cannot_both_go_on(
        pause in 11_i64..86_400,
        rounds in 1_usize..5,
    ) {
        let mut family = Family::new();
        let mut newest = 0;
        for round in 0..rounds {
            newest = family.present(newest, at(i64::try_from(round).unwrap())).unwrap();
        }
        // Whichever comes first goes on for a while; the other one comes when no answer can be on its way any more.
        let ahead = family.present(newest, at(100)).unwrap();
        let further = family.present(ahead, at(100 + pause)).unwrap();
        let denied = family.present(newest, at(200 + pause)).unwrap_err();
        prop_assert!(denied.reuse && family.is_dead());
        prop_assert!(family.present(further, at(201 + pause)).is_err(), "the newest token dies with the family");
    }

    #[test]
    fn f04_c07_fifty_at_once_leave_one_live_leaf(
        order in Just((0_usize..50).collect::<Vec<_>>()).prop_shuffle(),
        goes_on in any::<Index>(),
        comes_too_late in any::<Index>(),
    ) {
        let mut family = Family::new();
        // All fifty read before any of them writes.
        let looks: Vec<Look> = (0..50).map(|_| family.look(0)).collect();
        let mut answers = Vec::new();
        for i in order {
            let answer = match family.step(&looks[i], at(1)) {
                Some(answer) => answer,
                None => family.present(0, at(1)),
            };
            family.check();
            prop_assert!(answer.is_ok(), "{answer:?}");
            answers.extend(answer.ok());
        }
        prop_assert_eq!((answers.len(), family.live_leaves().len()), (50, 1));
        // Any of the fifty answers can be the one that the client keeps, but only one of them.
        let kept = *goes_on.get(&answers);
        let next = family.present(kept, at(2)).unwrap();
        family.check();
        let other = *comes_too_late.get(&answers);
        let answer = family.present(other, at(3));
        prop_assert_eq!(answer.is_ok(), other == kept, "the kept one may be retried, a sibling may not");
        prop_assert_eq!(family.present(next, at(4)).is_ok(), other == kept);
    }

    #[test]
    fn f04_stale_reads_never_make_a_second_leaf(
        moves in proptest::collection::vec((any::<Index>(), any::<Index>(), 0_i64..6, any::<bool>()), 1..80),
    ) {
        let mut family = Family::new();
        let mut now = at(0);
        let mut looks: Vec<Look> = Vec::new();
        for (which, open, pause, reads) in moves {
            now = now + Lifetime::from_seconds(pause);
            if reads || looks.is_empty() {
                looks.push(family.look(which.index(family.rows.len())));
            } else {
                let look = looks.swap_remove(open.index(looks.len()));
                if family.step(&look, now).is_none() {
                    let number = family.number(&look.row);
                    looks.push(family.look(number));
                }
            }
            prop_assert!(family.live_leaves().len() <= 1, "{:?}", family.live_leaves());
        }
    }
}
