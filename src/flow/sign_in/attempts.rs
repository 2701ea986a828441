//! Owns counting attempts at a password or a code, per account, address and network, and noticing when many accounts are
//! tried from one network. It does not own the rules (`identity::guess`) nor what was tried.
//!
//! A device that the person has signed in from before counts for itself alone: neither a stranger's guesses at the account nor
//! those of a neighbour in the same network hold it up. Whoever has no such device is counted under all three.

use crate::flow::Cx;
use crate::flow::audit::Entry;
use crate::identity::guess::{self, GuessCounter, GuessRule, Wait};
use crate::identity::{Email, User, UserId};
use crate::secret::token::hash;
use crate::store::raised_bars::{self, RaisedBar};
use crate::store::{self, Conn, devices, failed_accounts, guesses};

/// Under which keys an attempt is counted.
#[derive(Clone)]
pub(in crate::flow) struct GuessKeys {
    account: String,
    /// None for a known device.
    place: Option<Place>,
}

/// Where an attempt comes from.
#[derive(Clone)]
struct Place {
    address: String,
    network: Option<String>,
    /// The account by the hash of its address, whether or not there is one.
    tried: Option<String>,
}

/// A device the person has signed in from counts for itself, so that a stranger's guesses cannot lock the person out there.
pub(super) fn guess_keys(
    c: &mut Conn,
    email_key: &str,
    user: Option<&User>,
    device: Option<&[u8]>,
    rate_key: &str,
) -> Result<GuessKeys, store::Fault> {
    let hashed = crate::flow::cx::base64url(&hash(email_key));
    Ok(match known_device(c, user.map(|user| &user.id), device)? {
        Some(device) => GuessKeys { account: format!("device:{hashed}:{device}"), place: None },
        None => GuessKeys {
            account: format!("account:{hashed}"),
            place: Some(Place {
                address: format!("address:{rate_key}"),
                network: guess::network(rate_key),
                tried: Some(hashed),
            }),
        },
    })
}

fn known_device(c: &mut Conn, user: Option<&UserId>, device: Option<&[u8]>) -> Result<Option<String>, store::Fault> {
    let (Some(user), Some(device)) = (user, device) else { return Ok(None) };
    Ok(devices::is_known(c, user, device)?.then(|| crate::flow::cx::base64url(device)))
}

/// Codes of a second factor count for themselves: nobody comes here without the password.
pub(super) fn factor_keys(
    c: &mut Conn,
    cx: &Cx,
    user: &UserId,
    device: Option<&[u8]>,
) -> Result<GuessKeys, store::Fault> {
    Ok(match known_device(c, Some(user), device)? {
        Some(device) => GuessKeys { account: format!("factor-device:{}:{device}", user.as_str()), place: None },
        None => {
            let (address, network) = (format!("address:{}", cx.rate_key), guess::network(&cx.rate_key));
            let place = Place { address, network, tried: None };
            GuessKeys { account: format!("factor:{}", user.as_str()), place: Some(place) }
        }
    })
}

/// An attempt that may be made.
pub(super) struct Admitted {
    /// Whether many accounts were tried from its network, and it comes from no device that the person used before.
    pub(super) is_barred: bool,
}

/// Counts the attempt before the password is looked at (security case J05). All keys must admit it, or none counts.
pub(super) fn admit(c: &mut Conn, cx: &Cx, keys: &GuessKeys) -> Result<Result<Admitted, Wait>, store::Fault> {
    let (policy, now) = (cx.policy(), cx.now);
    let Some(place) = &keys.place else {
        let is_barred = false;
        return Ok(count(c, &[(&keys.account, policy.account_guesses)], now)?.map(|()| Admitted { is_barred }));
    };
    let is_barred = match &place.network {
        Some(network) => raised_bars::find_live(c, network, now)?.is_some(),
        None => false,
    };
    let rule = |rule: GuessRule| if is_barred { rule.under_attack() } else { rule };
    // The same order everywhere, and the widest last: it is the one that others wait for.
    let network = place.network.as_ref().map(|network| format!("network:{network}"));
    let mut counted =
        vec![(&keys.account, rule(policy.account_guesses)), (&place.address, rule(policy.address_guesses))];
    counted.extend(network.as_ref().map(|network| (network, policy.network_guesses)));
    Ok(count(c, &counted, now)?.map(|()| Admitted { is_barred }))
}

fn count(
    c: &mut Conn,
    keys: &[(&String, GuessRule)],
    now: crate::time::Timestamp,
) -> Result<Result<(), Wait>, store::Fault> {
    let (mut counters, mut longest) = (Vec::new(), None::<Wait>);
    for (key, rule) in keys {
        match rule.admit(guesses::for_update(c, key)?, now) {
            Ok(counter) => counters.push((key, counter)),
            Err(wait) => longest = Some(longest.map_or(wait, |known| Wait(known.0.max(wait.0)))),
        }
    }
    if let Some(wait) = longest {
        return Ok(Err(wait));
    }
    for (key, counter) in counters {
        guesses::put(c, key, &counter)?;
    }
    Ok(Ok(()))
}

/// The attempt was a good one. Of what is shared with others only this one attempt is taken back.
pub(in crate::flow) fn forget_guesses(c: &mut Conn, keys: &GuessKeys) -> Result<(), store::Fault> {
    guesses::forget(c, &keys.account)?;
    let Some(place) = &keys.place else { return Ok(()) };
    let network = place.network.as_ref().map(|network| format!("network:{network}"));
    for key in [Some(&place.address), network.as_ref()].into_iter().flatten() {
        if let Some(counter) = guesses::for_update(c, key)? {
            guesses::put(c, key, &GuessCounter::give_back(counter))?;
        }
    }
    match (&place.network, &place.tried) {
        (Some(network), Some(tried)) => failed_accounts::succeeded(c, network, tried),
        _ => Ok(()),
    }
}

/// The account has another password: attempts at the old one are nothing to it. What is counted by address and network stays.
pub(in crate::flow) fn forget_account(c: &mut Conn, email: &Email) -> Result<(), store::Fault> {
    guesses::forget(c, &format!("account:{}", crate::flow::cx::base64url(&hash(email.key()))))
}

/// The attempt failed: one more account that was tried from this network, and maybe one too many. Whoever mistypes and then
/// gets it right does not count, and nobody's success takes away what others failed at (security case J05).
pub(super) fn failed(c: &mut Conn, cx: &Cx, keys: &GuessKeys) -> Result<(), store::Fault> {
    let (rule, now) = (cx.policy().stuffing, cx.now);
    let place = keys.place.as_ref();
    let Some((network, tried)) = place.and_then(|place| place.network.as_ref().zip(place.tried.as_ref())) else {
        return Ok(());
    };
    // Of those who fail at once each sees the one before; and a bar in force needs no further counting.
    guesses::for_update(c, &format!("network:{network}"))?;
    if rule.accounts == 0 || raised_bars::find_live(c, network, now)?.is_some() {
        return Ok(());
    }
    failed_accounts::failed(c, network, tried, now)?;
    let accounts = failed_accounts::count(c, network, now - rule.window, rule.accounts)?;
    if accounts < rule.accounts {
        return Ok(());
    }
    let bar = RaisedBar { network: network.clone(), raised_at: now, expires_at: now + rule.bar, accounts };
    raised_bars::raise(c, &bar)?;
    let mut entry = Entry::new(cx, "credential_stuffing");
    let detail = serde_json::json!({ "network": network, "accounts": accounts, "until": bar.expires_at.rfc3339() });
    entry.event.detail = detail.to_string();
    entry.append(c)
}
