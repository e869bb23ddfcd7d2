//! The work on pixels.

use crate::runtime::arith::check_room;
use crate::runtime::messages::value_error;
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, aside};
use crate::stdlib::files::{contents_of, place, refused, write_rest};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::types::{IMAGE, new_instance};
use crate::value::Value;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbaImage};
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

/// Pixels of a side.
const MOST: i64 = 16_384;
/// Bytes that reading a picture may take.
const MOST_BYTES: u64 = 512 << 20;

/// Formats by the extensions of files.
const FORMATS: [(&str, ImageFormat); 6] = [
    ("png", ImageFormat::Png),
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("gif", ImageFormat::Gif),
    ("webp", ImageFormat::WebP),
    ("bmp", ImageFormat::Bmp),
];

/// The pixels of the picture in argument 0.
fn pixels(cx: &mut dyn Context, args: Args) -> Fallible<RgbaImage> {
    let image = args.get(0);
    let [width, height] = [0, 1].map(|slot| image.instance_field(slot).as_int() as u32);
    let bytes = image.instance_field(3).bytes();
    check_room(cx, 2 * bytes.len())?;
    let mut copy = list_with_room(cx, bytes.len())?;
    for part in bytes.chunks(STRETCH) {
        cx.poll()?;
        copy.extend_from_slice(part);
    }
    let image = RgbaImage::from_raw(width, height, copy);
    Ok(image.expect("a picture has all its pixels"))
}

/// Does a work on so many bytes, of pixels or a file: aside, unless they are few.
fn worked<T: Send + 'static>(
    cx: &mut dyn Context,
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Fallible<T> {
    /// Work on so many takes some milliseconds at most.
    const FEW: usize = 1 << 16;
    match bytes {
        0..FEW => Ok(work()),
        _ => aside::run(cx, work),
    }
}

/// The picture in argument 0, changed.
fn changed(
    cx: &mut dyn Context,
    args: Args,
    change: impl FnOnce(RgbaImage) -> RgbaImage + Send + 'static,
) -> Fallible {
    let image = pixels(cx, args)?;
    let image = worked(cx, image.as_raw().len(), move || change(image))?;
    made(cx, args, image)
}

/// A picture as a value, with the format of that in argument 0.
fn made(cx: &mut dyn Context, args: Args, image: RgbaImage) -> Fallible {
    let format = args.get(0).instance_field(2);
    value_of(cx, image, format)
}

fn value_of(cx: &mut dyn Context, image: RgbaImage, format: Value) -> Fallible {
    cx.poll()?;
    let bytes = pace::new_bytes(cx, image.as_raw())?;
    let (width, height) = (image.width().into(), image.height().into());
    let fields = [Value::int(width), Value::int(height), format, bytes];
    Ok(new_instance(cx, &IMAGE, &fields))
}

#[cold]
fn unloaded(path: &str, why: &dyn std::fmt::Display) -> Box<Fault> {
    let message = format!("Cannot load image '{path}': {why}");
    Fault::new(ErrorKind::Io, message)
}

pub fn load_image(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let contents = contents_of(cx, "load_image", path).map_err(|fault| match *fault {
        // The path is named once.
        Fault::Error {
            kind: ErrorKind::Io,
            ref message,
            ..
        } => {
            let before = format!("Cannot read file '{path}': ");
            let why = message.strip_prefix(&before).unwrap_or(message);
            unloaded(path, &why)
        }
        _ => fault,
    })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST as u32);
    limits.max_image_height = Some(MOST as u32);
    limits.max_alloc = Some(MOST_BYTES);
    let bytes = contents.len();
    let reader = ImageReader::new(Cursor::new(contents)).with_guessed_format();
    let mut reader = reader.map_err(|error| unloaded(path, &error))?;
    let known = FORMATS
        .iter()
        .find(|(_, one)| reader.format() == Some(*one));
    let Some(&(_, format)) = known else {
        let why = "it is no png, jpeg, gif, webp or bmp";
        return Err(unloaded(path, &why));
    };
    reader.limits(limits);
    let image = worked(cx, bytes, move || reader.decode())?;
    let image = image.map_err(|error| unloaded(path, &error))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check_room(cx, 8 * width * height)?;
    let image = worked(cx, 4 * width * height, move || image.into_rgba8())?;
    let name = match format {
        ImageFormat::Jpeg => "jpeg",
        format => format.extensions_str()[0],
    };
    let name = cx.heap().intern(name);
    value_of(cx, image, name)
}

/// A side of a picture.
fn side(cx: &mut dyn Context, name: &str, param: &str, v: Value) -> Fallible<u32> {
    match clamped(v) {
        side @ 1..=MOST => Ok(side as u32),
        _ => {
            let what = format!("from 1 to {MOST}");
            Err(value_error(cx, name, param, &what, v))
        }
    }
}

pub fn resize(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut width = side(cx, "resize", "w", args.get(1))?;
    let mut height = side(cx, "resize", "h", args.get(2))?;
    let image = pixels(cx, args)?;
    let mode = args.get(3);
    if !mode.is_absent() {
        if cx.heap().str(mode) != "fit" {
            return Err(value_error(cx, "resize", "mode", "\"fit\"", mode));
        }
        let ratio = f64::min(
            f64::from(width) / f64::from(image.width()),
            f64::from(height) / f64::from(image.height()),
        );
        let fitted = |side: u32| ((f64::from(side) * ratio).round() as u32).max(1);
        (width, height) = (fitted(image.width()), fitted(image.height()));
    }
    check_room(cx, 20 * width as usize * height as usize)?;
    let work = 4 * width as usize * height as usize;
    let work = work.max(image.as_raw().len());
    let image = worked(cx, work, move || {
        imageops::resize(&image, width, height, FilterType::Lanczos3)
    })?;
    made(cx, args, image)
}

