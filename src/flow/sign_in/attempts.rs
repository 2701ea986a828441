//! Owns counting attempts at a password or a code, per account and per address. It does not own the rule
//! (`identity::guess`) nor what was tried.

use crate::flow::Cx;
use crate::identity::guess::{GuessCounter, Wait};
use crate::identity::{User, UserId};
use crate::secret::token::hash;
use crate::store::{self, Conn, devices, guesses};

/// Under which keys an attempt is counted.
#[derive(Clone)]
pub(in crate::flow) struct GuessKeys {
    account: String,
    address: String,
}

/// A device the person has signed in from counts for itself, so that a stranger's guesses cannot lock the person out there.
pub(super) fn guess_keys(
    c: &mut Conn,
    email_key: &str,
    user: Option<&User>,
    device: Option<&[u8]>,
    rate_key: &str,
) -> Result<GuessKeys, store::Fault> {
    let known_device = match (user, device) {
        (Some(user), Some(device)) => devices::is_known(c, &user.id, device)?.then_some(device),
        _ => None,
    };
    let hashed = |text: &str| crate::flow::cx::base64url(&hash(text));
    let account = match known_device {
        Some(device) => format!("device:{}:{}", hashed(email_key), crate::flow::cx::base64url(device)),
        None => format!("account:{}", hashed(email_key)),
    };
    Ok(GuessKeys { account, address: format!("address:{rate_key}") })
}

/// Codes of a second factor count for themselves: nobody comes here without the password.
pub(super) fn factor_keys(cx: &Cx, user: &UserId) -> GuessKeys {
    GuessKeys { account: format!("factor:{}", user.as_str()), address: format!("address:{}", cx.rate_key) }
}

/// Counts the attempt before the password is looked at (security case J05). Both keys must admit it, or neither counts.
pub(super) fn admit(c: &mut Conn, cx: &Cx, keys: &GuessKeys) -> Result<Result<(), Wait>, store::Fault> {
    let (account_rule, address_rule, now) = (cx.policy().account_guesses, cx.policy().address_guesses, cx.now);
    let account = guesses::for_update(c, &keys.account)?;
    let address = guesses::for_update(c, &keys.address)?;
    match (account_rule.admit(account, now), address_rule.admit(address, now)) {
        (Ok(account), Ok(address)) => {
            guesses::put(c, &keys.account, &account)?;
            guesses::put(c, &keys.address, &address)?;
            Ok(Ok(()))
        }
        (Err(a), Err(b)) => Ok(Err(Wait(a.0.max(b.0)))),
        (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Ok(Err(wait)),
    }
}

/// The attempt was a good one.
pub(in crate::flow) fn forget_guesses(c: &mut Conn, keys: &GuessKeys) -> Result<(), store::Fault> {
    guesses::forget(c, &keys.account)?;
    if let Some(counter) = guesses::for_update(c, &keys.address)? {
        guesses::put(c, &keys.address, &GuessCounter::give_back(counter))?;
    }
    Ok(())
}
