use std::time::Instant;

use super::*;

/// The password of every test that does not care.
const RIGHT: &str = "correct horse battery staple";

/// Cheap, so that tests are quick.
fn rule() -> PasswordRule {
    PasswordRule { memory_kib: 64, iterations: 1, max_running: 2, ..PasswordRule::default() }
}

/// Takes some tenths of a second, so that others must wait.
fn slow_rule() -> PasswordRule {
    PasswordRule { memory_kib: 64 * 1024, iterations: 6, max_running: 1, ..PasswordRule::default() }
}

fn hasher(rule: PasswordRule) -> PasswordHasher {
    PasswordHasher::new(rule).unwrap()
}

async fn verify(hasher: &PasswordHasher, password: &str, phc: &str) -> Result<PasswordVerdict, PasswordError> {
    hasher.verify(Sensitive::new(password), Some(phc.to_owned())).await
}

/// Starts a verification and comes back when its hash is being computed.
async fn begin(hasher: &PasswordHasher) -> tokio::task::JoinHandle<Result<PasswordVerdict, PasswordError>> {
    let own = hasher.clone();
    let task = tokio::spawn(async move { own.verify(Sensitive::new("x"), None).await });
    while hasher.load() != (1, 0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    task
}

const PLAIN_RIGHT: Result<PasswordVerdict, PasswordError> = Ok(PasswordVerdict::Right { upgrade: None });
const WRONG: Result<PasswordVerdict, PasswordError> = Ok(PasswordVerdict::Wrong);

#[tokio::test]
async fn the_right_password_is_right_and_every_other_one_wrong() {
    let hasher = hasher(rule());
    let phc = hasher.hash(Sensitive::new(RIGHT)).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
    assert_ne!(phc, hasher.hash(Sensitive::new(RIGHT)).await.unwrap(), "one salt for two hashes");
    assert_eq!(verify(&hasher, RIGHT, &phc).await, PLAIN_RIGHT);
    for wrong in
        ["", " ", "correct horse battery stapl", "correct horse battery staple ", "CORRECT HORSE BATTERY STAPLE"]
    {
        assert_eq!(verify(&hasher, wrong, &phc).await, WRONG, "{wrong:?}");
    }
}

#[tokio::test]
async fn hashes_of_other_programs_are_read_and_replaced() {
    // Made by the command line of the reference implementation, as its manual shows.
    let phc = "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG";
    let hasher = hasher(rule());
    let verdict = verify(&hasher, "password", phc).await.unwrap();
    let PasswordVerdict::Right { upgrade: Some(upgrade) } = verdict else { panic!("{verdict:?}") };
    assert!(upgrade.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{upgrade}");
    assert_eq!(verify(&hasher, "password", &upgrade).await, PLAIN_RIGHT);
    assert_eq!(verify(&hasher, "Password", phc).await, WRONG);
}

#[tokio::test]
async fn a_change_of_parameters_upgrades_at_the_next_right_password() {
    let old = hasher(rule());
    let phc = old.hash(Sensitive::new(RIGHT)).await.unwrap();
    for changed in [
        PasswordRule { memory_kib: 128, ..rule() },
        PasswordRule { iterations: 2, ..rule() },
        PasswordRule { parallelism: 2, ..rule() },
    ] {
        let new = hasher(changed);
        assert_eq!(verify(&new, "wrong", &phc).await, WRONG);
        let verdict = verify(&new, RIGHT, &phc).await.unwrap();
        let PasswordVerdict::Right { upgrade: Some(upgrade) } = verdict else { panic!("{verdict:?}") };
        assert!(upgrade.contains(&new.parameters()), "{upgrade}");
        assert_eq!(verify(&new, RIGHT, &upgrade).await, PLAIN_RIGHT);
    }
}

#[tokio::test]
async fn j07_long_passwords_are_refused_before_hashing_and_nothing_is_cut() {
    let hasher = hasher(rule());
    for length in [1025, 100_000, 1_000_000] {
        let started = Instant::now();
        let refused = hasher.verify(Sensitive::new("p".repeat(length)), None).await;
        assert_eq!(refused, Err(PasswordError::TooLong { max_bytes: 1024 }));
        assert_eq!(
            hasher.hash(Sensitive::new("p".repeat(length))).await,
            Err(PasswordError::TooLong { max_bytes: 1024 })
        );
        // Most of this is the wiping of a megabyte in a build without optimisation.
        assert!(started.elapsed() < Duration::from_millis(1000), "{length}: {:?}", started.elapsed());
    }
    for length in [72, 256, 1024] {
        let long = "p".repeat(length);
        let phc = hasher.hash(Sensitive::new(long.as_str())).await.unwrap();
        assert_eq!(verify(&hasher, &long, &phc).await, PLAIN_RIGHT);
        assert_eq!(verify(&hasher, &long[1..], &phc).await, WRONG, "cut at {length}");
        if length < 1024 {
            assert_eq!(verify(&hasher, &format!("{long}X"), &phc).await, WRONG, "cut at {length}");
        }
    }
    let phc = hasher.hash(Sensitive::new("secret\0one")).await.unwrap();
    assert_eq!(verify(&hasher, "secret\0two", &phc).await, WRONG);
    assert_eq!(verify(&hasher, "secret", &phc).await, WRONG);
}

#[tokio::test]
async fn j09_nobody_signs_in_without_a_password() {
    let hasher = hasher(rule());
    for typed in ["", "null", "undefined", "true", "[]", "\0"] {
        assert_eq!(hasher.verify(Sensitive::new(typed), None).await, WRONG, "{typed:?}");
        for stored in ["", "null", "x", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ"] {
            let refused = verify(&hasher, typed, stored).await;
            assert!(matches!(refused, Err(PasswordError::Unusable(_))), "{typed:?} {stored:?} {refused:?}");
        }
    }
}

#[tokio::test]
async fn the_same_characters_from_another_keyboard_are_the_same_password() {
    let hasher = hasher(rule());
    for (set, typed) in [("caf\u{e9} au lait", "cafe\u{301} au lait"), ("\u{fb01}fteen \u{ff11}", "fifteen 1")] {
        let phc = hasher.hash(Sensitive::new(set)).await.unwrap();
        assert_eq!(verify(&hasher, typed, &phc).await, PLAIN_RIGHT);
    }
}

#[tokio::test]
async fn j08_a_stored_hash_cannot_ask_for_the_moon() {
    let hasher = hasher(rule());
    for parameters in
        ["m=4194304,t=1,p=1", "m=64,t=1000000,p=1", "m=65536,t=1,p=1000", "m=8,t=1,p=9", "m=64,t=0,p=1", "m=64"]
    {
        let phc = format!("$argon2id$v=19${parameters}$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG");
        let started = Instant::now();
        let refused = verify(&hasher, "x", &phc).await;
        // `m=64` alone takes the other values from the library's defaults, which are allowed.
        let is_refused = matches!(refused, Err(PasswordError::Unusable(_)));
        assert!(is_refused || (parameters == "m=64" && refused == WRONG), "{parameters}: {refused:?}");
        assert!(started.elapsed() < Duration::from_secs(1), "{parameters}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j08_overload_sheds_and_the_served_ones_are_served() {
    let hasher = hasher(PasswordRule { max_waiting: 2, wait: Duration::from_secs(30), ..slow_rule() });
    let all: Vec<_> = (0..40)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(Sensitive::new("x"), None).await })
        })
        .collect();
    while hasher.load().0 == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(hasher.load().0 == 1 && hasher.load().1 <= 2, "{:?}", hasher.load());
    let (mut served, mut shed) = (0, 0);
    for one in all {
        match one.await.unwrap() {
            Ok(verdict) => {
                assert_eq!(verdict, PasswordVerdict::Wrong);
                served += 1;
            }
            Err(PasswordError::Overloaded { retry_after_seconds }) => {
                assert_eq!(retry_after_seconds, 30);
                shed += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!((1..=6).contains(&served), "{served} served");
    assert_eq!(served + shed, 40);
    assert_eq!(hasher.verify(Sensitive::new("x"), None).await, WRONG, "no way back from overload");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j08_nobody_waits_longer_than_promised_for_a_turn() {
    let hasher = hasher(PasswordRule { wait: Duration::from_millis(50), ..slow_rule() });
    let long = begin(&hasher).await;
    let started = Instant::now();
    let second = hasher.verify(Sensitive::new("x"), None).await;
    assert_eq!(second, Err(PasswordError::Overloaded { retry_after_seconds: 1 }));
    assert!(started.elapsed() >= Duration::from_millis(50), "{:?}", started.elapsed());
    // The first had its turn in time; that it takes longer than `wait` does not cut it short.
    assert_eq!(long.await.unwrap(), WRONG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j08_a_dropped_request_does_not_free_its_place_while_its_hash_runs() {
    let hasher = hasher(PasswordRule { wait: Duration::from_millis(60), ..slow_rule() });
    let dropped = begin(&hasher).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    assert_eq!(hasher.load(), (1, 0), "the hash ended with its request");
    let next = hasher.verify(Sensitive::new("x"), None).await;
    assert!(matches!(next, Err(PasswordError::Overloaded { .. })), "a second hash began beside the first: {next:?}");
}

/// One hash running and the queue of four full of requests that have been dropped.
async fn with_dropped_queue(
    hasher: &PasswordHasher,
) -> tokio::task::JoinHandle<Result<PasswordVerdict, PasswordError>> {
    let running = begin(hasher).await;
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let own = hasher.clone();
            tokio::spawn(async move { own.verify(Sensitive::new("x"), None).await })
        })
        .collect();
    while hasher.load().1 < 4 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for one in waiting {
        one.abort();
        let _ = one.await;
    }
    running
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j08_requests_dropped_in_the_queue_keep_nobody_out() {
    let hasher = hasher(PasswordRule { max_waiting: 4, wait: Duration::from_secs(30), ..slow_rule() });
    let running = with_dropped_queue(&hasher).await;
    assert_eq!(hasher.verify(Sensitive::new("x"), None).await, WRONG);
    assert_eq!(running.await.unwrap(), WRONG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j08_requests_dropped_in_the_queue_are_not_hashed() {
    let hasher = hasher(PasswordRule { max_waiting: 4, wait: Duration::from_secs(30), ..slow_rule() });
    let running = with_dropped_queue(&hasher).await;
    assert_eq!(running.await.unwrap(), WRONG);
    // Each of the four would have taken some tenths of a second.
    let ended = Instant::now();
    while hasher.load() != (0, 0) {
        assert!(ended.elapsed() < Duration::from_millis(250), "a dropped request is being hashed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn j01_an_unknown_person_costs_as_much_as_a_wrong_password() {
    let hasher = hasher(PasswordRule { memory_kib: 8 * 1024, max_running: 1, ..PasswordRule::default() });
    let phc = hasher.hash(Sensitive::new(RIGHT)).await.unwrap();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..15 {
        let stored = [Some(phc.clone()), None, Some("damaged".to_owned())];
        for (phc, times) in stored.into_iter().zip(&mut times) {
            let started = Instant::now();
            let _ = hasher.verify(Sensitive::new("wrong"), phc).await;
            times.push(started.elapsed());
        }
    }
    let [known, unknown, damaged] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    for other in [unknown, damaged] {
        assert!((0.5..2.0).contains(&(other / known)), "known {known}, unknown {unknown}, damaged {damaged}");
    }
}

#[test]
fn impossible_parameters_are_refused_at_the_start() {
    for bad in [
        PasswordRule { memory_kib: 1, ..rule() },
        PasswordRule { iterations: 0, ..rule() },
        PasswordRule { parallelism: 0, ..rule() },
    ] {
        assert!(matches!(PasswordHasher::new(bad), Err(PasswordError::Broken(_))), "{bad:?}");
    }
}

#[tokio::test]
async fn the_threads_end_with_the_last_clone() {
    let hasher = hasher(rule());
    let clone = hasher.clone();
    drop(hasher);
    assert_eq!(clone.verify(Sensitive::new("x"), None).await, WRONG);
    let crew = Arc::downgrade(&clone.crew);
    drop(clone);
    assert!(crew.upgrade().is_none());
}
