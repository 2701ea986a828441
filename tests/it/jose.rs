//! Group E of the security cases: forged and odd JWTs at every place that reads one. The test holds a key that the provider
//! trusts, so that each refusal is for the one thing that was changed.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vouchsafe::flow::ops::keys;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::signing::{self, RsaBits};
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::relying_party::{claims, header};
use crate::support::{Browser, Client, TestApp, Tokens};

/// A provider with somebody signed in, and a key of the ring in the test's own hand.
struct Ground {
    app: TestApp,
    client: Client,
    browser: Browser,
    tokens: Tokens,
    key: Ed25519KeyPair,
    kid: String,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Ground {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let client = app.web("c1").await;
        app.person("alice@example.com").await;
        let mut browser = Browser::new(&app);
        let scope = [("scope", "openid email offline_access")];
        let tokens = app.tokens(&mut browser, &client, "alice@example.com", &scope).await;
        let new = signing::generate(Algorithm::EdDSA, RsaBits::Bits2048).expect("a key");
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&new.private_pkcs8).expect("its private half");
        let kid = new.kid.clone();
        let imported = keys::import(&app.app.parts, &app.app.key_rule, new, app.clock.now(), |_| Ok(())).await;
        imported.expect("the store answers").expect("it is imported");
        Self { app, client, browser, tokens, key, kid }
    }

    fn head(&self, typ: &str) -> Value {
        json!({ "alg": "EdDSA", "typ": typ, "kid": self.kid })
    }

    /// Header and payload as they are written, signed rightly.
    fn sign_text(&self, header: &str, payload: &str) -> String {
        self.sign_parts(&b64(header), &b64(payload))
    }

    fn sign_parts(&self, header: &str, payload: &str) -> String {
        let signed = format!("{header}.{payload}");
        format!("{signed}.{}", b64(self.key.sign(signed.as_bytes())))
    }

    fn sign(&self, header: &Value, payload: &Value) -> String {
        self.sign_text(&header.to_string(), &payload.to_string())
    }

    /// Changes header and claims of an access token, and of an ID token in the same way.
    fn changed(&self, change: impl Fn(&mut Value, &mut Value)) -> Forged {
        let forge = |typ, original: &str| {
            let (mut head, mut body) = (self.head(typ), claims(original));
            change(&mut head, &mut body);
            self.sign(&head, &body)
        };
        Forged { access: forge("at+jwt", &self.tokens.access), id: forge("JWT", &self.tokens.id) }
    }

    /// The same text at each place.
    async fn text_is_refused(&self, token: &str, what: &str) {
        self.is_refused(&Forged { access: token.to_owned(), id: token.to_owned() }, what).await;
    }

    /// Refused wherever a token is read, and nothing comes of it.
    async fn is_refused(&self, forged: &Forged, what: &str) {
        let app = &self.app;
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", forged.access)) {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", value);
            let page = self.app.http.get(app.url("/userinfo")).headers(headers).send().await.expect("an answer");
            let status = page.status().as_u16();
            assert!(matches!(status, 400 | 401 | 431), "{what}: userinfo answered {status}");
            assert!(!page.text().await.unwrap_or_default().contains("alice@"), "{what}");
        }
        assert!(!app.is_active(&self.client, &forged.access).await, "{what}: introspection believes it");
        let revoked = app.call("/revoke", &self.client, &[("token", &forged.access)]).await;
        assert_eq!(revoked.status, 200, "{what}: an unknown token is no error (RFC 7009): {}", revoked.body);
        if forged.id.len() > 8_000 {
            return;
        }
        let hint = [("id_token_hint", forged.id.as_str()), ("prompt", "none")];
        let page = self.browser.clone().get(&app.authorize_url(&self.client, &hint)).await;
        assert!(page.status == 400 || page.param("error").is_some(), "{what}: /authorize took the hint: {page:?}");
        assert_eq!(page.param("code"), None, "{what}");
        let out = format!("{}?{}", app.url("/logout"), encode(&[("id_token_hint", &forged.id)]));
        let page = self.browser.clone().get(&out).await;
        assert_eq!((page.status, page.location), (400, None), "{what}: /logout took the hint");
    }

    /// Nothing that was tried did any harm.
    async fn all_is_as_before(self) {
        assert!(self.app.is_active(&self.client, &self.tokens.access).await, "the real token was revoked");
        let hint = [("prompt", "none")];
        let page = self.browser.clone().get(&self.app.authorize_url(&self.client, &hint)).await;
        assert!(page.param("code").is_some(), "the session was ended: {page:?}");
    }
}

