//! Owns the doctor's look at the database: can it be reached, is it up to date, can it be written, is there room, does its
//! clock agree with ours, is there an owner.

use std::path::PathBuf;

use super::{Findings, machine};
use crate::app::{Opener, database_settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::secret::random::{SystemChance, token32};
use crate::store::{Db, Engine, inspect, keys, leases, users};
use crate::time::{Lifetime, Timestamp};

const AREA: &str = "database";
/// Clocks this far apart are worth a word; tokens are judged with [`crate::signing::SKEW`] of patience.
const APART: Lifetime = Lifetime::from_seconds(5);

/// Looks at the database; gives it if it can be asked more.
pub(super) async fn examine(config: &Config, now: Timestamp, findings: &mut Findings) -> Option<Db> {
    let file = sqlite_file(config);
    if let Some(file) = file.as_ref().filter(|file| !file.exists()) {
        findings.ok(AREA, format!("there is none at {} yet; the first start makes it", file.display()));
        return None;
    }
    let settings = database_settings(config, Opener::Command);
    let opened = tokio::task::spawn_blocking(move || {
        let db = Db::open(&settings)?;
        let pending = db.pending_migrations()?;
        Ok::<_, crate::store::OpenError>((db, pending))
    });
    let (db, pending) = match opened.await {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => {
            findings.broken(AREA, error);
            return None;
        }
        Err(error) => {
            findings.broken(AREA, error);
            return None;
        }
    };
    let engine = db.engine();
    match db.read(inspect::version).await {
        Ok(version) => findings.ok(AREA, format!("{} {version} at {}", engine.as_str(), config.database.url)),
        Err(fault) => {
            findings.broken(AREA, fault);
            return None;
        }
    }
    if let Some(file) = &file {
        machine::secret_file(AREA, file, findings);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        machine::free_space(AREA, folder.unwrap_or(std::path::Path::new(".")), findings);
    }
    if !pending.is_empty() {
        let what = format!("it is not up to date: {} to be run", pending.join(", "));
        findings.warning(AREA, what, "start the server, or run `vouchsafe migrate`");
        return None;
    }
    findings.ok(AREA, "its tables are up to date");
    writable(&db, now, findings).await;
    Some(db)
}

/// The file of a SQLite database, as the store reads the URL.
fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let rest = config.database.url.expose().strip_prefix("sqlite:")?;
    Some(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))
}

/// Takes a lease of its own and gives it back: a true write that leaves nothing behind.
async fn writable(db: &Db, now: Timestamp, findings: &mut Findings) {
    let holder = token32(&SystemChance);
    let wrote = db.write(move |c| {
        leases::take(c, "doctor", &holder, now, now + Lifetime::from_seconds(1))?;
        leases::release(c, "doctor", &holder)
    });
    match wrote.await {
        Ok(_) => findings.ok(AREA, "it can be written"),
        Err(fault) => findings.problem(
            AREA,
            format!("it cannot be written: {fault}"),
            "see that the disk has room and that the service's user may write there",
        ),
    }
}

/// Compares the clocks: nodes that disagree refuse each other's tokens.
pub(super) async fn clocks(db: &Db, clock: &Clock, findings: &mut Findings) {
    let newest = db.read(|c| Ok(keys::list(c)?.into_iter().map(|key| key.created_at).max())).await;
    if let Ok(Some(newest)) = newest
        && newest > clock.now() + crate::signing::SKEW
    {
        let what = format!("the database has a key of {}, which is in our future", newest.rfc3339());
        findings.problem("clock", what, "set this machine's clock; run NTP");
    }
    if db.engine() == Engine::Sqlite {
        return;
    }
    let before = clock.now();
    let Ok(Some(theirs)) = db.read(inspect::clock).await else { return };
    // Half of the way there and back is theirs; what is left of the difference is real.
    let way = clock.now().since(before);
    let apart = theirs.since(clock.now()).max(before.since(theirs));
    let seconds = apart.seconds();
    let remedy = "run NTP on both machines";
    let what = format!("the database's clock is {seconds} s away from ours");
    match apart {
        apart if apart > crate::signing::SKEW => findings.problem("clock", what, remedy),
        apart if apart > APART => findings.warning("clock", what, remedy),
        _ => findings.ok("clock", format!("the database's clock agrees with ours (asked within {} ms)", way.millis())),
    }
}

/// Whether anybody can administer.
pub(super) async fn owner(db: &Db, findings: &mut Findings) {
    match db.read(users::count_owners).await {
        Ok(0) => findings.warning("administrator", "there is none yet", "run `vouchsafe admin link` and open the link"),
        Ok(1) => findings.ok("administrator", "there is one"),
        Ok(count) => findings.ok("administrator", format!("there are {count}")),
        Err(fault) => findings.broken("administrator", fault),
    }
}
