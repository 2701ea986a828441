//! Owns `vouchsafe breached`: making a list of breached passwords, and looking at one. It does not own the list
//! (`secret::breached`).

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Answer, Failure};
use crate::secret::breached::import::{Lines, import};
use crate::secret::breached::{BreachedError, BreachedList, sha1};

#[derive(Debug, Subcommand)]
pub(super) enum BreachedCommand {
    /// Makes a list for `passwords.breached` out of downloads of Pwned Passwords (SHA-1), or of plain passwords.
    Import {
        /// Files, or folders of files: `SHA-1:count` a line, or `rest:count` in files named after the first five digits.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The list to make; one that is there is replaced.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// The files hold passwords themselves, one a line.
        #[arg(long)]
        passwords: bool,
        /// Leaves out what was seen less often.
        #[arg(long, value_name = "COUNT", default_value_t = 1, conflicts_with = "passwords")]
        least: u64,
    },
    /// Reads a whole list and compares its checksum; looks a password up in it.
    Check {
        /// The list.
        #[arg(value_name = "FILE")]
        list: PathBuf,
        /// Looks up the password on the input stream; a line break at its end does not count.
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) fn run(command: &BreachedCommand) -> Result<Answer, Failure> {
    match command {
        BreachedCommand::Import { files, to, passwords, least } => {
            let lines = if *passwords { Lines::Passwords } else { Lines::Hashes };
            let done = import(files, lines, *least, to).map_err(failure)?;
            let words = format!(
                "{} lines read, {} left out, {} passwords in {}. Name it in passwords.breached and start the server anew.",
                done.lines,
                done.rare,
                done.entries,
                to.display()
            );
            Ok(Answer::new(words, json!({ "lines": done.lines, "left_out": done.rare, "passwords": done.entries })))
        }
        BreachedCommand::Check { list, password_stdin } => {
            let list = BreachedList::open(list).map_err(failure)?;
            list.verify().map_err(failure)?;
            if !password_stdin {
                let words = format!("The list is whole. It holds {} passwords.", list.len());
                return Ok(Answer::new(words, json!({ "passwords": list.len() })));
            }
            let holds = list.holds(&sha1(&password()?)).map_err(failure)?;
            let words =
                if holds { "The password stands in the list." } else { "The password does not stand in the list." };
            Ok(Answer::new(words, json!({ "listed": holds })).with_code(u8::from(holds)))
        }
    }
}

fn password() -> Result<Zeroizing<String>, Failure> {
    let unreadable = |why: String| Failure::Usage(format!("the password on the input stream cannot be used: {why}"));
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("Type the password, then Enter and Ctrl-D; it will be visible.");
    }
    let mut text = Zeroizing::new(String::with_capacity(4_096));
    stdin.read_to_string(&mut text).map_err(|e| unreadable(e.to_string()))?;
    let length = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(length);
    Ok(text)
}

fn failure(error: BreachedError) -> Failure {
    match error {
        BreachedError::Io(_) => Failure::Unavailable(error.to_string()),
        other => Failure::Refused(other.to_string()),
    }
}
