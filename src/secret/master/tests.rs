use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::secret::random::{SeededChance, SystemChance};

const GOOD: &str = "9f1c0be2a7d34586f7e1c2d9b8a06354e0f1d2c3b4a596871f2e3d4c5b6a7988";

fn folder() -> (tempfile::TempDir, KeysSource) {
    let temp = tempfile::tempdir().unwrap();
    let source = KeysSource { dir: temp.path().join("keys"), secret: None };
    (temp, source)
}

fn write(source: &KeysSource, text: &str, mode: u32) {
    make_folder(&source.dir).unwrap();
    fs::write(source.file(), text).unwrap();
    fs::set_permissions(source.file(), fs::Permissions::from_mode(mode)).unwrap();
}

fn secret(text: &str) -> KeysSource {
    KeysSource { dir: "/nowhere".into(), secret: Some(Sensitive::new(text)) }
}

#[test]
fn a_made_key_has_mode_0600_and_reads_back() {
    let (_temp, source) = folder();
    let made = MasterKey::create(&source, &SeededChance::new(1)).unwrap();
    assert_eq!(fs::metadata(source.file()).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(&source.dir).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(MasterKey::load(&source).unwrap().bytes(), made.bytes());
    assert_eq!(fs::read_dir(&source.dir).unwrap().count(), 1, "a draft was left behind");
}

#[test]
fn p03_a_missing_key_is_made_for_a_fresh_database_only() {
    let (_temp, source) = folder();
    let refused = MasterKey::load_or_create(&source, DatabaseAge::InUse, &SystemChance).unwrap_err();
    assert!(matches!(refused, MasterKeyError::Missing(_)), "{refused}");
    assert!(refused.to_string().contains("backup"), "{refused}");
    assert!(!source.file().exists());

    let made = MasterKey::load_or_create(&source, DatabaseAge::Fresh, &SystemChance).unwrap();
    let again = MasterKey::load_or_create(&source, DatabaseAge::Fresh, &SystemChance).unwrap();
    assert_eq!(made.bytes(), again.bytes());
}

#[test]
fn two_nodes_that_start_at_once_get_one_key() {
    let (_temp, source) = folder();
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let source = source.clone();
            std::thread::spawn(move || {
                let key = MasterKey::load_or_create(&source, DatabaseAge::Fresh, &SystemChance).unwrap();
                key.check_value().unwrap()
            })
        })
        .collect();
    let keys: std::collections::HashSet<_> = nodes.into_iter().map(|node| node.join().unwrap()).collect();
    assert_eq!(keys.len(), 1);
    assert_eq!(fs::read_dir(&source.dir).unwrap().count(), 1);
}

#[test]
fn p03_a_key_file_is_never_replaced() {
    let (_temp, source) = folder();
    write(&source, "", 0o600);
    let refused = MasterKey::create(&source, &SystemChance).unwrap_err();
    assert!(matches!(refused, MasterKeyError::Exists(_)), "{refused}");
    let refused = MasterKey::load_or_create(&source, DatabaseAge::Fresh, &SystemChance).unwrap_err();
    assert!(matches!(refused, MasterKeyError::Malformed { .. }), "{refused}");
    assert_eq!(fs::read_to_string(source.file()).unwrap(), "");
}

#[test]
fn p03_a_file_that_others_can_read_is_refused() {
    let (_temp, source) = folder();
    for mode in [0o644, 0o640, 0o604, 0o660, 0o620, 0o601] {
        write(&source, GOOD, mode);
        let refused = MasterKey::load(&source).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{mode:o}: {refused}");
    }
    for mode in [0o600, 0o400] {
        write(&source, GOOD, 0o600);
        fs::set_permissions(source.file(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(MasterKey::load(&source).is_ok(), "{mode:o}");
        fs::set_permissions(source.file(), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn p03_r26_an_empty_cut_damaged_or_well_known_file_is_refused() {
    let (_temp, source) = folder();
    let zeros = "0".repeat(64);
    let two_lines = format!("{GOOD}\n{GOOD}\n");
    let long = "# x\n".repeat(2000);
    for bad in [
        "",
        "\n\n",
        "# only a comment\n",
        &GOOD[..63],
        &GOOD[..62],
        &format!("{GOOD}00"),
        &format!("zz{}", &GOOD[2..]),
        "hunter2!",
        &zeros,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        &two_lines,
        &long,
        "\u{feff}9f1c",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ] {
        write(&source, bad, 0o600);
        let refused = MasterKey::load(&source).unwrap_err();
        assert!(matches!(refused, MasterKeyError::Malformed { .. }), "{bad:?}: {refused}");
        assert!(bad.len() < 8 || !refused.to_string().contains(bad), "the key is in the message: {refused}");
    }
    fs::remove_file(source.file()).unwrap();
    fs::create_dir(source.file()).unwrap();
    fs::set_permissions(source.file(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(MasterKey::load(&source).is_err());
}

#[test]
fn one_key_in_three_spellings_is_one_key() {
    let (_temp, source) = folder();
    let raw: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&GOOD[2 * i..2 * i + 2], 16).unwrap()).collect();
    for text in [
        format!("{GOOD}\n"),
        format!("# kept in the safe\r\n{}\r\n", GOOD.to_uppercase()),
        base64::engine::general_purpose::STANDARD.encode(&raw),
        URL_SAFE_NO_PAD.encode(&raw),
    ] {
        write(&source, &text, 0o600);
        assert_eq!(MasterKey::load(&source).unwrap().bytes(), raw, "{text}");
        let line = text.lines().last().unwrap();
        assert_eq!(MasterKey::load(&secret(line)).unwrap().bytes(), raw, "{line}");
    }
}

#[test]
fn p03_a_weak_configured_secret_is_refused_and_a_long_text_is_taken() {
    for bad in [
        "",
        "   ",
        "hunter2!",
        "thirty-one bytes are not enough",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "please-change-me-please-change-me-please",
        "this is an example of a master key, long enough",
        &"0".repeat(64),
    ] {
        assert!(MasterKey::load(&secret(bad)).is_err(), "{bad:?}");
    }
    let taken = MasterKey::load(&secret("q8P!zw3Vt_e1R0uYx7LmN5bG2hJ4kS6d")).unwrap();
    assert_eq!(taken.bytes().len(), 32);
}

#[test]
fn p03_another_key_has_another_check_value() {
    let first = MasterKey::for_tests(1).check_value().unwrap();
    assert_eq!(first, MasterKey::for_tests(1).check_value().unwrap());
    assert_ne!(first, MasterKey::for_tests(2).check_value().unwrap());
    assert_eq!(first.len(), 43);
    assert_eq!(format!("{:?}", MasterKey::for_tests(7)), "MasterKey(…)");
}
