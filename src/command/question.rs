//! Owns asking whoever sits at the terminal before something is taken away. It does not own what is taken away.

use std::io::{BufRead, IsTerminal, Write};

use super::Failure;

/// Asks at the terminal and goes on at the word `yes` alone. Where nobody sits, it is refused: a script says so with a flag.
///
/// # Errors
/// [`Failure::Refused`], with the flag that answers in advance.
pub(super) fn agree(question: &str, flag: &str) -> Result<(), Failure> {
    let mut err = std::io::stderr().lock();
    if !(std::io::stdin().is_terminal() && err.is_terminal()) {
        return Err(Failure::Refused(format!(
            "{question}\nNothing was changed: nobody can be asked here. Where this is wanted, say so with {flag}."
        )));
    }
    let _ = write!(err, "{question}\nType yes to go on: ").and_then(|()| err.flush());
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) if line.trim() == "yes" => Ok(()),
        _ => Err(Failure::Refused("Nothing was changed.".to_owned())),
    }
}
