//! Owns the store's contract: the same cases on SQLite and on PostgreSQL, races included. It does not own the flows that
//! use the store.
//!
//! Every case is an `async fn(Arena)` listed in the `contract!` of its file; each becomes two tests, `sqlite::…` and
//! `postgres::…`. Without PostgreSQL's server programs the second half is skipped with a line that says so, and fails when
//! `REQUIRE_ALL=1`.

#[path = "store/accounts.rs"]
mod accounts;
#[path = "store/administration.rs"]
mod administration;
#[path = "store/arena.rs"]
mod arena;
#[path = "store/engine.rs"]
mod engine;
#[path = "store/housekeeping.rs"]
mod housekeeping;
#[path = "store/letters.rs"]
mod letters;
#[path = "store/people.rs"]
mod people;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "store/samples.rs"]
mod samples;
#[path = "store/standing.rs"]
mod standing;
#[path = "store/stats.rs"]
mod stats;
#[path = "store/tokens.rs"]
mod tokens;
#[path = "store/try_runs.rs"]
mod try_runs;
#[path = "store/upstream.rs"]
mod upstream;
#[path = "store/webhooks.rs"]
mod webhooks;
#[path = "store/writer.rs"]
mod writer;
