//! Owns the doctor's look at the machine: the year, open files, free space, and who can read or write files of ours.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Findings;
use crate::config::Config;
use crate::time::Timestamp;

/// 2026-01-01: this program is younger than that.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_767_225_600);
/// 2100-01-01.
const LATEST: Timestamp = Timestamp::from_seconds(4_102_444_800);
/// Less than this and the next migration or a busy day may fill the disk.
const LITTLE_SPACE: u64 = 512 * 1024 * 1024;
/// Less than this and writing fails within hours.
const NO_SPACE: u64 = 32 * 1024 * 1024;

/// Whether the clock can be right at all: tokens say when they end.
pub(super) fn year(now: Timestamp, findings: &mut Findings) {
    match (EARLIEST..LATEST).contains(&now) {
        true => findings.ok("clock", format!("it is {}", now.rfc3339())),
        false => {
            findings.problem("clock", format!("this machine says it is {}", now.rfc3339()), "set the clock; run NTP")
        }
    }
}

/// Whether there are enough file descriptors for the connections that are allowed.
pub(super) fn open_files(config: &Config, findings: &mut Findings) {
    let connections = config.server.max_connections as u64;
    let needed = connections + u64::from(config.database.max_connections) + 64;
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < needed => findings.warning(
            "open files",
            format!("at most {limit} files may be open, and server.max_connections = {connections} needs {needed}"),
            "raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower server.max_connections",
        ),
        Some(limit) => findings.ok("open files", format!("at most {limit}; {needed} may be needed")),
        None => findings.ok("open files", "without a limit"),
    }
}

/// Whether there is room to write beside this file.
pub(super) fn free_space(area: &'static str, folder: &Path, findings: &mut Findings) {
    let Ok(about) = rustix::fs::statvfs(folder) else { return };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let shown = format!("{} MiB are free at {}", free / (1024 * 1024), folder.display());
    match free {
        free if free < NO_SPACE => findings.problem(area, shown, "make room: writing is about to fail"),
        free if free < LITTLE_SPACE => findings.warning(area, shown, "make room before it runs out"),
        _ => findings.ok(area, shown),
    }
}

/// The permission bits of a file; `None` if it cannot be looked at.
pub(super) fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

/// A file that only its owner may change, and others perhaps read.
pub(super) fn file_of_ours(area: &'static str, path: &Path, findings: &mut Findings) {
    if let Some(mode) = mode(path).filter(|mode| mode & 0o022 != 0) {
        findings.problem(
            area,
            format!("{} has mode {mode:04o}: others on this machine can change it", path.display()),
            format!("run `chmod go-w {}`", path.display()),
        );
    }
}

/// A file that only its owner may read.
pub(super) fn secret_file(area: &'static str, path: &Path, findings: &mut Findings) {
    if let Some(mode) = mode(path).filter(|mode| mode & 0o077 != 0) {
        findings.warning(
            area,
            format!("{} has mode {mode:04o}: others on this machine can read it", path.display()),
            format!("run `chmod 600 {}`", path.display()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::Level;

    fn level(look: impl Fn(&mut Findings)) -> Vec<Level> {
        let mut findings = Findings::default();
        look(&mut findings);
        findings.0.into_iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_clock_far_off_is_a_problem() {
        for (seconds, is) in [(0, Level::Problem), (1_800_000_000, Level::Ok), (5_000_000_000, Level::Problem)] {
            assert_eq!(level(|f| year(Timestamp::from_seconds(seconds), f)), [is], "{seconds}");
        }
    }

    #[test]
    fn files_that_others_can_touch_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "x").unwrap();
        for (mode, write, read) in [(0o600, 0, 0), (0o640, 0, 1), (0o644, 0, 1), (0o664, 1, 1), (0o602, 1, 1)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(level(|f| file_of_ours("x", &path, f)).len(), write, "{mode:o}");
            assert_eq!(level(|f| secret_file("x", &path, f)).len(), read, "{mode:o}");
        }
    }
}
