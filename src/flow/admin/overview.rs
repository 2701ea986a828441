//! Owns what the dashboard shows: what happened over the last day, week or month as series of numbers, and what wants
//! attention. It does not own how it is drawn (`http::pages::plot`) nor which matters want attention (`attention`).

use super::attention::{self, Attention};
use super::{Actor, AdminRefusal, Done, mail};
use crate::flow::Cx;
use crate::flow::latency::{self, Area, Histogram};
use crate::flow::stats::{Count, LIVE_SESSIONS};
use crate::identity::Permission;
use crate::store;
use crate::store::stats::Total;
use crate::time::{Lifetime, Timestamp};

/// How far back the plots reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// 24 hours in steps of ten minutes.
    #[default]
    Day,
    /// 7 days in steps of an hour.
    Week,
    /// 30 days in steps of six hours.
    Month,
}

impl Range {
    /// All of them, the shortest first.
    pub const ALL: [Range; 3] = [Range::Day, Range::Week, Range::Month];

    /// As it stands in an address: `24h`, `7d`, `30d`.
    pub fn as_str(self) -> &'static str {
        match self {
            Range::Day => "24h",
            Range::Week => "7d",
            Range::Month => "30d",
        }
    }

    /// The range of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.as_str() == text)
    }

    /// How much time one point stands for.
    pub fn step(self) -> Lifetime {
        match self {
            Range::Day => Lifetime::from_minutes(10),
            Range::Week => Lifetime::from_hours(1),
            Range::Month => Lifetime::from_hours(6),
        }
    }

    /// How many points there are.
    pub fn points(self) -> usize {
        match self {
            Range::Day => 144,
            Range::Week => 168,
            Range::Month => 120,
        }
    }

    /// Where each point begins; the last one holds `now` and is not over yet.
    fn times(self, now: Timestamp) -> Vec<Timestamp> {
        let step = self.step().millis();
        let last = now.millis() - now.millis().rem_euclid(step);
        let count = i64::try_from(self.points()).unwrap_or(1);
        (0..count).map(|at| Timestamp::from_millis(last - step * (count - 1 - at))).collect()
    }
}

/// Times of answers over time, in milliseconds; `None` where there were no answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// Half of all answers came within this time.
    pub p50: Vec<Option<f64>>,
    /// 95 of 100.
    pub p95: Vec<Option<f64>>,
    /// 99 of 100.
    pub p99: Vec<Option<f64>>,
}

/// What the dashboard shows. Every series has as many values as there are `times`.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// How far back it reaches.
    pub range: Range,
    /// Where each point begins.
    pub times: Vec<Timestamp>,
    /// The highest number of live sessions seen in each step; `None` where nobody looked.
    pub live_sessions: Vec<Option<i64>>,
    /// What wants attention, the most urgent first.
    pub attention: Vec<Attention>,
    /// Whether there is more of some kind than is shown.
    pub has_more_attention: bool,
    counts: Vec<Vec<i64>>,
    latency: Vec<Latency>,
}

impl Overview {
    /// How often it happened, point by point.
    pub fn count(&self, what: Count) -> &[i64] {
        self.counts.get(what as usize).map_or(&[], Vec::as_slice)
    }

    /// How often it happened in the whole range.
    pub fn total(&self, what: Count) -> i64 {
        self.count(what).iter().sum()
    }

    /// How long answers of this area took.
    pub fn latency(&self, area: Area) -> &Latency {
        static NONE: Latency = Latency { p50: Vec::new(), p95: Vec::new(), p99: Vec::new() };
        self.latency.get(area as usize).unwrap_or(&NONE)
    }
}

