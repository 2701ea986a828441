//! Owns the tests of what may be a logo: real images of each format, and files that pass themselves off as one.

use super::*;

const PNG: &[u8] = include_bytes!("../../tests/images/logo.png");
const JPEG: &[u8] = include_bytes!("../../tests/images/base.jpg");
const WEBP: &[u8] = include_bytes!("../../tests/images/lossy.webp");
const WEBP_ALPHA: &[u8] = include_bytes!("../../tests/images/alpha.webp");

/// The PNG with another size in its header.
fn sized(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = PNG.to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

/// The PNG with a chunk of so many bytes before its end.
fn padded(count: usize) -> Vec<u8> {
    let (body, end) = PNG.split_at(PNG.len() - 12);
    let length = u32::try_from(count).unwrap().to_be_bytes();
    [body, length.as_slice(), b"prIv", &vec![0; count], &[0; 4], end].concat()
}

#[test]
fn images_are_known_by_their_bytes_and_measured_by_their_headers() {
    let image = |format, width, height| Ok(Image { format, width, height });
    for (what, bytes, is) in [
        ("PNG", PNG, image(ImageFormat::Png, 256, 256)),
        ("JPEG", JPEG, image(ImageFormat::Jpeg, 64, 48)),
        ("progressive JPEG", include_bytes!("../../tests/images/progressive.jpg"), image(ImageFormat::Jpeg, 64, 48)),
        ("WebP", WEBP, image(ImageFormat::Webp, 64, 48)),
        ("WebP with alpha", WEBP_ALPHA, image(ImageFormat::Webp, 64, 48)),
        ("lossless WebP", include_bytes!("../../tests/images/lossless.webp"), image(ImageFormat::Webp, 64, 48)),
        ("moving WebP", include_bytes!("../../tests/images/moving.webp"), Err(LogoRefusal::NotAnImage)),
    ] {
        assert_eq!(judge(bytes), is, "{what}");
    }
    for format in ImageFormat::ALL {
        assert_eq!(ImageFormat::parse(format.media_type()), Some(format));
    }
}

#[test]
fn hostile_files_are_no_images() {
    let html: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
    let svg: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let with_riff_length = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let length = u32::try_from(bytes.len() - 8).unwrap().to_le_bytes();
        bytes[4..8].copy_from_slice(&length);
        bytes
    };
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("an SVG that is called PNG", svg.to_vec()),
        ("a GIF", b"GIF89a\x20\x00\x20\x00\x00\x00\x00;".to_vec()),
        ("HTML behind the signature of PNG", [b"\x89PNG\r\n\x1a\n", html].concat()),
        ("HTML behind the signature of JPEG", [b"\xff\xd8\xff\xe0", html].concat()),
        ("HTML in a RIFF", with_riff_length(&[b"RIFF\0\0\0\0WEBP", html].concat())),
        ("PNG, then HTML", [PNG, html].concat()),
        ("JPEG, then HTML", [JPEG, html].concat()),
        ("JPEG, then HTML, then an end", [JPEG, html, &[0xff, 0xd9]].concat()),
        ("WebP, then HTML", [WEBP, html].concat()),
        ("WebP, then HTML inside of its length", with_riff_length(&[WEBP, html].concat())),
        ("PNG without its end", PNG[..PNG.len() - 12].to_vec()),
        ("PNG that begins with another chunk", [&PNG[..8], &PNG[33..]].concat()),
        ("PNG with two headers", [&PNG[..33], &PNG[8..]].concat()),
        ("a WebP canvas without an image", with_riff_length(&WEBP_ALPHA[..30])),
        ("a chunk as long as a number can be", [&PNG[..8], &[0xff; 4], &PNG[12..]].concat()),
    ] {
        assert_eq!(judge(&bytes), Err(LogoRefusal::NotAnImage), "{what}");
    }
}

#[test]
fn an_image_that_was_cut_off_anywhere_is_none() {
    for whole in [PNG, JPEG, WEBP, WEBP_ALPHA] {
        for length in 0..whole.len() {
            assert_eq!(judge(&whole[..length]), Err(LogoRefusal::NotAnImage), "{length} of {}", whole.len());
        }
    }
}

#[test]
fn too_many_bytes_and_pixels_are_refused() {
    let overhead = padded(0).len();
    assert!(judge(&padded(MAX_BYTES - overhead)).is_ok(), "64 KiB are taken");
    assert_eq!(judge(&padded(MAX_BYTES + 1 - overhead)), Err(LogoRefusal::TooLarge));
    assert_eq!(judge(&padded(65 * 1024 - overhead)), Err(LogoRefusal::TooLarge));
    for (width, height, is_taken) in [
        (16, 16, true),
        (1_024, 1_024, true),
        (15, 16, false),
        (16, 1_025, false),
        (5_000, 5_000, false),
        (0, 0, false),
        (0, 256, false),
        (u32::MAX, u32::MAX, false),
    ] {
        let refused = Err(LogoRefusal::Dimensions { width, height });
        assert_eq!(
            judge(&sized(width, height)).map(|_| ()),
            if is_taken { Ok(()) } else { refused },
            "{width}×{height}"
        );
    }
    // The canvas says 64 by 48, the picture in it claims to be larger: the larger one counts.
    let mut bytes = WEBP_ALPHA.to_vec();
    let at = bytes.windows(3).position(|w| w == [0x9d, 0x01, 0x2a]).unwrap() + 3;
    bytes[at..at + 2].copy_from_slice(&5_000_u16.to_le_bytes());
    assert_eq!(judge(&bytes), Err(LogoRefusal::Dimensions { width: 5_000, height: 48 }));
}

#[test]
fn no_header_however_broken_panics() {
    for whole in [PNG, JPEG, WEBP, WEBP_ALPHA] {
        for at in 0..whole.len().min(200) {
            for byte in [0x00, 0x01, 0x7f, 0xd9, 0xda, 0xff] {
                let mut bytes = whole.to_vec();
                bytes[at] = byte;
                let _ = judge(&bytes);
            }
        }
    }
}
