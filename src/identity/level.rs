//! Owns how well somebody proved who they are: the methods that were really used (`amr`, RFC 8176), the class they amount to
//! (`acr`), and which class a person must reach. It does not own the factors themselves, nor what a request asks for.

use serde::{Deserialize, Serialize};

use crate::identity::{RoleName, User};

/// How well a sign-in was proven. A higher level satisfies a demand for a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Level {
    /// A password, or a link that was mailed.
    #[serde(rename = "urn:vouchsafe:acr:password")]
    Password,
    /// A password and something else: a one-time code or a recovery code.
    #[serde(rename = "urn:vouchsafe:acr:mfa")]
    SecondFactor,
    /// A passkey, whose proof cannot be handed on to a false site.
    #[serde(rename = "urn:vouchsafe:acr:phr")]
    PhishingResistant,
}

impl Level {
    /// All levels, the lowest first.
    pub const ALL: [Level; 3] = [Level::Password, Level::SecondFactor, Level::PhishingResistant];

    /// Its name as an authentication context class (`acr`).
    pub const fn acr(self) -> &'static str {
        match self {
            Level::Password => "urn:vouchsafe:acr:password",
            Level::SecondFactor => "urn:vouchsafe:acr:mfa",
            Level::PhishingResistant => "urn:vouchsafe:acr:phr",
        }
    }

    /// The level of this name; `None` for a class that is not one of ours. `phr` is what OpenID EAP ACR Values 1.0 calls it.
    pub fn of_acr(acr: &str) -> Option<Self> {
        if acr == "phr" {
            return Some(Level::PhishingResistant);
        }
        Self::ALL.into_iter().find(|level| level.acr() == acr)
    }

    /// What these methods amount to.
    pub fn reached(amr: &[String]) -> Self {
        let has = |wanted: &str| amr.iter().any(|method| method == wanted);
        match (has("hwk") || has("swk"), has("mfa")) {
            (true, _) => Level::PhishingResistant,
            (false, true) => Level::SecondFactor,
            (false, false) => Level::Password,
        }
    }
}

/// One thing a person did to prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Typed the password.
    Password,
    /// Typed a one-time code: of an authenticator app, a recovery code, or one that was mailed.
    Code,
    /// Used a passkey that stays on one device.
    DevicePasskey,
    /// Used a passkey that is kept in step between devices.
    SyncedPasskey,
    /// Signed in at another provider. No value of RFC 8176 says so: what the provider asked is not ours to tell.
    Upstream,
}

/// What a code was by which somebody proved who they are. `amr` has one value for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Of an authenticator app.
    App,
    /// One of those that the person wrote down.
    Recovery,
    /// One that was mailed.
    Mail,
}

impl CodeKind {
    /// All of them.
    pub const ALL: [CodeKind; 3] = [CodeKind::App, CodeKind::Recovery, CodeKind::Mail];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            CodeKind::App => "app",
            CodeKind::Recovery => "recovery",
            CodeKind::Mail => "mail",
        }
    }
}

/// What is missing before somebody may change their factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A factor that reaches this level.
    Level(Level),
    /// Another proof than the code by which the level was reached.
    OtherCode,
}

/// Whether somebody who proved themselves like this may add and remove factors: as well as they can at this time (security case
/// K06). `own` is what their factors reach, `reach` what else they can, a mailed code included. For who has a factor a mailed
/// code counts for nothing here. A recovery code counts like any factor: whoever wrote it may have lost the better one.
pub fn may_change_factors(amr: &[String], code: Option<CodeKind>, own: Level, reach: Level) -> Result<(), Missing> {
    let reached = Level::reached(amr);
    if reached < reach {
        let is_recovered = code == Some(CodeKind::Recovery) && reached >= Level::SecondFactor;
        return if is_recovered { Ok(()) } else { Err(Missing::Level(reach)) };
    }
    let by_code = reached == Level::SecondFactor && amr.iter().any(|method| method == Method::Code.amr());
    let is_own = own == Level::Password || matches!(code, Some(CodeKind::App | CodeKind::Recovery));
    if by_code && !is_own { Err(Missing::OtherCode) } else { Ok(()) }
}

impl Method {
    /// Its value in `amr` (RFC 8176 section 2).
    pub const fn amr(self) -> &'static str {
        match self {
            Method::Password => "pwd",
            Method::Code => "otp",
            Method::DevicePasskey => "hwk",
            Method::SyncedPasskey => "swk",
            Method::Upstream => "fed",
        }
    }
}

/// `amr` with one more method: `mfa` joins as soon as there are two kinds. A passkey asks for a PIN or a finger, so it is two
/// by itself.
pub fn with_method(amr: &[String], method: Method) -> Vec<String> {
    let mut all = amr.to_vec();
    let mut add = |value: &str| {
        if !all.iter().any(|known| known == value) {
            all.push(value.to_owned());
        }
    };
    add(method.amr());
    let is_passkey = matches!(method, Method::DevicePasskey | Method::SyncedPasskey);
    if is_passkey || amr.iter().any(|known| known != method.amr()) {
        add("mfa");
    }
    all
}

/// `amr` of somebody who signed in at another provider; `has_second_factor`: the administrator counts what it said as one.
pub fn at_another_provider(has_second_factor: bool) -> Vec<String> {
    let mut amr = with_method(&[], Method::Upstream);
    if has_second_factor {
        amr.push("mfa".to_owned());
    }
    amr
}

/// Whom an administrator obliges to have a second factor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecondFactorRule {
    /// Who must have one whatever their groups.
    pub required_for: RequiredFor,
    /// Members of these groups must have one too.
    pub groups: Vec<String>,
    /// Whether a code that is mailed counts as one. It proves little: whoever reads the mail may set a new password as well.
    pub mail_codes: MailCodes,
}

