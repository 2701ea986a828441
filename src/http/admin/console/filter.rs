//! Owns reading what the search forms of lists ask for: moments, and people by address or ID. What cannot be meant is said at
//! its field; it is not left out, which would show more than was asked for. It does not own the lists.

use super::desk::{Desk, sentence};
use super::words::moment;
use crate::flow::Fault;
use crate::flow::admin::{AdminRefusal, names};
use crate::http::pages::console::Form;
use crate::time::Timestamp;

/// What was wrong with a search, field by field.
#[derive(Debug, Default)]
pub(super) struct Filter {
    errors: Vec<(&'static str, String)>,
}

impl Filter {
    /// A moment in UTC, as browsers send it.
    pub(super) fn moment(&mut self, desk: &Desk, name: &'static str) -> Option<Timestamp> {
        let text = desk.asked(name)?;
        let read = moment(&text);
        if read.is_none() {
            self.errors.push((name, "No such moment: write it as 2026-11-22T16:40, in UTC.".to_owned()));
        }
        read
    }

    /// The ID of a person who is named by address or ID. An ID needs nobody behind it: what is kept of somebody who is gone is
    /// found by it.
    ///
    /// # Errors
    /// A [`Fault`].
    pub(super) async fn person(&mut self, desk: &Desk, name: &'static str) -> Result<Option<String>, Fault> {
        let Some(text) = desk.asked(name) else { return Ok(None) };
        let text = text.trim();
        if !text.contains('@') {
            return Ok(Some(text.to_owned()));
        }
        let id = names::id_of(desk.cx(), text).await?;
        if id.is_none() {
            let words = "Nobody here has this address. Somebody who is gone is found by their ID.";
            self.errors.push((name, words.to_owned()));
        }
        Ok(id)
    }

    /// Says what an operation found wrong with a field.
    pub(super) fn refuse(&mut self, name: &'static str, refusal: &AdminRefusal) {
        self.errors.push((name, sentence(&refusal.words)));
    }

    /// 200, or 422 if something was wrong.
    pub(super) fn status(&self) -> u16 {
        if self.is_sound() { 200 } else { 422 }
    }

    /// Whether nothing was wrong.
    pub(super) fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// The search form, with what was wrong at its fields.
    pub(super) fn marked(&self, mut form: Form) -> Form {
        for (name, words) in &self.errors {
            if let Some(field) = form.fields.iter_mut().find(|field| field.name == *name) {
                field.error = Some(words.clone());
            }
        }
        form
    }
}
