//! Owns the master key: the one secret that stays outside the database and seals what is inside it. Reads it from
//! `keys/master.key` or from the configured secret, makes the file at the first start, and refuses everything doubtful.
//! It does not own what is sealed with it (`secret::sealed`), nor does it ever replace a key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::random::Chance;
use crate::secret::sealed::Mac;
use crate::sensitive::Sensitive;

const FILE_NAME: &str = "master.key";
const KEY_LEN: usize = 32;
/// A key file holds some comment lines and 64 characters; more is another file.
const MAX_FILE_LEN: u64 = 4096;
/// Random bytes have nearly as many different values as bytes; typed and placeholder keys have few.
const MIN_DIFFERENT: usize = 10;

const FILE_ADVICE: &str = "Put the right key back from your backup; it is never replaced by itself";
const SETTING_ADVICE: &str = "Set the key that the database was sealed with; for a new database make one with \
                              `openssl rand -hex 32`";

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub struct KeysSource {
    /// The folder of `master.key`.
    pub dir: PathBuf,
    /// The key itself (64 hex digits, 32 bytes in base64, or any random text of at least 32 bytes); goes before the file.
    pub secret: Option<Sensitive>,
}

impl KeysSource {
    /// The path of the key file.
    pub fn file(&self) -> PathBuf {
        self.dir.join(FILE_NAME)
    }
}

/// Whether the database has ever been used: an old one without its key must not get a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseAge {
    /// Nothing has been sealed in it.
    Fresh,
    /// It holds values that only its own master key opens.
    InUse,
}

