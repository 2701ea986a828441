//! Owns what administrators set while the server runs: the name people see, and whom they are told to ask. It does not own
//! the configuration, which is read once at the start (`config`).

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::{Change, Judged, differences};
use super::files::diff::Kind as FileKind;
use super::files::owned::is_owned;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, TextRefusal, plain_text, sign_up_rule};
use crate::flow::{Cx, Fault, Parts};
use crate::identity::{AccountRule, Email, NoticeRule, PasswordRule, Permission, SecondFactorRule, SignUpRule};
use crate::store::settings::{self, Setting};
use crate::store::{self, Conn, groups};

/// Under this name the settings stand in their table, in plans and in the security log.
pub const NAME: &str = "settings";

/// What administrators set while the server runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsDocument {
    /// Name of the organisation, shown at the top of the pages that people see; at most 60 characters. Without one it is
    /// "Vouchsafe".
    #[serde(default)]
    pub organisation: Option<String>,
    /// Whom people are told to ask when something fails: an e-mail address, or the https address of a help page.
    #[serde(default)]
    pub support: Option<String>,
    /// Who must have a second factor. Whoever has one is asked for it in any case.
    #[serde(default)]
    pub second_factor: SecondFactorRule,
    /// What people may do with their own accounts.
    #[serde(default)]
    pub accounts: AccountRule,
    /// What is asked of a new password.
    #[serde(default)]
    pub passwords: PasswordRule,
    /// Which letters people get about their accounts.
    #[serde(default)]
    pub notices: NoticeRule,
    /// Who may make an account, and which terms people accept.
    #[serde(default)]
    pub sign_up: SignUpRule,
}

/// The settings with what is known about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingsView {
    /// What is set.
    #[serde(flatten)]
    pub document: SettingsDocument,
    /// Goes up by one with each change; 0 while nothing was ever set.
    pub version: i64,
    /// When they last changed (RFC 3339).
    pub updated_at: Option<String>,
    /// Whether files own them: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

/// The settings in memory, for the pages. Every node looks at the database every ten seconds, and after its own changes.
#[derive(Clone, Debug, Default)]
pub struct CurrentSettings(Arc<RwLock<Arc<SettingsDocument>>>);

impl CurrentSettings {
    /// As they are known now.
    pub fn get(&self) -> Arc<SettingsDocument> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, document: SettingsDocument) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(document);
    }
}

/// Looks at the database.
///
/// # Errors
/// A [`Fault`]; what was known before stays.
pub async fn reload(parts: &Parts) -> Result<(), Fault> {
    let (document, _) = parts.db.read(read).await?;
    parts.settings.set(document);
    Ok(())
}

pub(super) fn read(c: &mut Conn) -> Result<(SettingsDocument, Option<Setting>), store::Fault> {
    let Some(setting) = settings::find(c, NAME)? else { return Ok((SettingsDocument::default(), None)) };
    let document = serde_json::from_str(&setting.value)
        .map_err(|e| store::Fault::Internal(format!("the stored settings cannot be read: {e}")))?;
    Ok((document, Some(setting)))
}

fn judge(document: SettingsDocument) -> Result<SettingsDocument, AdminRefusal> {
    let refuse = |why: TextRefusal| {
        AdminRefusal::invalid("organisation", format!("the name of the organisation {why}")).at("organisation")
    };
    document.passwords.judge().map_err(|(field, words)| AdminRefusal::invalid("password_rule", words).at(field))?;
    let some = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let organisation = some(&document.organisation).map(|name| plain_text(&name, 60)).transpose().map_err(refuse)?;
    let support = some(&document.support).map(|text| text.trim().to_owned());
    let sign_up = sign_up_rule::judge(document.sign_up.clone())?;
    match &support {
        Some(text) if Email::parse(text).is_err() && !super::client_rules::is_link(text) => {
            let words = "whom to ask is an e-mail address or the address of a help page (https://…)";
            Err(AdminRefusal::invalid("support", words).at("support"))
        }
        _ => Ok(SettingsDocument { organisation, support, sign_up, ..document }),
    }
}

/// The settings as they are stored.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn find(cx: &Cx, actor: &Actor) -> Done<SettingsView> {
    granted!(actor.needs(Permission::SettingsRead));
    let found = cx.db().read(|c| {
        let (document, setting) = read(c)?;
        view(c, document, setting.as_ref())
    });
    Ok(Ok(found.await?))
}

fn view(c: &mut Conn, document: SettingsDocument, setting: Option<&Setting>) -> Result<SettingsView, store::Fault> {
    Ok(SettingsView {
        document,
        version: setting.map_or(0, |s| s.version),
        updated_at: setting.map(|s| s.updated_at.rfc3339()),
        managed_by_files: is_owned(c, FileKind::Settings, NAME)?,
    })
}

/// Replaces the settings.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn replace(cx: &Cx, actor: &Actor, document: SettingsDocument, expect: Option<i64>) -> Done<SettingsView> {
    granted!(actor.needs(Permission::SettingsWrite));
    let change = Change::new(cx, actor);
    let done = cx.db().write(move |c| put_in(c, &change, document.clone(), expect)).await?;
    if done.is_ok() {
        reload(&cx.parts).await?;
    }
    Ok(done)
}

