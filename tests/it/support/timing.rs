//! Whether two requests take the same time, on a machine that does other things as well.

use std::time::Instant;

const ROUNDS: usize = 4;

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Fails if one of two attempts takes longer than the other by more than this share of the time of either. Both are made in turn,
/// and the median of the differences counts: what else the machine does meets both. A round that something disturbed is made
/// again; what differs by the work that is done differs in each.
pub async fn alike(share: f64, pairs: usize, mut attempt: impl AsyncFnMut(bool)) {
    let mut seen = Vec::new();
    for _ in 0..ROUNDS {
        let (mut times, mut differences) = (Vec::new(), Vec::new());
        for pair in 0..pairs {
            let mut took = [0.0; 2];
            for which in [pair % 2 == 0, pair % 2 == 1] {
                let began = Instant::now();
                attempt(which).await;
                took[usize::from(which)] = began.elapsed().as_secs_f64();
            }
            differences.push(took[0] - took[1]);
            times.extend(took);
        }
        let difference = median(&mut differences) / median(&mut times);
        if difference.abs() < share {
            return;
        }
        seen.push(difference);
    }
    panic!("one of them takes longer, by these shares of the whole time: {seen:?}");
}
