//! Owns the overview in the API: numbers over time, and what wants attention. It does not own the numbers
//! (`flow::admin::overview`).

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Needs, Outcome, Query, line};
use crate::flow::admin::attention::{Attention, Target, Urgency};
use crate::flow::admin::overview::{self, Overview, Range};
use crate::flow::latency::Area;
use crate::flow::stats::Count;
use crate::time::Timestamp;

pub(super) const ROUTES: &[ApiRoute] = &[line!(Get, "/overview", Needs::SomePermission, overview_read)
    .does("Shows numbers over time, and what wants attention.")
    .more("Needs any permission; of what wants attention it shows what the caller may look at.")
    .query(&[Query::new("range", Kind::Word(&["24h", "7d", "30d"]), "How far back; 24h without it.")])
    .gives::<OverviewView>()];

/// Numbers over time. Every list has as many values as `times`.
#[derive(Serialize, ToSchema)]
struct OverviewView {
    /// How far back it reaches.
    range: &'static str,
    /// Where each point begins (RFC 3339).
    times: Vec<String>,
    /// How often things happened, by name, for example `sign_ins` and `tokens:refresh_token`.
    counts: BTreeMap<&'static str, Vec<i64>>,
    /// The highest number of live sessions in each step; null where nobody looked.
    live_sessions: Vec<Option<i64>>,
    /// How long answers took, by kind of request.
    latency: BTreeMap<&'static str, LatencyView>,
    /// What wants attention, the most urgent first.
    attention: Vec<AttentionView>,
    /// Whether there is more of some kind than is shown.
    has_more_attention: bool,
}

/// Times of answers in milliseconds; null where there were none.
#[derive(Serialize, ToSchema)]
struct LatencyView {
    /// Half of all answers came within this time.
    p50: Vec<Option<f64>>,
    /// 95 of 100.
    p95: Vec<Option<f64>>,
    /// 99 of 100.
    p99: Vec<Option<f64>>,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
struct AttentionView {
    /// What it is: a fixed word.
    code: &'static str,
    /// How soon: `act` (something will fail, or fails) or `know`.
    urgency: &'static str,
    /// What it is and what to do.
    words: String,
    /// The client it is about.
    client_id: Option<String>,
    /// The name of that client.
    client_name: Option<String>,
    /// The secret of that client.
    secret_id: Option<String>,
    /// The signing key it is about.
    kid: Option<String>,
    /// The provider that people sign in through it is about; its name is the `client_name`.
    provider_id: Option<String>,
    /// The webhook it is about.
    webhook: Option<String>,
}

impl From<Attention> for AttentionView {
    fn from(item: Attention) -> Self {
        let provider_id = match &item.target {
            Target::Provider(id) => Some(id.clone()),
            _ => None,
        };
        let webhook = match &item.target {
            Target::Webhook(name) => Some(name.clone()),
            _ => None,
        };
        let (client_id, secret_id, kid) = match item.target {
            Target::Client(id) => (Some(id), None, None),
            Target::Secret { client_id, secret_id } => (Some(client_id), Some(secret_id), None),
            Target::Key(kid) => (None, None, Some(kid)),
            Target::Webhook(_)
            | Target::Provider(_)
            | Target::Traces
            | Target::Mail
            | Target::Settings
            | Target::SecurityLog => (None, None, None),
        };
        let urgency = match item.urgency {
            Urgency::Act => "act",
            Urgency::Know => "know",
        };
        let (code, words, client_name) = (item.code, item.words, item.client_name);
        Self { code, urgency, words, client_id, client_name, secret_id, kid, provider_id, webhook }
    }
}

impl From<Overview> for OverviewView {
    fn from(overview: Overview) -> Self {
        let latency = |area: Area| {
            let of = overview.latency(area).clone();
            (area.as_str(), LatencyView { p50: of.p50, p95: of.p95, p99: of.p99 })
        };
        Self {
            range: overview.range.as_str(),
            times: overview.times.iter().copied().map(Timestamp::rfc3339).collect(),
            counts: Count::ALL.into_iter().map(|what| (what.as_str(), overview.count(what).to_vec())).collect(),
            latency: Area::ALL.into_iter().map(latency).collect(),
            live_sessions: overview.live_sessions,
            attention: overview.attention.into_iter().map(AttentionView::from).collect(),
            has_more_attention: overview.has_more_attention,
        }
    }
}

async fn overview_read(call: ApiCall) -> Outcome {
    let range = call.text("range").and_then(Range::parse).unwrap_or(Range::Day);
    Answer::json(&OverviewView::from(overview::overview(call.cx(), &call.actor, range).await??))
}
