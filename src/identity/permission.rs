//! Owns what administrators may do: the permissions, sets of them, and the roles that come with the program. It does not
//! own who has which role (`user`), nor asking for a permission (`flow::admin`).

use serde::{Deserialize, Serialize};

/// One thing that an administrator may be allowed to do. Each has a scope of the same meaning, for access tokens of the
/// administration API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Permission {
    /// Look at clients.
    ClientsRead,
    /// Add, change and remove clients, and give them secrets.
    ClientsWrite,
    /// Look at people, their consents and their sign-in history.
    UsersRead,
    /// Add, change and remove people.
    UsersWrite,
    /// Look at groups.
    GroupsRead,
    /// Add, change and remove groups, and say who belongs to them.
    GroupsWrite,
    /// Look at scopes, resource servers and attributes.
    ScopesRead,
    /// Add, change and remove scopes, resource servers and attributes.
    ScopesWrite,
    /// Look at sessions and grants.
    SessionsRead,
    /// End sessions and grants.
    SessionsWrite,
    /// Look at signing keys (never at their private halves).
    KeysRead,
    /// Rotate and retire signing keys.
    KeysWrite,
    /// Look at roles.
    RolesRead,
    /// Define roles, and say who has which.
    RolesWrite,
    /// Look at traces: why a sign-in failed.
    TracesRead,
    /// Look at the security log.
    AuditRead,
    /// Look at settings and at what files own.
    SettingsRead,
    /// Change settings, and apply files.
    SettingsWrite,
    /// Look at providers that people sign in through.
    UpstreamsRead,
    /// Add, change and remove such providers, and give them our secrets.
    UpstreamsWrite,
    /// Look at webhooks and what they were told.
    WebhooksRead,
    /// Add, change and remove webhooks, and give them secrets.
    WebhooksWrite,
    /// Act on everybody, other owners too.
    Own,
}

impl Permission {
    /// All of them.
    pub const ALL: [Permission; 23] = [
        Permission::ClientsRead,
        Permission::ClientsWrite,
        Permission::UsersRead,
        Permission::UsersWrite,
        Permission::GroupsRead,
        Permission::GroupsWrite,
        Permission::ScopesRead,
        Permission::ScopesWrite,
        Permission::SessionsRead,
        Permission::SessionsWrite,
        Permission::KeysRead,
        Permission::KeysWrite,
        Permission::RolesRead,
        Permission::RolesWrite,
        Permission::TracesRead,
        Permission::AuditRead,
        Permission::SettingsRead,
        Permission::SettingsWrite,
        Permission::UpstreamsRead,
        Permission::UpstreamsWrite,
        Permission::WebhooksRead,
        Permission::WebhooksWrite,
        Permission::Own,
    ];

