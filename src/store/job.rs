//! Owns [`Job`], the shape in which closures reach the engines. It does not own running them: that is `sqlite`, `writer` and
//! `postgres`.
//!
//! The program hands hundreds of closures to [`super::Db::read`] and [`super::Db::write`], each with an answer of its own type.
//! What an engine does around a closure (queue, threads, retries) is compiled once for all of them, since a [`Job`] has lost
//! these types: compiled for each, it would be megabytes of the binary. The price is an allocation or two.

use std::any::Any;

use super::conn::Conn;
use super::fault::Fault;

/// A closure that runs on a connection, perhaps more than once.
pub(super) type Job = Box<dyn FnMut(&mut Conn) -> Result<Answer, Fault> + Send>;

/// What a [`Job`] answers.
pub(super) type Answer = Box<dyn Any + Send>;

/// Takes its types from a closure.
pub(super) fn job<T: Send + 'static>(mut f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static) -> Job {
    Box::new(move |conn| Ok(Box::new(f(conn)?)))
}

/// Gives the answer of a [`job`] its type back.
pub(super) fn answer<T: 'static>(answer: Answer) -> Result<T, Fault> {
    let answer = answer.downcast().map_err(|_| Fault::Internal("a job answered something else".to_owned()))?;
    Ok(*answer)
}
