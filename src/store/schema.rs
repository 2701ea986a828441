//! Owns the one description of the tables, for both engines. `tests/store.rs` holds both catalogues to it.
//! It does not own how they come to be: that is `migrations/`.

#![allow(missing_docs)] // `table!` makes public items; the room keeps them to itself

diesel::table! {
    meta (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    clients (client_id) {
        client_id -> Text,
        name -> Text,
        profile -> Text,
        auth_method -> Text,
        redirect_uris -> Text,
        post_logout_redirect_uris -> Text,
        grants -> Text,
        scopes -> Text,
        policy -> Text,
        about -> Text,
        disabled_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        last_used_at -> Nullable<BigInt>,
        asked_while_disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    client_secrets (id) {
        id -> Text,
        client_id -> Text,
        hash -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    client_logos (client_id) {
        client_id -> Text,
        media_type -> Text,
        width -> BigInt,
        height -> BigInt,
        bytes -> Binary,
        sha256 -> Binary,
        updated_at -> BigInt,
    }
}

diesel::table! {
    scopes (name) {
        name -> Text,
        description -> Text,
        claims -> Text,
        audience -> Nullable<Text>,
        created_at -> BigInt,
        version -> BigInt,
        updated_at -> BigInt,
        mappings -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        email_key -> Text,
        email_verified -> Bool,
        role -> Text,
        profile -> Text,
        disabled_at -> Nullable<BigInt>,
        valid_from -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        attributes -> Text,
        last_sign_in_at -> Nullable<BigInt>,
        picture -> Nullable<Text>,
    }
}

diesel::table! {
    passwords (user_id) {
        user_id -> Text,
        phc -> Text,
        changed_at -> BigInt,
        must_change -> Bool,
    }
}

diesel::table! {
    groups (name) {
        name -> Text,
        created_at -> BigInt,
        description -> Text,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    group_members (group_name, user_id) {
        group_name -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        token_hash -> Binary,
        user_id -> Text,
        created_at -> BigInt,
        auth_time -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        acr -> Text,
        amr -> Text,
        user_agent -> Text,
        address -> Text,
        code_kind -> Nullable<Text>,
    }
}

diesel::table! {
    devices (user_id, device_hash) {
        user_id -> Text,
        device_hash -> Binary,
        first_seen_at -> BigInt,
        last_seen_at -> BigInt,
    }
}

diesel::table! {
    consents (user_id, client_id) {
        user_id -> Text,
        client_id -> Text,
        scopes -> Text,
        claims -> Text,
        created_at -> BigInt,
        granted_at -> BigInt,
    }
}

diesel::table! {
    codes (hash) {
        hash -> Binary,
        grant_id -> Text,
        client_id -> Text,
        user_id -> Text,
        session_id -> Nullable<Text>,
        authorization -> Text,
        redirect_uri -> Text,
        redirect_uri_was_sent -> Bool,
        code_challenge -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        correlation_id -> Text,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        client_id -> Text,
        user_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        authorization -> Text,
        offline -> Bool,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_why -> Nullable<Text>,
        correlation_id -> Text,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Binary,
        grant_id -> Text,
        client_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        generation -> BigInt,
        superseded_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    revoked_tokens (jti) {
        jti -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    guesses (key) {
        key -> Text,
        failures -> BigInt,
        last_at -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    failed_accounts (network, account) {
        network -> Text,
        account -> Text,
        last_at -> BigInt,
    }
}

diesel::table! {
    raised_bars (network) {
        network -> Text,
        raised_at -> BigInt,
        expires_at -> BigInt,
        accounts -> BigInt,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        alg -> Text,
        sealed_private -> Binary,
        public_jwk -> Text,
        created_at -> BigInt,
        signs_from -> BigInt,
        retires_at -> Nullable<BigInt>,
        gone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    setup_links (hash) {
        hash -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        until -> BigInt,
    }
}

diesel::table! {
    traces (id) {
        id -> BigInt,
        correlation_id -> Text,
        at -> BigInt,
        step -> Text,
        outcome -> Text,
        check_name -> Nullable<Text>,
        expected -> Nullable<Text>,
        received -> Nullable<Text>,
        client_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        at -> BigInt,
        kind -> Text,
        actor -> Nullable<Text>,
        user_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        correlation_id -> Nullable<Text>,
        detail -> Text,
        address -> Nullable<Text>,
        seal -> Nullable<Binary>,
    }
}

diesel::table! {
    event_chain (name) {
        name -> Text,
        first_id -> BigInt,
        before -> Binary,
        last_id -> BigInt,
        last_seal -> Binary,
        seal -> Binary,
    }
}

diesel::table! {
    user_terms (term, user_id) {
        term -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    roles (name) {
        name -> Text,
        description -> Text,
        permissions -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    resources (audience) {
        audience -> Text,
        name -> Text,
        access_token_lifetime -> Nullable<BigInt>,
        access_token_alg -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    attributes (name) {
        name -> Text,
        title -> Text,
        kind -> Text,
        required -> Bool,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        self_editable -> Bool,
    }
}

diesel::table! {
    invitations (hash) {
        hash -> Binary,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
        version -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    applied (kind, name) {
        kind -> Text,
        name -> Text,
        document -> Text,
        applied_at -> BigInt,
    }
}

diesel::table! {
    own_sessions (id) {
        id -> Text,
        token_hash -> Binary,
        user_id -> Text,
        session_id -> Text,
        created_at -> BigInt,
        auth_time -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        app -> Text,
        amr -> Text,
    }
}

diesel::table! {
    idempotency (key) {
        key -> Text,
        request -> Binary,
        answer -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        recipient -> Text,
        subject -> Text,
        letter -> Binary,
        created_at -> BigInt,
        next_try_at -> BigInt,
        tries -> BigInt,
        last_error -> Nullable<Text>,
        given_up_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    stats (bucket, name) {
        bucket -> BigInt,
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    factors (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        name -> Text,
        data -> Binary,
        credential_id -> Nullable<Binary>,
        last_step -> BigInt,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    recovery_codes (hash) {
        hash -> Binary,
        user_id -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    try_runs (id) {
        id -> Text,
        state_hash -> Binary,
        console_session_id -> Text,
        client_id -> Text,
        details -> Text,
        report -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_links (hash) {
        hash -> Binary,
        purpose -> Text,
        user_id -> Nullable<Text>,
        email_key -> Text,
        detail -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    ceremonies (hash) {
        hash -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    upstream_trips (hash) {
        hash -> Binary,
        state -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    mail_codes (id) {
        id -> Text,
        user_id -> Text,
        purpose -> Text,
        hash -> Binary,
        tries -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    upstream_providers (id) {
        id -> Text,
        document -> Text,
        secret -> Nullable<Binary>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        failing_since -> Nullable<BigInt>,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    link_requests (id) {
        id -> Text,
        purpose -> Text,
        user_id -> Nullable<Text>,
        email -> Text,
        request -> Text,
        language -> Text,
        address -> Text,
        correlation_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    upstream_identities (id) {
        id -> Text,
        provider_id -> Text,
        issuer -> Text,
        subject -> Text,
        user_id -> Text,
        shown -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    upstream_sessions (session_id) {
        session_id -> Text,
        link_id -> Text,
        sid -> Nullable<Text>,
    }
}

diesel::table! {
    upstream_ended (hash) {
        hash -> Binary,
        at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    upstream_logouts (hash) {
        hash -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    upstream_tokens (link_id) {
        link_id -> Text,
        sealed -> Binary,
        expires_at -> Nullable<BigInt>,
        version -> BigInt,
        refreshing_until -> Nullable<BigInt>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    accepted_terms (user_id, version) {
        user_id -> Text,
        version -> BigInt,
        accepted_at -> BigInt,
    }
}

diesel::table! {
    pictures (id) {
        id -> Text,
        user_id -> Text,
        media_type -> Text,
        bytes -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        name -> Text,
        description -> Text,
        url -> Text,
        events -> Text,
        enabled -> Bool,
        secret -> Binary,
        old_secret -> Nullable<Binary>,
        old_secret_until -> Nullable<BigInt>,
        failing_since -> Nullable<BigInt>,
        disabled_why -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    webhook_deliveries (webhook_id, event_id) {
        webhook_id -> Text,
        event_id -> BigInt,
        kind -> Text,
        created_at -> BigInt,
        next_try_at -> Nullable<BigInt>,
        tries -> BigInt,
        last_try_at -> Nullable<BigInt>,
        status -> Nullable<BigInt>,
        duration_ms -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        delivered_at -> Nullable<BigInt>,
        given_up_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(client_logos -> clients (client_id));
diesel::joinable!(upstream_identities -> users (user_id));
diesel::joinable!(upstream_sessions -> sessions (session_id));
diesel::joinable!(upstream_sessions -> upstream_identities (link_id));
diesel::joinable!(client_secrets -> clients (client_id));
diesel::joinable!(group_members -> users (user_id));
diesel::joinable!(refresh_tokens -> grants (grant_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(own_sessions -> users (user_id));
diesel::joinable!(user_terms -> users (user_id));
diesel::joinable!(invitations -> users (user_id));
diesel::joinable!(passwords -> users (user_id));
diesel::joinable!(pictures -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    client_logos,
    client_secrets,
    clients,
    own_sessions,
    grants,
    group_members,
    invitations,
    passwords,
    pictures,
    refresh_tokens,
    revoked_tokens,
    roles,
    sessions,
    upstream_identities,
    upstream_sessions,
    upstream_tokens,
    user_terms,
    users,
    webhook_deliveries,
    webhooks,
);
