//! An authenticator made of software: it answers the questions of our pages as a browser with a passkey does, or wrongly in
//! one respect.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::browser::PasskeyForm;
use super::{Browser, Page, TestApp};

/// One passkey.
pub struct Passkey {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    pub counter: u32,
    pub synced: bool,
}

/// What is different from how it should be.
#[derive(Clone, Debug, Default)]
pub struct Twist {
    pub origin: Option<String>,
    pub rp_id: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub challenge: Option<String>,
    pub not_verified: bool,
    pub not_present: bool,
    pub cross_origin: bool,
    /// COSE algorithm of a new key.
    pub algorithm: Option<u8>,
    /// The name of the credential.
    pub id: Option<Vec<u8>>,
    pub handle: Option<Option<Vec<u8>>>,
    pub broken_signature: bool,
    pub backed_up_only: bool,
}

impl Default for Passkey {
    fn default() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        Self { key, id, handle: Vec::new(), counter: 0, synced: false }
    }
}

impl Passkey {
    /// The answer to a question for a new passkey.
    pub fn create(&mut self, app: &TestApp, form: &PasskeyForm, twist: &Twist) -> String {
        let asked = &form.options["publicKey"];
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        self.handle = URL_SAFE_NO_PAD.decode(asked["user"]["id"].as_str().expect("a handle")).expect("base64url");
        let mut data = self.data(asked["rp"]["id"].as_str().expect("an id"), twist, 0x40);
        let id = twist.id.as_ref().unwrap_or(&self.id);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).expect("short").to_be_bytes());
        data.extend(id);
        data.extend(self.cose(twist.algorithm));
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.push(0x59);
        object.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend(&data);
        json!({
            "id": URL_SAFE_NO_PAD.encode(id), "rawId": URL_SAFE_NO_PAD.encode(id), "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data(app, "webauthn.create", asked, twist)),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
            },
        })
        .to_string()
    }

    /// The answer to a question for this passkey.
    pub fn get(&mut self, app: &TestApp, form: &PasskeyForm, twist: &Twist) -> String {
        let asked = &form.options["publicKey"];
        assert_eq!(asked["userVerification"], "required");
        let data = self.data(asked["rpId"].as_str().expect("an id"), twist, 0);
        let client_data = client_data(app, "webauthn.get", asked, twist);
        let signed = [data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let mut signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature").as_ref().to_vec();
        if twist.broken_signature {
            *signature.last_mut().expect("bytes") ^= 1;
        }
        let handle = twist.handle.clone().unwrap_or_else(|| Some(self.handle.clone()));
        let id = twist.id.as_ref().unwrap_or(&self.id);
        json!({
            "id": URL_SAFE_NO_PAD.encode(id), "rawId": URL_SAFE_NO_PAD.encode(id), "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": handle.map(|handle| URL_SAFE_NO_PAD.encode(handle)),
            },
        })
        .to_string()
    }

    /// `authenticatorData` up to the counter (WebAuthn section 6.1).
    fn data(&self, rp_id: &str, twist: &Twist, more: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, twist.rp_id.unwrap_or(rp_id).as_bytes()).as_ref().to_vec();
        let present = u8::from(!twist.not_present);
        let verified = if twist.not_verified { 0 } else { 0x04 };
        let backup = match (twist.backed_up_only, self.synced) {
            (true, _) => 0x10,
            (false, true) => 0x18,
            (false, false) => 0,
        };
        data.push(present | verified | backup | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key (RFC 9053 section 7.1).
    fn cose(&self, algorithm: Option<u8>) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, algorithm.unwrap_or(0x26), 0x20, 0x01, 0x21, 0x58, 0x20];
        cose.extend(&point[1..33]);
        cose.extend([0x22, 0x58, 0x20]);
        cose.extend(&point[33..65]);
        cose
    }
}

fn client_data(app: &TestApp, kind: &str, asked: &Value, twist: &Twist) -> String {
    let origin = url::Url::parse(&app.issuer).expect("an issuer").origin().ascii_serialization();
    json!({
        "type": twist.kind.unwrap_or(kind),
        "challenge": twist.challenge.as_deref().or(asked["challenge"].as_str()),
        "origin": twist.origin.as_ref().unwrap_or(&origin),
        "crossOrigin": twist.cross_origin,
    })
    .to_string()
}

impl Browser {
    /// Sends the form for a passkey with this answer.
    pub async fn answer_once(&mut self, form: &PasskeyForm, answer: &str) -> Page {
        let mut fields: Vec<(&str, &str)> = form.hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        fields.retain(|(name, _)| *name != "answer");
        fields.push(("answer", answer));
        let to = format!("{}{}", self.origin(), form.action);
        self.post(&to, &fields).await
    }

    /// The same, and follows redirects at the provider.
    pub async fn answer(&mut self, form: &PasskeyForm, answer: &str) -> Page {
        let page = self.answer_once(form, answer).await;
        self.follow(page).await
    }
}
