//! Owns `/dev/mail`: the letters that a demo would have sent. Anywhere but in a demo there is nothing at this address.

use crate::http::call::Call;
use crate::http::pages::{Chrome, MailboxPage};
use crate::http::reply::Reply;
use crate::http::sign_in::refusal_page;
use crate::oauth::error::{ErrorCode, Refusal};

/// The letters, the newest first.
pub async fn get(call: Call) -> Reply {
    let place = &call.web.place;
    let Some(mailbox) = call.cx.parts.post.mailer.mailbox() else {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "route", "none", "there is nothing at this address");
        return refusal_page(&call.cx, place, refusal, Vec::new()).with_status(404);
    };
    let page = MailboxPage { chrome: Chrome::new("Mail", place).wide(), letters: mailbox.letters() };
    Reply::page(200, &page, &[])
}