/// For whom a one-time code by mail counts as a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailCodes {
    /// For nobody.
    #[default]
    Never,
    /// For who has no other one: nobody gets past a better factor by mail.
    WithoutOther,
    /// For everybody whose address is confirmed.
    Always,
}

impl MailCodes {
    /// All of them.
    pub const ALL: [MailCodes; 3] = [MailCodes::Never, MailCodes::WithoutOther, MailCodes::Always];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            MailCodes::Never => "never",
            MailCodes::WithoutOther => "without_other",
            MailCodes::Always => "always",
        }
    }

    /// Reads [`MailCodes::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|when| when.as_str() == word)
    }
}

/// Who must have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequiredFor {
    /// Nobody: who has one is asked for it.
    Nobody,
    /// Everybody whose role may do something to the provider.
    #[default]
    Administrators,
    /// Everybody.
    Everyone,
}

impl RequiredFor {
    /// All of them.
    pub const ALL: [RequiredFor; 3] = [RequiredFor::Nobody, RequiredFor::Administrators, RequiredFor::Everyone];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            RequiredFor::Nobody => "nobody",
            RequiredFor::Administrators => "administrators",
            RequiredFor::Everyone => "everyone",
        }
    }

    /// Reads [`RequiredFor::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.as_str() == word)
    }
}

impl SecondFactorRule {
    /// The lowest level this person may go on with.
    pub fn least(&self, user: &User) -> Level {
        let by_role = match self.required_for {
            RequiredFor::Nobody => false,
            RequiredFor::Administrators => user.role != RoleName::PERSON,
            RequiredFor::Everyone => true,
        };
        let by_group = user.groups.iter().any(|group| self.groups.contains(group));
        if by_role || by_group { Level::SecondFactor } else { Level::Password }
    }

    /// Whether administrators could get by with less than under `before`: with no second factor, or with one that is mailed.
    pub fn asks_administrators_less_than(&self, before: &Self) -> bool {
        let asks = |rule: &Self| rule.required_for != RequiredFor::Nobody;
        let rank = |when: MailCodes| MailCodes::ALL.iter().position(|known| *known == when);
        (asks(before) && !asks(self)) || rank(self.mail_codes) > rank(before.mail_codes)
    }

    /// Whether a code by mail will do for this person, whose own factors reach `reach`.
    pub fn mails_codes_to(&self, user: &User, reach: Level) -> bool {
        let is_meant = match self.mail_codes {
            MailCodes::Never => false,
            MailCodes::WithoutOther => reach == Level::Password,
            MailCodes::Always => true,
        };
        is_meant && user.email_verified
    }

    /// What this person can reach, whose own factors reach `reach`.
    pub fn reach(&self, user: &User, reach: Level) -> Level {
        if self.mails_codes_to(user, reach) { reach.max(Level::SecondFactor) } else { reach }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k06_factors_are_changed_with_a_proof_as_good_as_the_person_can_give() {
        use Level::{Password as P, PhishingResistant as R, SecondFactor as S};
        let amr = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (app, recovery, mail) = (Some(CodeKind::App), Some(CodeKind::Recovery), Some(CodeKind::Mail));
        for (methods, code, own, reach, is) in [
            ("pwd", None, P, P, Ok(())),
            ("pwd", None, P, S, Err(Missing::Level(S))),
            ("pwd otp mfa", mail, P, S, Ok(())),
            ("pwd", None, S, S, Err(Missing::Level(S))),
            ("pwd otp mfa", app, S, S, Ok(())),
            ("pwd otp mfa", recovery, S, S, Ok(())),
            ("pwd otp mfa", mail, S, S, Err(Missing::OtherCode)),
            ("pwd otp mfa", None, S, S, Err(Missing::OtherCode)),
            ("fed mfa", None, S, S, Ok(())),
            ("pwd otp mfa", app, R, R, Err(Missing::Level(R))),
            ("pwd otp mfa", mail, R, R, Err(Missing::Level(R))),
            ("pwd otp mfa", recovery, R, R, Ok(())),
            ("swk mfa", None, R, R, Ok(())),
            ("pwd otp mfa hwk", mail, R, R, Ok(())),
        ] {
            assert_eq!(may_change_factors(&amr(methods), code, own, reach), is, "{methods} {code:?} {own:?} {reach:?}");
        }
    }

    #[test]
    fn k12_a_class_says_what_happened_and_no_more() {
        let of = |methods: &[Method]| methods.iter().fold(Vec::new(), |amr, method| with_method(&amr, *method));
        for (methods, amr, level) in [
            (&[Method::Password][..], "pwd", Level::Password),
            (&[Method::Code], "otp", Level::Password),
            (&[Method::Code, Method::Code], "otp", Level::Password),
            (&[Method::Password, Method::Code], "pwd otp mfa", Level::SecondFactor),
            (&[Method::Password, Method::DevicePasskey], "pwd hwk mfa", Level::PhishingResistant),
            (&[Method::SyncedPasskey], "swk mfa", Level::PhishingResistant),
        ] {
            let got = of(methods);
            assert_eq!(got.join(" "), amr);
            assert_eq!(Level::reached(&got), level, "{amr}");
        }
        assert_eq!(Level::reached(&[]), Level::Password);
        for level in Level::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.acr());
            assert_eq!(Level::of_acr(level.acr()), Some(level));
        }
        assert_eq!(Level::of_acr("phr"), Some(Level::PhishingResistant));
        assert_eq!(Level::of_acr("urn:mfa"), None);
    }
}