/// [`replace`] inside a transaction, its permission asked for already.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    document: SettingsDocument,
    expect: Option<i64>,
) -> Judged<SettingsView> {
    let document = granted!(judge(document));
    let stored = settings::find_for_update(c, NAME)?;
    let version = stored.as_ref().map_or(0, |s| s.version);
    granted!(fresh(expect, version));
    let (before, _) = read(c)?;
    if before == document {
        return Ok(Ok(view(c, document, stored.as_ref())?));
    }
    if document.second_factor.asks_administrators_less_than(&before.second_factor)
        && !change.actor.permissions().contains(Permission::Own)
    {
        // Whoever may write settings could else take the second factor from those above them (security case N03).
        let words = "administrators would need less to sign in than now: only an owner may decide that (who must have a \
                     second factor, and codes by mail)";
        return Ok(Err(AdminRefusal::forbidden("second_factor_weaker", words).at("second_factor")));
    }
    // Held, so that none goes meanwhile. One that is gone although it was named keeps nobody from changing the rest.
    let named: BTreeSet<&String> = document.second_factor.groups.iter().collect();
    for group in named.into_iter().filter(|group| !before.second_factor.groups.contains(group)) {
        if groups::find_for_update(c, group)?.is_none() {
            let words = format!("there is no group {group:?}: add it first");
            return Ok(Err(AdminRefusal::invalid("unknown_group", words).at("second_factor.groups")));
        }
    }
    let after = Setting { value: json!(document).to_string(), version: version + 1, updated_at: change.now };
    settings::put(c, NAME, &after)?;
    let detail = differences(Some(&json!(before)), Some(&json!(document)));
    change.log(c, "settings_changed", About::default(), detail)?;
    Ok(Ok(view(c, document, Some(&after))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::identity::Permissions;

    fn document(organisation: &str, support: &str) -> SettingsDocument {
        SettingsDocument {
            organisation: Some(organisation.to_owned()),
            support: Some(support.to_owned()),
            ..SettingsDocument::default()
        }
    }

    #[tokio::test]
    async fn settings_are_judged_versioned_and_known_at_once() {
        let house = bench::house().await;
        let cx = house.cx();
        let first = find(&cx, &Actor::CommandLine).await.unwrap().unwrap();
        assert_eq!((first.version, first.document), (0, SettingsDocument::default()));
        let set =
            replace(&cx, &Actor::CommandLine, document(" Acme ", "help@acme.test"), Some(0)).await.unwrap().unwrap();
        assert_eq!((set.version, set.document.organisation.as_deref()), (1, Some("Acme")));
        assert_eq!(*cx.parts.settings.get(), set.document);
        let stale = replace(&cx, &Actor::CommandLine, document("B", ""), Some(0)).await.unwrap().unwrap_err();
        assert_eq!(stale.code, "version_is_stale");
        for (organisation, support, field) in [
            ("a\nb", "", "organisation"),
            (&"x".repeat(61), "", "organisation"),
            ("Acme", "javascript:alert(1)", "support"),
            ("Acme", "not an address", "support"),
        ] {
            let refused = replace(&cx, &Actor::CommandLine, document(organisation, support), None).await.unwrap();
            assert_eq!(refused.unwrap_err().field, Some(field), "{organisation} {support}");
        }
        let emptied = replace(&cx, &Actor::CommandLine, document(" ", ""), None).await.unwrap().unwrap();
        assert_eq!(emptied.document, SettingsDocument::default());
    }

    #[tokio::test]
    async fn n03_only_owners_let_administrators_in_with_less() {
        use crate::identity::level::RequiredFor;
        use crate::identity::{MailCodes, SecondFactorRule};
        let house = bench::house().await;
        let cx = house.cx();
        let user = house.person("alice@example.com").await;
        let actor = |permissions: &[Permission]| Actor::Person {
            id: user.id.clone(),
            permissions: Permissions::of(permissions),
        };
        let settings = [Permission::SettingsRead, Permission::SettingsWrite];
        let (operator, owner) = (actor(&settings), actor(&[settings[0], settings[1], Permission::Own]));
        let rule = |required_for, mail_codes| SettingsDocument {
            second_factor: SecondFactorRule { required_for, mail_codes, groups: Vec::new() },
            ..SettingsDocument::default()
        };
        let (nobody, all) = (RequiredFor::Nobody, RequiredFor::Everyone);
        for (document, is_weaker) in [
            (rule(nobody, MailCodes::Never), true),
            (rule(all, MailCodes::Always), true),
            (rule(all, MailCodes::WithoutOther), true),
            (rule(all, MailCodes::Never), false),
            (rule(RequiredFor::Administrators, MailCodes::Never), false),
        ] {
            let done = replace(&cx, &operator, document.clone(), None).await.unwrap();
            assert_eq!(done.err().map(|refusal| refusal.code), is_weaker.then_some("second_factor_weaker"));
        }
        replace(&cx, &owner, rule(nobody, MailCodes::Always), None).await.unwrap().unwrap();
        replace(&cx, &operator, rule(all, MailCodes::WithoutOther), None).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn n03_settings_need_their_permissions() {
        let house = bench::house().await;
        let cx = house.cx();
        let user = house.person("alice@example.com").await;
        let actor = |permissions: &[Permission]| Actor::Person {
            id: user.id.clone(),
            permissions: Permissions::of(permissions),
        };
        assert!(find(&cx, &actor(&[Permission::SettingsWrite])).await.unwrap().is_err());
        assert!(find(&cx, &actor(&[Permission::SettingsRead])).await.unwrap().is_ok());
        let refused = replace(&cx, &actor(&[Permission::SettingsRead]), document("A", ""), None).await.unwrap();
        assert_eq!(refused.unwrap_err().code, "permission_missing");
    }
}
