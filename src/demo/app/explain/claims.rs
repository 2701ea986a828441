//! Owns what the claims and the headers of a JWT mean.

use super::{Note, note};

/// A claim of an ID token, an access token, userinfo or an introspection answer.
pub(in crate::demo::app) fn claim(name: &str) -> Note {
    match name {
        "iss" => {
            note("Who made this token. Compared byte for byte with the issuer we chose to trust.", "RFC 7519 §4.1.1")
        }
        "sub" => note(
            "Who it is about: the person's stable id at this issuer. Store this, not the e-mail.",
            "RFC 7519 §4.1.2",
        ),
        "aud" => note("Whom it is for. Anybody else must refuse it.", "RFC 7519 §4.1.3"),
        "exp" => note("After this moment it is worth nothing.", "RFC 7519 §4.1.4"),
        "nbf" => note("Before this moment it is not valid yet.", "RFC 7519 §4.1.5"),
        "iat" => note("When it was made.", "RFC 7519 §4.1.6"),
        "jti" => note("This token's own number, for logs and deny lists.", "RFC 7519 §4.1.7"),
        "nonce" => note("Our own nonce, come back: this token answers our request and no other.", "OIDC Core §2"),
        "auth_time" => note("When the person last proved who they are. Not when the token was made.", "OIDC Core §2"),
        "acr" => note("How strong that proof was, as a level the provider names.", "OIDC Core §2"),
        "amr" => note("The methods used: pwd is a password, otp a one-time code, hwk a hardware key.", "RFC 8176 §2"),
        "azp" => note("The client this token was made for, when the audience is someone else.", "OIDC Core §2"),
        "at_hash" => note("Half of the access token's SHA-256: ties the two tokens together.", "OIDC Core §3.1.3.6"),
        "c_hash" => note("Half of the code's SHA-256: ties the token to the code.", "OIDC Core §3.3.2.11"),
        "sid" => note("The session at the provider; logout messages name it.", "OIDC Front-Channel Logout §3"),
        "client_id" => note("The app that the token was given to.", "RFC 9068 §2.2"),
        "scope" => note("What the bearer may do, as words with spaces between.", "RFC 9068 §2.2.3"),
        "name" => note("Full name, for display.", "OIDC Core §5.1"),
        "given_name" | "family_name" | "middle_name" => note("Part of the name.", "OIDC Core §5.1"),
        "nickname" | "preferred_username" => {
            note("What the person likes to be called. Not unique, not stable.", "OIDC Core §5.1")
        }
        "email" => note("E-mail address. It may change and may be reused: no key to an account.", "OIDC Core §5.1"),
        "email_verified" => note("Whether the provider saw proof that the address is theirs.", "OIDC Core §5.1"),
        "phone_number" | "phone_number_verified" => note("Telephone, and whether it was proven.", "OIDC Core §5.1"),
        "picture" | "profile" | "website" => {
            note("An address to show. Somebody else chose it: treat it with care.", "OIDC Core §5.1")
        }
        "gender" | "birthdate" | "zoneinfo" | "locale" => note("Part of the profile.", "OIDC Core §5.1"),
        "address" => note("Postal address.", "OIDC Core §5.1.1"),
        "updated_at" => note("When the profile last changed.", "OIDC Core §5.1"),
        "groups" | "roles" | "entitlements" => note("What the person belongs to.", "RFC 9068 §2.2.3.1"),
        "cnf" => note("The key whose holder alone may use this token.", "RFC 7800 §3"),
        "token_type" => note("How the token is sent.", "RFC 6749 §5.1"),
        "username" => note("A name for people to read.", "RFC 7662 §2.2"),
        "active" => note("The one answer that counts: whether the token is good right now.", "RFC 7662 §2.2"),
        _ => note("A claim of this provider's own.", ""),
    }
}

/// A member of a JWT's header.
pub(in crate::demo::app) fn jose(name: &str) -> Note {
    match name {
        "alg" => {
            note("How it is signed. A careful reader accepts only what it expects, never “none”.", "RFC 7515 §4.1.1")
        }
        "typ" => note(
            "What kind of token this is: at+jwt is an access token and must not pass for an ID token.",
            "RFC 8725 §3.11",
        ),
        "kid" => note("Which of the published keys signed it.", "RFC 7515 §4.1.4"),
        "cty" => note("What kind of content is inside.", "RFC 7515 §4.1.10"),
        _ => note("Not used here.", "RFC 7515 §4.1"),
    }
}