/// Reads what the dashboard shows: the numbers to every administrator, of what wants attention only what they may look at.
/// Looking leaves no event.
///
/// # Errors
/// Inner: an [`AdminRefusal`] for whoever is no administrator at all. Outer: a fault.
pub async fn overview(cx: &Cx, actor: &Actor, range: Range) -> Done<Overview> {
    let permissions = actor.permissions();
    if permissions.is_empty() {
        return Ok(Err(AdminRefusal::forbidden("not_an_administrator", "only administrators see the overview")));
    }
    let (now, lives, letters) = (cx.now, cx.parts.keyring.lives(), mail::stuck(cx));
    let times = range.times(now);
    let from = times.first().copied().unwrap_or(now);
    let read = cx.db().read(move |c| {
        let totals = store::stats::range(c, from, now + range.step(), range.step())?;
        Ok((totals, attention::find(c, permissions, &lives, letters, now)?))
    });
    let (totals, found) = read.await?;
    let mut overview = draw(range, times, &totals);
    let a_day = Lifetime::from_days(1);
    let recent = overview.times.iter().zip(overview.count(Count::DroppedNotes)).filter(|(at, _)| **at > now - a_day);
    let dropped = recent.map(|(_, count)| count).sum();
    overview.attention = found.items;
    if permissions.contains(Permission::TracesRead) {
        overview.attention.extend(attention::of_dropped_notes(dropped));
    }
    if permissions.contains(Permission::SettingsRead) {
        let settings = cx.parts.settings.get();
        overview.attention.extend(attention::of_second_factor(&settings.second_factor));
        overview.attention.extend(attention::of_sign_up(&settings.sign_up, super::mail::is_on(cx)));
    }
    overview.attention.sort_by_key(|item| item.urgency);
    overview.has_more_attention = found.has_more;
    Ok(Ok(overview))
}

/// Puts stored numbers in their places.
fn draw(range: Range, times: Vec<Timestamp>, totals: &[Total]) -> Overview {
    let points = times.len();
    let mut counts = vec![vec![0; points]; Count::ALL.len()];
    let mut live_sessions = vec![None; points];
    let mut histograms = vec![vec![Histogram::default(); points]; Area::ALL.len()];
    for total in totals {
        let Ok(at) = times.binary_search(&total.from) else { continue };
        if let Some(what) = Count::ALL.into_iter().find(|count| count.as_str() == total.name) {
            counts[what as usize][at] = total.sum;
        } else if let Some((area, slot)) = latency::place(&total.name) {
            histograms[area as usize][at].0[slot] = total.sum;
        } else if total.name == LIVE_SESSIONS {
            live_sessions[at] = Some(total.highest);
        }
    }
    let latency = histograms.iter().map(|of_area| {
        let share = |share| of_area.iter().map(|histogram| histogram.percentile(share)).collect();
        Latency { p50: share(0.5), p95: share(0.95), p99: share(0.99) }
    });
    let latency = latency.collect();
    let attention = Vec::new();
    Overview { range, times, live_sessions, attention, has_more_attention: false, counts, latency }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_123);

    #[test]
    fn the_last_point_holds_now_and_every_point_begins_at_a_whole_step() {
        for range in Range::ALL {
            let times = range.times(NOW);
            assert_eq!(times.len(), range.points());
            let last = times[times.len() - 1];
            assert!(last <= NOW && NOW < last + range.step());
            assert!(times.iter().all(|at| at.millis() % range.step().millis() == 0));
            assert!(times.windows(2).all(|pair| pair[1] == pair[0] + range.step()));
            assert_eq!(Range::parse(range.as_str()), Some(range));
        }
        assert_eq!(Range::parse("1y"), None);
    }

    #[test]
    fn stored_numbers_find_their_place() {
        let times = Range::Day.times(NOW);
        let total =
            |point: usize, name: &str, sum| Total { from: times[point], name: name.to_owned(), sum, highest: 9 };
        let totals = [
            total(0, "sign_ins", 4),
            total(143, "sign_ins", 2),
            total(7, "tokens:refresh_token", 3),
            total(7, LIVE_SESSIONS, 5),
            total(7, "latency:token:1000", 10),
            total(7, "of a later version", 1),
            Total { from: NOW, ..total(7, "sign_ins", 100) },
        ];
        let drawn = draw(Range::Day, times.clone(), &totals);
        assert_eq!((drawn.count(Count::SignIns)[0], drawn.count(Count::SignIns)[143]), (4, 2));
        assert_eq!((drawn.total(Count::SignIns), drawn.total(Count::FailedSignIns)), (6, 0));
        assert_eq!(drawn.count(Count::TokensByRefresh)[7], 3);
        assert_eq!((drawn.live_sessions[7], drawn.live_sessions[8]), (Some(9), None), "the highest, not the sum");
        let token = drawn.latency(Area::Token);
        assert_eq!((token.p50[7], token.p99[7], token.p50[6]), (Some(0.75), Some(0.995), None));
        assert!(drawn.latency(Area::Other).p95.iter().all(Option::is_none));
        assert_eq!(drawn.count(Count::Reuses).len(), 144);
    }
}
