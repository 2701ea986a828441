//! Pictures, good ones and hostile ones.

use image::{Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Red on the left, green in the middle third, blue on the right.
fn striped(width: u32, height: u32) -> DynamicImage {
    let colour = |x| match x * 3 / width {
        0 => Rgb([255, 0, 0]),
        1 => Rgb([0, 255, 0]),
        _ => Rgb([0, 0, 255]),
    };
    RgbImage::from_fn(width, height, |x, _| colour(x)).into()
}

#[test]
fn every_kind_becomes_a_small_square_of_its_middle() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let small = small(&file(&striped(900, 300), format)).unwrap();
        assert_eq!(small.media_type, "image/jpeg");
        let drawn = image::load_from_memory(&small.bytes).unwrap().to_rgb8();
        assert_eq!(drawn.dimensions(), (256, 256));
        let Rgb([red, green, blue]) = *drawn.get_pixel(128, 128);
        assert!(red < 40 && green > 200 && blue < 40, "{format:?}: {red} {green} {blue}");
    }
}

#[test]
fn what_shines_through_stays_so_and_small_ones_are_not_blown_up() {
    let glass: DynamicImage = RgbaImage::from_pixel(40, 60, Rgba([10, 20, 30, 128])).into();
    let small = small(&file(&glass, ImageFormat::Png)).unwrap();
    assert_eq!(small.media_type, "image/png");
    let drawn = image::load_from_memory(&small.bytes).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (40, 40));
}

#[test]
fn nothing_of_the_file_is_left_but_its_pixels() {
    let mut polyglot = file(&striped(300, 300), ImageFormat::Jpeg);
    // A comment, as a camera leaves its place, and a page behind the picture.
    let comment = b"\xff\xfe\x00\x14GPS 47.37N 8.54E!!";
    polyglot.splice(2..2, comment.iter().copied());
    polyglot.extend_from_slice(b"<html><script>alert(1)</script>");
    let small = small(&polyglot).unwrap();
    for hidden in [&b"GPS"[..], b"<script"] {
        assert!(!small.bytes.windows(hidden.len()).any(|part| part == hidden));
    }
}

#[test]
fn a_phones_picture_that_lies_on_its_side_is_turned() {
    let mut lying = file(&striped(300, 300), ImageFormat::Jpeg);
    // EXIF: orientation 6, a quarter turn.
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    lying.splice(2..2, exif.iter().copied());
    let drawn = image::load_from_memory(&small(&lying).unwrap().bytes).unwrap().to_rgb8();
    let Rgb([red, _, blue]) = *drawn.get_pixel(128, 20);
    assert!(red > 200 && blue < 60, "what was on the left is at the top");
}

#[test]
fn bombs_are_refused_before_they_are_drawn() {
    // 60 000 by 60 000 pixels that begin like an honest PNG; the checksum of the header is right.
    let mut bomb = file(&striped(8, 8), ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(small(&bomb).err(), Some(PictureRefusal::TooManyPixels));
    let wide = file(&DynamicImage::new_luma8(10_001, 1), ImageFormat::Png);
    assert_eq!(small(&wide).err(), Some(PictureRefusal::TooManyPixels));
    assert_eq!(small(&vec![0; MAX_BYTES + 1]).err(), Some(PictureRefusal::TooLarge));
}

/// CRC-32 as PNG uses it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

#[test]
fn what_is_no_picture_is_refused() {
    let svg = &b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"[..];
    for bytes in
        [&b""[..], b"GIF89a\x01\x00\x01\x00", svg, b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"\xff\xd8\xff"]
    {
        assert_eq!(small(bytes).err(), Some(PictureRefusal::NotAPicture), "{bytes:?}");
    }
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let whole = file(&striped(300, 200), format);
        for cut in [20, 40, whole.len() / 2, whole.len() - 13] {
            assert!(small(&whole[..cut]).is_err(), "{format:?} cut to {cut}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_damaged_file_brings_the_program_down(
        kind in 0..3usize, at in 0..2_000usize, bytes in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][kind];
        let mut damaged = file(&striped(64, 48), format);
        for (offset, byte) in bytes.into_iter().enumerate() {
            let place = (at + offset) % damaged.len();
            damaged[place] = byte;
        }
        if let Ok(small) = small(&damaged) {
            prop_assert!(image::load_from_memory(&small.bytes).is_ok());
        }
    }
}
