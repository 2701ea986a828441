//! `vouchsafe key …`.

use serde_json::Value;

use crate::bench::{Bench, bytes_of, contains};

fn states(bench: &Bench, alg: &str) -> Vec<String> {
    let keys = bench.json(&["key", "list"]);
    let of_alg = keys.as_array().unwrap().iter().filter(|key| key["alg"] == alg);
    of_alg.map(|key| key["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_made_at_the_first_start_and_rotated() {
    let bench = Bench::new();
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        assert_eq!(states(&bench, alg), ["signing"], "{alg}");
    }
    let rotated = bench.json(&["key", "rotate", "--alg", "ES256"]);
    assert_eq!(rotated[0]["made"], "ES256");
    assert_eq!(states(&bench, "ES256"), ["signing", "published"]);
    bench.run(&["key", "rotate", "--alg", "ES256"]).refused(1, "published already");
    let words = bench.run(&["key", "rotate", "--alg", "EdDSA", "--emergency"]);
    assert!(words.words().contains("signs from"));
    assert_eq!(states(&bench, "EdDSA"), ["retired", "signing"]);
    let all = bench.json(&["key", "rotate"]);
    let made: Vec<_> = all.as_array().unwrap().iter().filter_map(|step| step["made"].as_str()).collect();
    assert_eq!(made, ["RS256", "PS256", "EdDSA"], "ES256 has a successor already");
    bench.run(&["key", "rotate", "--alg", "HS256"]).refused(2, "possible values");
}

#[test]
fn public_halves_come_out_and_private_ones_never() {
    let bench = Bench::new();
    let set = bench.json(&["key", "export-public"]);
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 4);
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} in {key}");
        }
    }
    let kid = keys[0]["kid"].as_str().unwrap();
    assert_eq!(&bench.json(&["key", "export-public", kid]), &keys[0]);
    let jwk = bench.run(&["key", "export-public", kid, "--format", "jwk"]);
    assert_eq!(serde_json::from_str::<Value>(jwk.words()).unwrap(), keys[0]);
    let pem = bench.run(&["key", "export-public", kid]);
    assert!(pem.words().starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.out.ends_with("-----END PUBLIC KEY-----\n"));
    assert_eq!(bench.run(&["key", "export-public"]).words().matches("BEGIN PUBLIC KEY").count(), 4);
    bench.run(&["key", "export-public", "nope"]).refused(1, "there is no key \"nope\"");
    bench.run(&["key", "export-public", "-8x"]).refused(1, "there is no key \"-8x\"");
    assert!(bench.run(&["key", "export-public", "--format", "jwk"]).words().contains("\"keys\""));
}

#[test]
fn a_key_from_outside_is_taken_in_and_sealed() {
    let bench = Bench::new();
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    bench.write("own.pem", &pair.serialize_pem());
    let row = bench.json(&["key", "import", "own.pem"]);
    assert_eq!((&row["alg"], &row["state"]), (&"ES256".into(), &"published".into()));
    bench.run(&["key", "import", "own.pem"]).refused(1, "in the ring already");
    bench.write("other.pem", &rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem());
    bench.run(&["key", "import", "other.pem"]).refused(1, "published already");
    let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let fed = bench.feed(&ed.serialize_pem(), &["key", "import", "-", "--json"]);
    assert_eq!(fed.json()["alg"], "EdDSA");
    bench.run(&["key", "import", "own.pem", "--alg", "RS256"]).refused(1, "not for RS256");
    bench.write("no.pem", "hello");
    bench.run(&["key", "import", "no.pem"]).refused(1, "no PEM block");
    bench.run(&["key", "import", "nowhere.pem"]).refused(1, "nowhere.pem cannot be read");
    let stored = bytes_of(&bench.path("data"));
    let der = pair.serialize_der();
    assert!(!contains(&stored, "PRIVATE KEY"));
    assert!(!stored.windows(32).any(|window| window == &der[der.len() - 32..]));
    assert!(!stored.windows(32).any(|window| window == &der[36..68]), "the private number is sealed");
}
