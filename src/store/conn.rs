//! Owns [`Conn`], one connection to either engine, and `q!`, which type-checks a query once for each of them. It does not own
//! how connections are made or shared: that is `sqlite`, `writer` and `postgres`.
//!
//! Two rules keep statements prepared, where preparing costs several times what running does:
//!
//! * A look-up ends in `get_result`, not in `first`: `first` binds a LIMIT, and SQLite prepares a statement anew whenever a
//!   bound LIMIT is bound again (20 µs instead of 5).
//! * An UPDATE or an upsert on a busy path ends in `.returning(…).kept().load(conn)`: diesel would send it to be parsed every
//!   time ([`Kept`]).

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::postgres::OwnRuntime;

/// A synchronous connection over the pure-Rust PostgreSQL client. To be used on threads that may block.
pub(super) type PgLink = AsyncConnectionWrapper<AsyncPgConnection, OwnRuntime>;

/// A connection, inside [`super::Db::read`] or [`super::Db::write`]. Outside of this room it can only be handed on to the
/// functions of the tables.
pub struct Conn(pub(super) Link);

/// The two engines.
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few dozen, they live in pools and are handed out by reference"
)]
pub(super) enum Link {
    Postgres(PgLink),
    Sqlite(SqliteConnection),
}

/// `q!(c, |conn| query)` writes a query once and type-checks it for both engines. The value of `query` is diesel's result, so
/// a `?` behind it makes a [`super::Fault`].
macro_rules! q {
    ($c:expr, |$conn:ident| $query:expr) => {
        match &mut $c.0 {
            $crate::store::conn::Link::Postgres($conn) => $query,
            $crate::store::conn::Link::Sqlite($conn) => $query,
        }
    };
}
pub(super) use q;

/// A statement that is to be kept prepared. Diesel never keeps an UPDATE or an `ON CONFLICT DO UPDATE`, since a changeset may
/// leave columns out and so stand for many texts. Ours never do: each place in this room stands for one text. It works for
/// statements that return rows: the others are handed to the connection by reference, and diesel asks the reference.
pub(super) struct Kept<Q>(Q);

/// Wraps a statement in [`Kept`].
pub(super) trait Keep: Query + Sized {
    fn kept(self) -> Kept<Self> {
        Kept(self)
    }
}

impl<Q: Query> Keep for Q {}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: QueryId> QueryId for Kept<Q> {
    type QueryId = Q::QueryId;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Kept<Q> {}
