//! Owns lists of passwords that were stolen elsewhere: the file, looking one up in it, and the question that is asked online.
//! It does not own making such a file (`import`), nor what follows from being in it.
//!
//! **The file.** What counts is the SHA-1 of a password, the form in which such lists are handed round; it protects nothing
//! here. All numbers are big-endian.
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 8 | `VSBREACH` |
//! | 8 | 2 | version, 1 |
//! | 10 | 2 | bytes of a hash that are kept, 7 |
//! | 12 | 4 | zero |
//! | 16 | 8 | number of entries |
//! | 24 | 32 | SHA-256 of everything behind the header |
//! | 56 | 65537 × 8 | index: how many entries lie before those whose hash begins with these two bytes |
//! | 524352 | entries × 5 | bytes 2 to 6 of each hash, sorted |
//!
//! Two reads answer a question: two neighbours in the index, then the entries between them, of which even the largest list
//! has fourteen thousand. Nothing is kept in memory. Seven of twenty bytes are kept, so one password in a hundred million is
//! taken for a stolen one if a milliard are listed.

pub mod import;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use aws_lc_rs::digest;

const MAGIC: &[u8; 8] = b"VSBREACH";
const VERSION: u16 = 1;
/// Bytes of a hash that are kept.
const KEPT: usize = 7;
/// Of these, those that stand in the index.
const INDEXED: usize = 2;
const ENTRY: usize = KEPT - INDEXED;
const HEADER: u64 = 56;
const SLOTS: u64 = 65_537;
const ENTRIES_AT: u64 = HEADER + SLOTS * 8;
/// No list has more entries in one slot of the index; more would be a broken file.
const MOST_IN_SLOT: u64 = 1 << 20;

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BreachedError {
    /// The file.
    #[error("the list of breached passwords cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Its form.
    #[error("the list of breached passwords is not one: {0}; make it with `vouchsafe breached import`")]
    Form(&'static str),
    /// A line of what is imported.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: &'static str,
    },
}

/// A list, open.
#[derive(Debug)]
pub struct BreachedList {
    file: File,
    entries: u64,
}

/// SHA-1 of a password as it was typed.
pub fn sha1(password: &str) -> [u8; 20] {
    let mut hash = [0; 20];
    hash.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref());
    hash
}

impl BreachedList {
    /// Opens a list. Its header and its size are checked; [`BreachedList::verify`] looks at the whole.
    ///
    /// # Errors
    /// A [`BreachedError`].
    pub fn open(path: &Path) -> Result<Self, BreachedError> {
        let file = File::open(path)?;
        let mut header = [0; HEADER as usize];
        let length = file.metadata()?.len();
        if length < ENTRIES_AT {
            return Err(BreachedError::Form("it is too short"));
        }
        file.read_exact_at(&mut header, 0)?;
        if header[..8] != *MAGIC {
            return Err(BreachedError::Form("it begins with other bytes"));
        }
        if number(&header[8..10]) != u64::from(VERSION) || number(&header[10..12]) != KEPT as u64 {
            return Err(BreachedError::Form("it was made by another version"));
        }
        let entries = number(&header[16..24]);
        if entries.checked_mul(ENTRY as u64).and_then(|body| body.checked_add(ENTRIES_AT)) != Some(length) {
            return Err(BreachedError::Form("its length is not what its header says"));
        }
        Ok(Self { file, entries })
    }

    /// How many passwords it holds.
    pub fn len(&self) -> u64 {
        self.entries
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Whether a password with this SHA-1 stands in it. Blocks for two reads.
    ///
    /// # Errors
    /// A [`BreachedError`].
    pub fn holds(&self, sha1: &[u8; 20]) -> Result<bool, BreachedError> {
        let slot = number(&sha1[..INDEXED]);
        let mut bounds = [0; 16];
        self.file.read_exact_at(&mut bounds, HEADER + slot * 8)?;
        let (from, to) = (number(&bounds[..8]), number(&bounds[8..]));
        if from > to || to > self.entries || to - from > MOST_IN_SLOT {
            return Err(BreachedError::Form("its index is broken"));
        }
        let mut entries = vec![0; usize::try_from(to - from).unwrap_or(0) * ENTRY];
        self.file.read_exact_at(&mut entries, ENTRIES_AT + from * ENTRY as u64)?;
        let (entries, _) = entries.as_chunks::<ENTRY>();
        Ok(entries.binary_search_by(|entry| entry[..].cmp(&sha1[INDEXED..KEPT])).is_ok())
    }

    /// Reads the whole list and compares its checksum.
    ///
    /// # Errors
    /// A [`BreachedError`].
    pub fn verify(&self) -> Result<(), BreachedError> {
        let (mut sum, mut at) = (digest::Context::new(&digest::SHA256), HEADER);
        let mut portion = vec![0; 1 << 20];
        loop {
            match self.file.read_at(&mut portion, at)? {
                0 => break,
                read => {
                    sum.update(&portion[..read]);
                    at += read as u64;
                }
            }
        }
        let mut wanted = [0; 32];
        self.file.read_exact_at(&mut wanted, 24)?;
        if sum.finish().as_ref() == wanted { Ok(()) } else { Err(BreachedError::Form("its checksum does not fit")) }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// What is asked online: the first five hex digits of the SHA-1, which hundreds of passwords share. Nobody there learns which
/// one it is.
pub fn range(sha1: &[u8; 20]) -> String {
    hex(sha1)[..5].to_owned()
}

/// Whether the answer to [`range`] names this password: lines of 35 hex digits, a colon, and how often it was seen. Lines
/// with a zero are padding.
pub fn is_in_range(answer: &str, sha1: &[u8; 20]) -> bool {
    let rest = hex(sha1).split_off(5);
    answer.lines().any(|line| {
        line.trim().split_once(':').is_some_and(|(suffix, count)| {
            suffix.eq_ignore_ascii_case(&rest) && count.trim().parse::<u64>().is_ok_and(|n| n > 0)
        })
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
