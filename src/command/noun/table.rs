//! Owns the table of nouns and verbs: which operations each goes to, and what it says. It does not own how they are done.

use super::Does::{Edit, List, Own, Send};
use super::{Noun, Verb, import, logo, own, told};

/// People are shown no more than this of what never stops growing, unless they ask.
const SOME: Option<usize> = Some(100);

pub(super) static NOUNS: &[Noun] = &[
    Noun { name: "client", about: "Apps that people sign in to, and programs that act for themselves", verbs: CLIENT },
    Noun { name: "user", about: "People's accounts", verbs: USER },
    Noun { name: "group", about: "Groups of people; apps are told them", verbs: GROUP },
    Noun { name: "role", about: "What people may administer", verbs: ROLE },
    Noun { name: "attribute", about: "Fields of your own about people", verbs: ATTRIBUTE },
    Noun { name: "scope", about: "Scopes of your own", verbs: SCOPE },
    Noun { name: "resource", about: "Resource servers: APIs that take our access tokens", verbs: RESOURCE },
    Noun { name: "provider", about: "Others that people sign in through: Google, GitHub, any issuer", verbs: PROVIDER },
    Noun { name: "consent", about: "What people have allowed apps", verbs: CONSENT },
    Noun { name: "grant", about: "What clients were allowed, each with its family of tokens", verbs: GRANT },
    Noun { name: "session", about: "Browsers that people are signed in on", verbs: SESSION },
    Noun { name: "key", about: "Signing keys", verbs: KEY },
    Noun { name: "mail", about: "Letters that could not be delivered", verbs: MAIL },
    Noun { name: "webhook", about: "Addresses that are told of events in the security log", verbs: WEBHOOK },
    Noun { name: "settings", about: "What is set while the server runs", verbs: SETTINGS },
    Noun { name: "overview", about: "What wants attention, and numbers over time", verbs: OVERVIEW },
    Noun {
        name: "trace",
        about: "Shows what happened under a correlation id: each step, the check that failed, what was expected and what came",
        verbs: TRACE,
    },
    Noun { name: "audit", about: "The security log: who did what, when and from where", verbs: AUDIT },
];

/// Changes what is named: patch and replacement, and the operation that reads.
const fn edit(goes: &'static [&'static str], find: &'static str, about: &'static str) -> Verb {
    Verb::new("edit", goes, Edit).about(about).looks(find).takes_document()
}

const fn remove(goes: &'static [&'static str], find: &'static str) -> Verb {
    Verb::new("remove", goes, Send).looks(find).asks(None)
}

const CLIENT: &[Verb] = &[
    Verb::new("add", &["client_create"], Send)
        .about("Registers a client; its secret is shown this once")
        .takes_document()
        .prepared(own::profile_and_more)
        .tells(told::client_made),
    Verb::new(
        "list",
        &["client_list"],
        List {
            columns: &[("CLIENT ID", "client_id"), ("PROFILE", "profile"), ("NAME", "name"), ("", "disabled")],
            empty: "There are no clients yet; `vouchsafe client add` makes one.",
            most: None,
        },
    )
    .shaped(told::client),
    Verb::new("show", &["client_find"], Send)
        .about("Shows a client with everything but its secrets")
        .shaped(told::client),
    edit(&["client_patch", "client_replace"], "client_find", "Changes a client; what is not named stays")
        .hides(&["client_id", "profile"])
        .says("The client {client_id} was changed.")
        .shaped(told::client),
    Verb::new("disable", &["client_disable"], Send)
        .about("Switches a client off; all that it was given ends at once")
        .says("The client {client_id} was disabled.")
        .shaped(told::client),
    Verb::new("enable", &["client_enable"], Send).says("The client {client_id} was enabled.").shaped(told::client),
    Verb::new("remove", &["client_remove"], Send)
        .looks("client_find")
        .asks(Some("client_removal_effects"))
        .says("The client {client_id} was removed.")
        .shaped(told::client),
    Verb::new("removal-effects", &["client_removal_effects"], Send),
    Verb::new("rotate-secret", &["client_secret_rotate"], Send)
        .about("Gives a client a new secret, shown this once; the old one goes on for a while")
        .hides(&["overlap_seconds"])
        .extra(own::overlap_args)
        .prepared(own::overlap)
        .tells(told::secret_rotated),
    Verb::new("revoke-secret", &["client_secret_revoke"], Send)
        .asks(None)
        .says("The secret {secret_id} of the client {client_id} is refused from now on.")
        .shaped(told::client),
    Verb::new("logo", &["client_logo"], Own(|work| Box::pin(logo::write(work))))
        .about("Writes the logo of a client into a file")
        .extra(logo::out_args),
    Verb::new("set-logo", &["client_logo_set"], Own(|work| Box::pin(logo::set(work))))
        .about("Gives a client a logo: a PNG, JPEG or WebP file of at most 64 KiB")
        .extra(logo::file_args),
    Verb::new("remove-logo", &["client_logo_remove"], Send)
        .asks(None)
        .says("The client {client_id} has no logo any more.")
        .shaped(told::client),
    Verb::new("snippets", &["client_settings"], Send).tells(told::snippets),
    Verb::new("preview", &["client_preview"], Send).tells(told::preview),
];