pub fn crop(cx: &mut dyn Context, args: Args) -> Fallible {
    let image = args.get(0);
    let [width, height] = [0, 1].map(|slot| image.instance_field(slot).as_int());
    let mut part = [0; 4];
    for (i, one) in part.iter_mut().enumerate() {
        *one = clamped(args.get(i + 1));
    }
    let [x, y, w, h] = part;
    let is_within =
        |from: i64, len: i64, all: i64| from >= 0 && len >= 1 && len <= all && from <= all - len;
    for (from, len, all, at) in [(x, w, width, 1), (y, h, height, 2)] {
        if !is_within(from, len, all) {
            let param = if at == 1 { "x and w" } else { "y and h" };
            let message = format!(
                "crop() expects {param} to be within {width}x{height}; got {from} and {len}"
            );
            return Err(Fault::new(ErrorKind::Value, message));
        }
    }
    let [x, y, w, h] = part.map(|side| side as u32);
    changed(cx, args, move |image| {
        imageops::crop_imm(&image, x, y, w, h).to_image()
    })
}

pub fn rotate(cx: &mut dyn Context, args: Args) -> Fallible {
    let turn = match clamped(args.get(1)) {
        90 => imageops::rotate90::<RgbaImage>,
        180 => imageops::rotate180::<RgbaImage>,
        270 => imageops::rotate270::<RgbaImage>,
        _ => {
            let what = "90, 180 or 270";
            return Err(value_error(cx, "rotate", "degrees", what, args.get(1)));
        }
    };
    changed(cx, args, move |image| turn(&image))
}

pub fn flip(cx: &mut dyn Context, args: Args) -> Fallible {
    let mirror = match str_arg(cx, args, 1) {
        "horizontal" => imageops::flip_horizontal::<RgbaImage>,
        "vertical" => imageops::flip_vertical::<RgbaImage>,
        _ => {
            let what = "\"horizontal\" or \"vertical\"";
            return Err(value_error(cx, "flip", "axis", what, args.get(1)));
        }
    };
    changed(cx, args, move |image| mirror(&image))
}

pub fn to_grayscale(cx: &mut dyn Context, args: Args) -> Fallible {
    changed(cx, args, |image| {
        DynamicImage::ImageRgba8(image).grayscale().into_rgba8()
    })
}

/// A finite number.
fn factor(cx: &mut dyn Context, name: &str, param: &str, v: Value) -> Fallible<f32> {
    let f = to_float(v) as f32;
    if !f.is_finite() {
        return Err(value_error(cx, name, param, "a finite number", v));
    }
    Ok(f)
}

pub fn blur(cx: &mut dyn Context, args: Args) -> Fallible {
    let sigma = factor(cx, "blur", "sigma", args.get(1))?;
    if !(0.0..=1000.0).contains(&sigma) {
        return Err(value_error(
            cx,
            "blur",
            "sigma",
            "from 0 to 1000",
            args.get(1),
        ));
    }
    if sigma == 0.0 {
        return Ok(args.get(0));
    }
    changed(cx, args, move |image| imageops::blur(&image, sigma))
}

pub fn adjust_brightness(cx: &mut dyn Context, args: Args) -> Fallible {
    let f = factor(cx, "adjust_brightness", "f", args.get(1))?;
    let step = (50.0 * f).round().clamp(-255.0, 255.0) as i32;
    changed(cx, args, move |mut image| {
        for pixel in image.pixels_mut() {
            for channel in &mut pixel.0[..3] {
                *channel = (i32::from(*channel) + step).clamp(0, 255) as u8;
            }
        }
        image
    })
}

pub fn adjust_contrast(cx: &mut dyn Context, args: Args) -> Fallible {
    let f = factor(cx, "adjust_contrast", "f", args.get(1))?;
    // About the middle, by the square of 1 and half of f.
    let scale = (1.0 + f.max(-2.0) / 2.0).powi(2);
    changed(cx, args, move |mut image| {
        for pixel in image.pixels_mut() {
            for channel in &mut pixel.0[..3] {
                *channel = ((f32::from(*channel) - 127.5) * scale + 127.5)
                    .round()
                    .clamp(0.0, 255.0) as u8;
            }
        }
        image
    })
}

pub fn save(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 1);
    let extension = Path::new(path).extension().and_then(|e| e.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let Some(&(_, format)) = FORMATS.iter().find(|(name, _)| *name == extension) else {
        let what = "a path that ends in .png, .jpg, .gif, .webp or .bmp";
        return Err(value_error(cx, "save", "p", what, args.get(1)));
    };
    let image = pixels(cx, args)?;
    let contents = worked(cx, image.as_raw().len(), move || {
        let mut image = DynamicImage::ImageRgba8(image);
        if format == ImageFormat::Jpeg {
            // It has no transparency.
            image = DynamicImage::ImageRgb8(image.into_rgb8());
        }
        let mut contents = Cursor::new(Vec::new());
        image.write_to(&mut contents, format).map(|()| contents)
    })?;
    let contents = contents.map_err(|error| refused("write", "file", path, &error))?;
    let place = place(cx, path);
    let mut file = File::create(place).map_err(|error| refused("write", "file", path, &error))?;
    write_rest(cx, path, &mut file, contents.get_ref())?;
    Ok(Value::TRUE)
}
