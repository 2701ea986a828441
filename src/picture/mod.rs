//! FLOOR 2: the only room that names the image library. Owns making a small picture of a file that somebody sent: whatever
//! the file held, what comes out was drawn anew from its pixels, so nothing else of it is left (metadata, places, scripts
//! behind the picture). It does not own who may send one, nor where it is kept.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// Largest file that is looked at, in bytes.
pub const MAX_BYTES: usize = 5 * 1_048_576;
/// Largest picture that is drawn, in pixels.
const MAX_PIXELS: u64 = 25_000_000;
/// Longest side that is drawn.
const MAX_SIDE: u32 = 10_000;
/// Memory that a library may take for one picture beside its pixels.
const MAX_MEMORY: u64 = 160 * 1_048_576;
/// Side of the square that comes out.
const SIDE: u32 = 256;

/// A picture that was drawn anew.
#[derive(Clone, PartialEq, Eq)]
pub struct Small {
    /// `image/png` where something shines through, else `image/jpeg`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why no picture was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureRefusal {
    /// Too many bytes.
    #[error("the file is too large: choose one of at most 5 MB")]
    TooLarge,
    /// Too many pixels.
    #[error("the picture has too many pixels: choose one of at most 25 million")]
    TooManyPixels,
    /// None of the three kinds, or broken.
    #[error("this is no picture that can be read: choose a PNG, JPEG or WebP file")]
    NotAPicture,
}

/// Draws a square of at most 256 pixels from the middle of the picture. Takes its time: not for a thread that others wait for.
///
/// # Errors
/// A [`PictureRefusal`].
pub fn small(file: &[u8]) -> Result<Small, PictureRefusal> {
    if file.len() > MAX_BYTES {
        return Err(PictureRefusal::TooLarge);
    }
    let picture = decoded(file)?;
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let square = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let square = if side > SIDE { square.resize_exact(SIDE, SIDE, FilterType::CatmullRom) } else { square };
    encoded(&square)
}

/// The pixels, the right way up. The size is asked before anything is drawn.
fn decoded(file: &[u8]) -> Result<DynamicImage, PictureRefusal> {
    let broken = |_| PictureRefusal::NotAPicture;
    let format = image::guess_format(file).map_err(broken)?;
    if ![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP].contains(&format) {
        return Err(PictureRefusal::NotAPicture);
    }
    let mut decoder = ImageReader::with_format(Cursor::new(file), format).into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureRefusal::NotAPicture);
    }
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureRefusal::TooManyPixels);
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_MEMORY);
    decoder.set_limits(limits).map_err(|_| PictureRefusal::TooManyPixels)?;
    // Phones lay pictures on their side and say so beside them.
    let turn = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| match error {
        image::ImageError::Limits(_) => PictureRefusal::TooManyPixels,
        _ => PictureRefusal::NotAPicture,
    })?;
    if let Some(turn) = turn {
        picture.apply_orientation(turn);
    }
    Ok(picture)
}

fn encoded(square: &DynamicImage) -> Result<Small, PictureRefusal> {
    let mut bytes = Vec::new();
    let rgba = square.to_rgba8();
    let shines_through = rgba.pixels().any(|pixel| pixel.0[3] != u8::MAX);
    let (media_type, written) = match shines_through {
        true => ("image/png", rgba.write_with_encoder(PngEncoder::new(&mut bytes))),
        false => ("image/jpeg", square.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 88))),
    };
    written.map_err(|_| PictureRefusal::NotAPicture)?;
    Ok(Small { media_type, bytes })
}

#[cfg(test)]
mod tests;