const USER: &[Verb] = &[
    Verb::new("add", &["user_create"], Send)
        .about("Makes an account")
        .hides(&["password", "password_hash", "invite"])
        .extra(own::first_access_args)
        .prepared(own::first_access)
        .takes_document()
        .tells(told::user_made),
    Verb::new("import", &["user_create"], Own(|work| Box::pin(import::import_people(work))))
        .about(
            "Makes an account for each line of a file: JSON as the API takes it, with password_hash where there is one",
        )
        .extra(import::import_args),
    Verb::new("list", &["user_search"], List { columns: PEOPLE, empty: NOBODY, most: None })
        .about("Lists people, or those that are searched for"),
    Verb::new("show", &["user_find"], Send),
    edit(&["user_patch", "user_replace"], "user_find", "Changes a person; what is not named stays")
        .says("{email} ({id}) was changed."),
    Verb::new("password", &["user_password"], Send)
        .about("Sets a new password and ends everything that was begun with the old one")
        .hides(&["password"])
        .extra(own::password_args)
        .prepared(own::new_password)
        .says("{email} ({id}) was given a new password."),
    Verb::new("require-password-change", &["user_require_password_change"], Send)
        .says("{email} ({id}) chooses another password at the next sign-in."),
    Verb::new("invite", &["user_invite"], Send)
        .about("Prints a one-time link under which the person chooses a password; links printed before are void")
        .tells(told::user_made),
    Verb::new("disable", &["user_disable"], Send)
        .about("Shuts an account; sessions and tokens end at once")
        .says("{email} ({id}) was disabled."),
    Verb::new("enable", &["user_enable"], Send).says("{email} ({id}) was enabled."),
    Verb::new("remove", &["user_remove"], Send)
        .about("Removes a person with everything that is theirs")
        .looks("user_find")
        .asks(Some("user_removal_effects"))
        .says("{email} ({id}) was removed."),
    Verb::new("removal-effects", &["user_removal_effects"], Send),
    Verb::new("factors", &["user_factors"], Send).about("Shows the second factors of a person; never their secrets"),
    Verb::new("remove-factors", &["user_remove_factors"], Send)
        .about("Takes every second factor of a person away, for somebody who lost them")
        .looks("user_factors")
        .asks(None)
        .says("{removed} second factors of {user_id} were taken away."),
    Verb::new("remove-factor", &["user_remove_factor"], Send)
        .about("Takes one second factor of a person away")
        .asks(None)
        .says("{removed} second factor of {user_id} was taken away."),
    Verb::new("links", &["user_links"], Send).about("Shows the accounts elsewhere with which a person can sign in"),
    Verb::new("unlink", &["user_unlink"], Send)
        .about("Takes the link to an account elsewhere away; sessions that rest on it end")
        .asks(None)
        .says("The link {id} to {provider_name} was taken away."),
    Verb::new("disable-link", &["user_disable_link"], Send)
        .about("Shuts the link to an account elsewhere; sessions that rest on it end")
        .says("Nobody signs in with the link {id} to {provider_name} any more."),
    Verb::new("enable-link", &["user_enable_link"], Send)
        .about("Opens the link to an account elsewhere again")
        .says("The link {id} to {provider_name} opens the account again."),
    Verb::new("remove-picture", &["user_remove_picture"], Send)
        .about("Takes away the picture that a person uploaded")
        .says("The picture of {email} ({id}) was taken away."),
    Verb::new(
        "history",
        &["user_history"],
        List {
            columns: &[
                ("AT", "at"),
                ("WHAT", "kind"),
                ("BY", "actor"),
                ("CLIENT", "client_id"),
                ("ADDRESS", "address"),
            ],
            empty: "Nothing happened to this account yet.",
            most: SOME,
        },
    ),
];

const PEOPLE: &[(&str, &str)] =
    &[("E-MAIL", "email"), ("NAME", "name"), ("ROLE", "role"), ("", "disabled"), ("ID", "id")];
