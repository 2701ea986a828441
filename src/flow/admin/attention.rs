//! Owns what an administrator should look at: secrets that end, clients that nobody uses, clients that are switched off and
//! still asked for, keys that change, letters that are stuck, webhooks
//! that fail, traces with gaps. It does not own the places it points to.

use crate::identity::level::RequiredFor;
use crate::identity::{Permission, Permissions, SecondFactorRule, SignUpRule};
use crate::signing::{KeyLives, KeyState, StoredKey};
use crate::store::outbox::{self, Letters};
use crate::store::raised_bars::{self, RaisedBar};
use crate::store::upstream_providers::{self, StoredProvider};
use crate::store::usage::{self, ClientAt, EndingSecret};
use crate::store::webhooks::{self, StoredWebhook};
use crate::store::{Conn, Fault, keys};
use crate::time::{Lifetime, Timestamp};

/// How soon something must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Something will fail, or fails already.
    Act,
    /// Good to know.
    Know,
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The client of this id.
    Client(String),
    /// A secret of a client.
    Secret {
        /// The client.
        client_id: String,
        /// The secret.
        secret_id: String,
    },
    /// The signing key of this `kid`.
    Key(String),
    /// The traces.
    Traces,
    /// The webhook of this name.
    Webhook(String),
    /// Letters that could not be delivered.
    Mail,
    /// What is set while the server runs.
    Settings,
    /// The provider of this id that people sign in through.
    Provider(String),
    /// The security log.
    SecurityLog,
}

/// One matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// A fixed word for what it is, for programs.
    pub code: &'static str,
    /// How soon.
    pub urgency: Urgency,
    /// What it is and what to do. Holds no text that others chose.
    pub words: String,
    /// The name of the client or the provider it is about. Others chose it: pages isolate it.
    pub client_name: Option<String>,
    /// Where to look.
    pub target: Target,
}

/// What was found in the database.
pub(super) struct Found {
    pub(super) items: Vec<Attention>,
    /// Whether there is more of some kind.
    pub(super) has_more: bool,
}

const SECRETS_AHEAD: Lifetime = Lifetime::from_days(14);
const UNUSED_FOR: Lifetime = Lifetime::from_days(90);
const ASKED_FOR_WITHIN: Lifetime = Lifetime::from_days(7);
/// A receiver that is restarted is nobody's matter.
const FAILS_FOR: Lifetime = Lifetime::from_hours(1);
const KEYS_AHEAD: Lifetime = Lifetime::from_days(7);
/// A successor is there, but whoever used the old secret within this time has not changed over.
const STILL_IN_USE: Lifetime = Lifetime::from_days(2);

/// So many networks are counted.
const BARS: i64 = 100;
/// So many of one kind are shown.
const MOST: usize = 20;

/// Looks for everything in the database that somebody with these permissions may look at.
/// `letters` are those that are stuck.
pub(super) fn find(
    c: &mut Conn,
    permissions: Permissions,
    lives: &KeyLives,
    letters: Letters,
    now: Timestamp,
) -> Result<Found, Fault> {
    let mut found = Found { items: Vec::new(), has_more: false };
    if permissions.contains(Permission::ClientsRead) {
        found = of_clients(c, now)?;
    }
    if permissions.contains(Permission::KeysRead) {
        found.items.extend(keys::list(c)?.iter().filter_map(|key| of_key(key, lives, now)));
    }
    if permissions.contains(Permission::AuditRead) {
        found.items.extend(of_stuffing(&raised_bars::list_live(c, now, BARS)?));
    }
    if permissions.contains(Permission::SettingsRead)
        && let (count, Some(oldest)) = outbox::count(c, letters)?
    {
        found.items.push(of_mail(letters, count, oldest));
    }
    if permissions.contains(Permission::UpstreamsRead) {
        let failing = upstream_providers::failing(c, 21)?;
        found.has_more |= failing.len() > MOST;
        found.items.extend(failing.into_iter().take(MOST).filter_map(of_provider));
    }
    if permissions.contains(Permission::WebhooksRead) {
        found.items.extend(webhooks::page(c, None, i64::MAX)?.iter().filter_map(|stored| of_webhook(stored, now)));
    }
    Ok(found)
}

