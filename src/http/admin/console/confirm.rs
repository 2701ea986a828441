//! Owns asking once more before something is taken away: the thing's name must be typed. A form that stands on a page has the
//! field itself ([`Desk::danger`]); a button in a list leads to a page that asks ([`Desk::sure`]). It does not own what is
//! taken away.

use super::desk::{Desk, sentence};
use crate::flow::admin::AdminRefusal;
use crate::http::pages::console::{Field, Form, Part};
use crate::http::reply::Reply;

/// What a button in a list takes away, for the page that asks about it.
pub struct Sure<'a> {
    /// What must be typed.
    pub name: &'a str,
    /// The question.
    pub heading: &'static str,
    /// What it breaks.
    pub words: &'a str,
    /// Words on the button.
    pub submit: &'static str,
    /// The page of the list: label, path.
    pub back: (&'static str, &'a str),
}

impl Desk {
    /// A form that takes something away: the thing's name must be typed.
    pub fn danger(&self, id: &'static str, path: &str, submit: &str, name: &str) -> Form {
        let confirm = Field::line("confirm", &format!("Type {name} to confirm"), "").required();
        Form { danger: true, fields: vec![confirm], ..self.post(id, path, submit) }
    }

    /// Whether the name was typed.
    ///
    /// # Errors
    /// An [`AdminRefusal`] at the field.
    pub fn confirmed(&self, name: &str) -> Result<(), AdminRefusal> {
        let words = "type the name exactly as it stands there, so that nothing is taken away by mistake";
        if self.field("confirm") == name.trim() {
            Ok(())
        } else {
            Err(AdminRefusal::invalid("confirm", words).at("confirm"))
        }
    }

    /// Whether the name was typed; if not, a page that asks for it and brings along what the button brought.
    ///
    /// # Errors
    /// The page. Nothing is to be done then.
    pub fn sure(&self, sure: &Sure<'_>) -> Result<(), Reply> {
        let Err(refusal) = self.confirmed(sure.name) else { return Ok(()) };
        let failed = self.form.has("confirm").then_some(("sure", refusal));
        let mut form = self.danger("sure", &self.path(), sure.submit, sure.name);
        let brought = self.form.pairs().filter(|(name, _)| !["csrf", "confirm"].contains(name));
        form.hidden = brought.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        form.words = vec![Part::Plain(sentence(sure.words))];
        form.cancel = Some(self.link("Cancel", sure.back.1));
        let mut page = self.page(sure.heading, sure.heading);
        page.crumbs = vec![self.link(sure.back.0, sure.back.1)];
        page.blocks = vec![self.block(form, &failed)];
        Err(self.show_tried(page, &failed))
    }
}

/// Goes on if the name was typed, or answers with the page that asks for it.
macro_rules! sure {
    ($desk:expr, $sure:expr) => {
        if let Err(page) = $desk.sure(&$sure) {
            return page;
        }
    };
}
pub(super) use sure;