const NOBODY: &str =
    "There are no accounts yet, or none that fit; `vouchsafe admin link` makes the first administrator.";

const GROUP: &[Verb] = &[
    Verb::new("add", &["group_create"], Send).key("name").takes_document().says("The group {name} was added."),
    Verb::new(
        "list",
        &["group_list"],
        List {
            columns: &[("GROUP", "name"), ("PEOPLE", "members"), ("DESCRIPTION", "description")],
            empty: "There are no groups yet; `vouchsafe group add` makes one.",
            most: None,
        },
    ),
    Verb::new("show", &["group_find"], Send),
    edit(&["group_patch", "group_replace"], "group_find", "Changes a group; what is not named stays")
        .hides(&["name"])
        .says("The group {name} was changed."),
    remove(&["group_remove"], "group_find").says("The group {group} was removed."),
    Verb::new("members", &["group_members"], List { columns: PEOPLE, empty: "Nobody is in this group.", most: None }),
    Verb::new("add-member", &["group_add_member"], Send).says("{email} ({id}) is in the group {group}."),
    Verb::new("remove-member", &["group_remove_member"], Send).says("{email} ({id}) is not in the group {group}."),
];

const ROLE: &[Verb] = &[
    Verb::new("add", &["role_create"], Send)
        .key("name")
        .takes_document()
        .says("The role {name} is defined. Give it with `vouchsafe user edit USER --role {name}`."),
    Verb::new(
        "list",
        &["role_list"],
        List {
            columns: &[("ROLE", "name"), ("", "built_in"), ("DESCRIPTION", "description"), ("MAY", "permissions")],
            empty: "There are no roles.",
            most: None,
        },
    ),
    Verb::new("show", &["role_find"], Send),
    edit(&["role_patch", "role_replace"], "role_find", "Changes a role; what is not named stays")
        .hides(&["name"])
        .says("The role {name} was changed."),
    remove(&["role_remove"], "role_find").says("The role {role} was removed."),
];

const ATTRIBUTE: &[Verb] = &[
    Verb::new("add", &["attribute_create"], Send)
        .key("name")
        .takes_document()
        .says("The attribute {name} is defined. Give values with `vouchsafe user edit USER --attribute {name}=VALUE`."),
    Verb::new(
        "list",
        &["attribute_list"],
        List {
            columns: &[("ATTRIBUTE", "name"), ("KIND", "kind"), ("", "required"), ("TITLE", "title")],
            empty: "There are no attributes yet; `vouchsafe attribute add` defines one.",
            most: None,
        },
    ),
    Verb::new("show", &["attribute_find"], Send),
    edit(&["attribute_patch", "attribute_replace"], "attribute_find", "Changes an attribute; what is not named stays")
        .hides(&["name"])
        .says("The attribute {name} was changed."),
    remove(&["attribute_remove"], "attribute_find").says("The attribute {attribute} was removed."),
];

const SCOPE: &[Verb] = &[
    Verb::new("add", &["scope_create", "scope_patch"], Own(|work| Box::pin(own::define_scope(work))))
        .about("Defines a scope, or changes the one of the same name")
        .key("name")
        .looks("scope_find")
        .extra(own::scope_args)
        .says("The scope {name} is defined. Give it to clients with `vouchsafe client edit ID --add-scope {name}`."),
    Verb::new("list", &["scope_list"], Own(|work| Box::pin(own::list_scopes(work))))
        .about("Lists the scopes: the standard ones and your own"),
    Verb::new("show", &["scope_find"], Send),
    edit(&["scope_patch", "scope_replace"], "scope_find", "Changes a scope; what is not named stays")
        .hides(&["name"])
        .says("The scope {name} was changed."),
    remove(&["scope_remove"], "scope_find")
        .about("Removes a scope that no client has")
        .says("The scope {scope} was removed."),
];

const PROVIDER: &[Verb] = &[
    Verb::new("add", &["provider_create"], Send)
        .about("Adds a provider; then register the callback address there and set our secret here")
        .key("id")
        .takes_document()
        .says("The provider {id} was added. Its callback address: {redirect_uri}"),
    Verb::new(
        "list",
        &["provider_list"],
        List {
            columns: &[
                ("ID", "id"),
                ("PRESET", "preset"),
                ("NAME", "name"),
                ("PEOPLE", "people"),
                ("ENABLED", "enabled"),
            ],
            empty: "There are no providers yet; `vouchsafe provider add` adds one.",
            most: None,
        },
    ),
    Verb::new("show", &["provider_find"], Send),
    edit(
        &["provider_patch", "provider_replace"],
        "provider_find",
        "Changes a provider; what is not named stays, but the secret goes when it becomes another place",
    )
    .hides(&["id"])
    .says("The provider {id} was changed."),
    Verb::new("set-secret", &["provider_secret"], Send)
        .about("Sets our client secret or private key (PEM) at a provider, read from the input stream")
        .hides(&["secret"])
        .extra(own::secret_args)
        .prepared(own::new_secret)
        .says("The secret of the provider {id} was set."),
    Verb::new("check", &["provider_check"], Send)
        .about("Checks what can be seen of a provider without a browser: metadata, keys, endpoints")
        .tells(told::provider_checked),
    remove(&["provider_remove"], "provider_find").says("The provider {id} was removed."),
];

