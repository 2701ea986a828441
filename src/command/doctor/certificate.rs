//! Owns reading the two dates out of an X.509 certificate (RFC 5280 section 4.1). It checks nothing else: whether a
//! certificate is to be believed is for those who connect.

use time::{Date, Month, PrimitiveDateTime, Time};

use crate::time::Timestamp;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `version`, explicit and optional.
const VERSION: u8 = 0xa0;

/// `notBefore` and `notAfter`; `None` if this is no certificate.
pub(super) fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate, _) = take(der)?;
    let (_, tbs, _) = take(certificate)?;
    let mut rest = tbs;
    if rest.first() == Some(&VERSION) {
        rest = take(rest)?.2;
    }
    // serialNumber, signature, issuer
    for _ in 0..3 {
        rest = take(rest)?.2;
    }
    let (tag, validity, _) = take(rest)?;
    if tag != SEQUENCE {
        return None;
    }
    let (from_tag, from, rest) = take(validity)?;
    let (until_tag, until, _) = take(rest)?;
    Some((moment(from_tag, from)?, moment(until_tag, until)?))
}

/// Tag, content and what follows.
fn take(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // Up to four bytes of length; a certificate is far smaller.
        long @ 0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, where years from 50 on are of the last century, or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest): (i32, &str) = match tag {
        UTC_TIME => {
            let year: i32 = text.get(..2)?.parse().ok()?;
            (if year >= 50 { 1900 + year } else { 2000 + year }, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    if rest.len() != 10 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(part(0)?).ok()?, part(2)?).ok()?;
    let time = Time::from_hms(part(4)?, part(6)?, part(8)?).ok()?;
    Some(Timestamp::from_seconds(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut der = vec![tag];
        match u8::try_from(content.len()) {
            Ok(short) if short < 0x80 => der.push(short),
            _ => {
                der.push(0x82);
                der.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        der.extend(content);
        der
    }

    fn certificate(from: (u8, &str), until: (u8, &str)) -> Vec<u8> {
        let dates = [tlv(from.0, from.1.as_bytes()), tlv(until.0, until.1.as_bytes())].concat();
        let parts = [
            tlv(VERSION, &tlv(2, &[2])),
            tlv(2, &[1; 20]),
            tlv(SEQUENCE, &[5, 0]),
            tlv(SEQUENCE, &[0; 300]),
            tlv(SEQUENCE, &dates),
        ];
        tlv(SEQUENCE, &tlv(SEQUENCE, &parts.concat()))
    }

    #[test]
    fn both_forms_of_dates_are_read() {
        let der = certificate((UTC_TIME, "260101000000Z"), (GENERALIZED_TIME, "20510203040506Z"));
        let (from, until) = validity(&der).unwrap();
        assert_eq!(from.rfc3339(), "2026-01-01T00:00:00Z");
        assert_eq!(until.rfc3339(), "2051-02-03T04:05:06Z");
        let old = certificate((UTC_TIME, "991231235959Z"), (UTC_TIME, "491231235959Z"));
        let (from, until) = validity(&old).unwrap();
        assert_eq!(
            (from.rfc3339().as_str(), until.rfc3339().as_str()),
            ("1999-12-31T23:59:59Z", "2049-12-31T23:59:59Z")
        );
    }

    #[test]
    fn what_is_no_certificate_is_none_and_never_a_panic() {
        let good = certificate((UTC_TIME, "260101000000Z"), (UTC_TIME, "270101000000Z"));
        for cut in 0..good.len() {
            assert_eq!(validity(&good[..cut]), None, "{cut}");
        }
        for bad in ["261301000000Z", "260101000000", "26010100000Z", "2601010000000Z", "26é101000000Z"] {
            assert_eq!(validity(&certificate((UTC_TIME, bad), (UTC_TIME, bad))), None, "{bad}");
        }
        assert_eq!(validity(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
