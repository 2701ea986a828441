//! Owns `/new-address` over HTTP, the page behind the letters about a change of address, to the new one and to the old one: the
//! secret goes from the URL into a cookie at once, and a form agrees if the person is signed in on this browser. Looking uses
//! nothing up.

use crate::flow::account::address::{self, AddressRefusal, Agreed, Change, End};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{AddressState, NewAddressPage};
use crate::http::reply::Reply;
use crate::http::sign_in::asking::{dead_link, moved};
use crate::http::sign_in::{forged_page, unreadable_form};
use crate::sensitive::Sensitive;

const STEP: &str = "new_address";
const PATH: &str = "/new-address";

/// The page.
pub async fn get(call: Call) -> Reply {
    if let Some(reply) = moved(&call, Jar::NewAddress, PATH, STEP) {
        return reply;
    }
    let Some(token) = cookies::find(&call.request, Jar::NewAddress, &call.web.place) else {
        return dead_link(&call, STEP);
    };
    match address::look(&call.cx, &token, &call.browser()).await {
        Ok(Ok(change)) => {
            let state = match change.end {
                End::New if change.agreed => AddressState::WaitsFor(change.user.email.as_str().to_owned()),
                End::Old if change.agreed => AddressState::WaitsFor(change.new.as_str().to_owned()),
                End::New => AddressState::Asked,
                End::Old => AddressState::OldAsked,
            };
            Reply::page(200, &page(&call, &token, Some(&change), state), &[])
        }
        Ok(Err(refusal)) => refused(&call, &refusal),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Changes the address.
pub async fn post(call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let place = &call.web.place;
    let Some(token) = cookies::find(&call.request, Jar::NewAddress, place) else { return dead_link(&call, STEP) };
    if !form_token_is_good(&call.cx, form.find("csrf").unwrap_or_default(), Some(&token), PATH, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let browser = call.browser();
    let before = match address::look(&call.cx, &token, &browser).await {
        Ok(Ok(change)) => change,
        Ok(Err(refusal)) => return refused(&call, &refusal),
        Err(fault) => return call.fault_page(&fault),
    };
    match address::confirm(&call.cx, &Sensitive::new(token), &browser).await {
        Ok(Ok(agreed)) => {
            let (told, state) = match agreed {
                Agreed::Changed => ("changed the address", AddressState::Done),
                Agreed::WaitsFor(other) => {
                    ("agreed to another address", AddressState::WaitsFor(other.as_str().to_owned()))
                }
            };
            call.cx.note(Note::new(STEP, told).user(before.user.id.as_str()));
            let page = page(&call, "", Some(&before), state);
            Reply::page(200, &page, &[]).cookie(cookies::clear(Jar::NewAddress, place))
        }
        Ok(Err(refusal)) => refused(&call, &refusal),
        Err(fault) => call.fault_page(&fault),
    }
}

fn refused(call: &Call, refusal: &AddressRefusal) -> Reply {
    let clear = || cookies::clear(Jar::NewAddress, &call.web.place);
    match refusal {
        // The cookie stays: whoever signs in now need not open the letter again.
        AddressRefusal::NotSignedIn => Reply::page(403, &page(call, "", None, AddressState::NotSignedIn), &[]),
        AddressRefusal::Taken => Reply::page(409, &page(call, "", None, AddressState::Taken), &[]).cookie(clear()),
        _ => dead_link(call, STEP).cookie(clear()),
    }
}

fn page(call: &Call, token: &str, change: Option<&Change>, state: AddressState) -> NewAddressPage {
    NewAddressPage {
        chrome: call.chrome("new-address-title"),
        csrf: form_token(&call.cx, token, PATH, ""),
        old: change.map(|change| change.user.email.as_str().to_owned()).unwrap_or_default(),
        new: change.map(|change| change.new.as_str().to_owned()).unwrap_or_default(),
        state,
    }
}
