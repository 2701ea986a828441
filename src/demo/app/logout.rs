//! Owns the logout: the app forgets the person, then sends the browser to the provider so that its session ends too
//! (RP-Initiated Logout 1.0).

use url::Url;

use super::State;
use super::callback::Query;
use super::explain::Place;
use super::show;
use super::timeline::{Actor, Chapter, Check, Message, Mood, Step};
use super::visitor::{Leaving, Visitor, random};

/// Ends the app's own session and says where to send the browser; `None` when the provider has no logout endpoint.
pub(super) fn begin(state: &State, visitor: &mut Visitor, now: i64) -> Option<Url> {
    let person = visitor.signed_in.take()?;
    visitor.chapters.clear();
    let mut chapter = Chapter::new("Log out", now);
    let mut first = Step::new("forget", Actor::App, Actor::App).titled(
        "Forget the person here",
        "The app's own session ends first, whatever happens next. Its tokens are dropped from memory.",
    );
    first.check(Check::good("the app's session is over", ""));
    chapter.steps.push(first);
    let endpoint = person.provider.extra.end_session_endpoint.as_deref().and_then(|url| Url::parse(url).ok());
    let Some(mut url) = endpoint else {
        chapter.lesson = "The provider lists no end_session_endpoint: its own session lives on.".to_owned();
        visitor.leaving = Some(Leaving { state: String::new(), chapter });
        return None;
    };
    let token = random();
    url.query_pairs_mut()
        .append_pair("id_token_hint", person.id_token.expose())
        .append_pair("client_id", &state.settings.client_id)
        .append_pair("post_logout_redirect_uri", &state.settings.logged_out())
        .append_pair("state", &token);
    let mut step = Step::new("log out", Actor::Browser, Actor::Provider).titled(
        "Send the browser to the provider's logout",
        "Or the next “Sign in” would succeed without a password. The ID token proves whose session is meant, so the \
         provider need not ask.",
    );
    step.request = Some(show::address("GET", &url, Place::Logout));
    chapter.steps.push(step);
    visitor.leaving = Some(Leaving { state: token, chapter });
    Some(url)
}

/// What came back to the post-logout address, as the last chapter.
pub(super) fn finish(state: &State, visitor: &mut Visitor, query: &Query, now: i64) -> Chapter {
    let Some(leaving) = visitor.leaving.take() else {
        let mut chapter = Chapter::new("Log out", now);
        chapter.lesson = "Nobody is signed in to this app in this browser.".to_owned();
        return chapter;
    };
    let mut chapter = leaving.chapter;
    if leaving.state.is_empty() {
        return chapter;
    }
    let mut step = Step::new("come back", Actor::Provider, Actor::Browser)
        .titled("The browser comes back", "To an address that was registered for this, and with the state we sent.");
    let rows = query.one("state").map(|value| show::row(Place::Logout, "state", value)).into_iter().collect();
    step.request = Some(Message {
        line: format!("GET {}", state.settings.logged_out()),
        title: "Query",
        rows,
        ..Message::default()
    });
    if query.one("state") == Some(leaving.state.as_str()) {
        step.check(Check::good("state is the one we sent", "OIDC RP-Initiated Logout §3"));
        chapter.lesson = "Both sessions are over: the app's and the provider's. An access token that was handed out \
                          before lives on in APIs that read it by themselves, until it expires."
            .to_owned();
    } else {
        step.check(Check::bad(
            "state is not the one we sent: this is not the answer to our request",
            "OIDC RP-Initiated Logout §3",
        ));
        chapter.mood = Mood::Bad;
        chapter.lesson =
            "You are signed out of this app. Whether the provider's session has ended is not known.".to_owned();
    }
    chapter.steps.push(step);
    chapter
}
