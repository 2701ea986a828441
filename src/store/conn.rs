//! Owns [`Conn`], one connection to either engine, and `q!`, which type-checks a query once for each of them. It does not own
//! how connections are made or shared: that is `sqlite`, `writer` and `postgres`.

use diesel::SqliteConnection;
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