/// Why there is no master key. Every one of these stops the start.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    /// No file, and no secret configured.
    #[error(
        "there is no master key at {}. The database was sealed with one: put that file back from your backup (or set \
         VOUCHSAFE_MASTER_KEY). A new key is not made, because it could not open what is in the database", .0.display()
    )]
    Missing(PathBuf),
    /// A file is there already, so none is made.
    #[error("{} exists already and is not replaced: move it away first if you really want another master key", .0.display())]
    Exists(PathBuf),
    /// The file can be read by others.
    #[error("{} has mode {mode:04o}, so others on this machine can read it: run `chmod 600 {}`", .path.display(), .path.display())]
    Readable {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content is no key.
    #[error("{place}: {problem}. {advice}")]
    Malformed {
        /// The file, or the name of the setting.
        place: String,
        /// What is wrong with it, without showing it.
        problem: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The operating system says no.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// 32 bytes that seal everything secret in the database. Wiped when dropped, never shown.
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    /// Reads the key from the configured secret or, without one, from the file.
    ///
    /// # Errors
    /// A missing file is [`MasterKeyError::Missing`]; a file that others can read, an empty, cut or well-known key are
    /// refused too. Nothing is ever made here.
    pub fn load(source: &KeysSource) -> Result<Self, MasterKeyError> {
        match &source.secret {
            Some(secret) => Self::from_setting(secret),
            None => Self::from_file(&source.file()),
        }
    }

    /// Makes a new key file (mode 0600, folder 0700 if it is not there yet) and gives its key. Never replaces a file. The
    /// whole content appears at once, so a crash leaves the full key or none.
    pub fn create(source: &KeysSource, chance: &dyn Chance) -> Result<Self, MasterKeyError> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        chance.fill(key.as_mut());
        let path = source.file();
        make_folder(&source.dir).map_err(|error| MasterKeyError::Io { path: source.dir.clone(), error })?;
        let mut suffix = [0; 8];
        chance.fill(&mut suffix);
        let draft = source.dir.join(format!(".{FILE_NAME}.{:016x}", u64::from_be_bytes(suffix)));
        write_new(&draft, &path, &file_text(&key)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => MasterKeyError::Exists(path.clone()),
            _ => MasterKeyError::Io { path: path.clone(), error },
        })?;
        Ok(Self(key))
    }

    /// [`MasterKey::load`]; makes the file when there is none and the database is fresh. When two nodes with one folder
    /// start for the first time together, both get the key of whoever was first.
    pub fn load_or_create(
        source: &KeysSource,
        database: DatabaseAge,
        chance: &dyn Chance,
    ) -> Result<Self, MasterKeyError> {
        match (Self::load(source), database) {
            (Err(MasterKeyError::Missing(_)), DatabaseAge::Fresh) => match Self::create(source, chance) {
                Err(MasterKeyError::Exists(_)) => Self::load(source),
                made => made,
            },
            (loaded, _) => loaded,
        }
    }

    /// A short value that tells this key from another without saying anything about it: kept in the database, compared at
    /// every start. 43 characters of base64url.
    pub fn check_value(&self) -> Result<String, super::SealError> {
        Ok(URL_SAFE_NO_PAD.encode(Mac::from(self, "master key check")?.tag(&[])))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    #[cfg(test)]
    pub(crate) fn for_tests(byte: u8) -> Self {
        Self(Zeroizing::new([byte; KEY_LEN]))
    }

    fn from_setting(secret: &Sensitive) -> Result<Self, MasterKeyError> {
        let place = || "the configured master key".to_owned();
        let refuse = |problem| MasterKeyError::Malformed { place: place(), problem, advice: SETTING_ADVICE };
        let text = secret.expose().trim();
        let key = match decode(text) {
            Some(key) => key,
            None if text.len() >= KEY_LEN => hashed(text),
            None if text.is_empty() => return Err(refuse("it is empty")),
            None => return Err(refuse("it is shorter than 32 bytes")),
        };
        if is_example(text) || different(text.as_bytes()) < MIN_DIFFERENT || different(key.as_slice()) < MIN_DIFFERENT {
            return Err(refuse("it is an example or easy to guess"));
        }
        Ok(Self(key))
    }

    fn from_file(path: &Path) -> Result<Self, MasterKeyError> {
        let text = read(path)?;
        let refuse = |problem| malformed_file(path, problem);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let line = lines.next().ok_or_else(|| refuse("the file holds no key"))?;
        if lines.next().is_some() {
            return Err(refuse("the file holds more than one line that is not a comment"));
        }
        let key = decode(line).ok_or_else(|| {
            refuse("the key is cut short or damaged: 64 hex digits, or 32 bytes in base64, are expected")
        })?;
        if is_example(line) || different(key.as_slice()) < MIN_DIFFERENT {
            return Err(refuse("the key is an example or easy to guess"));
        }
        Ok(Self(key))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

fn malformed_file(path: &Path, problem: &'static str) -> MasterKeyError {
    MasterKeyError::Malformed { place: path.display().to_string(), problem, advice: FILE_ADVICE }
}

fn read(path: &Path) -> Result<Zeroizing<String>, MasterKeyError> {
    let fail = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => MasterKeyError::Missing(path.to_owned()),
        _ => MasterKeyError::Io { path: path.to_owned(), error },
    };
    let mut file = File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    refuse_readable(path, &about)?;
    if !about.is_file() || about.len() > MAX_FILE_LEN {
        return Err(malformed_file(path, "this is not a key file"));
    }
    // Room for all of it from the start: a buffer that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE_LEN as usize));
    file.read_to_string(&mut text).map_err(fail)?;
    Ok(text)
}

#[cfg(unix)]
fn refuse_readable(path: &Path, about: &fs::Metadata) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Readable { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_readable(_path: &Path, _about: &fs::Metadata) -> Result<(), MasterKeyError> {
    Ok(())
}

/// 64 hex digits, or 32 bytes in base64 or base64url with or without padding.
fn decode(text: &str) -> Option<Zeroizing<[u8; KEY_LEN]>> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    if text.len() == 2 * KEY_LEN && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        return Some(key);
    }
    let bare = text.strip_suffix('=').unwrap_or(text);
    let engine = if bare.contains(['-', '_']) { &URL_SAFE_NO_PAD } else { &STANDARD_NO_PAD };
    let mut bytes = engine.decode(bare).ok().filter(|bytes| bytes.len() == KEY_LEN)?;
    key.copy_from_slice(&bytes);
    bytes.zeroize();
    Some(key)
}

fn hashed(text: &str) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    key.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    key
}

fn different(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(*b)] = true);
    seen.iter().filter(|s| **s).count()
}

/// Keys that stand in documents, ours and others', and texts people write to be replaced later.
fn is_example(text: &str) -> bool {
    const EXAMPLES: [&str; 4] = [
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    ];
    const WORDS: [&str; 6] = ["changeme", "change-me", "change_me", "example", "replace", "placeholder"];
    let text = text.to_ascii_lowercase();
    EXAMPLES.contains(&text.as_str()) || WORDS.iter().any(|word| text.contains(word))
}

fn file_text(key: &[u8; KEY_LEN]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str(
        "# Master key of Vouchsafe: seals every secret in the database. Whoever has this file and the database\n",
    );
    text.push_str(
        "# has everything; without this file the database cannot be used. Back it up apart from the database.\n",
    );
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in key {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text.push('\n');
    text
}

fn make_folder(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a file that must not exist yet: first under another name and safely on disk, then linked to its own name, which
/// fails if somebody was faster. A file system without hard links gets the plain exclusive way.
fn write_new(draft: &Path, path: &Path, text: &str) -> io::Result<()> {
    let linked = write_file(draft, text).and_then(|()| fs::hard_link(draft, path));
    let _ = fs::remove_file(draft);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => return Err(error),
        Err(_) => write_file(path, text)?,
    }
    // The name must survive a power loss as well, or the database would be there without its key.
    match path.parent() {
        Some(dir) if cfg!(unix) => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