const RESOURCE: &[Verb] = &[
    Verb::new("add", &["resource_create"], Send)
        .key("audience")
        .takes_document()
        .says("The resource server {audience} is defined."),
    Verb::new(
        "list",
        &["resource_list"],
        List {
            columns: &[
                ("AUDIENCE", "audience"),
                ("NAME", "name"),
                ("SECONDS", "access_token_lifetime_seconds"),
                ("ALG", "access_token_alg"),
            ],
            empty: "There are no resource servers yet; `vouchsafe resource add` defines one.",
            most: None,
        },
    ),
    Verb::new("show", &["resource_find"], Send),
    edit(
        &["resource_patch", "resource_replace"],
        "resource_find",
        "Changes a resource server; what is not named stays",
    )
    .hides(&["audience"])
    .says("The resource server {audience} was changed."),
    remove(&["resource_remove"], "resource_find").says("The resource server {audience} was removed."),
];

const CONSENT: &[Verb] = &[
    Verb::new(
        "list",
        &["user_consents"],
        List {
            columns: &[("CLIENT ID", "client_id"), ("ALLOWED AT", "granted_at"), ("SCOPES", "scopes")],
            empty: "This person has allowed nothing.",
            most: None,
        },
    )
    .shaped(told::consent),
    Verb::new("withdraw", &["user_withdraw_consent"], Send)
        .says("What {user_id} allowed the client {client_id} is withdrawn; its tokens have ended."),
];

const MAIL: &[Verb] = &[
    Verb::new(
        "list",
        &["letter_list"],
        List {
            columns: &[
                ("LETTER", "id"),
                ("TO", "recipient"),
                ("ABOUT", "subject"),
                ("TRIES", "tries"),
                ("LAST ERROR", "last_error"),
            ],
            empty: "No letter is stuck.",
            most: SOME,
        },
    ),
    Verb::new("retry", &["letter_retry"], Send).says("The letter {id} is tried again now."),
    Verb::new("give-up", &["letter_give_up"], Send)
        .about("Throws a letter away; it is not sent any more")
        .asks(None)
        .says("The letter {letter_id} was thrown away."),
];

const GRANT: &[Verb] = &[
    Verb::new(
        "list",
        &["grant_list"],
        List {
            columns: &[
                ("GRANT", "id"),
                ("CLIENT ID", "client_id"),
                ("PERSON", "user_id"),
                ("", "offline"),
                ("UNTIL", "expires_at"),
                ("SCOPES", "scopes"),
            ],
            empty: "There are no live grants.",
            most: SOME,
        },
    ),
    Verb::new("show", &["grant_find"], Send),
    Verb::new("end", &["grant_end"], Send).says("The grant {grant_id} has ended, with every token of its family."),
];

const SESSION: &[Verb] = &[
    Verb::new(
        "list",
        &["session_search"],
        List {
            columns: &[
                ("SESSION", "id"),
                ("E-MAIL", "email"),
                ("LAST SEEN", "last_seen_at"),
                ("ADDRESS", "address"),
                ("BROWSER", "user_agent"),
            ],
            empty: "Nobody is signed in.",
            most: SOME,
        },
    )
    .about("Lists live sessions, those that began last first"),
    Verb::new("show", &["session_find"], Send),
    Verb::new(
        "end",
        &["session_end", "session_find", "user_end_sessions"],
        Own(|work| Box::pin(own::end_sessions(work))),
    )
    .about("Ends a session, or all sessions of a person, with what hangs on them")
    .extra(own::end_args),
];