fn of_provider(stored: StoredProvider) -> Option<Attention> {
    let (since, _) = stored.failing.filter(|_| stored.provider.enabled)?;
    let words = format!(
        "People cannot sign in through this provider: it does not answer since {}. See what it said, and disable it if that \
         lasts.",
        since.to_the_minute()
    );
    Some(Attention {
        code: "provider_failing",
        urgency: Urgency::Act,
        words,
        client_name: Some(stored.provider.name),
        target: Target::Provider(stored.provider.id),
    })
}

fn of_clients(c: &mut Conn, now: Timestamp) -> Result<Found, Fault> {
    // One more than is shown, to know whether there are more.
    let limit = 21;
    let secrets = usage::secrets_ending(c, now, now + SECRETS_AHEAD, limit)?;
    let asked_for = usage::asked_while_disabled(c, now - ASKED_FOR_WITHIN, limit)?;
    let unused = usage::unused(c, now - UNUSED_FOR, limit)?;
    let has_more = [secrets.len(), asked_for.len(), unused.len()].into_iter().any(|found| found > MOST);
    let mut items: Vec<Attention> = secrets.into_iter().take(MOST).filter_map(|s| of_secret(s, now)).collect();
    items.extend(asked_for.into_iter().take(MOST).map(of_disabled));
    items.extend(unused.into_iter().take(MOST).map(of_unused));
    Ok(Found { items, has_more })
}

fn of_secret(secret: EndingSecret, now: Timestamp) -> Option<Attention> {
    let ends = day(secret.client.at);
    let words = match (secret.has_successor, secret.last_used_at) {
        (false, _) => format!("The client's secret ends on {ends}. Make a new one and give it to the app before then."),
        (true, Some(used)) if used > now - STILL_IN_USE => format!(
            "An old secret ends on {ends} and was still used on {}. Give the app the new one before then.",
            day(used)
        ),
        // The app has changed over: the old one may end.
        (true, _) => return None,
    };
    let target = Target::Secret { client_id: secret.client.client_id, secret_id: secret.secret_id };
    let client_name = Some(secret.client.name);
    Some(Attention { code: "secret_ends", urgency: Urgency::Act, words, client_name, target })
}

fn of_disabled(client: ClientAt) -> Attention {
    let words = format!(
        "The client is disabled and was still asked for on {}. Tell whoever runs the app, or enable the client again.",
        day(client.at)
    );
    let (client_name, target) = (Some(client.name), Target::Client(client.client_id));
    Attention { code: "disabled_client_asked_for", urgency: Urgency::Act, words, client_name, target }
}

fn of_unused(client: ClientAt) -> Attention {
    let words = format!("The client has not been used since {}. If nobody needs it, delete it.", day(client.at));
    let (client_name, target) = (Some(client.name), Target::Client(client.client_id));
    Attention { code: "client_unused", urgency: Urgency::Know, words, client_name, target }
}

fn of_key(key: &StoredKey, lives: &KeyLives, now: Timestamp) -> Option<Attention> {
    if key.state(now) != KeyState::Signing {
        return None;
    }
    let alg = key.alg.as_str();
    let due = key.retires_at.unwrap_or(key.signs_from + lives.rotate_every);
    let (urgency, words) = match key.retires_at {
        None if due <= now => (
            Urgency::Act,
            format!(
                "The {alg} key should have been replaced on {} and was not. If {alg} is still in keys.algorithms, look in \
                 the log for why the keys could not be tended.",
                day(due)
            ),
        ),
        _ if due > now + KEYS_AHEAD => return None,
        None => {
            (Urgency::Know, format!("The {alg} key signs until {}; its successor is made in time by itself.", day(due)))
        }
        Some(_) => (
            Urgency::Know,
            format!(
                "The {alg} key signs until {}. Its successor is in the key set already: apps that keep a copy of the key \
                 set must fetch it again by then.",
                day(due)
            ),
        ),
    };
    Some(Attention { code: "key_due", urgency, words, client_name: None, target: Target::Key(key.kid.clone()) })
}