    /// The scope of an access token that carries it; also its name in files, in the database and on the command line.
    pub const fn scope(self) -> &'static str {
        match self {
            Permission::ClientsRead => "admin:clients:read",
            Permission::ClientsWrite => "admin:clients:write",
            Permission::UsersRead => "admin:users:read",
            Permission::UsersWrite => "admin:users:write",
            Permission::GroupsRead => "admin:groups:read",
            Permission::GroupsWrite => "admin:groups:write",
            Permission::ScopesRead => "admin:scopes:read",
            Permission::ScopesWrite => "admin:scopes:write",
            Permission::SessionsRead => "admin:sessions:read",
            Permission::SessionsWrite => "admin:sessions:write",
            Permission::KeysRead => "admin:keys:read",
            Permission::KeysWrite => "admin:keys:write",
            Permission::RolesRead => "admin:roles:read",
            Permission::RolesWrite => "admin:roles:write",
            Permission::TracesRead => "admin:traces:read",
            Permission::AuditRead => "admin:audit:read",
            Permission::SettingsRead => "admin:settings:read",
            Permission::SettingsWrite => "admin:settings:write",
            Permission::UpstreamsRead => "admin:upstreams:read",
            Permission::UpstreamsWrite => "admin:upstreams:write",
            Permission::WebhooksRead => "admin:webhooks:read",
            Permission::WebhooksWrite => "admin:webhooks:write",
            Permission::Own => "admin:own",
        }
    }

    /// What it allows, in words that go on from "may".
    pub const fn words(self) -> &'static str {
        match self {
            Permission::ClientsRead => "look at clients",
            Permission::ClientsWrite => "add, change and remove clients, and give them secrets",
            Permission::UsersRead => "look at people, their consents and their sign-in history",
            Permission::UsersWrite => "add, change and remove people",
            Permission::GroupsRead => "look at groups",
            Permission::GroupsWrite => "add, change and remove groups, and say who belongs to them",
            Permission::ScopesRead => "look at scopes, resource servers and attributes",
            Permission::ScopesWrite => "add, change and remove scopes, resource servers and attributes",
            Permission::SessionsRead => "look at sessions and grants",
            Permission::SessionsWrite => "end sessions and grants",
            Permission::KeysRead => "look at signing keys",
            Permission::KeysWrite => "rotate and retire signing keys",
            Permission::RolesRead => "look at roles",
            Permission::RolesWrite => "define roles, and say who has which",
            Permission::TracesRead => "see why sign-ins failed",
            Permission::AuditRead => "read the security log",
            Permission::SettingsRead => "look at settings and files",
            Permission::SettingsWrite => "change settings and apply files",
            Permission::UpstreamsRead => "look at providers that people sign in through",
            Permission::UpstreamsWrite => "add, change and remove providers that people sign in through",
            Permission::WebhooksRead => "look at webhooks and what they were told",
            Permission::WebhooksWrite => "add, change and remove webhooks, and give them secrets",
            Permission::Own => "act on everybody, other owners too",
        }
    }

    /// Reads the scope's name.
    pub fn parse(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.scope() == scope)
    }

    /// Whether it lets look, and change nothing.
    pub fn is_reading(self) -> bool {
        self.scope().ends_with(":read")
    }

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// Whether a scope belongs to the administration API. The whole name space is ours: no administrator defines a scope in it.
pub fn is_admin_scope(scope: &str) -> bool {
    scope.starts_with("admin:")
}

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u32);

impl Permissions {
    /// None.
    pub const NONE: Permissions = Permissions(0);

    /// All there are.
    pub const ALL: Permissions = Permissions::of(&Permission::ALL);

    /// These.
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= permissions[at].bit();
            at += 1;
        }
        Permissions(bits)
    }

    /// Those that these scopes stand for; other scopes are passed over.
    pub fn of_scopes<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        scopes.into_iter().filter_map(Permission::parse).collect()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it is one of them.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether all of these are in `wider`.
    pub fn is_within(self, wider: Permissions) -> bool {
        self.0 & !wider.0 == 0
    }

    /// Whether all of these are in `wider`, and `wider` has more.
    pub fn is_below(self, wider: Permissions) -> bool {
        self.is_within(wider) && self != wider
    }

    /// Those that are in both.
    #[must_use]
    pub fn common(self, other: Permissions) -> Self {
        Permissions(self.0 & other.0)
    }

    /// In the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.contains(*p))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Permissions(permissions.into_iter().fold(0, |bits, p| bits | p.bit()))
    }
}

impl std::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(Permission::scope)).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Permission::scope))
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        let read = |name: &String| {
            Permission::parse(name).ok_or_else(|| serde::de::Error::custom(format!("there is no permission {name:?}")))
        };
        names.iter().map(read).collect()
    }
}

/// A named set of permissions. A person has one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name; unique.
    pub name: RoleName,
    /// What it is for, in words for administrators.
    pub description: String,
    /// What it allows.
    pub permissions: Permissions,
}

/// The name of a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleName(std::borrow::Cow<'static, str>);

