//! Owns making a list of breached passwords out of the files in which they are handed round. It does not own the form of the
//! list (`super`).
//!
//! Entries of any order go into 256 heaps on the disk first, by the first byte of the hash; then each heap is sorted in memory
//! and written behind the one before. So a milliard of them needs 30 MB of memory and twice the room of the list.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

use super::{BreachedError, HEADER, INDEXED, KEPT, MAGIC, SLOTS, VERSION, sha1};

/// A longer line is none of these files.
const LONGEST_LINE: u64 = 4_096;

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// `SHA-1:count`, or `rest of the SHA-1:count` in a file that is named after its first five digits.
    Hashes,
    /// Passwords as they are.
    Passwords,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Lines that were read.
    pub lines: u64,
    /// Lines left out, since they were seen too rarely.
    pub rare: u64,
    /// Entries of the list.
    pub entries: u64,
}

/// Makes the list `to` of these files; what was there is replaced at once when all is done. Entries that were seen less often
/// than `least` are left out.
///
/// # Errors
/// A [`BreachedError`]; the old list is still there then.
pub fn import(files: &[PathBuf], lines: Lines, least: u64, to: &Path) -> Result<Imported, BreachedError> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let heaps = Heaps::new(folder)?;
    let mut work = Work { heaps, imported: Imported { lines: 0, rare: 0, entries: 0 }, least };
    for path in files {
        for file in members(path)? {
            work.read(&file, lines)?;
        }
    }
    let (heaps, mut imported) = (work.heaps, work.imported);
    let fresh = to.with_extension("new");
    imported.entries = heaps.finish(&fresh)?;
    fs::rename(&fresh, to)?;
    Ok(imported)
}

/// A folder stands for the files in it.
fn members(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

struct Work {
    heaps: Heaps,
    imported: Imported,
    least: u64,
}

impl Work {
    fn read(&mut self, path: &Path, lines: Lines) -> Result<(), BreachedError> {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = if name.len() == 5 && name.bytes().all(|b| b.is_ascii_hexdigit()) { name.as_str() } else { "" };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            number += 1;
            let broken = |why| BreachedError::Line { file: path.display().to_string(), line: number, why };
            if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
                return Err(broken("it is longer than any line of such a file"));
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if text.is_empty() {
                continue;
            }
            self.imported.lines += 1;
            let (hash, count) = match lines {
                Lines::Passwords => (sha1(text), u64::MAX),
                Lines::Hashes => hash_and_count(prefix, text).map_err(broken)?,
            };
            // Padding of the online service has a count of zero.
            if count < self.least.max(1) {
                self.imported.rare += 1;
                continue;
            }
            self.heaps.push(&hash)?;
        }
    }
}

fn hash_and_count(prefix: &str, line: &str) -> Result<([u8; 20], u64), &'static str> {
    let (hash, count) = line.split_once(':').unwrap_or((line, "1"));
    let count = count.trim().parse().map_err(|_| "behind the colon stands no number")?;
    let digits: Vec<u8> = prefix.bytes().chain(hash.trim().bytes()).collect();
    let wrong = "it does not begin with a SHA-1 of 40 hex digits, or 35 in a file named after the first five";
    if digits.len() != 40 {
        return Err(wrong);
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(wrong);
    let mut bytes = [0; 20];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok((bytes, count))
}

/// The heaps on the disk; their folder goes with them.
struct Heaps {
    folder: PathBuf,
    files: Vec<BufWriter<File>>,
}

impl Heaps {
    fn new(beside: &Path) -> io::Result<Self> {
        let folder = beside.join(format!(".breached-import-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let heap = |at: usize| -> io::Result<BufWriter<File>> {
            let file =
                File::options().read(true).write(true).create(true).truncate(true).open(folder.join(at.to_string()))?;
            Ok(BufWriter::with_capacity(1 << 15, file))
        };
        let files = (0..256).map(heap).collect::<io::Result<_>>()?;
        Ok(Self { folder, files })
    }

    fn push(&mut self, hash: &[u8; 20]) -> io::Result<()> {
        self.files[usize::from(hash[0])].write_all(&hash[1..KEPT])
    }

    /// Writes the list. How many entries it has.
    fn finish(mut self, to: &Path) -> io::Result<u64> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
        // The index comes before the entries, but is known after them.
        out.seek(SeekFrom::Start(HEADER + SLOTS * 8))?;
        let (mut index, mut entries) = (Vec::with_capacity(65_537), 0_u64);
        for heap in &mut self.files {
            let mut bytes = Vec::new();
            heap.flush()?;
            heap.seek(SeekFrom::Start(0))?;
            heap.get_mut().read_to_end(&mut bytes)?;
            let (hashes, _) = bytes.as_chunks_mut::<{ KEPT - 1 }>();
            hashes.sort_unstable();
            let mut hashes = hashes.iter().peekable();
            for second in 0..=u8::MAX {
                index.push(entries);
                let mut last = None;
                while let Some(hash) = hashes.next_if(|hash| hash[0] == second) {
                    if last != Some(hash) {
                        out.write_all(&hash[INDEXED - 1..])?;
                        entries += 1;
                    }
                    last = Some(hash);
                }
            }
        }
        index.push(entries);
        out.seek(SeekFrom::Start(HEADER))?;
        for slot in &index {
            out.write_all(&slot.to_be_bytes())?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let sum = checksum(to)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(entries, &sum))?;
        file.sync_all()?;
        Ok(entries)
    }
}