fn of_mail(letters: Letters, count: i64, oldest: Timestamp) -> Attention {
    let oldest = day(oldest);
    let words = match (letters, count) {
        (Letters::Tried, 1) => {
            format!("One letter could not be delivered; it waits since {oldest}. See what the mail server said.")
        }
        (Letters::Tried, _) => format!(
            "{count} letters could not be delivered; the oldest waits since {oldest}. See what the mail server said."
        ),
        (Letters::All, 1) => {
            format!("Mail is switched off and one letter waits since {oldest}. Name a mail server (mail.host).")
        }
        (Letters::All, _) => format!(
            "Mail is switched off and {count} letters wait, the oldest since {oldest}. Name a mail server (mail.host)."
        ),
    };
    Attention { code: "mail_undelivered", urgency: Urgency::Act, words, client_name: None, target: Target::Mail }
}

/// The name of a webhook is of a-z, 0-9 and hyphens: it can stand in our words.
fn of_webhook(stored: &StoredWebhook, now: Timestamp) -> Option<Attention> {
    let name = &stored.webhook.name;
    let (code, words) = match (&stored.disabled_why, stored.failing_since) {
        (Some(_), _) => (
            "webhook_disabled",
            format!(
                "The webhook {name} was switched off on {}: its receiver failed for days, or said that it is gone. Mend it and \
                 switch it on again, or delete it.",
                day(stored.updated_at)
            ),
        ),
        (None, Some(since)) if stored.webhook.enabled && now.since(since) > FAILS_FOR => (
            "webhook_failing",
            format!(
                "The webhook {name} fails since {}. See its deliveries for why; after five days it is switched off.",
                day(since)
            ),
        ),
        _ => return None,
    };
    let target = Target::Webhook(name.clone());
    Some(Attention { code, urgency: Urgency::Act, words, client_name: None, target })
}

/// Somebody tries many accounts.
fn of_stuffing(bars: &[RaisedBar]) -> Option<Attention> {
    let first = bars.first()?;
    let more = match bars.len() {
        1 => String::new(),
        count if count as i64 == BARS => format!(" and at least {} other networks", count - 1),
        count => format!(" and {} other network{}", count - 1, if count == 2 { "" } else { "s" }),
    };
    let words = format!(
        "Somebody tries out accounts from {}{more}: sign-ins at {} accounts failed. Until {} new devices there are let in with \
         a second factor only. See credential_stuffing in the security log.",
        first.network,
        first.accounts,
        first.expires_at.to_the_minute()
    );
    let (code, target) = ("credential_stuffing", Target::SecurityLog);
    Some(Attention { code, urgency: Urgency::Act, words, client_name: None, target })
}

/// Traces with gaps within the last day.
pub(super) fn of_dropped_notes(count: i64) -> Option<Attention> {
    let words = format!(
        "In the last 24 hours {count} notes of the trace were dropped because too many came at once, so some traces have \
         gaps. Look at where the most refusals come from."
    );
    let (code, target) = ("trace_notes_dropped", Target::Traces);
    (count > 0).then_some(Attention { code, urgency: Urgency::Act, words, client_name: None, target })
}

/// Whoever administers should show more than a password.
pub(super) fn of_second_factor(rule: &SecondFactorRule) -> Option<Attention> {
    let words = "Administrators may sign in with a password alone. Demand a second factor of them in the settings.";
    let (code, words) = ("second_factor_optional", words.to_owned());
    (rule.required_for == RequiredFor::Nobody).then_some(Attention {
        code,
        urgency: Urgency::Act,
        words,
        client_name: None,
        target: Target::Settings,
    })
}

/// Accounts that people may make, if only letters were sent.
pub(super) fn of_sign_up(rule: &SignUpRule, is_mail_on: bool) -> Option<Attention> {
    let words = "People may make accounts, but no mail is sent, so nobody can. Name a mail server (mail.host), or close sign-up.";
    let (code, words) = ("sign_up_without_mail", words.to_owned());
    (rule.is_open() && !is_mail_on).then_some(Attention {
        code,
        urgency: Urgency::Act,
        words,
        client_name: None,
        target: Target::Settings,
    })
}

