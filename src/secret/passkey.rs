//! Owns passkeys (WebAuthn Level 3): what a browser is asked, and whether its answer is good. The only file that names
//! webauthn-rs. It does not own where passkeys are kept (`store::factors`), to whom a question belongs, nor that each is
//! answered once (`flow::sign_in::ceremony`).

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::secret::equal;

/// Longest name of a credential (WebAuthn section 4, "Credential ID").
const MAX_CREDENTIAL_ID: usize = 1_023;

/// Why an answer is no good. For the trace; a person is told less.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PasskeyError {
    /// Not what a browser sends.
    #[error("the answer cannot be read")]
    Unreadable,
    /// The counter did not go up (WebAuthn section 6.1.1).
    #[error("the passkey's counter did not go up: it may have been copied")]
    Copied,
    /// The passkey says that it belongs to somebody else, or not to whom.
    #[error("the passkey does not name the person it was made for")]
    OtherPerson,
    /// What the library found.
    #[error("{0}")]
    Refused(String),
    /// What we stored ourselves cannot be read, or the library fails.
    #[error("the passkey or its question cannot be used: {0}")]
    Broken(String),
}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::CredentialPossibleCompromise => PasskeyError::Copied,
            other => PasskeyError::Refused(other.to_string()),
        }
    }
}

/// What a browser is asked.
pub struct Question {
    /// The options of `navigator.credentials.create` or `.get`, as JSON; bytes are base64url.
    pub options: String,
    /// What must be known when the answer comes.
    pub state: Vec<u8>,
}

/// For whom a passkey is made.
pub struct Person<'a> {
    /// Their id; only a hash of it goes into the passkey.
    pub id: &'a str,
    /// What the browser shows: the address.
    pub login: &'a str,
    /// What the browser shows: the name.
    pub name: &'a str,
}

/// A passkey as it is stored: public, nothing to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The credential's name among all.
    pub credential_id: Vec<u8>,
    /// The credential's public record.
    pub data: Vec<u8>,
}

/// A passkey that was made.
#[derive(Debug)]
pub struct Made {
    /// As it is to be stored.
    pub passkey: StoredPasskey,
    /// Whether it may be on several devices.
    pub is_synced: bool,
}

/// A good answer.
#[derive(Debug)]
pub struct Shown {
    /// The record as it is to be stored now.
    pub data: Vec<u8>,
    /// Whether the passkey may be on several devices.
    pub is_synced: bool,
}

/// An answer that can be read; nothing of it is proven.
pub struct Answer(PublicKeyCredential);

impl Answer {
    /// Reads the JSON of a browser.
    ///
    /// # Errors
    /// [`PasskeyError::Unreadable`].
    pub fn read(text: &str) -> Result<Self, PasskeyError> {
        serde_json::from_str(text).map(Self).map_err(|_| PasskeyError::Unreadable)
    }

    /// Which passkey it says it is of.
    pub fn credential_id(&self) -> &[u8] {
        self.0.get_credential_id()
    }
}

/// Whether a passkey must say itself whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// Nobody else said it (WebAuthn section 7.2, step 6).
    Required,
    /// The person is known; what the passkey says must not differ.
    Optional,
}

/// We, towards browsers.
#[derive(Debug)]
pub struct RelyingParty {
    webauthn: Webauthn,
}

impl RelyingParty {
    /// Id and origin come from the issuer, never from a request. `None` where the issuer's host is an address and no name:
    /// browsers make no passkeys there.
    pub fn of(issuer: &str) -> Option<Self> {
        let issuer = Url::parse(issuer).ok()?;
        let origin = Url::parse(&issuer.origin().ascii_serialization()).ok()?;
        let webauthn = WebauthnBuilder::new(origin.domain()?, &origin).and_then(WebauthnBuilder::build).ok()?;
        Some(Self { webauthn })
    }

    /// Asks for a new passkey. `known` are those that the person has already; `shown_as` is our name.
    ///
    /// # Errors
    /// [`PasskeyError::Broken`].
    pub fn ask_new(&self, person: &Person<'_>, shown_as: &str, known: &[&[u8]]) -> Result<Question, PasskeyError> {
        let known: Vec<CredentialID> = known.iter().map(|id| CredentialID::from(id.to_vec())).collect();
        let handle = Uuid::from_bytes(handle(person.id));
        let (options, state) = self
            .webauthn
            .start_passkey_registration(handle, person.login, person.name, Some(known))
            .map_err(|e| PasskeyError::Broken(e.to_string()))?;
        let mut options = tree(&options)?;
        // The library discourages what signing in without an address needs. Who has a security key without room for it can
        // still use it as a second factor, so it is not required.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("preferred");
        options["publicKey"]["rp"]["name"] = json!(shown_as);
        Ok(Question { options: options.to_string(), state: bytes(&state)? })
    }

