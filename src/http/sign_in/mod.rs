//! The sign-in steps over HTTP. This file owns what they share: sending an answer to the app, error pages, and the cards
//! that name apps and people.

pub mod choose;
pub mod consent;
pub mod enrol;
pub mod invitation;
pub mod login;
pub mod logo;
pub mod new_password;
pub mod not_me;
pub mod second_factor;
pub mod setup;

use crate::flow::Cx;
use crate::flow::sign_in::consent::StepOutcome;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::pages::{Chrome, ErrorPage, FormPostPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::state::Place;
use crate::oauth::authorize::Answer;
use crate::oauth::error::Refusal;
use crate::oauth::redirect_uri::{origin, shown_host};

/// Sends an answer to the app.
pub fn answer(answer: &Answer, place: &Place) -> Reply {
    match answer {
        Answer::Redirect(location) => Reply::redirect(location.clone()),
        Answer::FormPost { action, fields } => {
            let page = FormPostPage {
                chrome: Chrome::new("One moment", place),
                action: action.clone(),
                host: shown_host(action),
                fields: fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
                nonce: None,
            };
            let target =
                origin(action).unwrap_or_else(|| action.split(':').next().unwrap_or_default().to_owned() + ":");
            Reply::form_post(&page, &target)
        }
    }
}

/// A refusal as a page; nothing redirects.
pub fn refusal_page(cx: &Cx, place: &Place, refusal: Refusal, facts: Vec<(String, String)>) -> Reply {
    error_page(cx, place, 400, "This request cannot go on", refusal, facts)
}

/// A form that was not ours: 403.
pub fn forged_page(cx: &Cx, place: &Place, refusal: Refusal) -> Reply {
    error_page(cx, place, 403, "This form is out of date", refusal, Vec::new())
}

/// A form of ours that does not decode: 403, with a row in the trace.
pub fn unreadable_form(call: &Call, step: &'static str, refusal: Refusal) -> Reply {
    forged_page(&call.cx, &call.web.place, call.cx.refuse(step, refusal, Note::default()))
}

fn error_page(
    cx: &Cx,
    place: &Place,
    status: u16,
    heading: &str,
    refusal: Refusal,
    facts: Vec<(String, String)>,
) -> Reply {
    let mut what = refusal.description.as_str().to_owned();
    // A sentence begins with a capital; the name of a parameter is written as it is.
    let begins_with_a_name = what.split(' ').next().is_some_and(|word| word.contains('_'));
    if let Some(first) = what.get_mut(0..1).filter(|_| !begins_with_a_name) {
        first.make_ascii_uppercase();
    }
    let chrome = Chrome::new(heading, place);
    let page = ErrorPage {
        // Addresses need room.
        chrome: if facts.is_empty() { chrome } else { chrome.wide() },
        status,
        heading: heading.to_owned(),
        what: what + ".",
        advice: "Go back to the app and try again. If it happens again, tell whoever runs the app the number below."
            .to_owned(),
        facts,
        correlation_id: cx.correlation_id.clone(),
        back: None,
    };
    Reply::page(status, &page, &[]).correlated(&cx.correlation_id)
}

/// What follows a step: back to `/authorize`, or the app's answer, or a page.
pub fn after_step(call: &Call, outcome: StepOutcome) -> Reply {
    match outcome {
        StepOutcome::GoOn(request) => go_on(call, &request),
        StepOutcome::Answer(a) => answer(&a, &call.web.place),
        StepOutcome::Page(page) => refusal_page(&call.cx, &call.web.place, page.refusal, page.facts),
        StepOutcome::Forged(refusal) => forged_page(&call.cx, &call.web.place, *refusal),
    }
}

/// Back to `/authorize`, which decides what comes next.
pub fn go_on(call: &Call, request: &str) -> Reply {
    Reply::redirect(format!("{}{}?request={request}", call.web.place.base, ENDPOINTS.authorize))
}

/// Cards that name apps and people.
pub mod cards {
    use crate::http::pages::{AccountCard, ClientCard};
    use crate::http::state::Place;
    use crate::oauth::client::Client;
    use crate::oauth::redirect_uri::shown_host;
    use crate::oauth::step::SignedIn;
    use crate::time::Timestamp;

    /// An app, and where the person goes back to.
    pub fn client(client: &Client, redirect_uri: Option<&str>, place: &Place) -> ClientCard {
        ClientCard {
            name: client.name.clone(),
            host: redirect_uri.map(shown_host),
            logo: client.logo_path().map(|path| format!("{}{path}", place.base)),
            client_uri: client.about.client_uri.clone(),
            policy_uri: client.about.policy_uri.clone(),
            tos_uri: client.about.tos_uri.clone(),
        }
    }

    /// A person with a session.
    pub fn account(known: &SignedIn, now: Timestamp) -> AccountCard {
        let name = known.user.profile.name.clone().unwrap_or_default();
        AccountCard {
            id: known.session.id.as_str().to_owned(),
            initials: initials(known.user.display_name()),
            email: known.user.email.as_str().to_owned(),
            since: since(known.session.auth_time, now),
            name,
        }
    }

    /// One or two letters that stand for a name.
    pub fn initials(name: &str) -> String {
        let mut words = name.split(|c: char| c.is_whitespace() || c == '@' || c == '.').filter(|w| !w.is_empty());
        let mut letter = || words.next().and_then(|w| w.chars().find(|c| c.is_alphanumeric()));
        let letters = [letter(), if name.contains('@') { None } else { letter() }];
        letters.into_iter().flatten().flat_map(char::to_uppercase).collect()
    }

    fn since(at: Timestamp, now: Timestamp) -> String {
        let minutes = now.since(at).seconds() / 60;
        match minutes {
            0 => "Signed in just now".to_owned(),
            1 => "Signed in a minute ago".to_owned(),
            2..=59 => format!("Signed in {minutes} minutes ago"),
            60..=119 => "Signed in an hour ago".to_owned(),
            _ => format!("Signed in {} hours ago", minutes / 60),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn initials_of_names_and_addresses() {
            for (name, wanted) in [("Ada Lovelace", "AL"), ("ada@example.com", "A"), ("", ""), ("Ø", "Ø")] {
                assert_eq!(initials(name), wanted, "{name}");
            }
        }
    }
}
