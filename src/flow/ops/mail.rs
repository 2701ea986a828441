//! Owns sending what waits in the outbox: takes letters, hands them in, tries again later with growing patience, and gives
//! up after three days. It does not own the connection to the server (`outbound::mailer`).
//!
//! A letter is sent at least once: it leaves the outbox after the server took it, so a crash in between sends it twice.

use crate::flow::{Fault, Parts, mail};
use crate::outbound::mailer::MailError;
use crate::store::outbox::{self, Waiting};
use crate::time::{Lifetime, Timestamp};

/// Letters that are taken at once.
const BATCH: i64 = 8;
/// Until then no other node tries the same letter.
const CLAIM: Lifetime = Lifetime::from_minutes(5);
/// A letter that could not be sent for so long will not be.
const PATIENCE: Lifetime = Lifetime::from_days(3);
/// The longest pause between two tries.
const LONGEST_PAUSE: Lifetime = Lifetime::from_hours(1);

/// Sends what is due. How many letters left.
///
/// # Errors
/// A [`Fault`] of the database; what the mail server says is noted at the letter.
pub async fn deliver(parts: &Parts, now: Timestamp) -> Result<usize, Fault> {
    if !parts.post.mailer.is_on() {
        return Ok(0);
    }
    let mut sent = 0;
    loop {
        let due = parts.db.write(move |c| outbox::claim(c, BATCH, now, now + CLAIM)).await?;
        if due.is_empty() {
            return Ok(sent);
        }
        let mut at_work = tokio::task::JoinSet::new();
        for waiting in due {
            let (mailer, letter) = (parts.post.mailer.clone(), mail::open(parts, &waiting));
            at_work.spawn(async move {
                let answer = match letter {
                    Some(letter) => mailer.send(letter).await,
                    None => Err(MailError::Never("the letter cannot be opened with this master key".to_owned())),
                };
                (waiting, answer)
            });
        }
        while let Some(done) = at_work.join_next().await {
            let (waiting, answer) = done.map_err(|e| Fault::Internal(format!("sending a letter broke: {e}")))?;
            sent += usize::from(answer.is_ok());
            settle(parts, waiting, answer, now).await?;
        }
    }
}

async fn settle(parts: &Parts, waiting: Waiting, answer: Result<(), MailError>, now: Timestamp) -> Result<(), Fault> {
    let id = waiting.id.clone();
    let (error, never) = match answer {
        Ok(()) => return Ok(parts.db.write(move |c| outbox::delete(c, &id)).await?),
        Err(MailError::Later(error)) => (error, false),
        Err(MailError::Never(error)) => (error, true),
    };
    let given_up = never || now.since(waiting.created_at) > PATIENCE;
    let next = now + pause(waiting.tries);
    tracing::warn!(letter = %id, tries = waiting.tries, given_up, "a letter could not be sent: {error}");
    Ok(parts.db.write(move |c| outbox::failed(c, &id, &error, next, given_up.then_some(now))).await?)
}

/// 30 seconds after the first try, twice as long after each further one.
fn pause(tries: i64) -> Lifetime {
    let doublings = u32::try_from((tries - 1).clamp(0, 20)).unwrap_or(0);
    Lifetime::from_seconds(30_i64.saturating_mul(1_i64 << doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r30_pauses_grow_and_have_an_end() {
        let pauses: Vec<i64> = [1, 2, 3, 7, 8, 100].into_iter().map(|tries| pause(tries).seconds()).collect();
        assert_eq!(pauses, [30, 60, 120, 1920, 3600, 3600]);
    }
}
