//! Pictures (STDLIB 25): values of a library type that holds the pixels as bytes, four for
//! each. A library reads, works on and writes them.

use super::declare::*;

#[cfg(feature = "image")]
mod pixels;
#[cfg(not(feature = "image"))]
mod pixels {
    super::left_out!("image": load_image resize crop rotate flip to_grayscale blur
        adjust_brightness adjust_contrast save);
}

natives! {
    /// The picture in a file: png, jpeg, gif, webp or bmp.
    ///
    /// Its fields are `width`, `height` and `format`. At most 16,384 pixels a side.
    pure fn [none] load_image(p: READ_PATH) -> "image" = pixels::load_image;
    /// The picture in another size.
    ///
    /// `"fit"` keeps the ratio: the largest that is within `w` and `h`.
    method fn [none] resize(img: IMAGE, w: WHOLE, h: WHOLE, mode: opt(STRING)) -> "image" = pixels::resize;
    /// A part of the picture; one that is not within it throws `value`.
    method fn [none] crop(img: IMAGE, x: WHOLE, y: WHOLE, w: WHOLE, h: WHOLE) -> "image" = pixels::crop;
    /// The picture turned to the right by 90, 180 or 270 degrees.
    method fn [none] rotate(img: IMAGE, degrees: WHOLE) -> "image" = pixels::rotate;
    /// The picture mirrored: `"horizontal"` exchanges left and right, `"vertical"` top and
    /// bottom.
    method fn [none] flip(img: IMAGE, axis: STRING) -> "image" = pixels::flip;
    /// The picture in shades of gray.
    method fn [none] to_grayscale(img: IMAGE) -> "image" = pixels::to_grayscale;
    /// The picture blurred; more with a greater `sigma`, not at all with 0.
    method fn [none] blur(img: IMAGE, sigma: NUMBER) -> "image" = pixels::blur;
    /// The picture with `50 * f` added to each channel, which ends at 0 and 255.
    method fn [none] adjust_brightness(img: IMAGE, f: NUMBER) -> "image" = pixels::adjust_brightness;
    /// The picture with more contrast, or less if `f` is negative; none is left at -2.
    method fn [none] adjust_contrast(img: IMAGE, f: NUMBER) -> "image" = pixels::adjust_contrast;
    /// Writes the picture to a file, in the format that its extension names; true.
    ///
    /// A file in its place is replaced. An unknown extension throws `value`.
    method fn [none] save(img: IMAGE, p: WRITTEN_PATH) -> "bool" = pixels::save;
}
