//! Owns one-time codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds, as every app knows them) recovery
//! codes, and codes that are mailed. The only room that names totp-rs. It does not own where secrets are stored, nor that a code counts once.

use totp_rs::{Builder, Secret, Totp};

use crate::secret::random::Chance;
use crate::sensitive::Sensitive;
use crate::time::Timestamp;

/// Bytes of a secret (RFC 4226 section 4 recommends 160 bits).
const SECRET_LEN: usize = 20;
/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: no 0, 1, I, L, O, U, which are misread or spell words.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a recovery code: 30^16 is more than 78 bits.
const RECOVERY_LEN: usize = 16;

/// A fresh secret.
pub fn secret(chance: &dyn Chance) -> Vec<u8> {
    let mut bytes = vec![0; SECRET_LEN];
    chance.fill(&mut bytes);
    bytes
}

fn totp(secret: &[u8], account: &str, issuer: &str) -> Option<Totp> {
    // A colon parts issuer and account in the address; neither may have one.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_skew(1)
        .with_account_name(plain(account))
        .with_issuer(Some(plain(issuer)))
        .build()
        .ok()
}

/// Which time step a code belongs to: the present one, the one before or the one after. `None`: to none, or it is not six
/// ASCII digits. Spaces, as apps show them, are let through.
pub fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| *c != ' ').collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now.seconds()).ok()?;
    let step = totp(secret, "a", "b")?.check(&digits, seconds)?;
    i64::try_from(step).ok()
}

/// The code of a moment; for tests and the demo.
pub fn code_at(secret: &[u8], at: Timestamp) -> String {
    let seconds = u64::try_from(at.seconds()).unwrap_or_default();
    totp(secret, "a", "b").map(|t| t.generate(seconds).to_string()).unwrap_or_default()
}

/// The address that an authenticator app reads from the picture (`otpauth://totp/…`).
pub fn address(secret: &[u8], account: &str, issuer: &str) -> Option<Sensitive> {
    totp(secret, account, issuer)?.to_url().ok().map(Sensitive::new)
}

/// The secret as a person types it, in groups of four letters.
pub fn typed(secret: &[u8]) -> Sensitive {
    let letters = Secret::from(secret.to_vec()).to_base32();
    let letters: Vec<&str> = letters.as_bytes().chunks(4).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    Sensitive::new(letters.join(" "))
}

/// Fresh recovery codes, in groups of four letters.
pub fn recovery_codes(chance: &dyn Chance) -> Vec<Sensitive> {
    (0..RECOVERY_CODES).map(|_| recovery_code(chance)).collect()
}

fn recovery_code(chance: &dyn Chance) -> Sensitive {
    let mut code = String::with_capacity(RECOVERY_LEN + 3);
    while code.len() < RECOVERY_LEN + 3 {
        let mut byte = [0];
        chance.fill(&mut byte);
        // Only bytes below a multiple of 30, so that every letter is as likely.
        if byte[0] < 240 {
            code.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
            if code.len() % 5 == 4 && code.len() < RECOVERY_LEN + 3 {
                code.push('-');
            }
        }
    }
    Sensitive::new(code)
}

/// A recovery code as it is hashed: without spaces and hyphens, in capitals. `None`: it cannot be one.
pub fn folded_recovery_code(text: &str) -> Option<Sensitive> {
    let letters: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let letters = letters.to_ascii_uppercase();
    let is_one = letters.len() == RECOVERY_LEN && letters.bytes().all(|b| ALPHABET.contains(&b));
    is_one.then(|| Sensitive::new(letters))
}

/// Digits of a code that is mailed: two more than an app shows, so that neither is taken for the other.
const MAILED_LEN: usize = 8;

/// A fresh code to be mailed.
pub fn mailed_code(chance: &dyn Chance) -> Sensitive {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    // 2^64 is so much more than 10^8 that no code is likelier than another.
    Sensitive::new(format!("{:08}", u64::from_be_bytes(bytes) % 100_000_000))
}

/// A mailed code as a person typed it, without spaces; `None` if it is no such code.
pub fn folded_mailed_code(text: &str) -> Option<Sensitive> {
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    let is_one = digits.len() == MAILED_LEN && digits.bytes().all(|b| b.is_ascii_digit());
    is_one.then(|| Sensitive::new(digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::random::SeededChance;

    /// RFC 6238 appendix B, the SHA-1 column, cut to six digits.
    #[test]
    fn rfc_6238_appendix_b() {
        let secret = b"12345678901234567890";
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(code_at(secret, at), code);
            assert_eq!(step_of(secret, code, at), Some(seconds / 30));
        }
    }

    #[test]
    fn k03_only_the_step_before_the_present_one_and_the_next_and_only_ascii_digits() {
        let secret = secret(&SeededChance::new(7));
        let now = Timestamp::from_seconds(1_800_000_000);
        let at = |steps: i64| Timestamp::from_seconds(1_800_000_000 + steps * 30);
        for (steps, is_taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(&secret, &code_at(&secret, at(steps)), now);
            assert_eq!(found, is_taken.then_some(60_000_000 + steps), "{steps}");
        }
        let code = code_at(&secret, now);
        assert!(step_of(&secret, &format!(" {} {} ", &code[..3], &code[3..]), now).is_some());
        let arabic: String = code.chars().filter_map(|c| char::from_u32(0x0660 + c as u32 - 48)).collect();
        for bad in [format!("{code}0"), code[..5].to_owned(), arabic, format!("+{}", &code[1..]), String::new()] {
            assert_eq!(step_of(&secret, &bad, now), None, "{bad}");
        }
    }

    #[test]
    fn k08_recovery_codes_have_more_than_64_bits_and_are_read_as_people_type_them() {
        let codes = recovery_codes(&SeededChance::new(7));
        assert_eq!(codes.len(), RECOVERY_CODES);
        let mut seen = std::collections::BTreeSet::new();
        for code in &codes {
            let text = code.expose();
            assert_eq!(text.len(), 19);
            let folded = folded_recovery_code(text).unwrap();
            assert!(seen.insert(folded.expose().to_owned()));
            let sloppy = format!(" {} ", text.to_lowercase().replace('-', " "));
            assert_eq!(folded_recovery_code(&sloppy).unwrap().expose(), folded.expose());
        }
        for bad in ["", "ABCD-EFGH", "ABCD-EFGH-JKMN-PQR0", "ABCD-EFGH-JKMN-PQRS-T"] {
            assert!(folded_recovery_code(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let address = address(b"12345678901234567890", "ada@example.com", "Acme: Sign-in").unwrap();
        assert!(
            address.expose().starts_with("otpauth://totp/Acme%20%20Sign-in:ada%40example.com?"),
            "{}",
            address.expose()
        );
        assert_eq!(typed(b"12345678901234567890").expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }

    #[test]
    fn k11_mailed_codes_are_eight_digits_and_no_other_code_is_one() {
        let chance = crate::secret::random::SeededChance::new(1);
        let (one, two) = (mailed_code(&chance), mailed_code(&chance));
        assert_ne!(one.expose(), two.expose());
        let spaced = format!(" {} {} ", &one.expose()[..4], &one.expose()[4..]);
        assert_eq!(folded_mailed_code(&spaced).map(|c| c.expose().to_owned()), Some(one.expose().to_owned()));
        for other in ["", "123456", "123456789", "1234567a", "\u{661}2345678", "ABCD-EFGH-JKMN-PQRS"] {
            assert!(folded_mailed_code(other).is_none(), "{other}");
        }
    }
}