impl RoleName {
    /// Signs in to apps, administers nothing.
    pub const PERSON: RoleName = RoleName(std::borrow::Cow::Borrowed("person"));
    /// Owns the deployment; the first is made by the one-time set-up link.
    pub const OWNER: RoleName = RoleName(std::borrow::Cow::Borrowed("owner"));

    /// A name: 1 to 50 of `a-z 0-9 -`, beginning with a letter. `None` for anything else.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        (plain && begins && name.len() <= 50).then(|| Self(name.to_owned().into()))
    }

    /// The name as it stands in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the role of owners.
    pub fn is_owner(&self) -> bool {
        *self == Self::OWNER
    }
}

impl std::fmt::Display for RoleName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The roles that come with the program, from the mightiest down. Their names cannot be taken and their permissions not
/// changed.
pub fn built_in() -> Vec<Role> {
    use Permission as P;
    let role = |name: &'static str, description: &str, permissions| Role {
        name: RoleName(name.into()),
        description: description.to_owned(),
        permissions,
    };
    let all_but_own = Permission::ALL.into_iter().filter(|p| *p != P::Own).collect();
    let clients = [P::ClientsRead, P::ClientsWrite, P::ScopesRead, P::TracesRead];
    let people = [
        P::UsersRead,
        P::UsersWrite,
        P::GroupsRead,
        P::GroupsWrite,
        P::SessionsRead,
        P::SessionsWrite,
        P::ClientsRead,
        P::TracesRead,
    ];
    vec![
        role("owner", "Everything, and the only role that may act on owners.", Permissions::ALL),
        role("administrator", "Everything except acting on owners and on other administrators.", all_but_own),
        role("client-operator", "Clients, and why sign-ins to them fail.", Permissions::of(&clients)),
        role("people-operator", "People, groups and sessions.", Permissions::of(&people)),
        role(
            "auditor",
            "Looks at everything, changes nothing.",
            Permission::ALL.into_iter().filter(|p| p.is_reading()).collect(),
        ),
        role("person", "Signs in to apps, administers nothing.", Permissions::NONE),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_a_scope_of_its_own_in_our_name_space() {
        for p in Permission::ALL {
            assert_eq!(Permission::parse(p.scope()), Some(p));
            assert!(is_admin_scope(p.scope()));
            assert_eq!(Permissions::ALL.iter().filter(|other| *other == p).count(), 1);
        }
        assert_eq!(Permission::parse("admin:everything"), None);
    }

    #[test]
    fn n03_a_set_is_below_another_only_if_that_one_has_more() {
        let few = Permissions::of(&[Permission::ClientsRead]);
        assert!(few.is_below(Permissions::ALL) && few.is_within(few) && !few.is_below(few));
        let other = Permissions::of(&[Permission::UsersRead]);
        assert!(!few.is_within(other) && few.common(other).is_empty());
        assert!(Permissions::NONE.is_below(few) && !Permissions::NONE.is_below(Permissions::NONE));
    }

    #[test]
    fn the_built_in_roles_stand_below_the_owner() {
        let roles = built_in();
        assert!(roles.iter().skip(1).all(|role| role.permissions.is_below(Permissions::ALL)));
        let auditor = roles.iter().find(|r| r.name.as_str() == "auditor").map(|r| r.permissions);
        assert!(auditor.is_some_and(|set| set.iter().all(Permission::is_reading)));
        assert!(roles.iter().all(|role| RoleName::parse(role.name.as_str()).as_ref() == Some(&role.name)));
        assert!(RoleName::parse("Owner").is_none() && RoleName::parse("").is_none() && RoleName::parse("9a").is_none());
    }

    #[test]
    fn a_set_is_written_as_the_names_of_its_scopes() {
        let set = Permissions::of(&[Permission::KeysWrite, Permission::AuditRead]);
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, r#"["admin:keys:write","admin:audit:read"]"#);
        assert_eq!(serde_json::from_str::<Permissions>(&text).unwrap(), set);
        assert!(serde_json::from_str::<Permissions>(r#"["admin:x"]"#).is_err());
    }
}
