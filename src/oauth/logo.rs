//! Owns what may be a client's logo (`logo_uri`, OIDC Registration section 2): a PNG, JPEG or WebP file of bounded size,
//! and nothing but that image. Headers are read, pixels never are. It does not own where it is kept nor how it is served.

/// The most bytes.
pub const MAX_BYTES: usize = 65_536;
/// The least width and height, in pixels.
pub const MIN_SIDE: u32 = 16;
/// The most width and height, in pixels.
pub const MAX_SIDE: u32 = 1_024;

/// A format that every browser shows and that holds no script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl ImageFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The format of this media type.
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type() == media_type)
    }
}

/// What the bytes of an image say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Format.
    pub format: ImageFormat,
    /// Pixels from side to side.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Why an image is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoRefusal {
    /// Too many bytes.
    #[error("a logo has at most 64 KiB, and this file has more: make the image smaller, 256 by 256 pixels will do")]
    TooLarge,
    /// Another format, a part of an image, or an image and something else.
    #[error(
        "this is no whole PNG, JPEG or WebP image, or it holds something behind the image: save it anew as PNG and send that"
    )]
    NotAnImage,
    /// Too few or too many pixels.
    #[error(
        "the image has {width} by {height} pixels: a logo has 16 to 1024 in each direction, and 256 by 256 are good"
    )]
    Dimensions {
        /// Pixels from side to side.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

/// Judges the bytes of a logo. What they are called counts for nothing.
///
/// # Errors
/// A [`LogoRefusal`].
pub fn judge(bytes: &[u8]) -> Result<Image, LogoRefusal> {
    if bytes.len() > MAX_BYTES {
        return Err(LogoRefusal::TooLarge);
    }
    let png = || Some((ImageFormat::Png, png(bytes)?));
    let jpeg = || Some((ImageFormat::Jpeg, jpeg(bytes)?));
    let webp = || Some((ImageFormat::Webp, webp(bytes)?));
    let (format, (width, height)) = png().or_else(jpeg).or_else(webp).ok_or(LogoRefusal::NotAnImage)?;
    let bounds = MIN_SIDE..=MAX_SIDE;
    if !bounds.contains(&width) || !bounds.contains(&height) {
        return Err(LogoRefusal::Dimensions { width, height });
    }
    Ok(Image { format, width, height })
}

type Size = (u32, u32);

/// PNG (ISO/IEC 15948): a signature, then chunks of length, name, data and checksum; the first is IHDR, and IEND ends the
/// file.
fn png(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let mut size = None;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_first_chunk::<4>()?;
        let (data, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let (_checksum, after) = after.split_first_chunk::<4>()?;
        match (name, size) {
            (b"IHDR", None) if data.len() == 13 => size = Some((big(data, 0, 4)?, big(data, 4, 4)?)),
            (b"IHDR", _) | (_, None) => return None,
            (b"IEND", _) => return size.filter(|_| data.is_empty() && after.is_empty()),
            _ => {}
        }
        rest = after;
    }
}

/// JPEG (ITU-T T.81 annex B): segments that begin with a marker. A frame header (SOF) holds the size; behind a scan header
/// (SOS) come data in which FF is followed by 00 or a restart marker; EOI ends the file.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    let mut size = None;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        rest = match marker {
            0xff => &rest[1..],
            0xd9 => return size.filter(|_| after.is_empty()),
            0xc0..=0xcf | 0xda..=0xfe => {
                let (segment, behind) = after.split_at_checked(usize::try_from(big(after, 0, 2)?).ok()?)?;
                let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                if segment.len() < 2 || (is_frame && size.is_some()) {
                    return None;
                }
                if is_frame {
                    size = Some((big(segment, 5, 2)?, big(segment, 3, 2)?));
                }
                let is_data = |pair: &[u8]| pair[0] != 0xff || matches!(pair[1], 0x00 | 0xd0..=0xd7);
                let scan = if *marker == 0xda { behind.windows(2).position(|pair| !is_data(pair))? } else { 0 };
                &behind[scan..]
            }
            _ => return None,
        };
    }
}

/// WebP (RFC 9649): RIFF chunks that fill the file; a canvas (VP8X) and the image itself (VP8, VP8L) each have a size, and the
/// largest counts.
fn webp(bytes: &[u8]) -> Option<Size> {
    let (length, body) = bytes.strip_prefix(b"RIFF")?.split_first_chunk::<4>()?;
    let mut rest = body.strip_prefix(b"WEBP").filter(|_| u32::from_le_bytes(*length) as usize == body.len())?;
    let (mut canvas, mut image) = ((0, 0), None::<Size>);
    while !rest.is_empty() {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let data = after.get(..length)?;
        match name {
            b"VP8X" => canvas = (little(data, 4, 3)? + 1, little(data, 7, 3)? + 1),
            b"VP8 " if data.get(3..6)? == [0x9d, 0x01, 0x2a] => {
                image = Some((little(data, 6, 2)? & 0x3fff, little(data, 8, 2)? & 0x3fff));
            }
            b"VP8L" if data.first()? == &0x2f => {
                let bits = little(data, 1, 4)?;
                image = Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
            }
            b"VP8 " | b"VP8L" | b"ANIM" | b"ANMF" => return None,
            _ => {}
        }
        rest = after.get(length + length % 2..)?;
    }
    image.map(|(width, height)| (width.max(canvas.0), height.max(canvas.1)))
}

fn big(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

fn little(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

#[cfg(test)]
#[path = "logo_tests.rs"]
mod tests;
