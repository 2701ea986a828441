//! Owns the kinds of events that the security log knows, each with what happened in words: what webhooks can subscribe to,
//! and what the documents list. It does not own the log (`flow::audit`) nor when an event is written.

/// Every kind with what happened, in the order of the alphabet. An entry of a kind that is not listed is refused in tests.
pub const KINDS: &[(&str, &str)] = &[
    ("action_refused", "An administrator or a program asked for what they may not do; nothing was done."),
    ("address_change_agreed", "One of the two addresses of a change agreed to it; the other one has not yet."),
    ("address_change_asked", "A person asked for another address; a letter went there."),
    ("address_changed", "A person's address was changed and confirmed."),
    ("attribute_added", "An attribute of people was defined."),
    ("attribute_changed", "An attribute of people was changed."),
    ("attribute_removed", "An attribute of people was removed."),
    ("client_added", "A client was added."),
    ("client_disabled", "A client was switched off; what it was given ended."),
    ("client_edited", "A client was changed."),
    ("client_enabled", "A client was switched on again."),
    ("client_logo_removed", "The logo of a client was taken away."),
    ("client_logo_set", "A client was given a logo."),
    ("client_removed", "A client was removed."),
    ("client_secret_revoked", "A secret of a client was ended at once."),
    ("client_secret_rotated", "A client was given a new secret."),
    ("code_mailed", "A person was mailed a code for their sign-in."),
    ("code_replayed", "An authorization code came a second time: what was made from it ended."),
    ("consent_withdrawn", "What a person had allowed a client was withdrawn."),
    ("credential_stuffing", "Many accounts were tried from one network: the bar was raised there."),
    ("data_downloaded", "A person downloaded their data."),
    ("factor_added", "A person set up a second factor."),
    ("factor_removed", "A person took a second factor away."),
    ("factors_removed", "An administrator took second factors of a person away."),
    ("files_applied", "Configuration files were applied."),
    ("grant_revoked", "A grant was ended, with every token of its family."),
    ("group_added", "A group was added."),
    ("group_changed", "A group was changed."),
    ("group_member_added", "A person was put into a group."),
    ("group_member_removed", "A person was taken out of a group."),
    ("group_removed", "A group was removed."),
    ("invitation_accepted", "A person followed an invitation and chose a password."),
    ("key_imported", "A signing key was imported."),
    ("key_removed", "A signing key was removed; what it signed is refused."),
    ("key_retired", "A signing key signs no more."),
    ("key_rotated", "Successors of signing keys were made."),
    ("letter_given_up", "An administrator threw away a letter that could not be delivered."),
    ("letter_retried", "An administrator had a letter tried again."),
    ("not_me", "A person said that something in their account was not them: it was undone, and everything ended."),
    ("own_client_made", "The program made a client that one of its own apps signs in with."),
    ("owner_set_up", "The first owner was made with the set-up link."),
    ("password_change_required", "A person must choose another password at the next sign-in."),
    ("password_changed", "A password was set; sessions and tokens from before ended."),
    ("password_reset", "A person set a new password with a link from a letter; everything from before ended."),
    ("password_reset_asked", "Somebody asked for a link that resets a password."),
    ("picture_removed", "A person took their picture away."),
    ("picture_set", "A person set a picture."),
    ("profile_changed", "A person changed their own profile."),
    ("profile_synced", "What a provider says of a person was taken over at their sign-in."),
    ("provider_added", "A provider that people sign in through was added."),
    ("provider_edited", "A provider that people sign in through was changed."),
    ("provider_removed", "A provider that people sign in through was removed, with every link to it."),
    ("provider_secret_set", "Our secret at a provider was set."),
    ("provider_tested", "An administrator began a test of a provider."),
    ("recovery_code_used", "A recovery code stood in for a second factor."),
    ("recovery_codes_renewed", "A person made new recovery codes."),
    ("refresh_token_reused", "A refresh token was used again: its family ended."),
    ("resource_added", "A resource server was defined."),
    ("resource_edited", "A resource server was changed."),
    ("resource_removed", "A resource server was removed."),
    ("role_added", "A role was defined."),
    ("role_changed", "A role was changed."),
    ("role_removed", "A role was removed."),
    ("scope_added", "A scope was defined."),
    ("scope_edited", "A scope was changed."),
    ("scope_removed", "A scope was removed."),
    ("session_ended", "A session was ended."),
    ("session_raised", "A session was raised by a further proof."),
    ("sessions_ended", "Every session of a person was ended."),
    ("settings_changed", "Settings were changed."),
    ("setup_link_made", "A link that sets up the first owner was made."),
    ("sign_in_failed", "A password or a code was wrong."),
    ("signed_in", "A person signed in."),
    ("signed_up", "A person made an account."),
    ("terms_accepted", "A person accepted the terms."),
    ("try_run_finished", "A run of \"Try it\" ended."),
    ("try_run_started", "An administrator began a run of \"Try it\"."),
    ("upstream_link_disabled", "An administrator shut such a link; sessions that rest on it ended."),
    ("upstream_link_enabled", "An administrator opened such a link again."),
    ("upstream_linked", "A person linked who they are at a provider to their account."),
    ("upstream_logout", "A provider ended sessions of a person, who signed out there."),
    ("upstream_unlinked", "Such a link was taken away, by the person or by an administrator."),
    ("user_added", "An account was made."),
    ("user_changed", "A person's profile, role, groups or attributes were changed."),
    ("user_disabled", "An account was shut; sessions and tokens ended."),
    ("user_enabled", "An account was opened again."),
    ("user_invited", "A person was invited to choose a password."),
    ("user_removed", "A person was removed with everything that is theirs."),
    ("webhook_added", "A webhook was added."),
    ("webhook_changed", "A webhook was changed."),
    ("webhook_disabled", "The program switched a webhook off: it failed for days, or answered that it is gone."),
    ("webhook_redelivered", "An administrator had an event delivered again."),
    ("webhook_removed", "A webhook was removed."),
    ("webhook_secret_rotated", "A webhook was given a new secret."),
    ("webhook_tested", "An administrator sent a test event to a webhook."),
];

/// Whether there is such a kind.
pub fn is_kind(kind: &str) -> bool {
    KINDS.binary_search_by_key(&kind, |(name, _)| name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_in_order_and_told_in_a_sentence() {
        assert!(KINDS.is_sorted_by(|a, b| a.0 < b.0));
        for (kind, words) in KINDS {
            assert!(kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{kind}");
            assert!(words.ends_with('.') && is_kind(kind), "{kind}");
        }
        assert!(!is_kind("signed") && !is_kind(""));
    }
}
