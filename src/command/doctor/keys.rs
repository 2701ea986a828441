//! Owns the doctor's look at keys: the master key and whether it is the database's own, and whether every algorithm can
//! sign. It makes none.

use serde_json::json;

use super::{Findings, machine};
use crate::app::{MARK, key_rule};
use crate::config::Config;
use crate::oauth::jose::{Algorithm, TokenType};
use crate::secret::{KeysSource, MasterKey, MasterKeyError, Sealer};
use crate::signing::{KeyState, Keyring, Step, StoredKey, keyring, life};
use crate::store::{self, Db};
use crate::time::Timestamp;

const MASTER: &str = "master key";
const SIGNING: &str = "signing keys";

/// Looks at the master key; gives it if it is the right one.
pub(super) async fn master(config: &Config, db: Option<&Db>, findings: &mut Findings) -> Option<MasterKey> {
    let mark = match db {
        Some(db) => match db.read(|c| store::meta::find(c, MARK)).await {
            Ok(mark) => mark,
            Err(fault) => {
                findings.broken(MASTER, fault);
                return None;
            }
        },
        None => None,
    };
    let source = KeysSource { dir: config.keys.dir.clone(), secret: config.keys.master_key.clone() };
    let place = match source.secret {
        Some(_) => "the one of the configuration".to_owned(),
        None => source.file().display().to_string(),
    };
    let master = match (MasterKey::load(&source), &mark) {
        (Ok(master), _) => master,
        (Err(MasterKeyError::Missing(path)), None) => {
            findings.ok(MASTER, format!("there is none at {} yet; the first start makes it", path.display()));
            return None;
        }
        (Err(error), _) => {
            findings.broken(MASTER, error);
            return None;
        }
    };
    if source.secret.is_none() {
        machine::file_of_ours(MASTER, &source.dir, findings);
    }
    match (master.check_value(), mark) {
        (Ok(own), Some(mark)) if own == mark => {
            findings.ok(MASTER, format!("{place} is the one this database was sealed with"));
            Some(master)
        }
        (Ok(_), Some(_)) => {
            let what = format!("{place} is not the one this database was sealed with");
            findings.problem(MASTER, what, "put the right one back from your backup; no new one is made");
            None
        }
        (Ok(_), None) => {
            findings.ok(MASTER, format!("{place} can be used; the first start binds the database to it"));
            None
        }
        (Err(error), _) => {
            findings.broken(MASTER, error);
            None
        }
    }
}

/// Opens every signing key, lets each algorithm sign, and says what is due.
pub(super) async fn signing(config: &Config, db: &Db, master: &MasterKey, now: Timestamp, findings: &mut Findings) {
    let (rule, rows) = match (key_rule(config), db.read(store::keys::list).await) {
        (Ok(rule), Ok(rows)) => (rule, rows),
        (Err(error), _) => return findings.broken(SIGNING, error),
        (_, Err(fault)) => return findings.broken(SIGNING, fault),
    };
    if rows.is_empty() {
        return findings.ok(SIGNING, "there are none yet; the first start makes them");
    }
    let ring = match Sealer::from(master, keyring::SEAL_PURPOSE) {
        Ok(sealer) => Keyring::new(sealer, rule.lives),
        Err(error) => return findings.broken(SIGNING, error),
    };
    if let Err(error) = ring.load(&rows) {
        return findings.broken(SIGNING, error);
    }
    for alg in &rule.algorithms {
        one_algorithm(*alg, &ring, &rows, now, findings);
    }
    let due: Vec<&str> = life::plan(&rows, &rule.lives, &rule.algorithms, now)
        .iter()
        .filter_map(|step| match step {
            Step::Generate { alg, .. } => Some(alg.as_str()),
            _ => None,
        })
        .collect();
    if !due.is_empty() {
        let what = format!("a successor is due for {}", due.join(", "));
        findings.warning(SIGNING, what, "start the server: it makes successors by itself within seconds");
    }
}

fn one_algorithm(alg: Algorithm, ring: &Keyring, rows: &[StoredKey], now: Timestamp, findings: &mut Findings) {
    let name = alg.as_str();
    if let Err(fault) = ring.sign(alg, TokenType::IdToken, &json!({}), now) {
        let remedy = "start the server: it makes what is missing; clients of this algorithm get no tokens until then";
        return findings.problem(SIGNING, format!("{name}: {fault}"), remedy);
    }
    let of_alg = || rows.iter().filter(|row| row.alg == alg);
    let retired = of_alg().filter(|row| row.state(now) == KeyState::Retired).count();
    let next = of_alg().filter(|row| row.state(now) == KeyState::Published).map(|row| row.signs_from).min();
    let mut what = format!("{name} signs");
    if let Some(next) = next {
        what.push_str(&format!(", its successor from {} on", next.rfc3339()));
    }
    if retired > 0 {
        what.push_str(&format!(", {retired} retired still verify"));
    }
    findings.ok(SIGNING, what);
}
