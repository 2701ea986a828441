//! Owns what to say of scopes that a client may not have: misspelt, badly parted, unknown, or another's. It does not own the
//! rule (`authorize::allowed_scope`).

use super::{Diagnosis, nearest};

/// More than the client is registered for. `defined`: the scopes that exist here, if known.
pub(super) fn not_registered(registered: &str, asked: &str, defined: &[String]) -> Diagnosis {
    let Some(wrong) = first_beyond(registered, asked) else {
        return Diagnosis {
            mistake: format!("The client is not registered for all of the scopes it asked for: {asked}."),
            mend: format!("Ask only for scopes of the client: {registered}."),
            command: None,
        };
    };
    if wrong.contains([',', ';', '+']) || wrong.contains("%20") {
        return Diagnosis {
            mistake: format!("The scopes are not parted by spaces, so that they look like one: {wrong}."),
            mend: "Part them by single spaces and percent-encode the parameter once: scope=openid%20profile."
                .to_owned(),
            command: None,
        };
    }
    if let Some(near) = nearest(wrong, registered.split(' ')) {
        return Diagnosis {
            mistake: format!("The scope {wrong} is misspelt: the client is registered for {near}."),
            mend: format!("Write {near}; scopes are compared letter by letter, upper and lower case too."),
            command: None,
        };
    }
    let exists = defined.iter().any(|name| name == wrong);
    let command = Some("vouchsafe client edit --add-scope");
    match nearest(wrong, defined.iter().map(String::as_str)) {
        _ if exists => Diagnosis {
            mistake: format!("The scope {wrong} exists, but the client is not registered for it."),
            mend: "Have it added to the client, or ask without it.".to_owned(),
            command,
        },
        Some(near) => Diagnosis {
            mistake: format!(
                "There is no scope {wrong}; {near} is meant, perhaps, for which the client is not registered."
            ),
            mend: "Correct the name, and have the scope added to the client.".to_owned(),
            command,
        },
        None => Diagnosis {
            mistake: format!("The client is not registered for the scope {wrong}, and it may not exist here at all."),
            mend: format!(
                "Ask only for scopes of the client ({registered}), or have another one defined and added to the client."
            ),
            command: Some("vouchsafe scope add, then vouchsafe client edit --add-scope"),
        },
    }
}

/// More at a refresh than was granted at the sign-in.
pub(super) fn not_granted(granted: &str, asked: &str) -> Diagnosis {
    let wrong = first_beyond(granted, asked).unwrap_or(asked);
    Diagnosis {
        mistake: format!("The refresh asks for the scope {wrong}, which was not granted at the sign-in ({granted})."),
        mend: "Leave scope out of the refresh, or narrow it; for more start a new sign-in that asks for it.".to_owned(),
        command: None,
    }
}

/// What is beyond comes first in the finding, so that this holds even where the allowed ones were cut.
fn first_beyond<'a>(allowed: &str, asked: &'a str) -> Option<&'a str> {
    asked.split(' ').find(|token| !token.is_empty() && !allowed.split(' ').any(|known| known == *token))
}
