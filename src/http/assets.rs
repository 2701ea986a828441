//! Owns the files that a browser fetches beside a page: the stylesheets, the mark, the scripts. They are part of the
//! program, and their names carry a hash of their content, so that they may be cached for ever.
//! It does not own the headers they are answered with: that is the reply's.

use std::sync::OnceLock;

/// A file under `/assets/`.
#[derive(Debug)]
pub struct Asset {
    /// The plain name that pages ask for, as in `style.css`.
    pub name: &'static str,
    /// The path it is served at, below the issuer's own path: `/assets/style.<16 hex digits>.css`.
    pub path: String,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub body: &'static [u8],
}

/// Name, type and bytes of every asset there is.
const FILES: [(&str, &str, &[u8]); 9] = [
    ("style.css", "text/css; charset=utf-8", include_bytes!("../../templates/assets/style.css")),
    ("reader.css", "text/css; charset=utf-8", include_bytes!("../../templates/assets/reader.css")),
    ("admin.css", "text/css; charset=utf-8", include_bytes!("../../templates/assets/admin.css")),
    ("console.css", "text/css; charset=utf-8", include_bytes!("../../templates/assets/console.css")),
    ("form_post.js", "text/javascript; charset=utf-8", include_bytes!("../../templates/assets/form_post.js")),
    ("passkey.js", "text/javascript; charset=utf-8", include_bytes!("../../templates/assets/passkey.js")),
    ("strength.js", "text/javascript; charset=utf-8", include_bytes!("../../templates/assets/strength.js")),
    ("favicon.svg", "image/svg+xml", include_bytes!("../../templates/assets/favicon.svg")),
    ("logo.svg", "image/svg+xml", include_bytes!("../../templates/assets/logo.svg")),
];

/// Every asset; the hashes are computed at the first call.
pub fn all() -> &'static [Asset] {
    static ALL: OnceLock<Vec<Asset>> = OnceLock::new();
    ALL.get_or_init(|| FILES.into_iter().map(|(name, content_type, body)| asset(name, content_type, body)).collect())
}

/// The asset served at a path (without the issuer's own path), as in `/assets/style.0123456789abcdef.css`.
pub fn find(path: &str) -> Option<&'static Asset> {
    all().iter().find(|asset| asset.path == path)
}

/// Where a page links to: the issuer's path prefix (`""` or `/auth`) and the asset's path. A name that is not among the
/// assets gives a path that nothing is served at; the tests render every page and look each link up.
pub fn href(base: &str, name: &str) -> String {
    match all().iter().find(|asset| asset.name == name) {
        Some(asset) => format!("{base}{}", asset.path),
        None => format!("{base}/assets/{name}"),
    }
}

fn asset(name: &'static str, content_type: &'static str, body: &'static [u8]) -> Asset {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    Asset { name, path: format!("/assets/{stem}.{:016x}.{ending}", fnv1a(body)), content_type, body }
}

/// FNV-1a, 64 bits: a key for caches, which protects nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_known_answers() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_asset_is_found_under_its_hashed_name_only() {
        for asset in all() {
            assert_eq!(find(&asset.path).map(|found| found.name), Some(asset.name));
            assert_eq!(href("/auth", asset.name), format!("/auth{}", asset.path));
            assert!(find(&format!("/assets/{}", asset.name)).is_none());
            assert!(!asset.body.is_empty());
        }
        assert!(find("/assets/../Cargo.toml").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn the_stylesheets_fetch_nothing() {
        for sheet in all().iter().filter(|asset| asset.name.ends_with(".css")) {
            let text = String::from_utf8_lossy(sheet.body);
            for forbidden in ["url(", "@import", "http:", "https:", "expression("] {
                assert!(!text.contains(forbidden), "{forbidden} in {}", sheet.name);
            }
        }
    }
}
