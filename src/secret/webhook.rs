//! Owns secrets of webhooks and the signatures made with them, after the Standard Webhooks specification. It does not own
//! what is signed nor where a secret is kept.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::random::Chance;
use crate::sensitive::Sensitive;
use crate::time::Timestamp;

/// Every secret begins so, in the form that people see.
pub const PREFIX: &str = "whsec_";
/// Bytes of a secret that we make.
const LENGTH: usize = 32;

/// The secret that a webhook's receiver knows, too.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// A fresh one.
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        chance.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads `whsec_` and base64 of 24 to 64 bytes. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// One from its bytes, as they were sealed.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the receiver is told it.
    pub fn text(&self) -> Sensitive {
        Sensitive::new(format!("{PREFIX}{}", STANDARD.encode(&*self.0)))
    }

    /// The signature of a message: `v1,` and base64 of HMAC-SHA-256 over id, time in seconds and body.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(format!("{id}.{}.", at.seconds()).as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign().as_ref()))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SeededChance;

    /// The values of the test in the specification's own libraries.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_seconds(1_614_265_330),
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_read_back_and_nonsense_is_not() {
        let secret = WebhookSecret::draw(&SeededChance::new(1));
        assert_eq!(WebhookSecret::parse(secret.text().expose()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(secret.text().expose()));
        let long = STANDARD.encode([7; 65]);
        for odd in
            ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!", &format!("whsec_{long}")]
        {
            assert_eq!(WebhookSecret::parse(odd), None, "{odd}");
        }
    }
}
