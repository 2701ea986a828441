//! Owns the form of our opaque tokens: prefix, 256 random bits, checksum; and the hash under which they are stored. It
//! does not own what a token is good for, nor its row.
//!
//! `vs_rt_` + 43 characters of base64url + `_` + 6 characters of checksum. The prefix lets secret scanners find a leaked
//! token and lets us refuse one kind in the place of another; the checksum refuses typing errors and guesses before the
//! database is asked. Neither is a protection: that is the 256 bits.

use aws_lc_rs::digest;

use crate::secret::random::{Chance, token32};
use crate::sensitive::Sensitive;

const PREFIX_LEN: usize = 6;
const BODY_LEN: usize = 43;
const CHECK_LEN: usize = 6;
/// Length of every token of ours, in bytes.
pub const TOKEN_LEN: usize = PREFIX_LEN + BODY_LEN + 1 + CHECK_LEN;

/// What a token is for. Each kind has its prefix, so that none passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `vs_rt_`: refresh token.
    RefreshToken,
    /// `vs_ac_`: authorization code.
    Code,
    /// `vs_cs_`: client secret.
    ClientSecret,
    /// `vs_ss_`: session cookie.
    Session,
    /// `vs_su_`: link that sets up the first owner.
    SetupLink,
    /// `vs_in_`: link by which a person chooses a password.
    Invitation,
    /// `vs_dv_`: cookie of a browser a person has signed in from before.
    Device,
    /// `vs_co_`: cookie of the administration console.
    Console,
    /// `vs_me_`: cookie of the pages where people look after their account.
    Account,
    /// `vs_al_`: link in a letter about the person's own account; its purpose stands in its row.
    AccountLink,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 10] = [
        Kind::RefreshToken,
        Kind::Code,
        Kind::ClientSecret,
        Kind::Session,
        Kind::SetupLink,
        Kind::Invitation,
        Kind::Device,
        Kind::Console,
        Kind::Account,
        Kind::AccountLink,
    ];

    /// The six characters every token of this kind begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Kind::RefreshToken => "vs_rt_",
            Kind::Code => "vs_ac_",
            Kind::ClientSecret => "vs_cs_",
            Kind::Session => "vs_ss_",
            Kind::SetupLink => "vs_su_",
            Kind::Invitation => "vs_in_",
            Kind::Device => "vs_dv_",
            Kind::Console => "vs_co_",
            Kind::Account => "vs_me_",
            Kind::AccountLink => "vs_al_",
        }
    }
}

/// A fresh token of this kind.
pub fn make(kind: Kind, chance: &dyn Chance) -> Sensitive {
    let mut text = String::with_capacity(TOKEN_LEN);
    text.push_str(kind.prefix());
    text.push_str(&token32(chance));
    let check = checksum(text.as_bytes());
    text.push('_');
    text.extend(check.map(char::from));
    Sensitive::new(text)
}

/// Whether `text` has the form of a token of this kind: prefix, length, alphabet, checksum. Says nothing of whether it was
/// ever issued; it is the cheap refusal before the database is asked.
pub fn check_shape(kind: Kind, text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != TOKEN_LEN || !text.starts_with(kind.prefix()) {
        return false;
    }
    let (signed, tail) = bytes.split_at(PREFIX_LEN + BODY_LEN);
    let in_alphabet = signed.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    in_alphabet && tail[0] == b'_' && tail[1..] == checksum(signed)
}

/// What a text seems to be that was sent in the place of a `wanted` token and is none; in words for the trace.
pub fn seems(text: &str, wanted: Option<Kind>) -> &'static str {
    match Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix())) {
        kind @ Some(_) if kind == wanted => "one that was cut or changed",
        Some(Kind::RefreshToken) => "a refresh token",
        Some(Kind::Code) => "an authorization code",
        Some(Kind::ClientSecret) => "a client secret",
        Some(
            Kind::Session
            | Kind::SetupLink
            | Kind::Device
            | Kind::Invitation
            | Kind::Console
            | Kind::Account
            | Kind::AccountLink,
        ) => "a value of one of our cookies or links",
        None if text.starts_with("eyJ") => "a JWT, such as an access token or an ID token",
        None => "another text",
    }
}

/// SHA-256 of the text: what is stored and looked up. Enough for tokens that carry 256 random bits; never use it for
/// passwords.
pub fn hash(text: &str) -> Vec<u8> {
    digest_of(text.as_bytes())
}

/// SHA-256 of any bytes.
pub fn digest_of(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// CRC-32 (IEEE) of the bytes as six characters of base 62, most significant first.
fn checksum(bytes: &[u8]) -> [u8; CHECK_LEN] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32(bytes);
    let mut text = [b'0'; CHECK_LEN];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    text
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| (crc >> 8) ^ CRC_TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize])
}

static CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::random::SeededChance;

    #[test]
    fn c09_ten_thousand_codes_are_unique_and_hold_256_bits() {
        let codes: std::collections::HashSet<String> =
            (0..10_000).map(|_| make(Kind::Code, &crate::secret::SystemChance).expose().to_owned()).collect();
        assert_eq!(codes.len(), 10_000);
        assert!(codes.iter().all(|code| code.len() == TOKEN_LEN && BODY_LEN * 6 >= 256));
    }

    #[test]
    fn crc32_gives_the_published_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(checksum(b"123456789").len(), CHECK_LEN);
    }

    #[test]
    fn every_kind_makes_what_it_accepts_and_accepts_no_other_kind() {
        let chance = SeededChance::new(1);
        for kind in Kind::ALL {
            let token = make(kind, &chance);
            assert_eq!(token.len(), TOKEN_LEN);
            for other in Kind::ALL {
                assert_eq!(check_shape(other, token.expose()), other == kind, "{kind:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_changed_or_cut_token_has_the_wrong_shape() {
        let token = make(Kind::Code, &SeededChance::new(2));
        let good = token.expose();
        for at in 0..good.len() {
            let mut bad = good.as_bytes().to_vec();
            bad[at] = if bad[at] == b'x' { b'y' } else { b'x' };
            assert!(!check_shape(Kind::Code, std::str::from_utf8(&bad).unwrap()), "{at}");
        }
        for bad in ["", "vs_ac_", &good[..good.len() - 1], &format!("{good} "), &format!("{good}="), "é"] {
            assert!(!check_shape(Kind::Code, bad), "{bad}");
        }
        let foreign = format!("vs_ac_{}_000000", "é".repeat(21) + "a");
        assert!(!check_shape(Kind::Code, &foreign));
    }

    #[test]
    fn the_stored_hash_is_sha256() {
        let hex: String = hash("abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
