//! Letters that wait: a provider that would send mail, and what lies in its outbox.

use vouchsafe::outbound::Letter;
use vouchsafe::store::outbox::{self, Letters};

use super::TestApp;

impl TestApp {
    /// A provider with a mail server that is not there: nothing leaves, since nobody sends in these tests.
    pub async fn with_mail(settings: &[(&str, &str)]) -> Self {
        let mail = [
            ("VOUCHSAFE_MAIL_HOST", "127.0.0.1"),
            ("VOUCHSAFE_MAIL_TLS", "none"),
            ("VOUCHSAFE_MAIL_FROM", "Acme <no-reply@acme.test>"),
        ];
        Self::start_with(&[&mail, settings].concat()).await
    }

    /// The letters in the outbox, the oldest first.
    pub async fn letters(&self) -> Vec<Letter> {
        let waiting = self.app.parts.db.read(|c| outbox::list(c, Letters::All, None, 1000)).await.expect("the outbox");
        let open = |w: &outbox::Waiting| {
            let plain = self.app.parts.post.sealer.open(&w.letter, w.id.as_bytes()).expect("ours");
            serde_json::from_slice(&plain).expect("a letter")
        };
        waiting.iter().map(open).collect()
    }

    /// Those with this subject.
    pub async fn letters_about(&self, subject: &str) -> Vec<Letter> {
        self.letters().await.into_iter().filter(|letter| letter.subject == subject).collect()
    }
}

/// Where the other button of a letter leads.
pub fn other_link(letter: &Letter) -> String {
    letter.also.as_ref().expect("a second button").address.clone()
}

/// Where the button of a letter leads.
pub fn link(letter: &Letter) -> String {
    letter.button.as_ref().expect("a button").address.clone()
}
