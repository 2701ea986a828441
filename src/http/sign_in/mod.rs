//! The sign-in steps over HTTP. This file owns what they share: sending an answer to the app, error pages, and the cards
//! that name apps and people.

pub mod asking;
pub mod choose;
pub mod consent;
pub mod enrol;
pub mod invitation;
pub mod language;
pub mod login;
pub mod logo;
pub mod new_address;
pub mod new_password;
pub mod not_me;
pub mod passkey;
pub mod recovery;
pub mod recovery_link;
pub mod second_factor;
pub mod setup;
pub mod sign_up;
pub mod sign_up_link;
pub mod strength;
pub mod terms;
pub mod upstream;
pub mod words;

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
pub fn answer(call: &Call, answer: &Answer) -> Reply {
    match answer {
        Answer::Redirect(location) => Reply::redirect(location.clone()),
        Answer::FormPost { action, fields } => {
            let page = FormPostPage {
                chrome: Chrome::speaking(call.cx.language, "form-post-title", &call.web.place),
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
    error_page(cx, place, 400, "error-request-title", refusal, facts)
}

/// A form that was not ours: 403.
pub fn forged_page(cx: &Cx, place: &Place, refusal: Refusal) -> Reply {
    error_page(cx, place, 403, "error-form-title", refusal, Vec::new())
}

/// A form of ours that does not decode: 403, with a row in the trace.
pub fn unreadable_form(call: &Call, step: &'static str, refusal: Refusal) -> Reply {
    forged_page(&call.cx, &call.web.place, call.cx.refuse(step, refusal, Note::default()))
}

fn error_page(
    cx: &Cx,
    place: &Place,
    status: u16,
    heading: &'static str,
    refusal: Refusal,
    mut facts: Vec<(String, String)>,
) -> Reply {
    let (what, advice) = words::of_refusal(refusal.finding.check).unwrap_or_else(|| {
        facts.insert(0, ("Finding".to_owned(), words::sentence(refusal.description.as_str())));
        ("error-app", "error-advice")
    });
    let chrome = Chrome::speaking(cx.language, heading, place);
    let page = ErrorPage {
        // Addresses need room.
        chrome: if facts.is_empty() { chrome } else { chrome.wide() },
        status,
        heading: cx.language.say(heading).into(),
        what: cx.language.say(what).into(),
        advice: cx.language.say(advice).into(),
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
        StepOutcome::Answer(a) => answer(call, &a),
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
    use crate::flow::Cx;
    use crate::http::pages::{AccountCard, ClientCard};
    use crate::http::sign_in::words;
    use crate::http::state::Place;
    use crate::oauth::client::Client;
    use crate::oauth::redirect_uri::shown_host;
    use crate::oauth::step::SignedIn;

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
    pub fn account(known: &SignedIn, cx: &Cx) -> AccountCard {
        let name = known.user.profile.name.clone().unwrap_or_default();
        AccountCard {
            id: known.session.id.as_str().to_owned(),
            initials: initials(known.user.display_name()),
            email: known.user.email.as_str().to_owned(),
            since: words::since(cx.language, known.session.auth_time, cx.now).into(),
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
