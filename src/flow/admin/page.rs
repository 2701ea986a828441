//! Owns paging through lists of any length: a page, the cursor to the next one, and its seal. It does not own any list.
//!
//! Paging is by key, never by offset: a page costs the same at the beginning and behind a million rows, and rows that come or
//! go meanwhile shift nothing.

use serde_json::Value;

use super::AdminRefusal;
use crate::flow::Cx;
use crate::flow::cx::{base64url, from_base64url};

/// Rows of a page, if nothing else is asked for.
pub const PAGE: i64 = 50;
/// The most that may be asked for.
pub const LONGEST_PAGE: i64 = 200;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Value>,
}

impl<T> Page<T> {
    /// A page of up to `limit` of these rows. Ask the store for one row more than `limit`: it says whether there is a next
    /// page. `key` names the place of a row in the order.
    pub fn of(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> Value) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(key);
        Self { items: rows, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// How many rows to show: what was asked for, within bounds.
///
/// # Errors
/// An [`AdminRefusal`] for anything but a number from 1 to [`LONGEST_PAGE`].
pub fn limit(asked: Option<&str>) -> Result<i64, AdminRefusal> {
    let Some(asked) = asked else { return Ok(PAGE) };
    match asked.parse() {
        Ok(limit @ 1..=LONGEST_PAGE) => Ok(limit),
        _ => Err(AdminRefusal::invalid("limit", format!("limit is a number from 1 to {LONGEST_PAGE}")).at("limit")),
    }
}

/// The cursor as it goes out: sealed, so that nobody asks the database about keys of their own making (security case N07),
/// and bound to its list.
pub fn seal(cx: &Cx, list: &str, key: &Value) -> String {
    let key = key.to_string();
    let tag = cx.parts.forms.tag(&[b"cursor", list.as_bytes(), key.as_bytes()]);
    base64url(&[&tag[..16], key.as_bytes()].concat())
}

/// Reads a cursor that [`seal`] made for this list.
///
/// # Errors
/// An [`AdminRefusal`] for any other text.
pub fn open(cx: &Cx, list: &str, cursor: &str) -> Result<Value, AdminRefusal> {
    let forged = || AdminRefusal::invalid("cursor", "this cursor is not one that this list gave out").at("after");
    let bytes = from_base64url(cursor).ok_or_else(forged)?;
    let (tag, key) = bytes.split_at_checked(16).ok_or_else(forged)?;
    let wanted = cx.parts.forms.tag(&[b"cursor", list.as_bytes(), key]);
    if !crate::secret::equal(&wanted[..16], tag) {
        return Err(forged());
    }
    serde_json::from_slice(key).map_err(|_| forged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let page = Page::of(vec![1, 2, 3], 2, |n| Value::from(*n));
        assert_eq!(page, Page { items: vec![1, 2], next: Some(Value::from(2)) });
        assert_eq!(Page::of(vec![1, 2], 2, |n| Value::from(*n)).next, None);
        assert_eq!(Page::of(Vec::<i64>::new(), 2, |n| Value::from(*n)).next, None);
    }

    #[test]
    fn n07_a_limit_has_bounds() {
        assert_eq!((limit(None), limit(Some("1")), limit(Some("200"))), (Ok(50), Ok(1), Ok(200)));
        for odd in ["0", "-1", "201", "9223372036854775808", "ten", ""] {
            assert!(limit(Some(odd)).is_err(), "{odd}");
        }
    }

    #[tokio::test]
    async fn n07_a_cursor_is_ours_and_of_this_list() {
        let house = bench::house().await;
        let cx = house.cx();
        let key = serde_json::json!(["alice@example.com"]);
        let cursor = seal(&cx, "users", &key);
        assert_eq!(open(&cx, "users", &cursor), Ok(key));
        assert!(open(&cx, "clients", &cursor).is_err());
        for odd in ["", "x", "AAAA", &cursor[1..], &format!("{cursor}A")] {
            assert!(open(&cx, "users", odd).is_err(), "{odd}");
        }
    }
}