    /// Judges the answer to [`RelyingParty::ask_new`] (WebAuthn section 7.1). Whether somebody has this passkey already is
    /// asked of the database.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn judge_new(&self, state: &[u8], answer: &str) -> Result<Made, PasskeyError> {
        let state: PasskeyRegistration = read(state)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| PasskeyError::Unreadable)?;
        let passkey = self.webauthn.finish_passkey_registration(&answer, &state)?;
        let credential_id: &[u8] = passkey.cred_id().as_ref();
        if credential_id.len() > MAX_CREDENTIAL_ID || credential_id != answer.raw_id.as_slice() {
            return Err(PasskeyError::Refused("the credential's name is too long, or is told in two ways".to_owned()));
        }
        // The library shows it of passkeys that are used only.
        let is_synced = tree(&passkey)?["cred"]["backup_eligible"] == json!(true);
        let passkey = StoredPasskey { credential_id: credential_id.to_vec(), data: bytes(&passkey)? };
        Ok(Made { passkey, is_synced })
    }

    /// Asks for a passkey: for one of `among`, or for any where there is none named. A PIN or a finger is always demanded.
    ///
    /// # Errors
    /// [`PasskeyError::Broken`].
    pub fn ask(&self, among: &[&[u8]]) -> Result<Question, PasskeyError> {
        let started = self.webauthn.start_discoverable_authentication();
        let (options, state) = started.map_err(|e| PasskeyError::Broken(e.to_string()))?;
        let mut options = tree(&options)?;
        // When and how to ask is the page's.
        if let Some(top) = options.as_object_mut() {
            top.remove("mediation");
        }
        let one = |id: &&[u8]| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) });
        options["publicKey"]["allowCredentials"] = among.iter().map(one).collect();
        Ok(Question { options: options.to_string(), state: bytes(&state)? })
    }

    /// Judges the answer to [`RelyingParty::ask`] (WebAuthn section 7.2) against a passkey of this person.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn judge(
        &self,
        state: &[u8],
        answer: &Answer,
        passkey: &StoredPasskey,
        (person, rule): (&str, Handle),
    ) -> Result<Shown, PasskeyError> {
        let state: DiscoverableAuthentication = read(state)?;
        let mut known: Passkey = read(&passkey.data)?;
        let says_right = match answer.0.get_user_unique_id() {
            Some(said) => equal(said, &handle(person)),
            None => rule == Handle::Optional,
        };
        if !says_right {
            return Err(PasskeyError::OtherPerson);
        }
        if is_cross_origin(&answer.0.response.client_data_json) {
            return Err(PasskeyError::Refused("the page was embedded in another site's".to_owned()));
        }
        let result = self.webauthn.finish_discoverable_authentication_v2(&answer.0, state, &known)?;
        known.update_credential(&result);
        Ok(Shown { data: bytes(&known)?, is_synced: result.backup_eligible() })
    }
}

/// What a passkey keeps of a person: nothing that says who they are (WebAuthn section 14.6.1).
fn handle(person: &str) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"vouchsafe/1 passkey of\0");
    context.update(person.as_bytes());
    let mut handle = [0; 16];
    handle.copy_from_slice(&context.finish().as_ref()[..16]);
    handle
}

/// The library asks this of new passkeys only.
fn is_cross_origin(client_data: &[u8]) -> bool {
    serde_json::from_slice::<Value>(client_data).is_ok_and(|data| data["crossOrigin"] == json!(true))
}

fn tree(value: &impl Serialize) -> Result<Value, PasskeyError> {
    serde_json::to_value(value).map_err(|e| PasskeyError::Broken(e.to_string()))
}

fn bytes(value: &impl Serialize) -> Result<Vec<u8>, PasskeyError> {
    serde_json::to_vec(value).map_err(|e| PasskeyError::Broken(e.to_string()))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, PasskeyError> {
    serde_json::from_slice(bytes).map_err(|e| PasskeyError::Broken(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k09_we_are_who_the_issuer_says() {
        let options = |issuer: &str| -> Value {
            let party = RelyingParty::of(issuer).expect("a relying party");
            serde_json::from_str(&party.ask(&[]).expect("a question").options).expect("JSON")
        };
        let asked = options("https://id.example.com:8443/auth");
        assert_eq!(asked["publicKey"]["rpId"], "id.example.com");
        assert_eq!(options("http://localhost:8080")["publicKey"]["rpId"], "localhost");
        assert_eq!(asked["publicKey"]["userVerification"], "required");
        assert!(asked.get("mediation").is_none(), "{asked}");
        for issuer in ["https://192.0.2.1", "https://[2001:db8::1]", "nonsense"] {
            assert!(RelyingParty::of(issuer).is_none(), "{issuer}");
        }
    }

    #[test]
    fn j03_a_question_to_nobody_in_particular_names_no_passkey() {
        let party = RelyingParty::of("https://id.example.com").expect("a relying party");
        let ask = |among: &[&[u8]]| -> Value {
            serde_json::from_str(&party.ask(among).expect("a question").options).expect("JSON")
        };
        let (mut one, mut two) = (ask(&[]), ask(&[]));
        assert_ne!(one["publicKey"]["challenge"].take(), two["publicKey"]["challenge"].take());
        assert_eq!(one, two);
        assert_eq!(one["publicKey"]["allowCredentials"], json!([]));
        assert_eq!(ask(&[b"abc"])["publicKey"]["allowCredentials"][0]["id"], "YWJj");
    }

    #[test]
    fn a_new_passkey_holds_no_id_of_ours_and_asks_for_room_and_a_pin() {
        let party = RelyingParty::of("https://id.example.com").expect("a relying party");
        let person = Person { id: "0199-alice", login: "alice@example.com", name: "Alice" };
        let asked = party.ask_new(&person, "Acme", &[b"abc"]).expect("a question");
        let options: Value = serde_json::from_str(&asked.options).expect("JSON");
        let options = &options["publicKey"];
        assert_eq!(options["rp"], json!({ "id": "id.example.com", "name": "Acme" }));
        assert_eq!(options["user"]["id"], URL_SAFE_NO_PAD.encode(handle("0199-alice")));
        let selection = &options["authenticatorSelection"];
        assert_eq!(
            (&selection["residentKey"], &selection["userVerification"]),
            (&json!("preferred"), &json!("required"))
        );
        assert_eq!(options["excludeCredentials"][0]["id"], "YWJj");
        assert_eq!(options["attestation"], "none");
        assert_ne!(handle("a"), handle("b"));
    }
}
