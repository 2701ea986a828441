//! Owns what every way to a provider has, whoever goes and for what: what is drawn for it, the address of the question, and what
//! the answer is held against. It does not own who goes (`begin`, `own_trip`) nor what follows (`callback`, `connect`,
//! `flow::admin::provider_test`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::callback_address;
use crate::flow::Cx;
use crate::flow::cx::base64url;
use crate::oauth::params::Params;
use crate::oauth::upstream::answer::{Answered, Question, Wishes, answered, question};
use crate::oauth::upstream::{Provider, Settled};
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::upstream::Entrance;

/// What the answer of a provider is held against.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Road {
    /// The provider's id.
    pub(in crate::flow) provider: String,
    /// What the provider was when it was asked ([`place_of`]).
    place: String,
    /// The issuer that the answer names.
    pub(in crate::flow) answers_as: String,
    /// Whether every answer names it.
    pub(in crate::flow) sends_iss: bool,
    pub(in crate::flow) nonce: String,
    pub(in crate::flow) verifier: String,
    pub(in crate::flow) redirect_uri: String,
}

/// A way that begins.
pub(super) struct Led {
    pub(super) road: Road,
    /// The state, under whose hash the way is remembered.
    pub(super) state: String,
    /// Where the browser goes.
    pub(super) address: String,
}

impl Road {
    /// Draws a way. `None`: the provider's authorization endpoint is no address.
    pub(super) fn lead(
        cx: &Cx,
        (provider, settled): (&Provider, &Settled),
        entrance: Entrance,
        wishes: &Wishes,
    ) -> Option<Led> {
        let draw = || token32(&*cx.parts.chance);
        let state = draw();
        let road = Self {
            provider: provider.id.clone(),
            place: place_of(provider, settled),
            answers_as: entrance.issuer,
            sends_iss: entrance.sends_iss,
            nonce: draw(),
            verifier: draw(),
            redirect_uri: callback_address(cx.issuer(), &provider.id),
        };
        let asked = Question {
            endpoint: &entrance.authorization_endpoint,
            client_id: &provider.client_id,
            redirect_uri: &road.redirect_uri,
            state: &state,
            nonce: &road.nonce,
            code_challenge: &base64url(&hash(&road.verifier)),
            wishes,
        };
        let address = question(settled, &asked)?;
        Some(Led { road, state, address })
    }

    /// Whether the provider is still the one that was asked: a code goes nowhere else, and what comes of it is nobody else's.
    pub(in crate::flow) fn leads_to(&self, provider: &Provider, settled: &Settled) -> bool {
        self.place == place_of(provider, settled)
    }

    /// The answer.
    pub(in crate::flow) fn answered(&self, params: &Params) -> Answered {
        answered(params, &self.answers_as, self.sends_iss)
    }
}

/// A name for what a provider is to us: another issuer, preset, client or address there gives another name. What is only a policy
/// of ours (who may come, what is taken over) does not count.
pub(in crate::flow) fn place_of(provider: &Provider, settled: &Settled) -> String {
    let endpoints = &settled.endpoints;
    let place = json!([provider.preset, provider.client_id, settled.issuer, settled.issuer_template, endpoints]);
    base64url(&hash(&place.to_string()))
}
