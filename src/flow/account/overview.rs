//! Owns what needs a person's attention on the first of their account pages. It does not own mending it.

use super::activity::{self, Happened};
use crate::flow::{Cx, Fault};
use crate::identity::{User, UserId};
use crate::store::{factors, recovery_codes, users};
use crate::time::{Lifetime, Timestamp};

/// With fewer recovery codes than these a person should get new ones.
pub const FEW_CODES: i64 = 3;
/// A sign-in from a browser that was not known is worth a look for so long.
const RECENT: Lifetime = Lifetime::from_days(14);

/// What needs attention.
#[derive(Clone, Debug, PartialEq)]
pub enum Attention {
    /// Nothing but the password protects the account.
    NoSecondFactor,
    /// So many recovery codes are left.
    FewRecoveryCodes(i64),
    /// There is no password and no second factor to sign in with.
    NoPassword,
    /// Somebody signed in from a browser that was not known, in this moment from this address.
    UnknownBrowser(Timestamp, Option<String>),
}

/// How a person's account stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What needs attention, the gravest first.
    pub attention: Vec<Attention>,
    /// What happened last.
    pub last: Vec<Happened>,
}

/// Looks at an account.
///
/// # Errors
/// A [`Fault`].
pub async fn look(cx: &Cx, user: &User) -> Result<Standing, Fault> {
    let id: UserId = user.id.clone();
    let (has_factor, codes, has_password) = cx
        .db()
        .read(move |c| {
            let has_factor = !factors::list(c, &id)?.is_empty();
            Ok((has_factor, recovery_codes::left(c, &id)?, users::password_find(c, &id)?.is_some()))
        })
        .await?;
    let (last, _) = activity::list(cx, &user.id, None, 20).await?;
    let mut attention = Vec::new();
    // The very first sign-in is from an unknown browser by nature.
    let since = (cx.now - RECENT).max(user.created_at + Lifetime::from_hours(1));
    let unknown = last.iter().find(|h| h.kind == "signed_in" && h.new_device && h.at > since);
    attention.extend(unknown.map(|h| Attention::UnknownBrowser(h.at, h.address.clone())));
    if !has_factor {
        attention.push(if has_password { Attention::NoSecondFactor } else { Attention::NoPassword });
    } else if codes < FEW_CODES {
        attention.push(Attention::FewRecoveryCodes(codes));
    }
    Ok(Standing { attention, last: last.into_iter().take(5).collect() })
}
