//! Owns how times of answers are kept: counted in slots between fixed bounds, so that those of several nodes and buckets add
//! up, and read back as percentiles. It does not own who counts (`flow::stats`) nor where it is stored.

use std::time::Duration;

/// Upper bounds of the slots in microseconds; what took longer goes into one slot more. Never change them: stored numbers
/// stand under them.
pub const BOUNDS: [u64; 16] = [
    250, 500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 35_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    5_000_000,
];

/// How many slots there are.
pub const SLOTS: usize = BOUNDS.len() + 1;

/// Part of the provider whose answers are timed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// Pages and forms of a sign-in: password, choice of account, consent. Checking a password takes its time on purpose.
    SignIn,
    /// Userinfo and introspection: asked at each call of an API.
    Lookup,
    /// Everything else.
    Other,
}

impl Area {
    /// All of them, each at the place of its number.
    pub const ALL: [Area; 5] = [Area::Authorize, Area::Token, Area::SignIn, Area::Lookup, Area::Other];

    /// Its name, which the stored numbers stand under.
    pub fn as_str(self) -> &'static str {
        match self {
            Area::Authorize => "authorize",
            Area::Token => "token",
            Area::SignIn => "sign_in",
            Area::Lookup => "lookup",
            Area::Other => "other",
        }
    }
}

/// The slot that a span of time is counted in.
pub fn slot(took: Duration) -> usize {
    let micros = took.as_micros();
    BOUNDS.iter().position(|bound| micros <= u128::from(*bound)).unwrap_or(BOUNDS.len())
}

/// The name a slot is stored under, for example `latency:token:5000`.
pub fn name(area: Area, slot: usize) -> String {
    match BOUNDS.get(slot) {
        Some(bound) => format!("latency:{}:{bound}", area.as_str()),
        None => format!("latency:{}:more", area.as_str()),
    }
}

/// The area and the slot of a stored name.
pub fn place(name: &str) -> Option<(Area, usize)> {
    let (area, bound) = name.strip_prefix("latency:")?.split_once(':')?;
    let area = Area::ALL.into_iter().find(|a| a.as_str() == area)?;
    let slot = match bound {
        "more" => BOUNDS.len(),
        bound => BOUNDS.iter().position(|b| b.to_string() == bound)?,
    };
    Some((area, slot))
}

/// Numbers of answers by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(pub [i64; SLOTS]);

impl Histogram {
    /// The time in milliseconds within which this share of all answers came (`0.95`: 95 of 100), taken as spread evenly over
    /// its slot. `None`: there were no answers. Beyond the last bound it is that bound: "5 s or more".
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let total: i64 = self.0.iter().sum();
        if total <= 0 {
            return None;
        }
        let wanted = (total as f64 * share).max(1.0);
        let (mut below, mut from) = (0.0, 0.0);
        for (count, bound) in self.0.iter().zip(BOUNDS) {
            let (count, bound) = (*count as f64, bound as f64 / 1_000.0);
            if count > 0.0 && below + count >= wanted {
                return Some(from + (bound - from) * (wanted - below) / count);
            }
            below += count;
            from = bound;
        }
        Some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spans: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        spans.into_iter().for_each(|micros| histogram.0[slot(Duration::from_micros(micros))] += 1);
        histogram
    }

    #[test]
    fn a_span_belongs_to_the_slot_whose_bound_it_does_not_pass() {
        for (micros, is) in [(0, 0), (250, 0), (251, 1), (1_000, 2), (1_001, 3), (5_000_000, 15), (5_000_001, 16)] {
            assert_eq!(slot(Duration::from_micros(micros)), is, "{micros}");
        }
        assert_eq!(slot(Duration::MAX), SLOTS - 1);
        assert!(BOUNDS.is_sorted());
    }

    #[test]
    fn every_slot_is_found_under_its_name() {
        for (number, area) in Area::ALL.into_iter().enumerate() {
            assert_eq!(area as usize, number);
            for slot in 0..SLOTS {
                assert_eq!(place(&name(area, slot)), Some((area, slot)));
            }
        }
        assert_eq!(name(Area::Token, 5), "latency:token:5000");
        for no in ["", "latency:token", "latency:token:5001", "latency:nowhere:250", "token:250"] {
            assert_eq!(place(no), None, "{no}");
        }
    }

    #[test]
    fn percentiles_lie_within_their_slot() {
        assert_eq!(Histogram::default().percentile(0.5), None);
        // 90 answers between 1 and 2 ms, 10 between 50 and 100 ms.
        let mixed = of((0..90).map(|_| 1_500).chain((0..10).map(|_| 70_000)));
        assert_eq!(mixed.percentile(0.5), Some(1.0 + 50.0 / 90.0));
        assert_eq!(mixed.percentile(0.9), Some(2.0));
        assert_eq!(mixed.percentile(0.95), Some(75.0));
        assert_eq!(mixed.percentile(1.0), Some(100.0));
        assert_eq!(of([10_000_000]).percentile(0.5), Some(5_000.0), "longer than anything told apart");
        assert_eq!(of([100]).percentile(0.01), Some(0.25), "one answer is all percentiles");
    }
}