/// The date, as in `2026-11-22`.
fn day(at: Timestamp) -> String {
    at.rfc3339().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::overview::{Range, overview};
    use crate::flow::admin::settings::{self, SettingsDocument};
    use crate::flow::admin::{Actor, RefusalKind, bench, client_document};
    use crate::flow::ops;
    use crate::flow::stats::Count;
    use crate::identity::UserId;
    use crate::oauth::client::ClientSecret;
    use crate::oauth::client_policy::Profile;
    use crate::store::clients;

    async fn codes(house: &bench::House) -> Vec<(&'static str, Target)> {
        let seen = overview(&house.cx(), &Actor::CommandLine, Range::Day).await.unwrap().unwrap();
        assert!(seen.attention.is_sorted_by_key(|item| item.urgency));
        assert!(!seen.has_more_attention);
        seen.attention.into_iter().map(|item| (item.code, item.target)).collect()
    }

    #[tokio::test]
    async fn that_administrators_need_no_second_factor_is_told() {
        let house = bench::house().await;
        let told = || async {
            let seen = overview(&house.cx(), &Actor::CommandLine, Range::Day).await.unwrap().unwrap();
            seen.attention.iter().any(|item| item.target == Target::Settings && item.urgency == Urgency::Act)
        };
        assert!(!told().await, "they need one from the first day");
        demand_none(&house).await;
        assert!(told().await);
    }

    async fn demand_none(house: &bench::House) {
        let second_factor = SecondFactorRule { required_for: RequiredFor::Nobody, ..SecondFactorRule::default() };
        let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
        settings::replace(&house.cx(), &Actor::CommandLine, document, None).await.unwrap().unwrap();
    }

    #[test]
    fn that_nobody_can_sign_up_without_mail_is_told() {
        let open = SignUpRule { mode: crate::identity::SignUpMode::Open, ..SignUpRule::default() };
        assert_eq!(of_sign_up(&open, false).map(|item| item.code), Some("sign_up_without_mail"));
        assert_eq!(of_sign_up(&open, true), None);
        assert_eq!(of_sign_up(&SignUpRule::default(), false), None);
    }

    fn secret(id: &str, created_at: Timestamp, expires_at: Option<Timestamp>) -> ClientSecret {
        ClientSecret { id: id.to_owned(), client_id: bench::CLIENT.to_owned(), hash: vec![1], created_at, expires_at }
    }

    #[tokio::test]
    async fn a_fresh_house_wants_nothing_and_an_old_one_asks_for_its_keys_and_clients() {
        let house = bench::house().await;
        assert_eq!(codes(&house).await, []);
        house.clock.advance(Lifetime::from_days(84));
        let due = codes(&house).await;
        assert!(due.len() == 2 && due.iter().all(|(code, _)| *code == "key_due"), "RS256 and ES256: {due:?}");
        house.clock.advance(Lifetime::from_days(7));
        let overdue = overview(&house.cx(), &Actor::CommandLine, Range::Week).await.unwrap().unwrap().attention;
        assert_eq!(overdue.iter().filter(|item| item.code == "key_due" && item.urgency == Urgency::Act).count(), 2);
        assert_eq!(overdue[2].target, Target::Client(bench::CLIENT.to_owned()));
        assert_eq!((overdue[2].code, overdue[2].client_name.as_deref()), ("client_unused", Some("App")));
        house.parts.usage.used(bench::CLIENT, None, house.clock.now());
        ops::stats::flush(&house.parts, house.clock.now()).await.unwrap();
        ops::keys::tend(&house.parts, &house.rule, house.clock.now()).await.unwrap();
        let told = overview(&house.cx(), &Actor::CommandLine, Range::Day).await.unwrap().unwrap().attention;
        assert!(
            told.len() == 2 && told.iter().all(|item| item.words.contains("successor is in the key set")),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn a_secret_that_ends_is_told_unless_the_app_has_changed_over() {
        let house = bench::house().await;
        let now = house.clock.now();
        let target = || {
            let (client_id, secret_id) = (bench::CLIENT.to_owned(), "old".to_owned());
            ("secret_ends", Target::Secret { client_id, secret_id })
        };
        let ends = secret("old", now, Some(now + Lifetime::from_days(14)));
        house.parts.db.write(move |c| clients::secret_insert(c, &ends)).await.unwrap();
        assert_eq!(codes(&house).await, [], "not within 14 days yet");
        house.clock.advance(Lifetime::from_days(1));
        assert_eq!(codes(&house).await, [target()]);
        let new = secret("new", now, None);
        house.parts.db.write(move |c| clients::secret_insert(c, &new)).await.unwrap();
        assert_eq!(codes(&house).await, [], "nobody uses the old one");
        house.parts.usage.used(bench::CLIENT, Some("old"), house.clock.now());
        ops::stats::flush(&house.parts, house.clock.now()).await.unwrap();
        assert_eq!(codes(&house).await, [target()], "somebody does");
        house.clock.advance(Lifetime::from_days(3));
        assert_eq!(codes(&house).await, []);
    }

    #[tokio::test]
    async fn disabled_clients_that_are_asked_for_and_gaps_in_traces_are_told() {
        let house = bench::house().await;
        let now = house.clock.now();
        house.parts.usage.asked_while_disabled(bench::CLIENT, now);
        ops::stats::flush(&house.parts, now).await.unwrap();
        assert_eq!(codes(&house).await, [], "it is enabled");
        house.parts.db.write(move |c| clients::set_disabled(c, bench::CLIENT, Some(now), now)).await.unwrap();
        let asked_for = ("disabled_client_asked_for", Target::Client(bench::CLIENT.to_owned()));
        assert_eq!(codes(&house).await, std::slice::from_ref(&asked_for));
        house.parts.stats.count(Count::DroppedNotes);
        ops::stats::flush(&house.parts, now).await.unwrap();
        assert_eq!(codes(&house).await, [asked_for, ("trace_notes_dropped", Target::Traces)]);
        house.clock.advance(Lifetime::from_days(8));
        assert_eq!(codes(&house).await, [], "long ago");
    }

    #[tokio::test]
    async fn of_very_many_the_first_are_shown_and_that_there_are_more() {
        let house = bench::house().await;
        let now = house.clock.now();
        for id in 0..25 {
            let unused = client_document::draft(Profile::Spa, format!("app{id}"), now);
            house.parts.db.write(move |c| clients::insert(c, &unused)).await.unwrap();
        }
        house.clock.advance(Lifetime::from_days(91));
        let seen = overview(&house.cx(), &Actor::CommandLine, Range::Month).await.unwrap().unwrap();
        assert_eq!(seen.attention.iter().filter(|item| item.code == "client_unused").count(), MOST);
        assert!(seen.has_more_attention);
    }

    #[tokio::test]
    async fn every_matter_says_what_to_do_in_words_of_its_own() {
        let house = bench::house().await;
        let mut named = client_document::draft(Profile::Spa, "named".to_owned(), house.clock.now());
        named.name = "A name that others chose".to_owned();
        house.parts.db.write(move |c| clients::insert(c, &named)).await.unwrap();
        house.clock.advance(Lifetime::from_days(100));
        let seen = overview(&house.cx(), &Actor::CommandLine, Range::Day).await.unwrap().unwrap();
        assert!(seen.attention.iter().any(|item| item.client_name.as_deref() == Some("A name that others chose")));
        for item in seen.attention {
            assert!(item.words.ends_with('.') && !item.words.contains("others chose"), "{}", item.words);
        }
    }

    #[tokio::test]
    async fn nobody_is_told_of_what_they_may_not_look_at() {
        let house = bench::house().await;
        demand_none(&house).await;
        house.clock.advance(Lifetime::from_days(100));
        house.parts.stats.count(Count::DroppedNotes);
        ops::stats::flush(&house.parts, house.clock.now()).await.unwrap();
        for (permission, codes) in [
            (Permission::ClientsRead, ["client_unused"].as_slice()),
            (Permission::KeysRead, &["key_due", "key_due"]),
            (Permission::TracesRead, &["trace_notes_dropped"]),
            (Permission::SettingsRead, &["second_factor_optional"]),
            (Permission::UsersRead, &[]),
        ] {
            let permissions = [permission].into_iter().collect();
            let actor = Actor::Person { id: UserId("somebody".to_owned()), permissions };
            let seen = overview(&house.cx(), &actor, Range::Day).await.unwrap().unwrap();
            assert_eq!(seen.attention.iter().map(|item| item.code).collect::<Vec<_>>(), codes, "{permission:?}");
            assert_eq!(seen.total(Count::DroppedNotes), 1, "the numbers are everybody's");
        }
        let nobody = overview(&house.cx(), &Actor::SetupLink, Range::Day).await.unwrap();
        assert_eq!(nobody.unwrap_err().kind, RefusalKind::Forbidden);
    }
}