impl Drop for Heaps {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn checksum(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(HEADER))?;
    let (mut sum, mut portion) = (digest::Context::new(&digest::SHA256), vec![0; 1 << 20]);
    loop {
        match file.read(&mut portion)? {
            0 => return Ok(sum.finish().as_ref().to_vec()),
            read => sum.update(&portion[..read]),
        }
    }
}

fn header(entries: u64, sum: &[u8]) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_be_bytes());
    header.extend(u16::try_from(KEPT).unwrap_or_default().to_be_bytes());
    header.extend([0; 4]);
    header.extend(entries.to_be_bytes());
    header.extend(sum);
    header
}

#[cfg(test)]
mod tests {
    use super::super::{BreachedList, is_in_range, range};
    use super::*;

    fn made(folder: &Path, content: &str, name: &str, lines: Lines, least: u64) -> Result<Imported, BreachedError> {
        let from = folder.join(name);
        fs::write(&from, content).unwrap();
        import(&[from], lines, least, &folder.join("list"))
    }

    #[test]
    fn what_was_imported_is_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let passwords: Vec<String> = (0..5_000).map(|i| format!("password number {i}")).collect();
        let twice = passwords.join("\n") + "\r\n\n" + &passwords[..100].join("\n");
        let imported = made(folder.path(), &twice, "a.txt", Lines::Passwords, 5).unwrap();
        assert_eq!(imported, Imported { lines: 5_100, rare: 0, entries: 5_000 });
        let list = BreachedList::open(&folder.path().join("list")).unwrap();
        list.verify().unwrap();
        assert!(list.len() == 5_000 && passwords.iter().all(|password| list.holds(&sha1(password)).unwrap()));
        assert!((5_000..9_000).all(|i| !list.holds(&sha1(&format!("password number {i}"))).unwrap()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn both_forms_of_the_download_are_read_and_rare_ones_left_out() {
        // SHA-1 of "password", as the service writes it.
        let (whole, seen) = ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", sha1("password"));
        for (name, line, least, is) in [
            ("all.txt", format!("{whole}:9545824"), 1, true),
            ("5BAA6.txt", format!("{}:9545824\n{}:0", &whole[5..], "0".repeat(35)), 1, true),
            ("all.txt", format!("{}:4", whole.to_lowercase()), 5, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            made(folder.path(), &line, name, Lines::Hashes, least).unwrap();
            let list = BreachedList::open(&folder.path().join("list")).unwrap();
            assert_eq!(list.holds(&seen).unwrap(), is, "{name} {least}");
        }
        assert_eq!(range(&seen), "5BAA6");
        let answer = "003D68EB55068C33ACE09247EE4C639306B:3\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\r\n";
        assert!(is_in_range(answer, &seen) && !is_in_range(answer, &sha1("another")));
        assert!(!is_in_range("1E4C9B93F3F0682250B6CF8331B7EE68FD8:0\n", &seen), "padding");
    }

    #[test]
    fn a_broken_file_is_refused_and_the_old_list_stays() {
        let folder = tempfile::tempdir().unwrap();
        made(folder.path(), "first password", "a.txt", Lines::Passwords, 1).unwrap();
        for odd in ["not a hash:3", &format!("{}:x", "A".repeat(40)), &"A".repeat(5_000)] {
            let refused = made(folder.path(), odd, "b.txt", Lines::Hashes, 1).unwrap_err();
            assert!(refused.to_string().contains("line 1"), "{refused}");
        }
        let path = folder.path().join("list");
        assert!(BreachedList::open(&path).unwrap().holds(&sha1("first password")).unwrap());
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(BreachedList::open(&path).unwrap().verify().is_err(), "the checksum");
        for cut in [0, 10, 56, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert!(BreachedList::open(&path).is_err(), "{cut}");
        }
    }
}