const KEY: &[Verb] = &[
    Verb::new(
        "list",
        &["key_list"],
        List {
            columns: &[
                ("KEY ID", "kid"),
                ("ALG", "alg"),
                ("STATE", "state"),
                ("SIGNS FROM", "signs_from"),
                ("RETIRES AT", "retires_at"),
            ],
            empty: "There are no keys.",
            most: None,
        },
    )
    .about("Lists the keys and where each is in its life: published, signing, retired")
    .shaped(told::key),
    Verb::new("rotate", &["key_rotate", "key_list"], Own(|work| Box::pin(own::rotate_keys(work))))
        .about("Makes successors now: published at once, signing when everybody can know them")
        .extra(own::rotate_args),
    Verb::new("ending", &["key_ending"], Send).tells(told::key_ending),
    Verb::new("retire", &["key_retire"], Send)
        .asks(Some("key_ending"))
        .says("The key {kid} signs no more; what it signed is verified until it expires."),
    Verb::new("remove", &["key_remove"], Send)
        .asks(Some("key_ending"))
        .says("The key {kid} was removed; what it signed is refused."),
    Verb::new("import", &["key_import"], Own(|work| Box::pin(own::import_key(work))))
        .about("Takes a private key made elsewhere into the ring, from PEM or a JWK; it becomes the next one to sign")
        .extra(own::import_args),
    Verb::new("export-public", &["key_list"], Own(|work| Box::pin(own::export_keys(work))))
        .about("Prints the public half of a key, or of all")
        .extra(own::export_args),
];

const WEBHOOK: &[Verb] = &[
    Verb::new("add", &["webhook_create"], Send)
        .about("Adds a webhook; its secret is shown this once")
        .key("name")
        .takes_document()
        .tells(told::webhook_made),
    Verb::new(
        "list",
        &["webhook_list"],
        List {
            columns: &[
                ("WEBHOOK", "name"),
                ("ADDRESS", "url"),
                ("EVENTS", "events"),
                ("ON", "enabled"),
                ("FAILS SINCE", "failing_since"),
            ],
            empty: "There are no webhooks yet; `vouchsafe webhook add` makes one.",
            most: None,
        },
    ),
    Verb::new("show", &["webhook_find"], Send),
    edit(&["webhook_patch", "webhook_replace"], "webhook_find", "Changes a webhook; what is not named stays")
        .hides(&["name"])
        .says("The webhook {name} was changed."),
    remove(&["webhook_remove"], "webhook_find").says("The webhook {webhook} was removed."),
    Verb::new("rotate-secret", &["webhook_secret_rotate"], Send)
        .about("Gives a webhook a new secret, shown this once; for a while events are signed with both")
        .hides(&["overlap_seconds"])
        .extra(own::overlap_args)
        .prepared(own::overlap)
        .tells(told::webhook_secret_rotated),
    Verb::new("test", &["webhook_test"], Send).tells(told::webhook_tested),
    Verb::new(
        "deliveries",
        &["webhook_deliveries"],
        List {
            columns: &[
                ("EVENT", "event"),
                ("WHAT", "kind"),
                ("AT", "created_at"),
                ("STATE", "state"),
                ("TRIES", "tries"),
                ("STATUS", "status"),
                ("MS", "duration_ms"),
                ("LAST ERROR", "last_error"),
            ],
            empty: "Nothing was to be delivered.",
            most: SOME,
        },
    ),
    Verb::new("redeliver", &["webhook_redeliver"], Send).says("The event {event} is delivered again."),
];

const SETTINGS: &[Verb] = &[
    Verb::new("show", &["settings_find"], Send),
    edit(&["settings_patch", "settings_replace"], "settings_find", "Changes settings; what is not named stays")
        .says("The settings were changed."),
];

const OVERVIEW: &[Verb] = &[Verb::new("", &["overview_read"], Send).tells(told::overview)];

const TRACE: &[Verb] = &[
    Verb::new("", &["trace_find"], Send).tells(told::trace),
    Verb::new(
        "search",
        &["trace_search"],
        List {
            columns: &[
                ("CORRELATION ID", "correlation_id"),
                ("LAST STEP AT", "steps.last.at"),
                ("STEP", "steps.last.step"),
                ("CLIENT ID", "steps.last.client_id"),
                ("OUTCOME", "steps.last.outcome"),
            ],
            empty: "There is no such trace; traces are kept for a limited time.",
            most: SOME,
        },
    ),
];

const AUDIT: &[Verb] = &[
    Verb::new(
        "list",
        &["audit_search"],
        List {
            columns: &[
                ("AT", "at"),
                ("WHAT", "kind"),
                ("BY", "actor"),
                ("PERSON", "user_id"),
                ("CLIENT ID", "client_id"),
                ("ADDRESS", "address"),
            ],
            empty: "There is no such entry.",
            most: SOME,
        },
    ),
    Verb::new("export", &["audit_export"], Own(|work| Box::pin(own::export_log(work)))).extra(own::log_args),
    Verb::new("verify", &["audit_verify"], Send).tells(told::verdict),
];
