//! Owns what each claim and header member means, in one line for whoever reads a token for the first time. It does not own the
//! claims themselves (`oauth::token`, `oauth::claims`).

/// Names and meanings.
const MEANINGS: &[(&str, &str)] = &[
    ("alg", "Header: the algorithm of the signature. An app takes the one it expects and no other."),
    ("typ", "Header: the kind of token, so that one kind cannot pass for another (RFC 8725)."),
    ("kid", "Header: which key of the key set signed it."),
    ("cty", "Header: the kind of content."),
    ("iss", "Who issued it: this provider. An app compares it with the issuer in its settings."),
    ("sub", "Whom it is about: the person's id here, which never changes; without a person the client's own."),
    ("aud", "Whom it is for. Whoever is not named here must refuse it."),
    ("client_id", "The client it was issued to."),
    ("azp", "The client it was issued to."),
    ("exp", "From this moment on it must be refused."),
    ("iat", "When it was issued."),
    ("nbf", "Before this moment it must be refused."),
    ("jti", "Its own name; revocation lists it."),
    ("scope", "What was granted, parted by spaces. An API looks here for what the caller may do."),
    ("gid", "The grant it belongs to: when the grant ends, the token ends."),
    ("auth_time", "When the person last proved who they are."),
    ("acr", "How strong that proof was, as a class."),
    ("amr", "How they proved it; pwd is a password."),
    ("nonce", "Echo of the authorization request: ties the ID token to the sign-in that the app began."),
    ("sid", "The session at this provider it came from."),
    ("at_hash", "Half of the access token's hash: ties the two tokens together."),
    ("active", "Whether it is good at this moment."),
    ("token_type", "How it is presented."),
    ("name", "The person's full name, for showing."),
    ("given_name", "First name."),
    ("family_name", "Last name."),
    ("middle_name", "Middle name."),
    ("nickname", "Casual name."),
    ("preferred_username", "How the person wants to be called; may change, so it is no key."),
    ("profile", "Address of their profile page."),
    ("picture", "Address of their picture."),
    ("website", "Address of their own site."),
    ("gender", "Gender."),
    ("birthdate", "Day of birth."),
    ("zoneinfo", "Time zone."),
    ("locale", "Language and country."),
    ("updated_at", "When these facts last changed."),
    ("email", "E-mail address; may change, so it is no key."),
    ("email_verified", "Whether somebody proved that the address is theirs."),
    ("phone_number", "Telephone number."),
    ("phone_number_verified", "Whether somebody proved that the number is theirs."),
    ("address", "Postal address."),
    ("groups", "Groups the person belongs to here."),
];

/// What a claim means.
pub fn meaning(name: &str) -> &'static str {
    let known = MEANINGS.iter().find(|(known, _)| *known == name);
    known.map_or("A claim of your own: put here by a mapping of a scope or of this client.", |(_, words)| words)
}

/// Whether its number is a moment, in seconds since 1970.
pub fn is_moment(name: &str) -> bool {
    matches!(name, "exp" | "iat" | "nbf" | "auth_time" | "updated_at")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_that_we_release_has_a_meaning() {
        let own = meaning("of nobody");
        for name in crate::oauth::claims::SUPPORTED {
            assert_ne!(meaning(name), own, "{name}");
        }
    }
}