struct Forged {
    access: String,
    id: String,
}

#[tokio::test]
async fn the_ground_is_firm_an_unchanged_forgery_with_a_key_of_ours_is_believed() {
    let ground = Ground::new().await;
    let forged = ground.changed(|_, _| {});
    assert_eq!(ground.app.userinfo(&forged.access).await.json()["email"], "alice@example.com");
    assert!(ground.app.is_active(&ground.client, &forged.access).await);
    let hint = [("id_token_hint", forged.id.as_str()), ("prompt", "none")];
    let page = ground.browser.clone().get(&ground.app.authorize_url(&ground.client, &hint)).await;
    assert!(page.param("code").is_some(), "{page:?}");
}

#[tokio::test]
async fn e01_unsigned_tokens_and_foreign_algorithms() {
    let ground = Ground::new().await;
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "HS512", "ES384", "eddsa", "Ed25519", "RSA-OAEP"] {
        let forged = ground.changed(|head, _| head["alg"] = json!(alg));
        ground.is_refused(&forged, &format!("alg {alg:?}, signed")).await;
        let unsigned = |token: &str| token.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).unwrap_or_default();
        let empty = Forged { access: unsigned(&forged.access), id: unsigned(&forged.id) };
        ground.is_refused(&empty, &format!("alg {alg:?}, empty signature")).await;
        let two = Forged {
            access: empty.access.trim_end_matches('.').to_owned(),
            id: empty.id.trim_end_matches('.').to_owned(),
        };
        ground.is_refused(&two, &format!("alg {alg:?}, two parts")).await;
    }
    let forged = ground.changed(|head, _| {
        head.as_object_mut().expect("an object").remove("alg");
    });
    ground.is_refused(&forged, "no alg").await;
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e01_a_public_key_is_no_hmac_secret() {
    let ground = Ground::new().await;
    let ring = &ground.app.app.parts.keyring;
    let pem = ring.export_pem(&ground.kid).expect("our key");
    let jwk = ring.export_jwk(&ground.kid).expect("our key");
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(der).expect("base64");
    let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().expect("x")).expect("base64url");
    for secret in [pem.as_bytes(), pem.trim().as_bytes(), &der, jwk.to_string().as_bytes(), &x] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let forge = |typ, original: &str| {
            let mut head = ground.head(typ);
            head["alg"] = json!("HS256");
            let signed = format!("{}.{}", b64(head.to_string()), b64(claims(original).to_string()));
            format!("{signed}.{}", b64(aws_lc_rs::hmac::sign(&key, signed.as_bytes())))
        };
        let forged = Forged { access: forge("at+jwt", &ground.tokens.access), id: forge("JWT", &ground.tokens.id) };
        ground.is_refused(&forged, "HS256 keyed with a public key").await;
    }
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e03_a_key_brought_along_is_not_used_and_none_is_fetched() {
    let ground = Ground::new().await;
    let sink = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/jwks", sink.local_addr().expect("an address"));
    let attacker = signing::generate(Algorithm::EdDSA, RsaBits::Bits2048).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&attacker.private_pkcs8).expect("a key");
    let members = [
        ("jwk", attacker.public_jwk.clone()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!([STANDARD.encode("certificate")])),
        ("x5t", json!("abc")),
        ("x5t#S256", json!("abc")),
    ];
    for (name, value) in members {
        let forged = ground.changed(|head, _| head[name] = value.clone());
        ground.is_refused(&forged, &format!("{name}, signed by us")).await;
        let forge = |typ, original: &str| {
            let mut head = ground.head(typ);
            head[name] = value.clone();
            head["kid"] = json!(attacker.kid);
            let signed = format!("{}.{}", b64(head.to_string()), b64(claims(original).to_string()));
            format!("{signed}.{}", b64(pair.sign(signed.as_bytes())))
        };
        let forged = Forged { access: forge("at+jwt", &ground.tokens.access), id: forge("JWT", &ground.tokens.id) };
        ground.is_refused(&forged, &format!("{name}, signed by the attacker")).await;
    }
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(200), sink.accept()).await;
    assert!(knocked.is_err(), "somebody fetched the attacker's key");
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e04_a_key_name_is_a_name_and_nothing_else() {
    let ground = Ground::new().await;
    let kids = [
        json!("../../dev/null"),
        json!("' OR 1=1--"),
        json!("\u{0}"),
        json!(""),
        json!("unknown"),
        json!([ground.kid]),
        json!({ "kid": ground.kid }),
        json!(1),
        json!(null),
        json!("k".repeat(5_000)),
        json!("k".repeat(12_000)),
        json!(ground.kid.to_uppercase()),
        json!(format!(" {}", ground.kid)),
    ];
    for kid in kids {
        let forged = ground.changed(|head, _| head["kid"] = kid.clone());
        ground.is_refused(&forged, &format!("kid {kid:.40}")).await;
    }
    let forged = ground.changed(|head, _| {
        head.as_object_mut().expect("an object").remove("kid");
    });
    ground.is_refused(&forged, "no kid").await;
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e05_an_unknown_demand_in_the_header_is_refused() {
    let ground = Ground::new().await;
    let changes = [
        json!({ "crit": ["x"], "x": "1" }),
        json!({ "crit": ["b64"] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "crit": [] }),
        json!({ "crit": null }),
        json!({ "b64": false }),
        json!({ "b64": true }),
        json!({ "crit": ["exp"], "exp": 1 }),
    ];
    for change in changes {
        let forged = ground.changed(|head, _| {
            for (name, value) in change.as_object().expect("an object") {
                head[name] = value.clone();
            }
        });
        ground.is_refused(&forged, &change.to_string()).await;
    }
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e07_claims_of_the_wrong_type_or_outside_of_reason() {
    let ground = Ground::new().await;
    let now = ground.app.clock.now().millis() / 1_000;
    let issuer = &ground.app.issuer;
    let mut changes = Vec::new();
    for value in [
        json!("9999999999"),
        json!(true),
        json!([now + 60]),
        json!(-5),
        json!(1e300),
        json!(253_402_300_800_i64),
        json!(null),
        json!({}),
    ] {
        changes.push(("exp", value.clone()));
        changes.push(("nbf", value));
    }
    for value in [json!(now + 600), json!(now.to_string()), json!(-1), json!(1e300)] {
        changes.push(("iat", value));
    }
    changes.push(("nbf", json!(now + 600)));
    for value in [json!([issuer]), json!(1), json!({}), json!(null), json!(format!("{issuer}/")), json!("")] {
        changes.push(("iss", value));
    }
    for value in [json!({}), json!([]), json!([1]), json!(1), json!(null), json!([issuer, 1])] {
        changes.push(("aud", value));
    }
    changes.push(("sub", json!(1)));
    changes.push(("sub", json!(["alice"])));
    for (name, value) in &changes {
        let forged = ground.changed(|_, body| body[*name] = value.clone());
        ground.is_refused(&forged, &format!("{name} {value}")).await;
    }
    for name in ["exp", "iss", "aud"] {
        let forged = ground.changed(|_, body| {
            body.as_object_mut().expect("an object").remove(name);
        });
        ground.is_refused(&forged, &format!("no {name}")).await;
    }
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e08_one_token_does_not_pass_for_another() {
    let ground = Ground::new().await;
    let app = &ground.app;
    let forged = ground.changed(|_, body| body["aud"] = json!("https://api.test"));
    assert_eq!(app.userinfo(&forged.access).await.status, 401, "a token for another resource");
    let forged = ground.changed(|_, body| body["aud"] = json!([format!("{}/", app.issuer), "https://api.test"]));
    assert_eq!(app.userinfo(&forged.access).await.status, 401, "a token for another resource");
    for token in [&ground.tokens.id, &ground.tokens.refresh] {
        assert_eq!(app.userinfo(token).await.status, 401, "neither an ID token nor a refresh token opens userinfo");
    }
    let hint = [("id_token_hint", ground.tokens.access.as_str()), ("prompt", "none")];
    let page = ground.browser.clone().get(&app.authorize_url(&ground.client, &hint)).await;
    assert_eq!(page.param("error").as_deref(), Some("invalid_request"), "an access token is no hint: {page:?}");
    assert!(!app.is_active(&ground.client, &ground.tokens.id).await, "an ID token is nothing to introspect");
    // A resource server that the token is not for learns nothing.
    let other = app.client_with("other", Profile::Service, |_| {}).await;
    assert!(!app.is_active(&other, &ground.tokens.access).await);
    for typ in [json!("JWT"), json!("jwt"), json!("logout+jwt"), json!(null), json!(["at+jwt"]), json!("")] {
        let forged = ground.changed(|head, _| head["typ"] = typ.clone());
        assert_eq!(app.userinfo(&forged.access).await.status, 401, "typ {typ}");
    }
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e09_signatures_of_nothing() {
    let ground = Ground::new().await;
    let jwks: Value =
        serde_json::from_str(&ground.app.app.parts.keyring.jwks(ground.app.clock.now()).body).expect("JSON");
    let keys = jwks["keys"].as_array().expect("keys").clone();
    let forge = |alg: &str, kid: &Value, signature: &[u8]| {
        let one = |typ, original: &str| {
            let head = json!({ "alg": alg, "typ": typ, "kid": kid });
            format!("{}.{}.{}", b64(head.to_string()), b64(claims(original).to_string()), b64(signature))
        };
        Forged { access: one("at+jwt", &ground.tokens.access), id: one("JWT", &ground.tokens.id) }
    };
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let mut ones = vec![0_u8; 64];
    (ones[31], ones[63]) = (1, 1);
    for key in &keys {
        for signature in [
            vec![0; 64],
            ones.clone(),
            [order.clone(), order.clone()].concat(),
            vec![0; 256],
            vec![1],
            vec![0x30, 6, 2, 1, 1, 2, 1, 1],
        ] {
            for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
                let forged = forge(alg, &key["kid"], &signature);
                ground.text_is_refused_at_bearer(&forged, &format!("{alg} by {}", key["alg"])).await;
            }
        }
    }
    // A good signature under the name of another key, or another algorithm of ours.
    for key in &keys {
        let forged = ground.changed(|head, _| {
            head["kid"] = key["kid"].clone();
            if key["kid"] == ground.kid.as_str() {
                head["alg"] = json!("ES256");
            }
        });
        ground.is_refused(&forged, &format!("signed by one key, named {}", key["alg"])).await;
    }
    ground.all_is_as_before().await;
}

impl Ground {
    /// The cheap half of [`Ground::is_refused`], for large tables.
    async fn text_is_refused_at_bearer(&self, forged: &Forged, what: &str) {
        assert_eq!(self.app.userinfo(&forged.access).await.status, 401, "{what}");
        let hint = [("id_token_hint", forged.id.as_str()), ("prompt", "none")];
        let page = self.browser.clone().get(&self.app.authorize_url(&self.client, &hint)).await;
        assert_eq!(page.param("error").as_deref(), Some("invalid_request"), "{what}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|d| u8::from_str_radix(std::str::from_utf8(d).expect("ASCII"), 16).expect("hex")).collect()
}

#[tokio::test]
async fn e11_encrypted_tokens_are_refused_unopened() {
    let ground = Ground::new().await;
    let heads = [
        json!({ "alg": "dir", "enc": "A256GCM", "zip": "DEF" }),
        json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_147_483_648_u64, "p2s": "abc" }),
        json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT" }),
    ];
    for head in heads {
        let token =
            format!("{}.{}.{}.{}.{}", b64(head.to_string()), b64("k"), b64("iv"), b64("x".repeat(3_000)), b64("t"));
        ground.text_is_refused(&token, &head.to_string()).await;
    }
    let mut nested = ground.tokens.access.clone();
    for _ in 0..5 {
        nested = ground.sign_text(r#"{"alg":"EdDSA","typ":"at+jwt","cty":"JWT"}"#, &nested);
    }
    ground.text_is_refused(&nested, "nested").await;
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e12_many_dots_and_great_length() {
    let ground = Ground::new().await;
    let began = std::time::Instant::now();
    for token in [
        ".".repeat(60_000),
        ".".repeat(2),
        "..".to_owned(),
        ".".to_owned(),
        format!("{}.{}", ground.tokens.access, ".".repeat(50_000)),
        format!("{}.", ground.tokens.access),
        format!(".{}", ground.tokens.access),
        format!("{}{}", ground.tokens.access, "A".repeat(17_000)),
        "a".repeat(60_000),
    ] {
        ground.text_is_refused(&token, &format!("{} bytes", token.len())).await;
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    // The server may close the connection before it has read all of that: nothing else must go through it.
    let page = reqwest::Client::new()
        .get(ground.app.url("/userinfo"))
        .header("authorization", format!("Bearer {}", ".".repeat(1_000_000)));
    if let Ok(page) = page.send().await {
        assert!(matches!(page.status().as_u16(), 400 | 401 | 431), "{}", page.status());
    }
    ground.all_is_as_before().await;
}

#[tokio::test]
async fn e13_only_one_spelling_of_a_token_is_read() {
    let ground = Ground::new().await;
    let mut body = claims(&ground.tokens.access);
    // Written with the two characters that base64 and base64url do not share.
    body["x"] = json!("\u{ff}\u{fe}~~~???>>>\u{ff}\u{fe}");
    let (head, body) = (ground.head("at+jwt").to_string(), body.to_string());
    let (h, p) = (b64(&head), b64(&body));
    let good = ground.sign_parts(&h, &p);
    assert_eq!(ground.app.userinfo(&good).await.status, 200);
    assert!(p.contains(['-', '_']));
    let last = |text: &str| {
        // The same bytes with other bits behind the last one, where base64 has room for them.
        let (bare, _) = text.split_at(text.len() - 1);
        let value = URL_SAFE_NO_PAD.decode(text).expect("base64url");
        ["B", "C", "D", "f", "x", "9", "-", "_"]
            .map(|c| format!("{bare}{c}"))
            .into_iter()
            .find(|t| *t != text && base64_lax(t).as_deref() == Some(&value))
    };
    let mut texts = vec![
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        good.replace('.', " ."),
        ground.sign_parts(&format!("{h}="), &p),
        ground.sign_parts(&h, &format!("{p}=")),
        ground.sign_parts(&format!("{h}\n"), &p),
        ground.sign_parts(&h, &p.replace(['-', '_'], "+")),
    ];
    texts.extend(last(&h).map(|h| ground.sign_parts(&h, &p)));
    texts.extend(last(&p).map(|p| ground.sign_parts(&h, &p)));
    for name in ["alg", "kid", "typ"] {
        let doubled = format!("{},{}}}", head.trim_end_matches('}'), format_args!("\"{name}\":\"EdDSA\""));
        texts.push(ground.sign_text(&doubled, &body));
    }
    for name in ["iss", "sub", "aud", "exp", "scope"] {
        let value = claims(&ground.tokens.access)[name].to_string();
        let doubled = format!("{},{}}}", body.trim_end_matches('}'), format_args!("\"{name}\":{value}"));
        texts.push(ground.sign_text(&head, &doubled));
    }
    texts.push(ground.sign_text(&format!("\u{feff}{head}"), &body));
    texts.push(ground.sign_text(&head, &format!("\u{feff}{body}")));
    texts.push(ground.sign_text(&head, &format!("{body}{body}")));
    texts.push(ground.sign_text(&head, &format!("[{body}]")));
    texts.push(ground.sign_text(&head, &format!("{},\"x\":{}}}", body.trim_end_matches('}'), "[".repeat(5_000))));
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    texts.push(ground.sign_text(&head, &format!("{},\"x\":{deep}}}", body.trim_end_matches('}'))));
    for token in texts {
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
            let page = ground.app.http.get(ground.app.url("/userinfo")).header("authorization", value);
            let status = page.send().await.expect("an answer").status().as_u16();
            assert!(matches!(status, 400 | 401), "{status} for {token}");
        }
        assert!(!ground.app.is_active(&ground.client, &token).await, "{token}");
    }
    ground.all_is_as_before().await;
}

fn base64_lax(text: &str) -> Option<Vec<u8>> {
    use base64::alphabet::URL_SAFE;
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_encode_padding(false);
    let config = config.with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&URL_SAFE, config).decode(text).ok()
}

#[tokio::test]
async fn e15_our_key_set_shows_public_halves_once_and_ahead_of_time() {
    let app = TestApp::start().await;
    let get = async || app.http.get(app.url("/jwks")).send().await.expect("an answer");
    let page = get().await;
    let etag = page.headers()["etag"].to_str().expect("ASCII").to_owned();
    assert_eq!(page.headers()["cache-control"], "public, max-age=3600");
    let set: Value = page.json().await.expect("JSON");
    let keys = set["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 4);
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().expect("a kid")).collect();
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), 4, "each kid once");
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private} is private: {}", key["kid"]);
        }
        assert_eq!(key["use"], "sig");
        assert!(key["alg"].is_string() && key["kty"] != "oct");
    }
    let again = app.http.get(app.url("/jwks")).header("if-none-match", &etag).send().await.expect("an answer");
    assert_eq!(again.status().as_u16(), 304);

    // The successor is published before it signs, for at least as long as others keep the set.
    let ahead = app.app.key_rule.lives.jwks_max_age;
    app.pass(Lifetime::from_millis(app.app.key_rule.lives.rotate_every.millis() - Lifetime::from_hours(24).millis()));
    keys::tend(&app.app.parts, &app.app.key_rule, app.clock.now()).await.expect("tended");
    let client = app.web("c1").await;
    app.person("alice@example.com").await;
    let mut browser = Browser::new(&app);
    let before = app.tokens(&mut browser, &client, "alice@example.com", &[]).await;
    let old_kid = header(&before.access)["kid"].clone();
    assert!(kids.contains(&old_kid.as_str().expect("a kid")), "the old key signs for now");
    let set: Value = get().await.json().await.expect("JSON");
    let all: Vec<Value> = set["keys"].as_array().expect("keys").iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(all.len(), 8, "successors are published");
    app.pass(ahead);
    app.pass(Lifetime::from_hours(24));
    keys::tend(&app.app.parts, &app.app.key_rule, app.clock.now()).await.expect("tended");
    let mut browser = Browser::new(&app);
    let after = app.tokens(&mut browser, &client, "alice@example.com", &[]).await;
    let new_kid = header(&after.access)["kid"].clone();
    assert_ne!(new_kid, old_kid, "the successor signs");
    assert!(all.contains(&new_kid), "it was published before");
    let set: Value = get().await.json().await.expect("JSON");
    assert!(set["keys"].as_array().expect("keys").iter().any(|key| key["kid"] == old_kid), "the retired key stays");
    assert!(claims(&after.access)["exp"].as_i64() > claims(&before.access)["exp"].as_i64());
}
