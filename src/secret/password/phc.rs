//! Owns the argon2 computation itself and the PHC string around it: one recipe for new hashes, caps for stored ones. It
//! does not own threads or queues (`crew`).

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::foreign::{self, Foreign};
use super::{PasswordError, PasswordRule, PasswordVerdict};
use crate::secret::random::{Chance, SystemChance};

const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;

/// Stored hashes may ask for this much and no more, or for what our own rule asks if that is more: whoever can write one
/// into the database must not be able to stop the server with it. Imported hashes of other providers stay below.
const MAX_STORED_KIB: u32 = 128 * 1024;
const MAX_STORED_ITERATIONS: u32 = 12;
const MAX_STORED_LANES: u32 = 16;

/// The parameters of new hashes.
#[derive(Clone, Copy)]
pub(super) struct Recipe {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

/// A hash somebody stored, taken apart and found to be within the caps.
struct Stored {
    argon: Argon2<'static>,
    salt: Vec<u8>,
    hash: Vec<u8>,
    is_current: bool,
}

impl Recipe {
    pub(super) fn new(rule: &PasswordRule) -> Result<Self, PasswordError> {
        let recipe = Self { memory_kib: rule.memory_kib, iterations: rule.iterations, lanes: rule.parallelism };
        recipe.params()?;
        Ok(recipe)
    }

    /// A new PHC string for this password with a fresh salt.
    pub(super) fn hash(self, password: &[u8], memory: &mut Vec<Block>) -> Result<String, PasswordError> {
        let mut salt = [0; SALT_LEN];
        SystemChance.fill(&mut salt);
        let hash = compute(&self.argon()?, password, &salt, HASH_LEN, memory)?;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash.as_slice()));
        Ok(format!("$argon2id$v=19${self}${salt}${hash}"))
    }

    /// Compares; computes one hash in every case, and one more when a right password's hash is out of date.
    pub(super) fn verify(
        self,
        password: &[u8],
        typed: &[u8],
        phc: Option<&str>,
        memory: &mut Vec<Block>,
    ) -> Result<PasswordVerdict, PasswordError> {
        if let Some(Ok(foreign)) = phc.filter(|text| foreign::is_foreign(text)).map(Foreign::read) {
            return match foreign.fits(typed) {
                true => Ok(PasswordVerdict::Right { upgrade: Some(self.hash(password, memory)?) }),
                false => Ok(PasswordVerdict::Wrong),
            };
        }
        let stored = match phc.map(|text| self.read(text)) {
            Some(Ok(stored)) => stored,
            nothing_usable => {
                compute(&self.argon()?, password, &[0; SALT_LEN], HASH_LEN, memory)?;
                return nothing_usable
                    .map_or(Ok(PasswordVerdict::Wrong), |refusal| refusal.map(|_| PasswordVerdict::Wrong));
            }
        };
        let mut fits = |password: &[u8]| {
            let hash = compute(&stored.argon, password, &stored.salt, stored.hash.len(), memory)?;
            Ok::<_, PasswordError>(crate::secret::equal(&hash, &stored.hash))
        };
        // Nobody else normalises: a hash that was not made here may be of the password as typed.
        if !fits(password)? && (stored.is_current || typed == password || !fits(typed)?) {
            return Ok(PasswordVerdict::Wrong);
        }
        let upgrade = if stored.is_current { None } else { Some(self.hash(password, memory)?) };
        Ok(PasswordVerdict::Right { upgrade })
    }

    /// The form in which a hash of another system is stored.
    pub(super) fn imported(self, text: &str) -> Result<String, PasswordError> {
        let stored = foreign::stored_form(text).map_err(PasswordError::Unusable)?;
        if !foreign::is_foreign(&stored) {
            self.read(&stored)?;
        }
        Ok(stored)
    }

    fn read(self, text: &str) -> Result<Stored, PasswordError> {
        let unusable = PasswordError::Unusable;
        let parsed = PasswordHash::new(text).map_err(|_| unusable("it is not a PHC string"))?;
        let algorithm: Algorithm = parsed
            .algorithm
            .as_str()
            .parse()
            .map_err(|_| unusable("it was not made by argon2 or another scheme we know"))?;
        let version = match parsed.version {
            None | Some(0x10) => Version::V0x10,
            Some(0x13) => Version::V0x13,
            Some(_) => return Err(unusable("its argon2 version is unknown")),
        };
        let params = Params::try_from(&parsed).map_err(|_| unusable("its parameters are impossible"))?;
        if params.m_cost() > MAX_STORED_KIB.max(self.memory_kib)
            || params.t_cost() > MAX_STORED_ITERATIONS.max(self.iterations)
            || params.p_cost() > MAX_STORED_LANES.max(self.lanes)
        {
            return Err(unusable("its parameters ask for more memory or time than is allowed"));
        }
        let salt = parsed.salt.as_ref().ok_or(unusable("it has no salt"))?.as_ref().to_vec();
        let hash = parsed.hash.as_ref().ok_or(unusable("it has no hash"))?.as_bytes().to_vec();
        let is_current = algorithm == Algorithm::Argon2id
            && version == Version::V0x13
            && (params.m_cost(), params.t_cost(), params.p_cost()) == (self.memory_kib, self.iterations, self.lanes)
            && salt.len() >= SALT_LEN
            && hash.len() >= HASH_LEN;
        Ok(Stored { argon: Argon2::new(algorithm, version, params), salt, hash, is_current })
    }

    fn argon(self) -> Result<Argon2<'static>, PasswordError> {
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params()?))
    }

    fn params(self) -> Result<Params, PasswordError> {
        Params::new(self.memory_kib, self.iterations, self.lanes, Some(HASH_LEN))
            .map_err(|error| PasswordError::Broken(format!("argon2 does not accept {self}: {error}")))
    }

    /// How much memory a thread keeps between two hashes, in blocks of 1 KiB.
    pub(super) fn blocks(self) -> usize {
        self.memory_kib as usize
    }
}

impl std::fmt::Display for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib, self.iterations, self.lanes)
    }
}

fn compute(
    argon: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Vec<Block>,
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let blocks = argon.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let mut hash = Zeroizing::new(vec![0; length]);
    argon
        .hash_password_into_with_memory(password, salt, &mut hash, &mut memory[..blocks])
        .map_err(|error| PasswordError::Broken(error.to_string()))?;
    Ok(hash)
}
